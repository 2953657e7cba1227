package real

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/realtest"
)

const (
	program = "/usr/local/sbin/daemon-keeper"
	// keeperTime is the limit for one run of it, with every daemon down.
	keeperTime = 10 * time.Minute
)

// answer is how a run of the program has ended.
type answer struct {
	stdout, stderr string
	status         int
}

// keeper runs the program as cron does.
func keeper(t *testing.T, m *realtest.Machine, arg ...string) answer {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), keeperTime)
	defer cancel()
	cron := []string{"-i", "HOME=/root", "LOGNAME=root", "SHELL=/bin/sh", "PATH=/usr/bin:/bin", program}
	cmd := m.Command(ctx, "env", append(cron, arg...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	a := answer{stdout: stdout.String(), stderr: stderr.String()}
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		a.status = exit.ExitCode()
	} else if err != nil {
		t.Fatal(err)
	}
	if ctx.Err() != nil {
		t.Fatalf("%q did not end within %v:\n%s%s", arg, keeperTime, a.stdout, a.stderr)
	}
	return a
}

// report is what a run says of each daemon.
type report struct {
	Status   int
	Mistakes []json.RawMessage
	Daemons  []verdict
}

type verdict struct {
	Name, Result, Reason, Trouble, Cause string
	Changed                              bool
	Notices                              []string
	Steps                                []struct {
		Verb, Service, Error string
		Seconds              float64
	}
}

// reported is a run that prints its report.
func reported(t *testing.T, m *realtest.Machine) report {
	t.Helper()
	a := keeper(t, m, "-o", "json", "--at-once", "16")
	var r report
	if err := json.Unmarshal([]byte(a.stdout), &r); err != nil {
		t.Fatalf("%v in\n%s%s", err, a.stdout, a.stderr)
	}
	if len(r.Mistakes) > 0 {
		t.Errorf("mistakes: %s", r.Mistakes)
	}
	return r
}

// properties asks systemd for these of services, one set for each.
func properties(t *testing.T, m *realtest.Machine, services []string, names string) []map[string]string {
	t.Helper()
	args := []string{"show", "-p", names}
	for _, s := range services {
		args = append(args, s+".service")
	}
	var all []map[string]string
	for block := range strings.SplitSeq(m.Must(t, "systemctl", args...), "\n\n") {
		p := make(map[string]string)
		for line := range strings.Lines(block) {
			name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "=")
			p[name] = value
		}
		all = append(all, p)
	}
	if len(all) != len(services) {
		t.Fatalf("systemctl show answers of %d services, not %d", len(all), len(services))
	}
	return all
}

// mainProcess is the process of a service whose death is the daemon's. Where systemd
// does not know it, as of an init script, it is the one that PID 1 has adopted.
func mainProcess(t *testing.T, m *realtest.Machine, p map[string]string) (int, error) {
	t.Helper()
	if pid, err := strconv.Atoi(p["MainPID"]); err == nil && pid > 0 {
		return pid, nil
	}
	group := p["ControlGroup"]
	if group == "" {
		return 0, errors.New("it has no control group: nothing of it runs")
	}
	var found []int
	// The kernel numbers them for whoever reads: so it must be read inside.
	for word := range strings.FieldsSeq(m.Must(t, "cat", filepath.Join("/sys/fs/cgroup", group, "cgroup.procs"))) {
		pid, err := strconv.Atoi(word)
		if err != nil {
			return 0, err
		}
		if parent, err := parentOf(m, pid); err == nil && parent == 1 {
			found = append(found, pid)
		}
	}
	if len(found) != 1 {
		return 0, fmt.Errorf("%d processes of its control group are children of PID 1: %v", len(found), found)
	}
	return found[0], nil
}

// parentOf reads the fourth field of /proc/PID/stat, which follows the name in
// parentheses and the state.
func parentOf(m *realtest.Machine, pid int) (int, error) {
	text, err := os.ReadFile(m.Path(filepath.Join("/proc", strconv.Itoa(pid), "stat")))
	if err != nil {
		return 0, err
	}
	fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	return strconv.Atoi(fields[1])
}

// cursor is the end of the journal.
func cursor(t *testing.T, m *realtest.Machine) string {
	t.Helper()
	m.Must(t, "journalctl", "--sync")
	_, after, ok := strings.Cut(m.Must(t, "journalctl", "-q", "-n", "1", "--show-cursor"), "-- cursor: ")
	if !ok {
		t.Fatal("journalctl shows no cursor")
	}
	return strings.TrimSpace(after)
}

// starts counts how often systemd has begun to start each unit since then: each time the
// unit gets another invocation id.
func starts(t *testing.T, m *realtest.Machine, since string) map[string]int {
	t.Helper()
	m.Must(t, "journalctl", "--sync")
	const (
		starting = "7d4958e842da4a758f6c1cdc7b36dcc5" // SD_MESSAGE_UNIT_STARTING_STR
		started  = "39f53479d3a045ac8e11786248231fbf" // SD_MESSAGE_UNIT_STARTED_STR
	)
	text := m.Must(t, "journalctl", "-q", "-o", "json", "--output-fields=UNIT,INVOCATION_ID", "--after-cursor="+since,
		"_PID=1", "MESSAGE_ID="+starting, "MESSAGE_ID="+started)
	seen := make(map[[2]string]bool)
	count := make(map[string]int)
	for line := range strings.Lines(text) {
		var entry struct {
			Unit       string `json:"UNIT"`
			Invocation string `json:"INVOCATION_ID"`
		}
		if err := json.Unmarshal([]byte(line), &entry); err != nil {
			t.Fatalf("%v in %s", err, line)
		}
		if key := [2]string{entry.Unit, entry.Invocation}; !seen[key] {
			seen[key] = true
			count[strings.TrimSuffix(entry.Unit, ".service")]++
		}
	}
	return count
}

var interpreter = regexp.MustCompile(`^(sh|bash|dash|perl|python)[0-9.]*$`)

// programOf is what a process executes, and the script if that is an interpreter.
func programOf(t *testing.T, m *realtest.Machine, pid int) string {
	t.Helper()
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	exe, err := os.Readlink(m.Path(filepath.Join(dir, "exe")))
	if err != nil {
		t.Errorf("cannot read the program of process %d: %v", pid, err)
		return ""
	}
	if !interpreter.MatchString(filepath.Base(exe)) {
		return exe
	}
	text, err := os.ReadFile(m.Path(filepath.Join(dir, "cmdline")))
	if err != nil {
		t.Error(err)
	}
	for i, arg := range strings.Split(string(text), "\x00") {
		if i > 0 && filepath.IsAbs(arg) {
			return exe + " " + arg
		}
	}
	title, _, _ := strings.Cut(string(text), "\x00")
	return exe + ", which calls itself " + strings.TrimSpace(title)
}

func write(t *testing.T, m *realtest.Machine, path, text string) {
	t.Helper()
	name := m.Path(path)
	err := os.MkdirAll(filepath.Dir(name), 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(text), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}
