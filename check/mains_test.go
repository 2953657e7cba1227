package check

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daemon-keeper/check/proctable"
)

// TestMains: which processes are a service's, by what its init script says.
func TestMains(t *testing.T) {
	daemon, other := program(t, "daemon", elf), program(t, "other", elf)
	script := program(t, "tool", "#!/usr/bin/python3\n")
	row := func(pid, parent int, e Executable, user uint32) proctable.Process {
		return proctable.Process{PID: pid, Parent: parent, Exe: e.Path, File: e.ID, User: user}
	}
	python := func(pid, parent int, path string, id proctable.FileID) proctable.Process {
		return proctable.Process{PID: pid, Parent: parent, Exe: "/usr/bin/python3.11", File: proctable.FileID{Dev: 7, Ino: 7}, Script: path, ScriptFile: id, Args: []string{"python3", path}}
	}
	speaks := func(words ...string) func(string) bool {
		return func(program string) bool { return slices.Contains(words, filepath.Base(program)) }
	}
	title := proctable.Process{PID: 30, Parent: 1, Exe: "/usr/bin/perl", Args: []string{"/usr/sbin/amavisd (master)"}}
	for _, tt := range []struct {
		what string
		rows []proctable.Process
		g    Guess
		want []int
		why  string
	}{
		{"a pidfile", []proctable.Process{row(10, 1, daemon, 0), row(11, 10, daemon, 5)}, Guess{PIDs: []int{10}, Speaks: speaks("daemon")}, []int{10}, ""},
		{"a pidfile that is old", []proctable.Process{row(10, 1, other, 0)}, Guess{PIDs: []int{10}, Speaks: speaks("daemon")}, nil, "its pidfile names a process of " + other.Path + ", of which its script does not speak"},
		{"one that is old, and one that is not", []proctable.Process{row(10, 1, other, 0), row(12, 1, daemon, 0)}, Guess{PIDs: []int{10, 12}, Speaks: speaks("daemon")}, []int{12}, ""},
		{"an old one, and the program", []proctable.Process{row(10, 1, other, 0), row(12, 1, daemon, 0)}, Guess{PIDs: []int{10}, Daemons: []string{daemon.Path}, Speaks: speaks("daemon")}, []int{12}, ""},
		{"its own title", []proctable.Process{title}, Guess{PIDs: []int{30}, Speaks: speaks("amavisd")}, []int{30}, ""},
		{"an interpreter of which the script speaks", []proctable.Process{python(10, 1, "/x/odd", proctable.FileID{Dev: 8, Ino: 8})}, Guess{PIDs: []int{10}, Speaks: speaks("python3.11")}, nil, "its pidfile names a process of /usr/bin/python3.11, of which its script does not speak"},
		{"a program in a folder of its name", []proctable.Process{{PID: 10, Parent: 1, Exe: "/usr/lib/postfix/sbin/master"}}, Guess{Service: "postfix", Speaks: speaks()}, []int{10}, ""},
		{"arguments of its name", []proctable.Process{{PID: 10, Parent: 1, Exe: "/usr/lib/erlang/bin/beam.smp", Args: []string{"beam.smp", "-home", "/var/lib/rabbitmq"}}}, Guess{Service: "rabbitmq-server", PIDs: []int{10}, Speaks: speaks()}, []int{10}, ""},
		{"the program, with children", []proctable.Process{row(10, 1, daemon, 0), row(11, 10, daemon, 0)}, Guess{Daemons: []string{daemon.Path}}, []int{10}, ""},
		{"the script", []proctable.Process{python(10, 1, script.Path, script.ID), python(11, 1, "/x/odd", proctable.FileID{Dev: 8, Ino: 8})}, Guess{Daemons: []string{script.Path}}, []int{10}, ""},
		{"its interpreter is nobody's", []proctable.Process{python(10, 1, "/x/odd", proctable.FileID{Dev: 8, Ino: 8})}, Guess{Daemons: []string{"/usr/bin/python3.11"}}, nil, "it says that it runs, and there is no pidfile"},
		{"two, and it has one", []proctable.Process{row(10, 1, daemon, 0), row(11, 1, daemon, 0)}, Guess{Daemons: []string{daemon.Path}}, nil, "it says that it runs, but not which one of 2 processes"},
		{"two, and it may have several", []proctable.Process{row(10, 1, daemon, 0), row(11, 1, daemon, 0)}, Guess{Daemons: []string{daemon.Path}, Many: true}, []int{10, 11}, ""},
		{"two of different users", []proctable.Process{row(10, 1, daemon, 0), row(11, 1, daemon, 5)}, Guess{Daemons: []string{daemon.Path}, Many: true}, nil, "it says that it runs, but not"},
		{"a pidfile of one of two", []proctable.Process{row(10, 1, daemon, 0), row(11, 1, daemon, 0), row(12, 11, daemon, 0)}, Guess{PIDs: []int{10}, Many: true, Speaks: speaks("daemon")}, []int{10, 11}, ""},
		{"somebody else's beside it", []proctable.Process{row(10, 1, daemon, 0), row(11, 1, daemon, 5)}, Guess{PIDs: []int{10}, Many: true, Speaks: speaks("daemon")}, []int{10}, ""},
		{"it does not say whether it runs", []proctable.Process{row(10, 1, daemon, 0)}, Guess{Daemons: []string{daemon.Path}, Doubt: "it does not say"}, nil, "it does not say"},
		{"it does not say, and its pidfile does", []proctable.Process{row(10, 1, daemon, 0)}, Guess{PIDs: []int{10}, Doubt: "it does not say", Speaks: speaks("daemon")}, []int{10}, ""},
		{"a zombie, and one of a container", []proctable.Process{{PID: 10, Parent: 1, Exe: daemon.Path, File: daemon.ID, Zombie: true}, {PID: 11, Parent: 1, Exe: daemon.Path, File: daemon.ID, Foreign: true}}, Guess{PIDs: []int{10, 11}, Daemons: []string{daemon.Path}, Speaks: speaks("daemon")}, nil, "it says that it runs, and there"},
		{"nothing", nil, Guess{PIDs: []int{10}}, nil, "it says that it runs, and there"},
	} {
		k := newKin()
		for _, p := range tt.rows {
			k.add(p)
		}
		if tt.g.Service == "" {
			tt.g.Service = "xyz"
		}
		got := k.mains([]Guess{tt.g})[0]
		if !slices.Equal(got.PIDs, tt.want) || !strings.HasPrefix(got.Why, tt.why) || (got.Why == "") != (len(tt.want) > 0) {
			t.Errorf("%s: %+v, want %d, %q", tt.what, got, tt.want, tt.why)
		}
	}
}

// TestMainsOfOthers: what one service's pidfile names is not another one's.
func TestMainsOfOthers(t *testing.T) {
	daemon := program(t, "daemon", elf)
	k := newKin()
	for pid, parent := range map[int]int{10: 1, 11: 10, 20: 1} {
		k.add(proctable.Process{PID: pid, Parent: parent, Exe: daemon.Path, File: daemon.ID})
	}
	got := k.mains([]Guess{
		{Service: "a", Daemons: []string{daemon.Path}},
		{Service: "b", PIDs: []int{10}, Speaks: func(string) bool { return true }},
	})
	if !slices.Equal(got[0].PIDs, []int{20}) || !slices.Equal(got[1].PIDs, []int{10}) {
		t.Errorf("%+v", got)
	}
}
