package postmortem

import (
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"
)

func TestPackageLogs(t *testing.T) {
	now := time.Date(2026, 11, 28, 6, 0, 0, 0, time.UTC)
	for _, tc := range []struct{ path, line, want string }{
		{"/var/log/dpkg.log", "2026-11-28 05:41:58 upgrade clamav-daemon:amd64 1.0.1 1.0.2", "upgraded clamav-daemon:amd64 1.0.1>1.0.2"},
		{"/var/log/dpkg.log", "2026-11-28 05:41:58 install clamav-base:all <none> 1.0.2", "installed clamav-base:all >1.0.2"},
		{"/var/log/dpkg.log", "2026-11-28 05:41:58 remove clamav-daemon:amd64 1.0.1 <none>", "removed clamav-daemon:amd64 >"},
		{"/var/log/dpkg.log", "2026-11-28 05:41:58 configure clamav-daemon:amd64 1.0.2 <none>", ""},
		{"/var/log/dpkg.log", "2026-11-28 05:41:58 status installed clamav-daemon:amd64 1.0.2", ""},
		{"/var/log/dnf.rpm.log", "2026-11-28T05:41:58+0000 SUBDEBUG Upgrade: clamd-1.0.2-1.el9.x86_64", "upgraded clamd >1.0.2-1.el9.x86_64"},
		{"/var/log/dnf.rpm.log", "2026-11-28T05:41:58+0000 SUBDEBUG Upgraded: clamd-1.0.1-1.el9.x86_64", ""},
		{"/var/log/dnf.rpm.log", "2026-11-28T05:41:58Z INFO Erase: clamd-1.0.1-1.el9.x86_64", "removed clamd >1.0.1-1.el9.x86_64"},
		{"/var/log/zypp/history", "2026-11-28 05:41:58|install|clamav|1.0.2-1.1|x86_64||repo-oss|0a1b|", "installed clamav >1.0.2-1.1"},
		{"/var/log/zypp/history", "# 2026-11-28 05:41:58 clamav-1.0.2 installed ok", ""},
		{"/var/log/pacman.log", "[2026-11-28T05:41:58+0000] [ALPM] upgraded clamav (1.0.1-1 -> 1.0.2-1)", "upgraded clamav 1.0.1-1>1.0.2-1"},
		{"/var/log/pacman.log", "[2026-11-28T05:41:58+0000] [ALPM] installed clamav (1.0.2-1)", "installed clamav >1.0.2-1"},
		{"/var/log/pacman.log", "[2026-11-28T05:41:58+0000] [PACMAN] Running 'pacman -Syu'", ""},
		{"/var/log/messages", "Nov 28 05:41:58 fb pkg[1234]: clamav upgraded: 1.0.1,1 -> 1.0.2,1", "upgraded clamav 1.0.1,1>1.0.2,1"},
		{"/var/log/messages", "Nov 28 05:41:58 fb pkg-static[1234]: py39-x-1.0.2_1 installed", "installed py39-x >1.0.2_1"},
		{"/var/log/messages", "Nov 28 05:41:58 fb pkg: clamav-1.0.2 deinstalled", "removed clamav >"},
		{"/var/log/messages", "Nov 28 05:41:58 fb pkg[1234]: clamav upgraded: 1.0.1,1 -> 1.0.2,1 ", "upgraded clamav 1.0.1,1>1.0.2,1"}, // as pkg(8) writes it
		{"/var/log/messages", "Nov 28 05:41:58 <user.notice> fb pkg[1234]: clamav-1.0.2 installed", "installed clamav >1.0.2"},         // syslogd -v
		{"/var/log/messages", "2026-11-28T05:41:58.000000+00:00 fb pkg[1234]: clamav-1.0.2 installed", "installed clamav >1.0.2"},
		{"/var/log/messages", "Nov 28 05:41:58 fb app[7]: pkgs: see pkg: clamav-1.0.2 installed", ""},
		{"/var/log/messages", "Nov 28 05:41:58 fb pkgfoo[12]: clamav-1.0.2 installed", ""},
		{"/var/log/messages", "Nov 28 05:41:58 fb sshd[12]: Accepted", ""},
	} {
		for _, l := range packageLogs {
			if l.path != tc.path {
				continue
			}
			got := ""
			for _, c := range l.changes([]byte("x\n"+tc.line+"\n"), now) {
				got = fmt.Sprintf("%s %s %s>%s", c.did, c.name, c.from, c.to)
				if want := time.Date(2026, 11, 28, 5, 41, 58, 0, time.UTC); !c.at.Equal(want) || c.log != tc.path {
					t.Errorf("%q: %+v", tc.line, c)
				}
			}
			if got != tc.want {
				t.Errorf("%q: %q, want %q", tc.line, got, tc.want)
			}
		}
	}
}

func upgraded(name string, before float64) change {
	return change{at: ago(before), precision: time.Second, did: "upgraded", name: name, from: "1", to: "2", log: "/var/log/dpkg.log"}
}

func TestPackages(t *testing.T) {
	at := ago(30).Format(time.TimeOnly)
	for _, tc := range []struct {
		name    string
		changes []change
		want    string
	}{
		{"nothing", nil, ""},
		{"its own", []change{upgraded("libx", 40), upgraded("java:amd64", 30)}, "its package java was upgraded from 1 to 2 at " + at + " (likely)"},
		{"others", []change{upgraded("a", 40), upgraded("b", 30), upgraded("b", 29), upgraded("c", 28), upgraded("d", 27), upgraded("e\x1b", 26), upgraded("f", 25)}, `packages were changed at that time: a, b, c, d, e\x1b and 1 more (hint)`},
		{"long before", []change{upgraded("java:amd64", 3600)}, ""},
		{"a little before", []change{upgraded("java:amd64", 300)}, "its package java was upgraded from 1 to 2 at " + ago(300).Format(time.TimeOnly) + " (likely)"},
		{"later", []change{upgraded("java:amd64", -30)}, ""},
	} {
		d := jvm()
		d.Executable = "/usr/bin/java"
		owns := func(file string, of []change) string {
			return dpkgOwner(file, of, func(name string) ([]byte, error) {
				if name != "java" {
					return nil, fs.ErrNotExist
				}
				return []byte("/.\n/bin\n/bin/java\n"), nil
			})
		}
		list := packageFindings(tc.changes, d, owns)
		got := ""
		for _, f := range list {
			got += f.Text + " (" + string(f.Sure) + ")"
			if !f.Aside || !f.Main || f.Next != "tail -n 50 /var/log/dpkg.log" {
				t.Errorf("%s: %+v", tc.name, f)
			}
		}
		if got != tc.want {
			t.Errorf("%s: %q\nwant %q", tc.name, got, tc.want)
		}
	}
}

func FuzzPackageLogs(f *testing.F) {
	f.Add([]byte("2026-11-28 05:41:58 upgrade clamav-daemon:amd64 1.0.1 1.0.2\n"))
	f.Add([]byte("Nov 28 05:41:58 fb pkg[1234]: clamav upgraded: 1.0.1,1 -> 1.0.2,1\n"))
	f.Add([]byte("[2026-11-28T05:41:58+0000] [ALPM] upgraded clamav (1.0.1-1 -> 1.0.2-1)\n"))
	f.Add([]byte("2026-11-28T05:41:58Z INFO Erase: clamd-1.0.1-1.el9.x86_64\n2026-11-28 05:41:58|install|clamav|1\n"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, l := range packageLogs {
			for _, c := range l.changes(data, time.Unix(1_795_846_215, 0)) {
				for _, f := range append(changeFindings([]change{c}, c.name), changeFindings([]change{c}, "")...) {
					if len(f.Text) > 2000 || strings.IndexFunc(f.Text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
						t.Errorf("%q", f.Text)
					}
				}
			}
		}
	})
}
