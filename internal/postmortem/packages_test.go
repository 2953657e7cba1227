package postmortem

import (
	"context"
	"fmt"
	"io/fs"
	"strings"
	"testing"
	"time"
)

// reads is a reader that returns what it is given.
func reads[T any](v T) func(context.Context, Dead) (T, error) {
	return func(context.Context, Dead) (T, error) { return v, nil }
}

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
		{"/var/log/messages", "Nov 28 05:41:58 fb pkgfoo[12]: clamav-1.0.2 installed", ""},
		{"/var/log/messages", "Nov 28 05:41:58 fb sshd[12]: Accepted", ""},
	} {
		for _, l := range packageLogs {
			if l.path != tc.path {
				continue
			}
			got := ""
			for _, c := range l.changes([]byte("x\n"+tc.line+"\n"), now) {
				got = fmt.Sprintf("%s %s %s>%s", c.Did, c.Name, c.From, c.To)
				if want := time.Date(2026, 11, 28, 5, 41, 58, 0, time.UTC); !c.At.Equal(want) || c.Log != tc.path {
					t.Errorf("%q: %+v", tc.line, c)
				}
			}
			if got != tc.want {
				t.Errorf("%q: %q, want %q", tc.line, got, tc.want)
			}
		}
	}
}

func change(name string, before float64) Change {
	return Change{At: ago(before), Precision: time.Second, Did: "upgraded", Name: name, From: "1", To: "2", Log: "/var/log/dpkg.log"}
}

func TestPackages(t *testing.T) {
	at := ago(30).Format(time.TimeOnly)
	for _, tc := range []struct {
		name    string
		changes []Change
		want    string
	}{
		{"nothing", nil, ""},
		{"its own", []Change{change("libx", 40), change("java:amd64", 30)}, "its package java was upgraded from 1 to 2 at " + at + " (likely)"},
		{"others", []Change{change("a", 40), change("b", 30), change("b", 29), change("c", 28), change("d", 27), change("e\x1b", 26), change("f", 25)}, `packages were changed at that time: a, b, c, d, e\x1b and 1 more (hint)`},
		{"long before", []Change{change("java:amd64", 3600)}, ""},
		{"a little before", []Change{change("java:amd64", 300)}, "its package java was upgraded from 1 to 2 at " + ago(300).Format(time.TimeOnly) + " (likely)"},
		{"later", []Change{change("java:amd64", -30)}, ""},
	} {
		d := jvm()
		d.Executable = "/usr/bin/java"
		owns := func(_ context.Context, file string, of []Change) (string, error) {
			return dpkgOwner(file, of, func(name string) ([]byte, error) {
				if name != "java" {
					return nil, fs.ErrNotExist
				}
				return []byte("/.\n/bin\n/bin/java\n"), nil
			})
		}
		list, err := Packages{Read: reads(tc.changes), Owns: owns}.Ask(t.Context(), d)
		got := ""
		for _, f := range list {
			got += f.Text + " (" + string(f.Sure) + ")"
			if !f.Aside || !f.Main || f.Next != "tail -n 50 /var/log/dpkg.log" {
				t.Errorf("%s: %+v", tc.name, f)
			}
		}
		if got != tc.want || err != nil {
			t.Errorf("%s: %q, %v\nwant %q", tc.name, got, err, tc.want)
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
				for _, f := range append(changeFindings([]Change{c}, c.Name), changeFindings([]Change{c}, "")...) {
					if len(f.Text) > 2000 || strings.IndexFunc(f.Text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
						t.Errorf("%q", f.Text)
					}
				}
			}
		}
	})
}
