package state

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
)

func aDeath() *past.Death {
	return &past.Death{
		Boot: "b", From: time.Hour, To: 2 * time.Hour, Lived: 3600.5, Service: "clamav-clamd", Manager: "systemd",
		Processes: []words.Process{{PID: 7, Threads: []int{7, 8}}, {PID: 9}},
		Findings: []words.Finding{
			{Cause: "signal", Signal: 15, Text: "killed by SIGTERM", Main: true, Said: true, Sure: "certain", Source: "systemd", Next: "journalctl -u x"},
			{Cause: "signal", Signal: 15, Text: "SIGTERM was sent by kill(7)", Sender: "kill(7)", SenderPID: 7, Main: true, Detail: true, Aside: true, Sure: "certain", Source: "signal trace", When: time.UnixMilli(1_795_844_531_000)},
		},
		Absent: []string{"audit: load a rule"}, Silent: []string{"kernel log: it has not answered in time"},
	}
}

// What was found of a death is there again, in the memory and in the ledger; a file of a
// version that had none of it is read.
func TestDeathIsKept(t *testing.T) {
	i := incident(1)
	i.Death = aDeath()
	line, err := ledgerLine(i)
	if err != nil {
		t.Fatal(err)
	}
	back, err := readLine(line)
	if err != nil || !reflect.DeepEqual(back.Death, i.Death) {
		t.Errorf("in the ledger: %+v, %v", back.Death, err)
	}
	data, err := encodeMemory("m", map[string]past.Daemon{"a": {Incident: &i, Died: &past.Died{Seconds: 3, Cause: "killed"}}})
	if err != nil {
		t.Fatal(err)
	}
	all, err := parseMemory(data)
	if err != nil || !reflect.DeepEqual(all["a"].Incident.Death, i.Death) || all["a"].Died.Cause != "killed" {
		t.Errorf("in the memory: %+v, %v", all["a"].Incident, err)
	}
	old := []byte(`{"version":1,"daemons":{"a":{"incident":{"daemon":"a","down":"2026-11-21T20:49:00Z","cause":"killed","tries":1,"outcome":"still_down","began":"2026-11-21T20:49:00Z 5 x"}}}}`)
	if all, err = parseMemory(old); err != nil || all["a"].Incident.Death != nil || all["a"].Incident.Cause != "killed" {
		t.Errorf("an old one: %+v, %v", all["a"].Incident, err)
	}
}

// Whatever witnesses say, a line of the ledger can be written and read.
func TestLineOfADeathIsBounded(t *testing.T) {
	bomb := "\x1b[31m\n\xff" + strings.Repeat("<&>\"\\", 4000)
	d := aDeath()
	d.Findings = slices.Repeat([]words.Finding{{Cause: words.Cause(bomb), Text: bomb, Sender: bomb, Next: bomb, Sure: words.Certainty(bomb), Source: bomb}}, 99)
	d.Absent, d.Silent = slices.Repeat([]string{bomb}, 99), slices.Repeat([]string{bomb}, 99)
	d.Boot, d.Service, d.Manager = bomb, bomb, bomb
	d.Processes = slices.Repeat([]words.Process{{PID: 1, Threads: make([]int, 200)}}, 99)
	i := incident(1)
	i.Death, i.Reason = d, bomb
	line, err := ledgerLine(i)
	if err != nil || len(line) > longestLine || !json.Valid(line) {
		t.Errorf("a line of %d bytes, %v", len(line), err)
	}
	if back, err := readLine(line); err != nil || back.Daemon != i.Daemon {
		t.Errorf("%v", err)
	}
}

// A lot of daemons that die at once are remembered, if need be without an explanation.
func TestDeathsGiveWay(t *testing.T) {
	daemons := make(map[string]past.Daemon)
	for n := range 4000 {
		i := incident(n)
		i.Death = aDeath()
		i.Death.Silent = slices.Repeat([]string{strings.Repeat("x", 400)}, 12)
		daemons[i.Daemon] = past.Daemon{Incident: &i}
	}
	data, err := encodeMemory("m", daemons)
	if err != nil {
		t.Fatal(err)
	}
	all, err := parseMemory(data)
	if err != nil || len(all) != 4000 || all["d7"].Incident == nil || all["d7"].Incident.Death != nil {
		t.Errorf("%d daemons, %v", len(all), err)
	}
}
