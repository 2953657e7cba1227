package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

// items makes that many with one event.
func items(event words.Event, n int) []Item {
	var list []Item
	for i := range n {
		list = append(list, Item{Name: fmt.Sprintf("%s%d", event[:1], i), Event: event, Downtime: 7 * time.Minute})
	}
	return list
}

func TestSubject(t *testing.T) {
	clamd := Item{Name: "clamd", Event: words.Begin}
	for want, list := range map[string][]Item{
		"clamd is down on mx":                                                        {clamd},
		"clamd recovered after 7m on mx":                                             {{Name: "clamd", Event: words.End, Downtime: 7*time.Minute + 31*time.Second}},
		"clamd is still down after 2h on mx":                                         {{Name: "clamd", Event: words.Reminder, Downtime: 2 * time.Hour}},
		"20 daemons are down on mx: b0, b1, b2 and 17 more":                          items(words.Begin, 20),
		"2 daemons recovered on mx: e0, e1":                                          items(words.End, 2),
		"3 daemons are still down on mx: r0, r1, r2":                                 items(words.Reminder, 3),
		"2 daemons are down, 1 still down, 2 recovered on mx: b0, b1, r0 and 2 more": slices.Concat(items(words.End, 2), items(words.Reminder, 1), items(words.Begin, 2)),
		"1 daemon is down, 1 recovered on mx: b0, e0":                                slices.Concat(items(words.End, 1), items(words.Begin, 1)),
		"1 daemon is still down, 1 recovered on mx: r0, e0":                          slices.Concat(items(words.End, 1), items(words.Reminder, 1)),
		`\x0d\x0aBcc: all\xff is down on mx`:                                         {{Name: "\r\nBcc: all\xff"}},
		strings.Repeat("a", 61) + "... is down on mx":                                {{Name: strings.Repeat("a", 4096)}},
		strings.Repeat("ä", 30) + "... is down on mx":                                {{Name: strings.Repeat("ä", 4096)}},
	} {
		if got := Compose("mx", list).Subject; got != strings.TrimSpace(want) {
			t.Errorf("got  %q\nwant %q", got, want)
		}
	}
}

func TestCompose(t *testing.T) {
	list := []Item{
		{Name: "dovecot", Event: words.End, Downtime: 90 * time.Second, Since: time.Date(2026, 11, 21, 20, 48, 0, 0, time.UTC)},
		{
			Name: "clamd", Event: words.Begin, Reason: "not running\nnow", Blame: words.Blame{Cause: "killed by signal 9", Sender: "kill(7)", Certainty: "certain", Source: "signal trace"}, Downtime: 61 * time.Second,
			Since: time.Date(2026, 11, 21, 21, 49, 2, 5e8, time.FixedZone("CET", 3600)), Done: "start clamd (exit status 3\n)",
			Words:   []string{`its last words: "bye"`},
			Printed: []string{"cannot bind to port 25", "bad\x1b[2J"}, Next: "the next try is at 21:51:03",
		},
	}
	m := Compose("mx\n", list)
	if m.Event != words.Begin || !slices.Equal(m.Daemons, []string{"clamd", "dovecot"}) || list[0].Name != "dovecot" {
		t.Errorf("%+v", m)
	}
	const text = `clamd is down since Sat 21 Nov 21:49:02 CET, for 1m now
    found:    not running\x0anow
    cause:    killed by signal 9
    sender:   kill(7)
    how sure: certain (signal trace)
    log:      its last words: "bye"
    done:     start clamd (exit status 3\x0a)
            | cannot bind to port 25
            | bad\x1b[2J
    next:     the next try is at 21:51:03
    more:     daemon-keeper why clamd

dovecot is up again; it was down from Sat 21 Nov 20:48:00 UTC, for 1m
    more:     daemon-keeper why dovecot
`
	if m.Text != text {
		t.Errorf("text:\n%s", m.Text)
	}
	want := []string{
		"KEEPER_CAUSE=killed by signal 9", "KEEPER_CERTAINTY=certain", "KEEPER_COUNT=2", "KEEPER_DAEMON=clamd",
		"KEEPER_DAEMONS=clamd dovecot", `KEEPER_DONE=start clamd (exit status 3\x0a)`, "KEEPER_DOWNTIME=61", "KEEPER_EVENT=begin", `KEEPER_HOST=mx\x0a`,
		`KEEPER_REASON=not running\x0anow`, "KEEPER_SENDER=kill(7)", "KEEPER_SINCE=2026-11-21T20:49:02Z", "KEEPER_SOURCE=signal trace", "KEEPER_STATE=down",
		`KEEPER_SUBJECT=1 daemon is down, 1 recovered on mx\x0a: clamd, dovecot`,
	}
	if got := variables(m.Env); !slices.Equal(got, want) {
		t.Errorf("environment:\n%s", strings.Join(got, "\n"))
	}
	if m := Compose("mx", nil); m.Subject != "" || m.Env != nil {
		t.Errorf("of nothing: %+v", m)
	}
}

// Ten thousand daemons are down, and all of their names are hostile.
func TestComposeIsBounded(t *testing.T) {
	list := items(words.Begin, 10000)
	for i := range list {
		list[i].Name = strings.Repeat("\xff", 5000)
		list[i].Reason, list[i].Cause = list[i].Name, list[i].Name
	}
	m := Compose(strings.Repeat("h", 5000), list)
	if len(m.Subject) > 400 || len(m.Text) > 400<<10 || !strings.HasSuffix(m.Text, "\nand 9800 more\n") {
		t.Errorf("subject %d bytes, text %d bytes: %q", len(m.Subject), len(m.Text), m.Text[len(m.Text)-40:])
	}
	for _, variable := range variables(m.Env) {
		if len(variable) > valueBytes+len("KEEPER_DOWNTIME=") {
			t.Errorf("%.40q has %d bytes", variable, len(variable))
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-1: "0s", 0: "0s", 59999 * time.Millisecond: "59s", time.Minute: "1m", 7*time.Minute + 59*time.Second: "7m",
		time.Hour: "1h", 65 * time.Minute: "1h 5m", 24 * time.Hour: "1d", 76*time.Hour + time.Minute: "3d 4h", 1<<63 - 1: "106751d 23h",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

func TestVariables(t *testing.T) {
	got := variables(map[string]string{
		"KEEPER_A": "nul \x00, lines\r\n, escape \x1b, bad \xff, \u202e, grüße", "PATH": "/tmp", "LD_PRELOAD": "/tmp/x.so",
		"KEEPER_B=C": "x", "KEEPER_\n": "x", "keeper_d": "x", "KEEPER_E": strings.Repeat("ü", 5000), "KEEPER_F": "",
	})
	want := []string{
		`KEEPER_A=nul \x00, lines\x0d\x0a, escape \x1b, bad \xff, \xe2\x80\xae, grüße`,
		"KEEPER_E=" + strings.Repeat("ü", 2046) + "...", "KEEPER_F=",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %.300q", got)
	}
}
