package check

import (
	"regexp"
	"slices"
	"testing"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

const timesyncd, fifteen = "systemd-timesyncd", "systemd-timesyn"

// enough is what mon's ps.monitor asks for.
func enough(name string) Spec { return Spec{Called: name, NameIsEnough: true} }

// Of what may not be looked at, the kernel's name is enough where the Spec says so,
// and nothing contradicts it.
func TestNameIsEnough(t *testing.T) {
	const sshdTitle = "sshd: /usr/sbin/sshd [listener] 0 of 10-100 startups"
	change := func(p proctable.Process, change func(*proctable.Process)) proctable.Process { change(&p); return p }
	with := func(change func(*Spec)) Spec { s := enough("clamd"); change(&s); return s }
	for _, tc := range []struct {
		name   string
		spec   Spec
		p      proctable.Process
		state  State
		reason Reason
	}{
		{"its name", enough("clamd"), denied("clamd", "/usr/sbin/clamd"), Up, counts},
		{"and it is not enough", Spec{Called: "clamd"}, denied("clamd", "/usr/sbin/clamd"), Unknown, Unreadable},
		{"a file is wanted, too", with(func(s *Spec) { s.Executable = clamd.Path }), denied("clamd", "/usr/sbin/clamd"), Unknown, Unreadable},
		{"another name", enough("clamd"), denied("cron", "/usr/sbin/cron"), Down, unrelated},
		{"a longer name", enough("clamd"), denied("clamd2", "clamd2"), Down, unrelated},
		{"only as an argument", enough("clamd"), denied("tail", "tail", "clamd"), Down, unrelated},
		{"only its first argument", enough("clamd"), denied("main", "/usr/sbin/clamd"), Unknown, Unreadable},
		{"arguments wiped", enough("clamd"), denied("clamd"), Up, counts},
		{"a title", enough("sshd"), denied("sshd", sshdTitle), Up, counts},
		{"a script's", enough("backup"), denied("backup", "/bin/sh", "/usr/sbin/backup"), Up, counts},
		{"zombie", enough("clamd"), proctable.Process{PID: 4711, Name: "clamd", Zombie: true}, Down, Zombie},
		{"foreign", enough("clamd"), change(denied("clamd"), func(p *proctable.Process) { p.Foreign = true }), Down, Foreign},
		{"nowhere", enough("clamd"), change(denied("clamd"), func(p *proctable.Process) { p.Nowhere = true }), Unknown, Unreadable},
		{"the wanted user's", with(func(s *Spec) { s.User = id(clamav) }), change(denied("clamd"), func(p *proctable.Process) { p.User = clamav }), Up, counts},
		{"another user's", with(func(s *Spec) { s.User = id(clamav) }), denied("clamd"), Down, OtherUser},
		{"the wanted argument", with(func(s *Spec) { s.Args = regexp.MustCompile("^-F$") }), denied("clamd", "clamd", "-F"), Up, counts},
		{"another argument", with(func(s *Spec) { s.Args = regexp.MustCompile("^-F$") }), denied("clamd", "clamd"), Down, OtherArgs},
		{"arguments wanted, and wiped", with(func(s *Spec) { s.Args = regexp.MustCompile("^-F$") }), denied("clamd"), Unknown, Obscured},
		{"a label wanted", with(func(s *Spec) { s.Label = "clamd_t" }), denied("clamd"), Unknown, Unlabelled},

		{"15 bytes", enough(fifteen), denied(fifteen, "/lib/"+fifteen), Up, counts},
		{"15 bytes, a title", enough(fifteen), denied(fifteen, fifteen+": /lib/"+fifteen+" [x]"), Up, counts},
		{"15 bytes, a path's title", enough(fifteen), denied(fifteen, "/lib/"+fifteen+": x"), Up, counts},
		{"15 bytes, a script's", enough(fifteen), denied(fifteen, "/bin/sh", "/lib/"+fifteen), Up, counts},
		{"15 bytes, of a longer name", enough(fifteen), denied(fifteen, "/lib/"+timesyncd), Down, unrelated},
		{"15 bytes, of a longer title", enough(fifteen), denied(fifteen, timesyncd+": x"), Down, unrelated},
		{"15 bytes, arguments wiped", enough(fifteen), denied(fifteen), Unknown, Obscured},
		{"16 bytes on FreeBSD, arguments wiped", enough(fifteen + "c"), denied(fifteen + "c"), Up, counts},

		{"cut", enough(timesyncd), denied(fifteen, "/lib/"+timesyncd), Up, counts},
		{"cut, a title", enough(timesyncd), denied(fifteen, timesyncd+": x"), Up, counts},
		{"cut, a script's", enough(timesyncd), denied(fifteen, "/bin/sh", "/lib/"+timesyncd), Up, counts},
		{"cut, one byte less", enough(timesyncd), denied(fifteen[:14], "/lib/"+timesyncd+"x"), Down, unrelated},
		{"cut, of another name", enough(timesyncd), denied(fifteen, "/lib/systemd-timesync-wait"), Down, unrelated},
		{"cut, of the name itself", enough(timesyncd), denied(fifteen, "/lib/"+fifteen), Down, unrelated},
		{"cut, nothing says the rest", enough(timesyncd), denied(fifteen, "worker"), Down, OtherFile},
		{"cut, arguments wiped", enough(timesyncd), denied(fifteen), Unknown, Obscured},
		{"whole on FreeBSD, arguments wiped", enough(timesyncd), denied(timesyncd), Up, counts},
	} {
		t.Run(tc.name, func(t *testing.T) {
			v := judge(tc.spec, clamd, tc.p)
			wantVerdict(t, v, row{p: tc.p, state: tc.state, reason: tc.reason})
			if says := slices.ContainsFunc(v.Faults, func(f Fault) bool { return f.Aspect == ByName }); says != (tc.reason == counts) {
				t.Errorf("it says %q", said(v.Faults))
			}
		})
	}
}

// FreeBSD's kernel tells the path of a file that may not be seen: that is more
// than a name.
func TestPathIsMoreThanAName(t *testing.T) {
	p := denied("worker", "worker")
	p.Exe = "/usr/local/libexec/private/clamd"
	v := judge(enough("clamd"), clamd, p)
	wantVerdict(t, v, row{p: p, state: Up, reason: counts})
	wantSaidOf(t, v)
}

// One warning tells of all that count by their name alone.
func TestNameIsEnoughWords(t *testing.T) {
	const (
		one   = "name/0: process 1001 may not be looked at: it counts by the kernel's name for it, which any process can give itself"
		three = "name/0: process 1001 and 2 more may not be looked at: they count by the kernel's name for them, which any process can give itself"
		many  = "too_many/1: 3 processes, and at most 2 may be (pid 1001 clamd of user 0, pid 1002 clamd of user 0, pid 1003 clamd of user 0)"
		few   = "too_few/2: 3 processes, and at least 4 should be (pid 1001 clamd of user 0, pid 1002 clamd of user 0, pid 1003 clamd of user 0)"
	)
	for _, tc := range []struct {
		name   string
		count  *words.Count
		rule   bool
		n      int
		beside proctable.Process
		state  State
		want   []string
	}{
		{"one", nil, false, 1, plain(nil), Up, []string{one}},
		{"three", nil, false, 3, plain(nil), Up, []string{three}},
		{"as many as may be", &words.Count{Min: 1, Max: 4}, false, 3, plain(nil), Up, []string{three}},
		{"too many", &words.Count{Min: 1, Max: 2}, false, 3, denied("cron"), Up, []string{many, three}},
		{"too few", &words.Count{Min: 4, Max: words.NoLimit}, false, 3, denied("cron"), Down, []string{few, three}},
		{"a rule that is kept", &words.Count{Min: 1, Max: 4}, true, 1, plain(nil), Up, []string{one}},
		{"none", &words.Count{Min: 1, Max: 2}, false, 0, plain(nil), Up, nil},
		{"and one that cannot be told", &words.Count{Min: 1, Max: 3}, false, 3, denied("main", "clamd"), Unknown, []string{three}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			spec := enough("clamd")
			spec.Count, spec.Rule = tc.count, tc.rule
			processes := []proctable.Process{tc.beside}
			for n := range tc.n {
				p := denied("clamd")
				p.PID = 1001 + n
				processes = append(processes, p)
			}
			v := judge(spec, clamd, processes...)
			if v.State != tc.state {
				t.Errorf("%v (%v), want %v", v.State, v.Err, tc.state)
			}
			wantSaidOf(t, v, tc.want...)
		})
	}
}
