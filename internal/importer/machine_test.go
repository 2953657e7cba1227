package importer

import (
	"fmt"
	"strings"
	"testing"

	"daemon-keeper/internal/draft"
)

// fakeMachine answers by pidfile, and notes what it was asked.
type fakeMachine struct {
	found map[string]Found
	asked []Asked
}

func (m *fakeMachine) Named(asked []Asked) []Found {
	m.asked = append(m.asked, asked...)
	list := make([]Found, len(asked))
	for i, a := range asked {
		f, known := m.found[a.PIDFile]
		if list[i] = f; !known {
			list[i].Why = a.PIDFile + " is missing"
		}
	}
	return list
}

// runs is a process of which the machine knows these keys.
func runs(pid int, keys ...string) Found {
	f := Found{PID: pid, Runs: pid, Parent: 1}
	for i := 0; i < len(keys); i += 2 {
		f.Entry.Keys = append(f.Entry.Keys, draft.Key{Name: keys[i], Value: keys[i+1]})
	}
	f.Entry.Keys = append(f.Entry.Keys, draft.Key{Name: "services", Value: []string{""}})
	return f
}

// importedOn is what becomes of the only daemon of a file on a machine.
func importedOn(t *testing.T, machine Machine, text string) string {
	t.Helper()
	d, problems := Read([]File{{"t", []byte(text)}}, machine)
	if len(d.Daemons) != 1 || len(problems) > 0 {
		t.Fatalf("%+v, %v", d, problems)
	}
	loads(t, string(d.YAML()))
	e := d.Daemons[0]
	text = strings.Join(e.About[1:], " ")
	if e.Off {
		text = "off: " + text
	}
	for _, k := range e.Keys {
		text += fmt.Sprintf("|%s=%v", k.Name, k.Value)
	}
	return text
}

// What a pidfile's process runs makes a complete entry of what Monit knows by nothing
// else, and the entry says where it comes from.
func TestFoundByPIDFile(t *testing.T) {
	const start = "start program = \"/etc/init.d/x start\"\n"
	block := "check process x with pidfile /run/x.pid\n" + start
	supervised := runs(12, "executable", "/usr/sbin/xd")
	supervised.Runs, supervised.Parent = 13, 12
	far := supervised
	far.Parent = 99
	upgraded := runs(12, "executable", "/usr/sbin/xd")
	upgraded.Entry.About = []string{"It still runs what was there before an upgrade: a restart is due."}
	for _, test := range []struct {
		text  string
		found Found
		want  string
	}{
		{block, runs(12, "executable", "/usr/sbin/xd", "user", "x"), "Found through /run/x.pid, process 12.|executable=/usr/sbin/xd|user=x|pidfile=/run/x.pid|services=[x]"},
		{block, runs(12, "executable", "/usr/bin/python3.11", "user", "x", "args", `^/srv/x\.py$`), `Found through /run/x.pid, process 12.|executable=/usr/bin/python3.11|user=x|args=^/srv/x\.py$|pidfile=/run/x.pid|services=[x]`},
		{block + "if failed uid y then restart", runs(12, "executable", "/usr/sbin/xd", "user", "x"), "Found through /run/x.pid, process 12.|executable=/usr/sbin/xd|user=y|pidfile=/run/x.pid|services=[x]"},
		{block, supervised, "Found through /run/x.pid, process 12, for which process 13 works.|executable=/usr/sbin/xd|pidfile=/run/x.pid|services=[x]"},
		{block, far, "Found through /run/x.pid, process 12, for which process 13 works.|executable=/usr/sbin/xd|services=[x]"},
		{block, upgraded, "Found through /run/x.pid, process 12. It still runs what was there before an upgrade: a restart is due.|executable=/usr/sbin/xd|pidfile=/run/x.pid|services=[x]"},
		{block, Found{Why: "/run/x.pid is missing"}, "off: Nothing was found through its pidfile: /run/x.pid is missing. Its program is not known; while it runs, this tells:   readlink /proc/$(cat /run/x.pid)/exe|executable=/PATH|pidfile=/run/x.pid|services=[x]"},
		{block + "depends on x_bin check file x_bin with path /usr/sbin/xd", runs(12, "executable", "/usr/sbin/xd"), "Found through /run/x.pid, process 12.|executable=/usr/sbin/xd|pidfile=/run/x.pid|services=[x]"},
		{block + "depends on x_bin check file x_bin with path /usr/bin/x_safe", runs(12, "executable", "/usr/sbin/xd"), "Found through /run/x.pid, process 12. Check file x_bin is of /usr/bin/x_safe.|executable=/usr/sbin/xd|pidfile=/run/x.pid|services=[x]"},
		{block + "depends on x_bin check file x_bin with path /usr/sbin/xd", Found{Why: "/run/x.pid is missing"}, "Its program is that of check file x_bin (line 3).|executable=/usr/sbin/xd|pidfile=/run/x.pid|services=[x]"},
		{block + "if exist then alert", runs(12, "executable", "/usr/sbin/xd"), "off: Not carried over: if exist then alert Found through /run/x.pid, process 12. Monit acted when it ran: a rule below forbid: reports that.|executable=/usr/sbin/xd|pidfile=/run/x.pid|services=[x]"},
		{block + "if failed port 22 protocol ssh then restart", runs(12, "executable", "/usr/sbin/sshd", "parent", "1", "listen", "tcp://127.0.0.1:22", "expect", "SSH-"), "Found through /run/x.pid, process 12.|executable=/usr/sbin/sshd|parent=1|listen=tcp://127.0.0.1:22|expect=SSH-|pidfile=/run/x.pid|services=[x]"},
		{block + "if failed port 2222 then restart", runs(12, "executable", "/usr/sbin/sshd", "listen", "tcp://127.0.0.1:22", "expect", "SSH-"), "Found through /run/x.pid, process 12.|executable=/usr/sbin/sshd|listen=tcp://127.0.0.1:2222|pidfile=/run/x.pid|services=[x]"},
		{"* * * * * kill -0 $(cat /run/x.pid) || service x restart", runs(12, "executable", "/usr/sbin/xd", "user", "x"), "Found through /run/x.pid, process 12.|executable=/usr/sbin/xd|user=x|pidfile=/run/x.pid|services=[x]"},
		{"* * * * * kill -0 $(cat /run/x.pid) || /bin/xd", runs(12, "executable", "/usr/sbin/xd"), `off: Found through /run/x.pid, process 12. It was started by "/bin/xd", which does not call a service manager: write a unit or an rc.d script, and name it in services:.|executable=/usr/sbin/xd|pidfile=/run/x.pid|services=[]`},
	} {
		if got := importedOn(t, &fakeMachine{found: map[string]Found{"/run/x.pid": test.found}}, test.text); got != test.want {
			t.Errorf("%s\n got: %s\nwant: %s", test.text, got, test.want)
		}
	}
	if got := importedOn(t, nil, block); got != "off: Its program is not known; while it runs, this tells:   readlink /proc/$(cat /run/x.pid)/exe|executable=/PATH|pidfile=/run/x.pid|services=[x]" {
		t.Errorf("offline: %s", got)
	}
}

// The machine is asked once, about what is a pidfile's path and belongs to a process,
// and is told what may have written it.
func TestAsked(t *testing.T) {
	m := &fakeMachine{}
	Read([]File{
		{"monitrc", []byte("check process a with pidfile /run/a.pid\nstart program = \"/usr/sbin/a -d\"\ncheck process b with pidfile /run/b.pid\nstart program = \"/etc/init.d/b start\"\n" +
			"depends on b_bin\ncheck file b_bin with path /usr/sbin/b\ncheck process c with pidfile c.pid\ncheck process d matching d\ncheck file e with path /run/e.pid\ncheck process f with pidfile /run/a.pid\n")},
		{"cron", []byte("* * * * * kill -0 $(cat /run/g.pid) || service g start\n* * * * * pgrep h || service h start\n")},
	}, m)
	if got := fmt.Sprint(m.asked); got != "[{/run/a.pid /usr/sbin/a} {/run/b.pid /usr/sbin/b} {/run/g.pid }]" {
		t.Error(got)
	}
	m = &fakeMachine{}
	if Read([]File{{"cron", []byte("* * * * * pgrep h || service h start\n")}}, m); m.asked != nil {
		t.Error(m.asked)
	}
}

// Two that cannot be told from each other would keep each other up: both are comments.
func TestFoundTwins(t *testing.T) {
	a, b := runs(12, "executable", "/usr/sbin/xd"), runs(13, "executable", "/usr/sbin/xd")
	a.Others, b.Others = []int{13}, []int{12}
	d, _ := Read([]File{{"t", []byte("check process a with pidfile /run/a.pid\ncheck process b with pidfile /run/b.pid\n")}}, &fakeMachine{found: map[string]Found{"/run/a.pid": a, "/run/b.pid": b}})
	if len(d.Daemons) != 2 || !d.Daemons[0].Off || !d.Daemons[1].Off || !strings.Contains(fmt.Sprint(d.Daemons[0].About), "cannot be told from that of /run/b.pid") {
		t.Errorf("%+v", d.Daemons)
	}
}
