package rcd

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func TestDetect(t *testing.T) {
	for _, tt := range []struct {
		name  string
		os    string
		files []string
		want  string // the manager and its stop command
	}{
		{"FreeBSD", "freebsd", []string{"usr/sbin/service*"}, "rc.d: /usr/sbin/service x stop"},
		{
			"Debian", "linux",
			[]string{"run/systemd/system/", "usr/bin/systemctl*", "usr/sbin/service*", "etc/init.d/"},
			"systemd: /usr/sbin/service x stop",
		},
		{
			"Fedora, which has no service", "linux",
			[]string{"run/systemd/system/", "usr/bin/systemctl*"},
			"systemd: /usr/bin/systemctl stop x.service",
		},
		{
			"a service that cannot be executed", "linux",
			[]string{"run/systemd/system/", "bin/systemctl*", "usr/sbin/service"},
			"systemd: /bin/systemctl stop x.service",
		},
		{
			"systemd is installed, but did not boot", "linux",
			[]string{"usr/bin/systemctl*", "usr/sbin/service*", "etc/init.d/"},
			"System V init: /usr/sbin/service x stop",
		},
		{
			"systemd in a container without systemctl", "linux",
			[]string{"run/systemd/system/", "sbin/service*", "etc/init.d/"},
			"System V init: /sbin/service x stop",
		},
		{
			"OpenRC", "linux",
			[]string{"run/openrc/", "sbin/rc-service*", "etc/init.d/", "usr/sbin/service*"},
			"OpenRC: /sbin/rc-service x stop",
		},
		{
			"OpenRC is installed, but did not boot", "linux",
			[]string{"sbin/rc-service*", "etc/init.d/", "usr/sbin/service*"},
			"System V init: /usr/sbin/service x stop",
		},
		{
			"OpenRC's folder, and systemd has booted", "linux",
			[]string{"run/openrc/", "sbin/rc-service*", "run/systemd/system/", "usr/bin/systemctl*"},
			"systemd: /usr/bin/systemctl stop x.service",
		},
		{"System V without service", "linux", []string{"etc/init.d/"}, "System V init: /etc/init.d/x stop"},
		{
			"a service folder is not a program", "linux",
			[]string{"usr/sbin/service/", "etc/init.d/"},
			"System V init: /etc/init.d/x stop",
		},
		{"service of one's own", "freebsd", []string{"usr/local/sbin/service*"}, "rc.d: /usr/local/sbin/service x stop"},
		{
			"the system's own comes first", "freebsd",
			[]string{"usr/local/sbin/service*", "usr/sbin/service*"},
			"rc.d: /usr/sbin/service x stop",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Detect(Host{OS: tt.os, Root: tree(t, tt.files...)}, &Outputs{})
			if err != nil {
				t.Fatal(err)
			}
			if got := m.Name() + ": " + strings.Join(m.Argv(Stop, "x"), " "); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// TestDetectIgnoresPATH: cron's lacks the sbin directories, and a folder in it
// may be somebody else's.
func TestDetectIgnoresPATH(t *testing.T) {
	root := tree(t, "home/service*", "usr/sbin/service*")
	t.Setenv("PATH", filepath.Join(root, "home"))
	m, err := Detect(Host{OS: "freebsd", Root: root}, &Outputs{})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Argv(Stop, "x")[0]; got != "/usr/sbin/service" {
		t.Errorf("service is %q", got)
	}
}

func TestDetectNothing(t *testing.T) {
	for _, tt := range []struct {
		name      string
		os        string
		files     []string
		err, hint string // parts of
	}{
		{"FreeBSD without service", "freebsd", []string{"etc/rc.d/"}, "service(8) is not installed", "--service-command"},
		{
			"FreeBSD is not taken for Linux", "freebsd",
			[]string{"etc/init.d/", "run/systemd/system/", "usr/bin/systemctl*"},
			"service(8) is not installed", "--service-command",
		},
		{"OpenRC without its program", "linux", []string{"run/openrc/"}, "neither systemd nor OpenRC nor /etc/init.d", "--service-command"},
		{"nothing", "linux", nil, "neither systemd nor OpenRC nor /etc/init.d", "--service-command"},
		{"a file named init.d", "linux", []string{"etc/init.d"}, "neither systemd nor OpenRC nor /etc/init.d", "--service-command"},
		{"OpenBSD", "openbsd", []string{"usr/sbin/service*", "etc/init.d/"}, "not supported on openbsd", "--service-command"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m, err := Detect(Host{OS: tt.os, Root: tree(t, tt.files...)}, &Outputs{})
			var none *NoManagerError
			if m != nil || !errors.As(err, &none) {
				t.Fatalf("Detect = %v, %v, want a NoManagerError", m, err)
			}
			if !strings.HasPrefix(err.Error(), "cannot find a service manager: ") || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("error %q, want %q in it", err, tt.err)
			}
			if !strings.Contains(none.Hint(), tt.hint) {
				t.Errorf("hint %q, want %q in it", none.Hint(), tt.hint)
			}
		})
	}
}

func TestThisHost(t *testing.T) {
	if h := ThisHost(); h.OS != runtime.GOOS || h.Root != "" {
		t.Errorf("this host is %+v", h)
	}
	if runtime.GOOS == "linux" && !ThisHost().isDir(os.TempDir()) {
		t.Error("there is no folder for temporary files")
	}
}
