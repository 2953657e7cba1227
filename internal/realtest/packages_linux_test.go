package realtest

import (
	"os"
	"testing"

	"daemon-keeper/internal/packages"
)

// waitingPackage is a package whose installation waits until /run/go is written to.
const waitingPackage = `set -e
mkdir -p /tmp/p/DEBIAN
printf 'Package: waits\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: waits\n' >/tmp/p/DEBIAN/control
printf '#!/bin/sh\nmkfifo /run/go\nread _ </run/go\nrm /run/go\n' >/tmp/p/DEBIAN/postinst
chmod 755 /tmp/p/DEBIAN/postinst
dpkg-deb -b /tmp/p /tmp/waits.deb
`

// While dpkg or apt-get installs a package, they are seen at work, and only then; what
// we do to see it never makes them fail.
func TestPackagesAtWork(t *testing.T) {
	t.Parallel()
	m := Enter(t, Tree(t))
	root := m.Path("")
	m.Must(t, "sh", "-c", waitingPackage)
	idle := func(when string) {
		t.Helper()
		if w, err := packages.AtWork(root); w != nil || err != nil {
			t.Errorf("%s: %v, %v", when, w, err)
		}
	}
	idle("before")
	for _, c := range []struct {
		manager string
		argv    []string
	}{
		{"dpkg", []string{"dpkg", "-i", "/tmp/waits.deb"}},
		{"apt", []string{"apt-get", "install", "-qq", "/tmp/waits.deb"}},
	} {
		m.Start(t, "sh", append([]string{"-c", `rm -f /run/status; "$@"; echo $? >/run/status`, "sh"}, c.argv...)...)
		Until(t, c.argv[0]+" waits in the script", func() bool { return exists(m, "/run/go") })
		w, err := packages.AtWork(root)
		if err != nil || w == nil || w.PID == 0 {
			t.Fatalf("%s: %+v, %v", c.argv[0], w, err)
		}
		// dpkg alone holds both locks; whoever runs it holds the first.
		comm := m.Must(t, "sh", "-c", `for p in /proc/[0-9]*; do read -r c <$p/comm && [ "$c" = "$1" ] && echo $c && break; done`, "sh", c.argv[0])
		if w.Lock != "/var/lib/dpkg/lock-frontend" || comm != c.argv[0]+"\n" {
			t.Errorf("%s: %v", c.argv[0], w)
		}
		m.Must(t, "sh", "-c", "echo >/run/go")
		Until(t, c.argv[0]+" has ended", func() bool { return exists(m, "/run/status") && read(t, m, "/run/status") != "" })
		if status := read(t, m, "/run/status"); status != "0\n" {
			t.Errorf("%s exited with %s", c.argv[0], status)
		}
		idle("after " + c.argv[0])
		m.Must(t, "dpkg", "-P", "waits")
	}
}

func exists(m *Machine, path string) bool {
	_, err := os.Lstat(m.Path(path))
	return err == nil
}
