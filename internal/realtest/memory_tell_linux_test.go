package realtest

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// tellConfig tells of three daemons, by a hook and by mail.
const tellConfig = `
mail: root
on_incident: [/usr/local/sbin/hook, a word, $HOME]
defaults: {recheck: 0s, verify: 3s, settle: 50ms, boot_grace: 0s, backoff: [0s]}
daemons:
  one: {executable: /usr/local/sbin/one, services: [one]}
  two: {executable: /usr/local/sbin/two, services: [two]}
  three: {executable: /usr/local/sbin/three, services: [three]}
`

var tellNames = []string{"one", "two", "three"}

// tellHook writes down what it is told: its arguments, its environment, and its
// standard input. It can be told to hang, and to fail.
const tellHook = `#!/bin/sh
n=$(ls /run/told | grep -c env)
printf '%s\n' "$@" >/run/told/$n.args
cat >/run/told/$n.json
env >/run/told/$n.env
[ ! -e /run/hang ] || exec sleep 1001
[ ! -e /run/fail ] || { echo "it is broken"; exit 7; }
`

// What somebody is told of incidents by a hook, and by mail through dma(8), which
// delivers it to /var/mail/root.
func TestMemoryTells(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name, config string
		test         func(*testing.T, *Machine)
	}{
		{"once", tellConfig, tellsOnce},
		{"together", tellConfig, tellsTogether},
		{"quickly", tellConfig, tellsQuickly},
		{"reminders", "remind: 1s" + tellConfig, tellsAgain},
		{"hanging", tellConfig, tellsHanging},
		{"failing", tellConfig, tellsFailing},
		{"paused", tellConfig, tellsNothing},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			l := keeperLayer(t)
			for _, name := range tellNames {
				addDaemon(t, l, name)
				script := strings.Replace(initScript, "start) ", "start) [ ! -e /run/broken ] || exit 1; while [ -e /run/slow ]; do sleep 0.1; done; ", 1)
				l.File("/etc/init.d/"+name, script, 0o755)
			}
			l.File("/usr/local/sbin/hook", tellHook, 0o755)
			l.File("/etc/daemon-keeper.yaml", c.config, 0o644)
			m := Enter(t, mailTree(t), l)
			m.Must(t, "mkdir", "/run/told")
			for _, name := range tellNames {
				m.Must(t, "/etc/init.d/"+name, "start")
				onlyPid(t, m, "/usr/local/sbin/"+name)
			}
			if a := run(t, m); a.status != 0 || a.stdout+a.stderr != "" {
				t.Fatal(a)
			}
			c.test(t, m)
		})
	}
}

// told are the environments that the hook has had so far.
func told(t *testing.T, m *Machine) (list []map[string]string) {
	t.Helper()
	for i := 0; ; i++ {
		text := read(t, m, "/run/told/"+strconv.Itoa(i)+".env")
		if text == "" {
			return list
		}
		env := map[string]string{}
		for line := range strings.Lines(text) {
			key, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			env[key] = value
		}
		list = append(list, env)
	}
}

// wasTold fails the test unless these, in order, are the subjects of what the hook was
// told, and of root's mail, which is delivered behind our back.
func wasTold(t *testing.T, m *Machine, patterns ...string) {
	t.Helper()
	var mails []string
	Until(t, strconv.Itoa(len(patterns))+" mails", func() bool {
		mails = linesWith(read(t, m, "/var/mail/root"), "Subject: ")
		return len(mails) >= len(patterns)
	})
	list := told(t, m)
	if len(list) != len(patterns) || len(mails) != len(patterns) {
		t.Fatalf("the hook was told %q, and the mails are %q; like %q was expected", list, mails, patterns)
	}
	slices.Sort(mails) // dma delivers several at once
	var subjects []string
	for i, pattern := range patterns {
		matches(t, "the hook's subject", list[i]["KEEPER_SUBJECT"], pattern)
		subjects = append(subjects, "Subject: "+list[i]["KEEPER_SUBJECT"])
	}
	slices.Sort(subjects)
	if !slices.Equal(mails, subjects) {
		t.Errorf("the mails are %q, and the hook was told %q", mails, subjects)
	}
}

// An incident that lasts for some runs is told at its beginning and at its end, each
// with a report as the schema has it.
func tellsOnce(t *testing.T, m *Machine) {
	m.Must(t, "touch", "/run/broken")
	kill(t, m, "/usr/local/sbin/two")
	for range 3 {
		expect(t, run(t, m), 2, "'two' is down")
	}
	wasTold(t, m, "two is down on toyhost")
	m.Must(t, "rm", "/run/broken")
	time.Sleep(time.Second) // or the downtime might be 0s
	expect(t, run(t, m), 1, "'two' was down and is up again")
	if a := run(t, m); a.status != 0 || a.stdout+a.stderr != "" {
		t.Error(a)
	}
	wasTold(t, m, "two is down on toyhost", `two recovered after \d+s on toyhost`)

	list := told(t, m)
	for i, want := range []map[string]string{
		{"KEEPER_EVENT": "begin", "KEEPER_STATE": "down", "KEEPER_REASON": "not running"},
		{"KEEPER_EVENT": "end", "KEEPER_STATE": "up"},
	} {
		want["KEEPER_HOST"], want["KEEPER_DAEMON"], want["KEEPER_DAEMONS"], want["KEEPER_COUNT"] = "toyhost", "two", "two", "1"
		want["HOME"], want["LANG"] = "/", "C"
		for key, value := range want {
			if list[i][key] != value {
				t.Errorf("%s is %q, not %q", key, list[i][key], value)
			}
		}
	}
	if seconds, err := strconv.Atoi(list[1]["KEEPER_DOWNTIME"]); err != nil || seconds < 1 || seconds > 60 {
		t.Errorf("KEEPER_DOWNTIME is %q", list[1]["KEEPER_DOWNTIME"])
	}
	if args := read(t, m, "/run/told/0.args"); args != "a word\n$HOME\n" {
		t.Errorf("the arguments are %q", args)
	}
	validReport(t, read(t, m, "/run/told/0.json"), "two down")
	validReport(t, read(t, m, "/run/told/1.json"), "two brought_back")
	mail := read(t, m, "/var/mail/root")
	contains(t, "the mail", mail, "To: root\n", "Auto-Submitted: auto-generated\n", "two is down on toyhost\n", "two is down since ", "\n    found:    not running\n", "\n    more:     daemon-keeper why two\n")
}

// validReport fails the test unless a report is as the schema says, and these are its
// daemons and results.
func validReport(t *testing.T, text string, daemons ...string) {
	t.Helper()
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(repository(t), "docs", "daemon-keeper.report.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err == nil {
		err = schema.Validate(value)
	}
	if err != nil {
		t.Fatalf("%v:\n%s", err, text)
	}
	var list []string
	for _, d := range value.(map[string]any)["daemons"].([]any) {
		d := d.(map[string]any)
		list = append(list, d["name"].(string)+" "+d["result"].(string))
	}
	slices.Sort(list)
	if !slices.Equal(list, daemons) {
		t.Errorf("the daemons are %q, not %q", list, daemons)
	}
}

// Three daemons that are down at once are one message.
func tellsTogether(t *testing.T, m *Machine) {
	m.Must(t, "touch", "/run/broken")
	for _, name := range tellNames {
		kill(t, m, "/usr/local/sbin/"+name)
	}
	for range 2 {
		expect(t, run(t, m), 2)
	}
	m.Must(t, "rm", "/run/broken")
	expect(t, run(t, m), 1)
	wasTold(t, m, "3 daemons are down on toyhost: .*", "3 daemons recovered on toyhost: .*")
	for _, env := range told(t, m) {
		names := strings.Fields(env["KEEPER_DAEMONS"])
		slices.Sort(names)
		if env["KEEPER_COUNT"] != "3" || strings.Join(names, " ") != "one three two" {
			t.Errorf("it was told %q", env)
		}
	}
	validReport(t, read(t, m, "/run/told/0.json"), "one down", "three down", "two down")
	validReport(t, read(t, m, "/run/told/1.json"), "one brought_back", "three brought_back", "two brought_back")
}

// A restart that takes no time has a beginning and an end as well.
func tellsQuickly(t *testing.T, m *Machine) {
	kill(t, m, "/usr/local/sbin/one")
	kill(t, m, "/usr/local/sbin/three")
	expect(t, run(t, m), 1)
	names := make(map[string][]string)
	for _, env := range told(t, m) { // in one message, unless a busy machine takes more than a second for it
		event := env["KEEPER_EVENT"]
		names[event] = append(names[event], strings.Fields(env["KEEPER_DAEMONS"])...)
	}
	for _, event := range []string{"begin", "end"} {
		slices.Sort(names[event])
		if got := strings.Join(names[event], " "); got != "one three" {
			t.Errorf("it was told of the %s of %q", event, got)
		}
	}
	if len(names) != 2 {
		t.Errorf("it was told %q", names)
	}
}

// What is still down is told again after each such time, and not before.
func tellsAgain(t *testing.T, m *Machine) {
	m.Must(t, "touch", "/run/broken")
	kill(t, m, "/usr/local/sbin/two")
	reminders := 0
	for began := time.Now(); reminders < 2; {
		expect(t, run(t, m), 2)
		if reminders = len(told(t, m)) - 1; reminders > int(time.Since(began)/time.Second) {
			t.Fatalf("%d reminders after %v", reminders, time.Since(began))
		}
	}
	m.Must(t, "rm", "/run/broken")
	expect(t, run(t, m), 1)
	subjects := []string{"two is down on toyhost"}
	for range len(told(t, m)) - 2 { // the last run may have been due to tell again
		subjects = append(subjects, `two is still down after \d+s on toyhost`)
	}
	wasTold(t, m, append(subjects, `two recovered after \d+s on toyhost`)...)
}

// A hook that hangs keeps no daemon from being restarted, nor the mail from being sent.
func tellsHanging(t *testing.T, m *Machine) {
	const exe = "/usr/local/sbin/two"
	m.Must(t, "touch", "/run/hang", "/run/slow")
	kill(t, m, exe)
	wait := begin(t, m, program, "run")
	Until(t, "it was told", func() bool { return len(told(t, m)) > 0 })
	if pids := m.Pids(t, exe); len(pids) > 0 {
		t.Errorf("it was not told while the start went on: %v", pids)
	}
	hanging := 0
	Until(t, "the hook hangs", func() bool {
		for _, pid := range m.Pids(t, "/usr/bin/sleep") {
			line, _ := os.ReadFile(m.Path("/proc/" + strconv.Itoa(pid) + "/cmdline"))
			if strings.HasSuffix(string(line), "\x001001\x00") {
				hanging = pid
				return true
			}
		}
		return false
	})
	m.Must(t, "rm", "/run/slow", "/run/hang")
	onlyPid(t, m, exe)
	m.Kill(t, hanging, syscall.SIGKILL) // or it would be ended after half a minute
	a := wait()
	expect(t, a, 1, "'two' was down and is up again")
	contains(t, "stderr", a.stderr, "WARNING cannot tell /usr/local/sbin/hook: signal: killed")
	wasTold(t, m, "two is down on toyhost", `two recovered after \d+s on toyhost`)
}

// Whatever fails in telling is a warning with a hint.
func tellsFailing(t *testing.T, m *Machine) {
	m.Must(t, "sh", "-c", "touch /run/fail /run/broken; rm /usr/sbin/sendmail /usr/lib/sendmail")
	kill(t, m, "/usr/local/sbin/two")
	a := run(t, m)
	expect(t, a, 2, "'two' is down")
	const (
		hook = "WARNING cannot tell /usr/local/sbin/hook: exit status 7: it is broken"
		mail = "WARNING cannot mail root: no sendmail in /usr/sbin/sendmail, "
	)
	contains(t, "stderr", a.stderr, hook, mail)
	m.Must(t, "rm", "/run/broken")
	a = run(t, m)
	expect(t, a, 1, "'two' was down and is up again")
	contains(t, "stderr", a.stderr, hook, mail)
	if !regexp.MustCompile(`(?m)WARNING cannot mail root: .*\(.*install a mail`).MatchString(a.stderr) {
		t.Errorf("no hint: %v", a)
	}
}

// Of a daemon that is paused nothing is told; once it is resumed, it is.
func tellsNothing(t *testing.T, m *Machine) {
	m.Must(t, program, "pause", "two", "--reason", "a new disk")
	kill(t, m, "/usr/local/sbin/two")
	for range 2 {
		if a := run(t, m); a.status != 0 {
			t.Error(a)
		}
	}
	wasTold(t, m)
	m.Must(t, "touch", "/run/broken")
	m.Must(t, program, "resume", "two")
	expect(t, run(t, m), 2)
	m.Must(t, program, "pause", "--all")
	m.Must(t, "rm", "/run/broken")
	expect(t, run(t, m), 0)
	wasTold(t, m, "two is down on toyhost")
	m.Must(t, program, "resume", "--all")
	expect(t, run(t, m), 1)
	wasTold(t, m, "two is down on toyhost", `two recovered after \d+s on toyhost`)
}
