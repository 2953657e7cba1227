package config

import (
	"errors"
	"os/user"
	"strings"
	"testing"

	"daemon-keeper/internal/words"
)

func fakeUsers() Options {
	return Options{LookupUser: func(name string) (uint32, error) {
		if name == "root" {
			return 0, nil
		}
		return 0, user.UnknownUserError(name)
	}}
}

// A SPEC is what mon's ps.monitor takes, and more.
func TestReadSpec(t *testing.T) {
	for _, tc := range []struct {
		text               string
		name, path, called string
		user               string
		least, most        int
	}{
		{"tor:1-1", "tor", "", "tor", "", 1, 1},
		{"master:1-2", "master", "", "master", "", 1, 2},
		{"dbus-daemon:1-", "dbus-daemon", "", "dbus-daemon", "", 1, words.NoLimit},
		{"x:-3", "x", "", "x", "", 0, 3},
		{"x:-", "x", "", "x", "", 0, words.NoLimit},
		{"x:0", "x", "", "x", "", 0, 0},
		{"x:0-0", "x", "", "x", "", 0, 0},
		{"x:2", "x", "", "x", "", 2, 2},
		{"x", "x", "", "x", "", 1, words.NoLimit},
		{"sshd@root:1-", "sshd@root", "", "sshd", "root", 1, words.NoLimit},
		{"sshd@0", "sshd@0", "", "sshd", "0", 1, words.NoLimit},
		{"a@b@root:1", "a@b@root", "", "a@b", "root", 1, 1},
		{"/usr/lib/postfix/sbin/master:1-2", "/usr/lib/postfix/sbin/master", "/usr/lib/postfix/sbin/master", "", "", 1, 2},
		{"/srv/a@b/bin/x:1-", "/srv/a@b/bin/x", "/srv/a@b/bin/x", "", "", 1, words.NoLimit},
		{"/srv/a@b/bin/x@root", "/srv/a@b/bin/x@root", "/srv/a@b/bin/x", "", "root", 1, words.NoLimit},
	} {
		t.Run(strings.ReplaceAll(tc.text, "/", "|"), func(t *testing.T) {
			d, err := ReadSpec(tc.text, fakeUsers())
			if err != nil {
				t.Fatal(err)
			}
			user := ""
			if d.User != nil {
				user = d.User.Text
			}
			if d.Name != tc.name || d.Executable != tc.path || d.Called != tc.called || user != tc.user || *d.Count != (words.Count{Min: tc.least, Max: tc.most}) {
				t.Errorf("read %q %q %q %q %v", d.Name, d.Executable, d.Called, user, d.Count)
			}
			if d.Recheck <= 0 || d.BootGrace != 0 || len(d.Services) > 0 {
				t.Errorf("recheck %v, boot grace %v, services %v", d.Recheck, d.BootGrace, d.Services)
			}
		})
	}
}

// What is not a SPEC is refused with a hint.
func TestReadSpecRefuses(t *testing.T) {
	for _, tc := range []struct{ text, why, hint string }{
		{"", "it names no process", "sshd:1-"},
		{":1-", "it names no process", "sshd:1-"},
		{"@root:1-", "it names no process", "sshd@root"},
		{"up :1-", "it names no process", "sshd:1-"},
		{"x:", "its count is wrong", "NAME:1-2"},
		{"x:2-1", "its count is wrong: the range is empty", "NAME:1-2"},
		{"x:one", "its count is wrong", "NAME:1-2"},
		{"x:1-2-3", "its count is wrong", "NAME:1-2"},
		{"x:01", "its count is wrong", "NAME:1-2"},
		{"x@nobody-here:1-", `cannot find user "nobody-here"`, "typing error"},
		{"x@:1-", "it is empty", "name or a number"},
		{"usr/sbin/x:1-", "a name has no slash", "full path"},
		{"a\x00b:1-", "no zero bytes", ""},
	} {
		t.Run(strings.ReplaceAll(tc.text, "/", "|"), func(t *testing.T) {
			_, err := ReadSpec(tc.text, fakeUsers())
			var wrong *problem
			if !errors.As(err, &wrong) || !strings.HasPrefix(err.Error(), "cannot read SPEC ") ||
				!strings.Contains(err.Error(), tc.why) || !strings.Contains(wrong.Hint(), tc.hint) {
				t.Errorf("%v", err)
			}
		})
	}
}

// Words are names of the configuration, or SPECs.
func TestPick(t *testing.T) {
	c := Config{
		Files:   []string{"a.yaml"},
		Daemons: []Daemon{{Name: "clamd"}, {Name: "getty@tty1"}, {Name: "sshd"}},
		Forbid:  []Rule{{Name: "gid0"}},
	}
	for _, tc := range []struct {
		name        string
		words       string
		from        Config
		want, error string
	}{
		{"nothing is all", "", c, "clamd getty@tty1 sshd gid0", ""},
		{"names", "sshd gid0", c, "sshd gid0", ""},
		{"a name with an @", "getty@tty1", c, "getty@tty1", ""},
		{"both kinds", "tor:1- sshd", c, "sshd tor", ""},
		{"SPECs only", "tor:1- /bin/x", c, "tor /bin/x", ""},
		{"a typing error", "sshf", c, "", `cannot find "sshf" in the configuration`},
		{"without a configuration a bare word is a process", "sshf", Config{}, "sshf", ""},
		{"the same twice", "tor:1- tor:-3", Config{}, "", "it is given twice"},
		{"a SPEC of a daemon's name", "sshd sshd:1-", c, "", "it is given twice"},
		{"no SPEC", "tor:x", c, "", "cannot read SPEC"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			picked, err := tc.from.Pick(strings.Fields(tc.words), fakeUsers())
			if tc.error != "" {
				if err == nil || !strings.Contains(err.Error(), tc.error) {
					t.Errorf("%v", err)
				}
				return
			}
			var names []string
			for _, d := range picked.Daemons {
				names = append(names, d.Name)
			}
			for _, r := range picked.Forbid {
				names = append(names, r.Name)
			}
			if got := strings.Join(names, " "); err != nil || got != tc.want {
				t.Errorf("picked %q, %v", got, err)
			}
		})
	}
	_, err := c.Pick([]string{"sshf"}, fakeUsers())
	var unknown *UnknownNameError
	if !errors.As(err, &unknown) || !strings.Contains(unknown.Hint(), `did you mean "sshd"?`) || !strings.Contains(unknown.Hint(), "sshf:1-") {
		t.Errorf("%v", unknown)
	}
}
