package real

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/realtest"
)

// scriptTime is the limit for one start by an init script, on a busy machine.
const scriptTime = 3 * time.Minute

// ownNetwork is what nmbd waits for, as lan.service has it.
const ownNetwork = `ip link set lo up
ip link add lan0 type veth peer name lan1
ip address add 192.0.2.1/24 broadcast + dev lan0
ip link set lan0 up
ip link set lan1 up
rm -f /usr/sbin/policy-rc.d
mkdir -p /run/lock /run/sshd`

// startScript starts a service, with files for what it prints: some daemons keep them open.
func startScript(t *testing.T, m *realtest.Machine, service string) {
	t.Helper()
	out, status := m.RunWithin(t, scriptTime, "sh", "-c", "service "+service+" start </dev/null >/run/"+service+".started 2>&1; s=$?; cat /run/"+service+".started; exit $s")
	if status != 0 {
		t.Logf("service %s start: %d\n%s", service, status, out)
	}
}

// proposed has init write its proposal until it has all these services, or realtest.Patience ends.
func proposed(t *testing.T, m *realtest.Machine, services []string) (found map[string]proposal, text string) {
	t.Helper()
	for deadline := time.Now().Add(realtest.Patience); ; time.Sleep(time.Second) {
		a := keeper(t, m, "init")
		if a.status != 0 || a.stderr != "" {
			t.Fatalf("%+v", a)
		}
		found = proposals(a.stdout)
		isMissing := func(service string) bool { return found[service].keys == "" }
		if !slices.ContainsFunc(services, isMissing) || time.Now().After(deadline) {
			return found, a.stdout
		}
	}
}

// Without systemd, init proposes what the init scripts of real daemons have started, and
// by that all of it is up. A script that starts several daemons has an entry for each.
func TestRealScripts(t *testing.T) {
	for _, part := range []struct {
		name     string
		packages []string
		layer    func(*testing.T) *realtest.Layer
		prepare  string
		want     map[string]string
		left     map[string]string // services that are left out, and why
	}{
		{"the tree", packages(), scriptLayer, prepareScripts, scripts(), notProposed()},
		{"more", scriptPackages(), otherScriptLayer, "", otherScripts(), nil},
	} {
		t.Run(part.name, func(t *testing.T) {
			m := realtest.Enter(t, realtest.Tree(t, part.packages...), part.layer(t))
			m.Must(t, "sh", "-c", "set -e\n"+ownNetwork+"\n"+part.prepare)
			services := slices.Sorted(maps.Keys(part.want))
			for _, service := range append(slices.Sorted(maps.Keys(part.left)), services...) {
				if !strings.Contains(service, "/") { // the second daemon of one
					startScript(t, m, service)
				}
			}
			found, text := proposed(t, m, names(services))
			for _, service := range services {
				if p := found[names([]string{service})[0]]; p.keys != part.want[service] {
					t.Errorf("%s: init proposes %q, want %q; %s", service, p.keys, part.want[service], p.reason)
				}
			}
			for service, why := range part.left {
				if p := found[service]; p.keys != "" || !strings.Contains(p.reason, why) {
					t.Errorf("%s: init proposes %q, or leaves it out because %q, want %q", service, p.keys, p.reason, why)
				}
			}
			if t.Failed() {
				t.Log(text)
			}
			write(t, m, "/etc/daemon-keeper.yaml", text)
			if a := keeper(t, m, "status"); a.status != 0 {
				t.Errorf("not all is up: %+v", a)
			}
			inspectScripts(t, m)
		})
	}
}

// prepareScripts makes a second cluster, and what systemd would make, or let start.
const prepareScripts = `pg_createcluster 15 second >/dev/null
update-rc.d stunnel4 enable
update-rc.d amavis-mc enable
mkdir -p /var/lib/clamav/main.inc /var/lib/clamav/daily.inc
install -d -o mosquitto /run/mosquitto`

// notProposed are scripts of the tree that are started, too, and of which init cannot tell.
func notProposed() map[string]string {
	return map[string]string{
		"mosquitto": "it says that it does not run",
		"spamd":     "its process executes perl, and no argument tells what that runs",
	}
}

// TestScriptFigure holds what the documentation says of them: how many init understands.
func TestScriptFigure(t *testing.T) {
	n := 0
	for _, list := range []map[string]string{scripts(), otherScripts()} {
		for service := range list {
			if !strings.Contains(service, "/") {
				n++
			}
		}
	}
	if want := fmt.Sprintf("%d of %d init scripts", n, n+len(notProposed())); !strings.Contains(aboutTable, want) {
		t.Errorf("it lacks %q", want)
	}
}

func names(services []string) (list []string) {
	for _, s := range services {
		list = append(list, strings.Replace(s, "/", "-", 1))
	}
	return list
}

func scriptLayer(t *testing.T) *realtest.Layer {
	l := layer(t)
	l.File("/etc/default/rsync", "RSYNC_ENABLE=true\n", 0o644)
	l.File("/etc/lighttpd/lighttpd.conf", settings()["/etc/lighttpd/lighttpd.conf"]+"server.pid-file = \"/run/lighttpd.pid\"\n", 0o644)
	for name, port := range map[string]string{"redis": "6381", "web": "6382"} {
		l.File("/etc/stunnel/"+name+".conf", "pid = /run/stunnel-"+name+".pid\n["+name+"]\naccept = 127.0.0.1:"+port+"\nconnect = 127.0.0.1:6379\n"+
			"cert = /etc/ssl/certs/ssl-cert-snakeoil.pem\nkey = /etc/ssl/private/ssl-cert-snakeoil.key\n", 0o644)
	}
	return l
}

func otherScriptLayer(t *testing.T) *realtest.Layer {
	l := realtest.NewLayer(t)
	l.AddKeeper(program)
	for name, port := range map[string]string{"one": "1194", "two": "1195"} {
		l.File("/etc/openvpn/"+name+".conf", "dev null\ncipher none\nauth none\nremote 127.0.0.1\nport "+port+"\n", 0o600)
	}
	l.File("/etc/default/chrony", "DAEMON_OPTS=\"-F 0 -x\"\n", 0o644) // it may not set the clock
	l.File("/etc/inetd.conf", "discard stream tcp nowait root internal\n", 0o644)
	return l
}

// scripts are what init proposes of the tree's services. NAME/2 is the second daemon that
// the script NAME has started.
func scripts() map[string]string {
	return map[string]string{
		"amavis":                   "executable: /usr/bin/perl, user: amavis, args: '^/usr/sbin/amavisd '",
		"amavis-mc":                "executable: /usr/sbin/amavis-mc, user: amavis",
		"apache2":                  "executable: /usr/sbin/apache2, user: root",
		"beanstalkd":               "executable: /usr/bin/beanstalkd, user: beanstalkd",
		"clamav-daemon":            "executable: /usr/sbin/clamd, user: clamav, args: '^/etc/clamav/clamd\\.conf$'",
		"clamav-freshclam":         "executable: /usr/bin/freshclam, user: clamav",
		"dnsmasq":                  "executable: /usr/sbin/dnsmasq, user: dnsmasq, args: '^/run/dnsmasq/dnsmasq\\.pid$'",
		"dovecot":                  "executable: /usr/sbin/dovecot, user: root, args: '^/etc/dovecot/dovecot\\.conf$'",
		"fail2ban":                 "executable: /usr/bin/fail2ban-server, user: root",
		"frr":                      "executable: /usr/lib/frr/watchfrr, user: root",
		"haproxy":                  "executable: /usr/sbin/haproxy, user: root, args: '^/etc/haproxy/haproxy\\.cfg$'",
		"lighttpd":                 "executable: /usr/sbin/lighttpd, user: www-data",
		"mariadb":                  "executable: /usr/sbin/mariadbd, user: mysql",
		"memcached":                "executable: /usr/bin/memcached, user: memcache, args: '^/var/run/memcached/memcached\\.pid$'",
		"munin-node":               "executable: /usr/sbin/munin-node, user: root",
		"named":                    "executable: /usr/sbin/named, user: bind",
		"nginx":                    "executable: /usr/sbin/nginx, user: root",
		"nmbd":                     "executable: /usr/sbin/nmbd, user: root",
		"nsd":                      "executable: /usr/sbin/nsd, user: nsd",
		"php8.2-fpm":               "executable: /usr/sbin/php-fpm8.2, user: root",
		"postfix":                  "executable: /usr/lib/postfix/sbin/master, user: root",
		"postgresql":               "executable: '/usr/lib/postgresql/*/bin/postgres', user: postgres, args: '^/var/lib/postgresql/15/main$'",
		"postgresql/2":             "executable: '/usr/lib/postgresql/*/bin/postgres', user: postgres, args: '^/var/lib/postgresql/15/second$'",
		"postgrey":                 "executable: /usr/bin/perl, user: postgrey, args: '^postgrey '",
		"proftpd":                  "executable: /usr/sbin/proftpd, user: proftpd",
		"prometheus-node-exporter": "executable: /usr/bin/prometheus-node-exporter, user: prometheus",
		"rabbitmq-server":          "executable: '/usr/lib/erlang/erts-*/bin/beam.smp', user: rabbitmq, args: '^/var/lib/rabbitmq$'",
		"redis-server":             "executable: /usr/bin/redis-server, user: redis",
		"rsync":                    "executable: /usr/bin/rsync, user: root",
		"slapd":                    "executable: /usr/sbin/slapd, user: openldap",
		"smbd":                     "executable: /usr/sbin/smbd, user: root",
		"snmpd":                    "executable: /usr/sbin/snmpd, user: Debian-snmp",
		"squid":                    "executable: /usr/sbin/squid, user: proxy",
		"ssh":                      "executable: /usr/sbin/sshd, user: root, parent: 1, listen: tcp://127.0.0.1:22, expect: SSH-",
		"stunnel4":                 "executable: /usr/bin/stunnel4, user: root, args: '^/etc/stunnel/redis\\.conf$'",
		"stunnel4/2":               "executable: /usr/bin/stunnel4, user: root, args: '^/etc/stunnel/web\\.conf$'",
		"tinyproxy":                "executable: /usr/bin/tinyproxy, user: tinyproxy",
		"tor":                      "executable: /usr/bin/tor, user: debian-tor",
		"unbound":                  "executable: /usr/sbin/unbound, user: unbound",
		"zabbix-agent":             "executable: /usr/sbin/zabbix_agentd, user: zabbix",
	}
}

// otherScripts are what init proposes of the services of scriptPackages.
func otherScripts() map[string]string {
	return map[string]string{
		"atd":           "executable: /usr/sbin/atd, user: daemon",
		"chrony":        "executable: /usr/sbin/chronyd, user: _chrony",
		"cups":          "executable: /usr/sbin/cupsd, user: root, args: '^/etc/cups/cupsd\\.conf$'",
		"dictd":         "executable: /usr/sbin/dictd, user: dictd",
		"dropbear":      "executable: /usr/sbin/dropbear, user: root, parent: 1, listen: tcp://127.0.0.1:22, expect: SSH-",
		"ngircd":        "executable: /usr/sbin/ngircd, user: irc",
		"nscd":          "executable: /usr/sbin/nscd, user: root",
		"openbsd-inetd": "executable: /usr/sbin/inetd, user: root",
		"opendkim":      "executable: /usr/sbin/opendkim, user: opendkim, args: '^/run/opendkim/opendkim\\.pid$'",
		"openvpn":       "executable: /usr/sbin/openvpn, user: root, args: '^/run/openvpn/one\\.pid$'",
		"openvpn/2":     "executable: /usr/sbin/openvpn, user: root, args: '^/run/openvpn/two\\.pid$'",
		"privoxy":       "executable: /usr/sbin/privoxy, user: privoxy",
		"tftpd-hpa":     "executable: /usr/sbin/in.tftpd, user: root, args: '^:69$'",
		"vsftpd":        "executable: /usr/sbin/vsftpd, user: root",
	}
}
