package real

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/realtest"
)

// suite is the machine, its daemons, and what was seen of them.
type suite struct {
	m    *realtest.Machine
	rows []row
	seen map[string]*seen // by service
}

// seen is what the table tells of a daemon.
type seen struct {
	program  string // of its main process
	proposal proposal
	restart  string // Restart= as shipped
	sockets  string // that start it
	shipped  fate
	unaided  fate // with Restart=no
}

// fate is what became of a daemon whose main process was killed.
type fate struct {
	by    string // who has brought it back
	cause string // that the keeper told
}

func (s *suite) services() []string {
	var names []string
	for _, r := range s.rows {
		names = append(names, r.service)
	}
	return names
}

// kept are the rows that init has proposed.
func (s *suite) kept() []row {
	return slices.DeleteFunc(slices.Clone(s.rows), func(r row) bool { return s.seen[r.service].proposal.keys == "" })
}

// answer waits until all these answer, and says for which it waits in vain.
func (s *suite) answer(t *testing.T, rows []row, meanwhile func()) {
	t.Helper()
	deadline := time.Now().Add(realtest.Patience)
	for {
		var silent []string
		rows = slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
			err := r.ask.answered(s.m)
			if err != nil {
				silent = append(silent, fmt.Sprintf("%s: %v", r.service, err))
			}
			return err == nil
		})
		if len(rows) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Errorf("within %v these do not answer:\n%s", realtest.Patience, strings.Join(silent, "\n"))
			return
		}
		meanwhile()
		time.Sleep(100 * time.Millisecond)
	}
}

// kill ends the main process of each of them at once, with signal 9, and waits until
// they are gone.
func (s *suite) kill(t *testing.T, rows []row) {
	t.Helper()
	args := []string{"-9", "--"}
	var services []string
	for _, r := range rows {
		services = append(services, r.service)
	}
	for i, p := range properties(t, s.m, services, "MainPID,ControlGroup") {
		pid, err := mainProcess(t, s.m, p)
		if err != nil {
			t.Fatalf("%s: %v", services[i], err)
		}
		args = append(args, strconv.Itoa(pid))
	}
	s.m.Must(t, "kill", args...)
}

// killedCause is the one that is true of all of them.
const killedCause = "its main process was killed by SIGKILL"

// runs are the reports of the keeper since a kill.
type runs []report

// of tells what they say of a daemon: each different result, and the cause.
func (rs runs) of(name string) (results []string, cause string, changed int) {
	for _, r := range rs {
		for _, v := range r.Daemons {
			if v.Name != name {
				continue
			}
			if v.Changed {
				changed++
			}
			if v.Cause != "" {
				cause = v.Cause
			}
			results = append(results, strings.TrimSpace(v.Result+" "+v.Reason))
		}
	}
	return slices.Compact(results), cause, changed
}

// fate tells who has brought a daemon back.
func (rs runs) fate(r row, restarts, sockets string) (fate, error) {
	_, cause, changed := rs.of(r.service)
	if cause != "" && cause != killedCause {
		return fate{}, fmt.Errorf("the cause is told as %q", cause)
	}
	switch {
	case changed > 1 || changed > 0 && restarts != "0":
		return fate{}, fmt.Errorf("systemd has restarted it %s times, and %d runs of the keeper", restarts, changed)
	case sockets != "": // whoever writes to it first has it started
		return fate{by: "whoever is first: systemd through " + sockets + ", or daemon-keeper"}, nil
	case restarts != "0":
		return fate{by: "systemd", cause: cause}, nil
	case changed == 0:
		return fate{}, errors.New("neither systemd nor the keeper has restarted it")
	}
	return fate{by: "daemon-keeper", cause: cause}, nil
}

// told is each result, for who reads a failure.
func (rs runs) told(name string) string {
	results, _, _ := rs.of(name)
	return strings.Join(results, "; ")
}

// killed kills the main processes of all that are kept, runs the keeper until all
// answer, and tells who has brought each of them back.
func (s *suite) killed(t *testing.T, byManager func(row) bool, fateOf func(*seen) *fate) {
	rows := s.kept()
	since := cursor(t, s.m)
	s.kill(t, rows)
	reports := runs{reported(t, s.m)}
	s.answer(t, rows, func() { reports = append(reports, reported(t, s.m)) })
	count := starts(t, s.m, since)
	for i, p := range properties(t, s.m, services(rows), "NRestarts,ActiveState") {
		service := rows[i].service
		f, err := reports.fate(rows[i], p["NRestarts"], s.seen[service].sockets)
		if err == nil && s.seen[service].sockets == "" && (f.by == "systemd") != byManager(rows[i]) {
			err = fmt.Errorf("it was brought back by %s", f.by)
		}
		// Not one at all: the journal was too busy, and systemd does not wait for it.
		if err == nil && count[service] > 1 {
			err = fmt.Errorf("it was started %d times", count[service])
		}
		if err == nil && p["ActiveState"] != "active" {
			err = fmt.Errorf("it is %s", p["ActiveState"])
		}
		if err != nil {
			lines, _ := s.m.Run(t, "journalctl", "-q", "-o", "short-precise", "--after-cursor="+since, "--grep", service)
			t.Errorf("%s: %v; the keeper says: %s\n%s", service, err, reports.told(service), lines)
		}
		*fateOf(s.seen[service]) = f
	}
	if r := reported(t, s.m); r.Status != 0 {
		t.Errorf("a last run ends with status %d: %+v", r.Status, r)
	}
	t.Logf("%d daemons were killed, and %d runs followed", len(rows), len(reports))
}

func services(rows []row) []string {
	var names []string
	for _, r := range rows {
		names = append(names, r.service)
	}
	return names
}

// propose has init write the configuration, which is accepted without a word, and by
// which everything is up.
func (s *suite) propose(t *testing.T) {
	a := keeper(t, s.m, "init")
	if a.status != 0 || a.stderr != "" {
		t.Fatalf("%+v", a)
	}
	write(t, s.m, "/etc/daemon-keeper.yaml", quick+a.stdout)
	found := proposals(a.stdout)
	for i, p := range properties(t, s.m, s.services(), "MainPID,ControlGroup,Restart,TriggeredBy") {
		service := s.rows[i].service
		e := &seen{proposal: found[service], restart: p["Restart"]}
		for unit := range strings.FieldsSeq(p["TriggeredBy"]) {
			if _, status := s.m.Run(t, "systemctl", "is-active", unit); status == 0 {
				e.sockets = strings.TrimSpace(e.sockets + " " + unit)
			}
		}
		pid, err := mainProcess(t, s.m, p)
		if err != nil {
			t.Errorf("%s: %v", service, err)
		}
		e.program = programOf(t, s.m, pid)
		if e.proposal == (proposal{}) {
			t.Errorf("init does not speak of %s", service)
		}
		if e.proposal.keys == "" {
			t.Errorf("%s: init proposes nothing: %s", service, e.proposal.reason)
		}
		s.seen[service] = e
	}
	if t.Failed() {
		t.Log(a.stdout)
	}
	if a := keeper(t, s.m, "validate"); a.status != 0 || a.stderr != "" {
		t.Errorf("validate: %+v", a)
	}
	if r := reported(t, s.m); r.Status != 0 || len(r.Daemons) < len(s.kept()) {
		t.Errorf("not all is up: %+v", r)
	}
}

// asShipped kills them while systemd restarts whichever its unit says.
func (s *suite) asShipped(t *testing.T) {
	s.killed(t, func(r row) bool { return s.seen[r.service].restart != "no" }, func(e *seen) *fate { return &e.shipped })
}

// unaided kills them while nobody but the keeper restarts anything.
func (s *suite) unaided(t *testing.T) {
	write(t, s.m, "/etc/systemd/system/service.d/zz-never.conf", "[Service]\nRestart=no\n")
	s.m.Must(t, "systemctl", "daemon-reload")
	s.killed(t, func(row) bool { return false }, func(e *seen) *fate { return &e.unaided })
}
