package app

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"daemon-keeper/internal/config"
	"daemon-keeper/internal/executable"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

type fakeLog struct {
	mu    sync.Mutex
	lines []string
}

func (d *fakeLog) Log(_ report.Level, format string, args ...any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.lines = append(d.lines, fmt.Sprintf(format, args...))
}

func (d *fakeLog) Record(l report.Level, format string, args ...any) { d.Log(l, format, args...) }

func transitions() []keeper.Transition {
	return []keeper.Transition{
		{Kind: words.End, Daemon: report.Daemon{Name: "back", Result: report.BroughtBack}, Downtime: 7 * time.Minute},
		{Kind: words.Begin, Daemon: report.Daemon{Name: "down", Result: report.StillDown, Reason: "not running"}, Downtime: 2 * time.Second},
	}
}

// All that has happened is one message, with the report that a tool can read.
func TestMessage(t *testing.T) {
	m := message(transitions())
	if m.Event != "begin" || strings.Join(m.Daemons, " ") != "down back" || m.Env["KEEPER_DAEMON"] != "down" || m.Env["KEEPER_REASON"] != "not running" || m.Env["KEEPER_DOWNTIME"] != "2" {
		t.Errorf("%+v", m)
	}
	if since, err := time.Parse(time.RFC3339, m.Env["KEEPER_SINCE"]); err != nil || time.Since(since) < 2*time.Second || time.Since(since) > time.Hour {
		t.Errorf("down since %v, %v", since, err)
	}
	if !strings.Contains(m.Text, "7m") || !strings.Contains(m.Text, "not running") {
		t.Errorf("text %s", m.Text)
	}
	var r struct {
		Daemons []struct{ Name string }
	}
	if err := json.Unmarshal(m.Report, &r); err != nil || len(r.Daemons) != 2 || r.Daemons[0].Name != "back" {
		t.Errorf("%v: %s", err, m.Report)
	}
}

func TestDone(t *testing.T) {
	for want, steps := range map[string][]report.Step{
		"":                        nil,
		"stop a, start a":         {{Verb: "stop", Service: "a"}, {Verb: "start", Service: "a"}},
		"start a (exit status 3)": {{Verb: "start", Service: "a", Err: "exit status 3"}},
		"start b":                 {{Verb: "start", Service: "b", Err: "it took longer than 2m0s", Slow: true}}, // yet it is up
		"start c (interrupted)":   {{Verb: "start", Service: "c", Err: "interrupted", Skipped: true}},
	} {
		if got := done(steps); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

func TestNobodyToTell(t *testing.T) {
	if teller(config.Notify{Remind: time.Hour}, new(fakeLog)) != nil {
		t.Error("tells somebody")
	}
}

// A command is told though the run was interrupted; that it fails is written down.
func TestTeller(t *testing.T) {
	dir := t.TempDir()
	hook := dir + "/hook"
	script := "#!/bin/sh\n{ echo $KEEPER_EVENT $KEEPER_COUNT $KEEPER_DAEMON; cat; } > " + dir + "/told\nexit $1\n"
	if err := executable.WriteFile(hook, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, exit := range []string{"0", "3"} {
		log := new(fakeLog)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		teller(config.Notify{OnIncident: []string{hook, exit}}, log)(ctx, transitions())
		told, err := os.ReadFile(dir + "/told")
		if err != nil || !strings.HasPrefix(string(told), "begin 2 down\n{") {
			t.Errorf("told %q, %v", told, err)
		}
		if failed := len(log.lines) == 1 && strings.Contains(log.lines[0], "exit status 3"); failed != (exit == "3") || !failed && len(log.lines) > 0 {
			t.Errorf("exit %s: the log says %q", exit, log.lines)
		}
		os.Remove(dir + "/told")
	}
}

// One way that fails keeps nobody from being told by another.
func TestTellerWithSeveralWays(t *testing.T) {
	log := new(fakeLog)
	teller(config.Notify{OnIncident: []string{"/nonexistent/hook"}, Mail: "-not-a-recipient"}, log)(t.Context(), transitions())
	if len(log.lines) != 2 || !strings.Contains(log.lines[0], "/nonexistent/hook") || !strings.HasPrefix(log.lines[1], "cannot mail -not-a-recipient") {
		t.Errorf("the log says %q", log.lines)
	}
}
