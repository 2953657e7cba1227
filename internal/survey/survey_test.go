package survey

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"daemon-keeper/internal/config"
	"daemon-keeper/internal/golden"
)

// anyUser has everybody exist.
var anyUser = config.Options{LookupUser: func(string) (uint32, error) { return 7, nil }}

// validate reads a proposal as a configuration, and returns its daemons.
func validate(t *testing.T, yaml []byte) config.Config {
	t.Helper()
	path := filepath.Join(t.TempDir(), "first.yaml")
	if err := os.WriteFile(path, yaml, 0o644); err != nil {
		t.Fatal(err)
	}
	c, mistakes, err := config.Load(path, anyUser)
	if err != nil || len(mistakes) > 0 {
		t.Fatalf("%v, %v:\n%s", err, mistakes, yaml)
	}
	return c
}

// host has a service of each kind, in no order.
func host() Machine {
	return Machine{
		Host: "mx", Manager: "systemd", Config: "/etc/daemon-keeper.yaml", Traces: true,
		Services: []Service{
			{Name: "ssh", About: "OpenBSD Secure Shell server", Executable: "/usr/sbin/sshd", User: "root", Parent: 1, Restarts: "on-failure"},
			{Name: "rsyslog", About: "System Logging Service", Executable: "/usr/sbin/rsyslogd", User: "root", Parent: 1, Triggers: []string{"syslog.socket"}},
			{Name: "docker", About: "Docker Application Container Engine", Executable: "/usr/bin/dockerd", User: "root"},
			{Name: "my-bus", Executable: "/usr/bin/dbus-broker", User: "messagebus"},
			{Name: "systemd-journald", Omit: "it is not enabled: it runs because something else needs it", Executable: "/lib/systemd/systemd-journald"},
			{Name: "odd", Omit: "it is disabled", Executable: "/usr/sbin/odd"},
			{Name: "mariadb", About: "MariaDB 10.11 database server", Executable: "/usr/sbin/mariadbd", User: "mysql", OldImage: true},
			{Name: "openvpn@a", Executable: "/usr/sbin/openvpn", User: "root", Args: `^/etc/a\.conf$`},
			{Name: "twin@a", Executable: "/usr/sbin/twin", User: "root", Twins: []string{"twin@b"}},
			{Name: "twin@b", Executable: "/usr/sbin/twin", User: "root", Twins: []string{"twin@a"}},
			{Name: "dynamic", About: "dynamic", Executable: "/usr/bin/dynamic", Strangers: true},
			{Name: "nested", Doubt: "its process is in another PID namespace or jail"},
			{Name: "hostile", About: "a\n  b: {c: d}\x1b[31m \u202e", Executable: "/opt/a b\n: #'\"/x", User: "yes", Args: `^it's \\ "x"$`},
			{Name: "other", Denied: true, Started: "/usr/sbin/other", User: "other", Doubt: "its process may not be looked at"},
			{Name: "bytes", Executable: "/opt/\xff"},
			{Name: "unstarted", Denied: true, User: "other", Doubt: "its process may not be looked at"},
		},
	}
}

// The proposal is always the same, in the order of names, and the configuration
// takes it.
func TestPropose(t *testing.T) {
	got := Propose(host()).YAML()
	golden.File(t, "testdata/first.yaml", string(got))
	m := host()
	slices.Reverse(m.Services)
	if again := Propose(m).YAML(); string(again) != string(got) {
		t.Errorf("in another order it is\n%s", again)
	}
	var names []string
	for _, d := range validate(t, got).Daemons {
		names = append(names, d.Name)
		if i := slices.IndexFunc(m.Services, func(s Service) bool { return s.Name == d.Name }); m.Services[i].Executable != d.Executable ||
			d.Args != nil && d.Args.String() != m.Services[i].Args || !slices.Equal(d.Services, []string{d.Name}) {
			t.Errorf("%+v", d)
		}
	}
	if want := []string{"dynamic", "hostile", "mariadb", "openvpn@a", "rsyslog", "ssh"}; !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
	if n := m.Unseen(); n != 2 {
		t.Errorf("%d are unseen", n)
	}
}

// Where there is nothing to keep, comments say so.
func TestProposeNothing(t *testing.T) {
	for _, services := range [][]Service{nil, {{Name: "dbus"}}, {{Name: "x", Denied: true, Started: "/x"}}} {
		got := Propose(Machine{Host: "mx", Manager: "rc.d", Services: services}).YAML()
		for line := range strings.Lines(string(got)) {
			if text := strings.TrimSpace(line); text != "" && !strings.HasPrefix(text, "#") {
				t.Errorf("%q of\n%s", line, got)
			}
		}
		if c := validate(t, got); !c.Blank {
			t.Errorf("%+v", c)
		}
	}
}

// The services that must never be restarted blindly, by their names or those of their
// programs, and those that look like them and may.
func TestNever(t *testing.T) {
	for _, name := range []string{
		"dbus", "dbus-broker", "messagebus", "systemd-journald", "systemd-networkd", "user@1000", "getty@tty1", "serial-getty@ttyS0", "gdm", "gdm3", "lightdm",
		"sddm", "xdm", "greetd", "NetworkManager", "NetworkManager-dispatcher", "ModemManager", "wpa_supplicant", "wpa_supplicant@wlan0", "dhcpcd", "dhclient", "iwd", "connman",
		"networking", "netif", "routing", "devd", "docker", "containerd", "podman", "crio", "kubelet", "lxc", "lxd", "incus", "libvirtd", "virtqemud", "multipathd",
		"iscsid", "lvm2-monitor", "mdadm", "zfs-zed", "polkit", "polkitd", "accounts-daemon", "udev", "auditd", "firewalld", "nftables", "cron", "crond", "cronie",
		"daemon-keeper", "supervisor", "rpcbind", "jail", "pf", "unattended-upgrades", "rc-local",
	} {
		if why := never(Service{Name: name}); why == "" {
			t.Errorf("%s may be kept", name)
		}
		if why := never(Service{Name: "x", Executable: "/usr/lib/x/" + name}); why == "" {
			t.Errorf("the program %s may be kept", name)
		}
		if why := never(Service{Name: "x", Started: "/usr/lib/x/" + name, Denied: true}); why == "" {
			t.Errorf("the program %s may be kept, unseen", name)
		}
	}
	for _, name := range []string{
		"ssh", "sshd", "rsyslog", "syslogd", "nginx", "apache2", "postfix@-", "postgresql@15-main", "mariadb", "dovecot", "clamav-daemon", "clamav_clamd", "named",
		"unbound", "chrony", "ntpd", "openvpn@a", "fail2ban", "smbd", "prometheus", "mon", "nagios4", "vmtoolsd", "qemu-guest-agent", "networkd-exporter", "cupsd", "avahi-daemon", "",
	} {
		if why := never(Service{Name: name, Executable: "/usr/sbin/" + name}); why != "" {
			t.Errorf("%s is left out: %s", name, why)
		}
	}
}

// What a helper has become decides, not the helper; a reason is the service's own.
func TestNeverByProgram(t *testing.T) {
	for _, tc := range []struct {
		s    Service
		want string
	}{
		{Service{Name: "dnsmasq", Started: "/usr/share/dnsmasq/systemd-helper", Executable: "/usr/sbin/dnsmasq"}, ""},
		{Service{Name: "memcached", Started: "/usr/share/memcached/scripts/systemd-memcached-wrapper", Executable: "/usr/bin/memcached"}, ""},
		{Service{Name: "x", Started: "/usr/bin/podman", Executable: "/usr/bin/conmon"}, "its containers may be stopped with it"},
		{Service{Name: "user@1000", Executable: "/usr/lib/systemd/systemd"}, "the session of a user, who would lose it"},
		{Service{Name: "rc-local", Executable: "/etc/rc.local"}, "all that it has started would be ended and started again"},
	} {
		if why := never(tc.s); why != tc.want {
			t.Errorf("%s: %q, want %q", tc.s.Name, why, tc.want)
		}
	}
}

func TestVersionIn(t *testing.T) {
	for path, want := range map[string]string{
		"/usr/lib/erlang/erts-13.1.5/bin/beam.smp": "erts-13.1.5",
		"/usr/lib/postgresql/15/bin/postgres":      "15",
		"/opt/app/v1.2/server":                     "v1.2",
		"/usr/bin/python3.11":                      "",
		"/srv/app-2/server":                        "",
		"/usr/sbin/nginx":                          "",
		"x":                                        "",
	} {
		if got, _ := versionIn(path); got != want {
			t.Errorf("%s: %q, want %q", path, got, want)
		}
	}
}

// Where a version stands in a path, the next one is meant, too, but for a service that is
// called by its version.
func TestAnyVersion(t *testing.T) {
	for _, tc := range []struct{ service, path, want string }{
		{"rabbitmq-server", "/usr/lib/erlang/erts-13.1.5/bin/beam.smp", "/usr/lib/erlang/erts-*/bin/beam.smp"},
		{"postgresql", "/usr/lib/postgresql/15/bin/postgres", "/usr/lib/postgresql/*/bin/postgres"},
		{"postgresql@15-main", "/usr/lib/postgresql/15/bin/postgres", ""},
		{"app", "/opt/app/v1.2/server", "/opt/app/v*/server"},
		{"app", "/opt/a*/v1.2/server", ""},
		{"nginx", "/usr/sbin/nginx", ""},
		{"none", "", ""},
	} {
		if got := AnyVersion(tc.service, tc.path); got != tc.want {
			t.Errorf("%s, %s: %q, want %q", tc.service, tc.path, got, tc.want)
		}
	}
}

// Whether the path stays right is said where it may not.
func TestVersionIsToldOf(t *testing.T) {
	const path = "/usr/lib/postgresql/15/bin/postgres"
	for _, tc := range []struct {
		s         Service
		key, note string
	}{
		{Service{Name: "postgresql", Executable: path, AnyVersion: "/usr/lib/postgresql/*/bin/postgres"}, "/usr/lib/postgresql/*/bin/postgres", "the place of the * is meant, today 15"},
		{Service{Name: "postgresql", Executable: path}, path, "The folder 15 of its path has a version"},
		{Service{Name: "postgresql@15-main", Executable: path}, path, ""},
	} {
		d := tc.s.Entry("x")
		notes := strings.Join(d.About, "\n")
		if d.Keys[0].Value != tc.key || !strings.Contains(notes, tc.note) || tc.note == "" && strings.Contains(notes, "version") {
			t.Errorf("%+v: %v, %q", tc.s, d.Keys[0], notes)
		}
	}
}

// Each pattern is one, and is written as names are compared.
func TestNeverPatterns(t *testing.T) {
	for _, k := range neverRestarted() {
		for pattern := range strings.FieldsSeq(k.names) {
			if pattern != strings.ToLower(pattern) || strings.ContainsAny(pattern, `[\`) || strings.HasPrefix(pattern, "*") {
				t.Errorf("%q", pattern)
			}
			if name := strings.ReplaceAll(pattern, "*", "x"); never(Service{Name: name}) == "" {
				t.Errorf("%q is not found by %q", name, pattern)
			}
		}
		if k.why == "" || strings.HasSuffix(k.why, ".") {
			t.Errorf("%q: %q", k.names, k.why)
		}
	}
}

// Whatever a host's services are called and whatever they say of themselves, the
// proposal is a configuration with just them.
func FuzzPropose(f *testing.F) {
	f.Add("toy", "A toy", "/usr/sbin/toy", "daemon", "^x$", "on-failure", "a.socket")
	f.Add("toy", "A toy", "opt/*a/toy*", "daemon", "^x$", "no", "")
	f.Add("a\nb", "\x1b[31m\n# x", "/a: b # c", "yes", "\xff", "\n", "]\n")
	f.Fuzz(func(t *testing.T, name, about, executable, user, args, restarts, trigger string) {
		s := Service{Name: "toy", About: about, Executable: "/" + executable, User: user, Restarts: restarts, Triggers: []string{trigger}, Doubt: about}
		odd := Service{Name: name, Omit: about, Doubt: about}
		twin := s
		twin.Name, twin.Twins = "twin", []string{name}
		unseen := Service{Name: "unseen", About: about, Denied: true, Started: "/" + executable, User: user}
		if strings.ContainsAny(executable+user, "\x00") || !utf8.ValidString(user) || user != "" && strings.Trim(user, "0123456789") == "" || len(executable+user) > 4096 {
			t.Skip("no system has such a program, or such a user")
		}
		yaml := Propose(Machine{Host: name, Manager: restarts, Config: "/" + trigger, Services: []Service{s, odd, twin, unseen}}).YAML()
		c := validate(t, yaml)
		want := 1
		if s.why() != "" {
			want = 0
		}
		if len(c.Daemons) != want || len(c.Forbid) > 0 || want == 1 && c.Daemons[0].Name != "toy" {
			t.Errorf("%+v:\n%s", c, yaml)
		}
	})
}

// Of many instances not each names all others.
func TestManyTwins(t *testing.T) {
	var twins []string
	for n := range 300 {
		twins = append(twins, fmt.Sprintf("many@%d", n))
	}
	yaml := string(Propose(Machine{Services: []Service{{Name: "one", Executable: "/usr/bin/many", Twins: twins}}}).YAML())
	if !strings.Contains(yaml, "many@3 and 296 others") || strings.Contains(yaml, "many@4") {
		t.Errorf("got\n%s", yaml)
	}
}

// The sessions of both run the server's program.
func TestIsSSH(t *testing.T) {
	for path, want := range map[string]bool{"/usr/sbin/sshd": true, "/usr/sbin/dropbear": true, "/usr/bin/ssh": false, "/srv/sshd/x": false} {
		if IsSSH(path) != want {
			t.Errorf("%s: want %v", path, want)
		}
	}
}
