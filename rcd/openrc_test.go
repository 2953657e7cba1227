package rcd

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

// A service is a script that OpenRC would find; what it has died of it does not know.
func TestOpenRCFind(t *testing.T) {
	m := on(openrc{program{root: tree(t, "etc/init.d/sshd*", "etc/init.d/README", "usr/local/etc/init.d/own*"), path: "/sbin/rc-service"}}, &fakeRunner{t: t})
	for service, known := range map[string]bool{"sshd": true, "own": true, "README": false, "nosuch": false} {
		err := m.Find(t.Context(), service)
		var none *NotFoundError
		if known != (err == nil) || !known && (!errors.As(err, &none) || none.Hint() != "list the names with: rc-service --list") {
			t.Errorf("%s: %v", service, err)
		}
	}
}

// A boot is what starts runlevels; only the names of two of them mean that it is over.
func TestOpenRCPhase(t *testing.T) {
	for _, tc := range []struct {
		level    string
		starting bool
		want     Phase
	}{
		{"default\n", false, Working},
		{"default", true, Booting},
		{"sysinit", true, Booting},
		{"shutdown\n", true, ShuttingDown},
		{"reboot", false, ShuttingDown},
		{"", false, Working},
	} {
		root := tree(t, "run/openrc/started/")
		if tc.level != "" {
			put(t, root, "run/openrc/softlevel", tc.level, 0o644)
		}
		if tc.starting {
			put(t, root, "run/openrc/rc.starting", "", 0o644)
		}
		m := on(openrc{program{root: root}}, &fakeRunner{t: t})
		if phase, err := m.Phase(t.Context()); phase != tc.want || err != nil {
			t.Errorf("%q, starting: %v: %d, %v", tc.level, tc.starting, phase, err)
		}
	}
}

// What a boot starts is listed, and what was started because another service needs it.
func TestOpenRCList(t *testing.T) {
	root := tree(t, "etc/init.d/dbus*", "etc/init.d/off*", "etc/init.d/functions.sh*", "etc/init.d/udev*",
		"etc/runlevels/sysinit/udev", "etc/runlevels/default/sshd", "etc/runlevels/default/dead", "etc/runlevels/default/gone",
		"run/openrc/started/dbus", "run/openrc/started/sshd", "usr/sbin/sshd*")
	put(t, root, "etc/init.d/sshd", "#!/sbin/openrc-run\ndescription=\"OpenBSD\"\ncommand=/usr/sbin/sshd\npidfile=/run/sshd.pid\n", 0o755)
	put(t, root, "etc/init.d/dead", "#!/sbin/openrc-run\n", 0o755)
	put(t, root, "run/sshd.pid", "412\n", 0o644)
	fake := &fakeRunner{t: t, answers: map[string]result{
		"/sbin/rc-service dbus status": recorded(t, "openrc/started"),
		"/sbin/rc-service sshd status": recorded(t, "openrc/started"),
		"/sbin/rc-service dead status": recorded(t, "openrc/crashed"),
	}}
	m := on(openrc{program{root: root, path: "/sbin/rc-service"}}, fake)
	list, err := m.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equalLists(t, list, []Listed{
		{Name: "dbus", Hints: &Hints{}},
		{Name: "dead", Omit: "it says that it does not run"},
		{Name: "sshd", Hints: &Hints{PIDs: []int{412}, Daemons: []string{"/usr/sbin/sshd"}}},
	})
	names, err := m.Names(t.Context())
	if want := []string{"dbus", "dead", "off", "sshd", "udev"}; !slices.Equal(names, want) || err != nil {
		t.Errorf("%s, %v", strings.Join(names, " "), err)
	}
}
