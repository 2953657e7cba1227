package realtest

import (
	"strings"
	"testing"
)

const nagiosConfig = `
log_file=/var/log/nagios4/nagios.log
cfg_file=/etc/nagios4/keeper.cfg
object_cache_file=/var/lib/nagios4/objects.cache
status_file=/var/lib/nagios4/status.dat
temp_file=/var/lib/nagios4/nagios.tmp
temp_path=/tmp
check_result_path=/var/lib/nagios4/spool/checkresults
lock_file=/var/lib/nagios4/nagios.pid
state_retention_file=/var/lib/nagios4/retention.dat
log_archive_path=/var/log/nagios4/archives
command_file=/var/lib/nagios4/rw/nagios.cmd
query_socket=/var/lib/nagios4/rw/nagios.qh
nagios_user=nagios
nagios_group=nagios
interval_length=1
status_update_interval=1
check_result_reaper_frequency=1
service_inter_check_delay_method=n
use_syslog=0
`

// nagiosObjects has the whole host, two of its daemons, and the same two by name
// only, which needs no sudo. A contact is obligatory.
const nagiosObjects = `
define timeperiod {
	timeperiod_name always
	alias           always
	sunday          00:00-24:00
	monday          00:00-24:00
	tuesday         00:00-24:00
	wednesday       00:00-24:00
	thursday        00:00-24:00
	friday          00:00-24:00
	saturday        00:00-24:00
}
define command {
	command_name none
	command_line /bin/true
}
define contact {
	contact_name                  nobody
	host_notification_period      always
	service_notification_period   always
	host_notification_commands    none
	service_notification_commands none
}
define host {
	host_name          toyhost
	address            127.0.0.1
	contacts           nobody
	check_period       always
	max_check_attempts 1
}
define command {
	command_name sudo-keeper
	command_line sudo -n /usr/local/sbin/daemon-keeper check -o nagios $ARG1$
}
define command {
	command_name keeper
	command_line /usr/local/sbin/daemon-keeper check -o nagios $ARG1$
}
define service {
	name               often
	register           0
	host_name          toyhost
	contacts           nobody
	check_period       always
	check_interval     1
	retry_interval     1
	max_check_attempts 1
}
define service {
	use                 often
	service_description all
	check_command       sudo-keeper
}
define service {
	use                 often
	service_description pair
	check_command       sudo-keeper!up down
}
define service {
	use                 often
	service_description names
	check_command       keeper!up:1-1 down@root:1-
}
`

// nagiosSudo lists whole commands: with a wildcard, --prometheus would write
// files as root.
const nagiosSudo = "nagios ALL=(root) NOPASSWD: " + program + " check -o nagios, " + program + " check -o nagios up down\n"

func addNagios(l *Layer) {
	l.File("/etc/nagios4/nagios.cfg", nagiosConfig, 0o644)
	l.File("/etc/nagios4/keeper.cfg", nagiosObjects, 0o644)
	l.File("/etc/sudoers.d/nagios", nagiosSudo, 0o440)
}

// Nagios takes the state, the line, the details and the numbers apart as they are
// meant, and sees that the daemons have been mended.
func outputsNagios(t *testing.T, m *Machine) {
	startPackaged(t, m, "nagios4")
	Until(t, "all three have been checked", func() bool {
		return nagiosStatus(t, m, "all")["has_been_checked"] == "1" &&
			nagiosStatus(t, m, "pair")["has_been_checked"] == "1" && nagiosStatus(t, m, "names")["has_been_checked"] == "1"
	})
	for service, want := range map[string]struct {
		output  string
		numbers []string
	}{
		"all": {
			`KEEPER CRITICAL: 1 down \(down\), 1 broken \(forbidden\), 1 unknown \(unknown\), 1 restarting \(busy\), 1 up`,
			[]string{"'up'=1;;1:;0;", "'down'=0;;1:;0;", "'busy'=0;;1:;0;", "'unknown'=U;;1:;0;", "'forbidden'=1;;0:0;0;"},
		},
		"pair":  {`KEEPER CRITICAL: 1 down \(down\).*`, []string{"'up'=1;;1:;0;", "'down'=0;;1:;0;"}},
		"names": {`KEEPER CRITICAL: 1 down .*`, nil},
	} {
		got := nagiosStatus(t, m, service)
		if got["current_state"] != "2" {
			t.Errorf("%s has the state %s", service, got["current_state"])
		}
		matches(t, "the line of "+service, got["plugin_output"], want.output)
		contains(t, "the details", got["long_plugin_output"], "down")
		contains(t, "the numbers", got["performance_data"], want.numbers...)
		for _, one := range strings.Fields(got["performance_data"]) {
			matches(t, "a number of "+service, one, perfdata)
		}
	}

	startDown(t, m)
	Until(t, "nagios sees that both are up", func() bool {
		return nagiosStatus(t, m, "pair")["current_state"] == "0" && nagiosStatus(t, m, "names")["current_state"] == "0"
	})
	got := nagiosStatus(t, m, "pair")
	matches(t, "the line", got["plugin_output"], `KEEPER OK: .*`)
	contains(t, "the numbers", got["performance_data"], "'down'=1;;1:;0;")
	if state := nagiosStatus(t, m, "all")["current_state"]; state != "2" {
		t.Errorf("the whole host has the state %s", state)
	}
}

// perfdata is the grammar of one number, of the Monitoring Plugins Development
// Guidelines: 'label'=value[unit];[warn];[crit];[min];[max].
const perfdata = `'[^=']+'=(?:U|-?[0-9.]+(?:us|ms|s|%|B|KB|MB|TB|c)?)(?:;[-0-9.:@~]*){0,4}`

// nagiosStatus is what nagios knows about a service, from its status file.
func nagiosStatus(t *testing.T, m *Machine, service string) map[string]string {
	t.Helper()
	for block := range strings.SplitSeq(read(t, m, "/var/lib/nagios4/status.dat"), "servicestatus {") {
		known := map[string]string{}
		for line := range strings.Lines(block) {
			if line == "\t}\n" {
				break
			}
			key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			known[key] = value
		}
		if known["service_description"] == service {
			return known
		}
	}
	return nil
}

// Another plugin can run ours: negate(1) turns what is critical into what is fine.
func outputsNegate(t *testing.T, m *Machine) {
	a := begin(t, m, "/usr/lib/nagios/plugins/negate", "--substitute", "--critical=OK", program, "check", "-o", "nagios")()
	expect(t, a, 0, "KEEPER OK: 1 down (down)", "'down'=0;;1:;0;")
}
