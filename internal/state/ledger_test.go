package state

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
)

var fell = time.Date(2026, 11, 21, 20, 49, 0, 123_456_789, time.UTC)

// incident is the n-th of a test.
func incident(n int) past.Incident {
	down := fell.Add(time.Duration(n) * time.Hour)
	return past.Incident{Daemon: fmt.Sprintf("d%d", n), Down: down, Up: down.Add(time.Minute), Seconds: 60, Tries: n, Outcome: "brought_back"}
}

func testLedger(t *testing.T) ledger {
	t.Helper()
	return newLedger(ledgerStore(t, filepath.Join(t.TempDir(), "state")))
}

func ledgerStore(t *testing.T, path string) *Store {
	t.Helper()
	s, err := OpenStore(path)
	if err != nil {
		t.Fatal(err)
	}
	s.patience = time.Minute
	return s
}

func record(t *testing.T, l ledger, list ...past.Incident) {
	t.Helper()
	for _, i := range list {
		if err := l.append(i); err != nil {
			t.Fatal(err)
		}
	}
}

// holds tells what is wrong unless these are the incidents, by their number, and so
// many lines are bad.
func holds(t *testing.T, l ledger, bad int, numbers ...int) {
	t.Helper()
	list, n, err := l.incidents(time.Time{})
	if err != nil {
		t.Fatal(err)
	}
	var got []int
	for _, i := range list {
		got = append(got, i.Tries)
	}
	if n != bad || !reflect.DeepEqual(got, numbers) {
		t.Errorf("got %v and %d bad lines, want %v and %d", got, n, numbers, bad)
	}
}

func content(t *testing.T, l ledger) string {
	t.Helper()
	data, err := os.ReadFile(l.path())
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// A line holds the whole incident, but for what only a run at work needs.
func TestLedgerKeepsAnIncident(t *testing.T) {
	store := testLedger(t).store
	four := 4
	want := past.Incident{
		Daemon: "clamd <&>", LastUp: fell.Add(-time.Minute), Down: fell, Up: fell.Add(time.Hour), Seconds: 3599.5, Held: 60, Reason: "not running\n\x1b[2J", Blame: words.Blame{Cause: "killed by signal 9"},
		Tries: 2, Outcome: "brought_back", Steps: []words.Step{{Verb: "stop", Service: "clamav-clamd", Seconds: 0.25, Exit: new(0), Error: ""}, {Verb: "start", Service: "clamav-clamd", Seconds: 180, Exit: nil, Error: "it ran out of time"}, {Verb: "start", Service: "b", Seconds: 1, Exit: &four, Error: "exit status 4"}},
	}
	given := want
	given.Began = past.Stamp{Time: fell, Boot: "x", Up: 7}
	given.Down = fell.In(time.FixedZone("CET", 3600))
	if err := store.Append(given); err != nil {
		t.Fatal(err)
	}
	got, bad, err := store.Incidents(time.Time{})
	if err != nil || bad != 0 || len(got) != 1 || !reflect.DeepEqual(got[0], want) {
		t.Errorf("got %+v, %d, %v\nwant %+v", got, bad, err, want)
	}
	file := filepath.Join(store.Path(), ledgerName)
	if info, err := os.Stat(file); err != nil || info.Mode() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
	text := content(t, newLedger(store))
	if !strings.HasPrefix(text, `{"v":1,"daemon":"clamd`) || strings.Contains(text, "began") || strings.Count(text, "\n") != 1 || !strings.HasSuffix(text, "}\n") {
		t.Errorf("it is written as %s", text)
	}
}

func TestNoLedger(t *testing.T) {
	l := testLedger(t)
	holds(t, l, 0)
	if _, err := os.Lstat(l.path()); err == nil {
		t.Error("reading has made one")
	}
}

// Lines of each version, and what is none.
func TestLinesOfTheLedger(t *testing.T) {
	const good = `{"v":1,"daemon":"a","down":"2026-11-21T20:49:00Z","up":"2026-11-21T20:50:00Z","seconds":61.5,"tries":1,"outcome":"brought_back"}`
	when := time.Date(2026, 11, 21, 20, 49, 0, 0, time.UTC)
	whole := past.Incident{Daemon: "a", Down: when, Up: when.Add(time.Minute), Seconds: 61.5, Tries: 1, Outcome: "brought_back"}
	with := func(change func(*past.Incident)) *past.Incident {
		i := whole
		change(&i)
		return &i
	}
	in := func(old, new string) string { return strings.Replace(good, old, new, 1) }
	for _, tc := range []struct {
		name, line string
		want       *past.Incident // nil: it is counted as bad
	}{
		{"this version", good, &whole},
		{"a field that is new", in(`"tries"`, `"mood":"good","tries"`), &whole},
		{"never up", in(`"up":"2026-11-21T20:50:00Z",`, ``), with(func(i *past.Incident) { i.Up = time.Time{} })},
		{"held for longer than down", in(`"tries"`, `"held_seconds":90,"tries"`), with(func(i *past.Incident) { i.Held = 61.5 })},
		{"the end of a line on another system", good + "\r", &whole},
		{"no version", in(`"v":1,`, ``), nil},
		{"next year's", in(`"v":1`, `"v":2`), nil},
		{"a version that is not a number", in(`"v":1`, `"v":"1"`), nil},
		{"a version below all", in(`"v":1`, `"v":-1`), nil},
		{"torn", good[:50], nil},
		{"two in one", good + good, nil},
		{"garbage", "\x00\x00\x00\x00", nil},
		{"an array", "[1]", nil},
		{"null", "null", nil},
		{"of no daemon", in(`"a"`, `""`), nil},
		{"of no time", in(`"down"`, `"when"`), nil},
		{"of a time that is none", in(`2026-11-21T20:49:00Z`, `yesterday`), nil},
		{"of a time before all clocks", in(`2026-11-21T20:49:00Z`, `0000-11-21T20:49:00Z`), nil},
		{"over at a time that cannot be written", in(`2026-11-21T20:50:00Z`, `9999-12-31T23:59:59-23:59`), nil},
		{"less than no downtime", in(`61.5`, `-1`), nil},
		{"more than can be", in(`61.5`, `1e300`), nil},
		{"more than can be held", in(`"tries"`, `"held_seconds":1e12,"tries"`), nil},
		{"fewer than no tries", in(`"tries":1`, `"tries":-1`), nil},
		{"a step that takes for ever", in(`"tries"`, `"steps":[{"seconds":1e300}],"tries"`), nil},
		{"more steps than are ever written", in(`"tries"`, `"steps":[`+strings.Repeat("{},", past.MostSteps)+`{}],"tries"`), nil},
		{"longer than a line may be", in(`"tries"`, `"x":"`+strings.Repeat("x", longestLine)+`","tries"`), nil},
		{"as long as a line may be", good + strings.Repeat(" ", longestLine-1-len(good)), &whole},
		{"longer than that by a byte", good + strings.Repeat(" ", longestLine-len(good)), nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			list, bad, err := readLedger(strings.NewReader("\n"+tc.line+"\n"+good+"\n\n"), time.Time{})
			if err != nil || len(list) == 0 || !reflect.DeepEqual(list[len(list)-1], whole) {
				t.Fatalf("the line behind it: %+v, %v", list, err)
			}
			switch {
			case tc.want == nil && (bad != 1 || len(list) != 1):
				t.Errorf("taken: %+v, %d bad", list, bad)
			case tc.want != nil && (bad != 0 || len(list) != 2 || !reflect.DeepEqual(list[0], *tc.want)):
				t.Errorf("got %+v, %d bad\nwant %+v", list, bad, *tc.want)
			}
		})
	}
}

// Whatever a run has measured or a service has said, it is written in one line that
// can be read again.
func TestLedgerTakesEveryIncident(t *testing.T) {
	nasty := strings.Repeat("\x00\xff\u2028<ü", 20_000)
	i := incident(1)
	i.Seconds, i.Held, i.Reason, i.Cause, i.Outcome = math.Inf(1), math.NaN(), nasty, nasty, words.Outcome(nasty)
	i.LastTry, i.For = nasty, nasty
	for range 100 {
		i.Steps = append(i.Steps, words.Step{Verb: words.Verb(nasty), Service: nasty, Seconds: math.Inf(-1), Error: nasty})
	}
	i.Steps[99].Service = "the last"
	i.Daemon = "/" + nasty
	l := testLedger(t)
	record(t, l, i)
	if n := len(content(t, l)); n > longestLine {
		t.Errorf("the line has %d bytes", n)
	}
	list, bad, err := l.incidents(time.Time{})
	if err != nil || bad > 0 || len(list) != 1 {
		t.Fatalf("got %d, %d bad, %v", len(list), bad, err)
	}
	got := list[0]
	if got.Seconds != 100*365*24*60*60 || got.Held != 0 || len(got.Steps) != past.MostSteps || got.Reason == "" || !strings.HasPrefix(got.Daemon, "/\x00") {
		t.Errorf("got %+v", got)
	}
	if len(i.Steps) != 100 || i.Steps[0].Service != nasty || i.Steps[99].Error != nasty {
		t.Error("the caller's own was changed")
	}
	long := incident(2)
	long.Steps = make([]words.Step, past.MostSteps)
	for k := range long.Steps {
		long.Steps[k] = words.Step{Verb: "start", Service: strings.Repeat("s", 255), Error: fmt.Sprintf("exit status %d", k)}
	}
	record(t, l, long)
	if list, _, _ := l.incidents(time.Time{}); !reflect.DeepEqual(list[1], long) {
		t.Errorf("cut without need: %+v", list[1])
	}
}

// What was not over before since is told of.
func TestIncidentsSince(t *testing.T) {
	l := testLedger(t)
	back := incident(3)
	back.Up = back.Down.Add(-time.Hour) // the clock was set back
	unending := incident(4)
	unending.Up, unending.Seconds = time.Time{}, 7200
	record(t, l, incident(1), incident(2), back, unending)
	for _, tc := range []struct {
		since time.Time
		want  int
	}{
		{fell, 4},
		{incident(1).Up, 4},
		{incident(1).Up.Add(1), 3},
		{incident(2).Down.Add(30 * time.Second), 3},
		{back.Down.Add(time.Minute), 2},
		{back.Down.Add(time.Minute + 1), 1},
		{unending.Down.Add(2 * time.Hour), 1},
		{unending.Down.Add(2*time.Hour + 1), 0},
	} {
		if list, bad, err := l.incidents(tc.since); len(list) != tc.want || bad != 0 || err != nil {
			t.Errorf("since %v: %d, %d, %v, want %d", tc.since, len(list), bad, err, tc.want)
		}
	}
}

// Wherever a killed run has torn its line, no other is lost, and the next run's is
// a line of its own.
func TestTornLineAloneIsLost(t *testing.T) {
	l := testLedger(t)
	record(t, l, incident(1), incident(2))
	whole := content(t, l)
	first := strings.Index(whole, "\n") + 1
	for n := first; n < len(whole); n++ {
		if err := os.WriteFile(l.path(), []byte(whole[:n]), 0o600); err != nil {
			t.Fatal(err)
		}
		record(t, l, incident(3))
		switch n {
		case first:
			holds(t, l, 0, 1, 3)
		case len(whole) - 1: // only its end is missing
			holds(t, l, 0, 1, 2, 3)
		default:
			holds(t, l, 1, 1, 3)
		}
		if t.Failed() {
			t.Fatalf("torn after %d bytes", n)
		}
	}
	// Power was lost: the file has its length, and zeros.
	if err := os.WriteFile(l.path(), append([]byte(whole[:first]), make([]byte, 100)...), 0o600); err != nil {
		t.Fatal(err)
	}
	record(t, l, incident(3))
	holds(t, l, 1, 1, 3)
}

// A full ledger is not rewritten each time, and what a newer version has written
// stays as long as the rest.
func TestOldestMakeRoom(t *testing.T) {
	l := testLedger(t)
	l.lines = 20
	for n := range 20 {
		record(t, l, incident(n+1))
	}
	inode := func() uint64 {
		info, err := os.Stat(l.path())
		if err != nil {
			t.Fatal(err)
		}
		return uint64(info.Sys().(*syscall.Stat_t).Ino)
	}
	before := inode()
	holds(t, l, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20)
	newer, err := os.OpenFile(l.path(), os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer newer.Close()
	if _, err := newer.WriteString(`{"v":2}`); err != nil { // without its end
		t.Fatal(err)
	}
	record(t, l, incident(21))
	holds(t, l, 1, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21)
	after := inode()
	if after == before {
		t.Error("it was written in place")
	}
	record(t, l, incident(22), incident(23))
	if inode() != after {
		t.Error("it was rewritten before it was full")
	}
	record(t, l, incident(24))
	if n := strings.Count(content(t, l), "\n"); n != 18 {
		t.Errorf("%d lines are left", n)
	}
	if entries, _ := os.ReadDir(l.store.path); len(entries) != 2 { // the other is the lock
		t.Errorf("left behind: %v", entries)
	}
	if info, err := os.Stat(l.path()); err != nil || info.Mode() != 0o600 {
		t.Errorf("its mode is %v, %v", info.Mode(), err)
	}
}

func TestLedgerIsBoundedInBytes(t *testing.T) {
	l := testLedger(t)
	l.bytes = 2000
	for n := range 100 {
		record(t, l, incident(n+100))
		if size := len(content(t, l)); size > 2000 {
			t.Fatalf("%d bytes", size)
		}
		list, bad, err := l.incidents(time.Time{})
		if err != nil || bad > 0 || len(list) < min(n+1, 10) || list[len(list)-1].Tries != n+100 {
			t.Fatalf("after %d: %d, %d bad, %v", n, len(list), bad, err)
		}
	}
	// One that is larger than there may be is still written, alone.
	big := incident(7)
	big.Reason = strings.Repeat("x", 3000)
	record(t, l, big)
	holds(t, l, 0, 7)
}

// A file of any size is read and shortened within bounds.
func TestHugeLedger(t *testing.T) {
	l := testLedger(t)
	l.bytes = 100_000
	record(t, l, incident(1))
	if err := os.Truncate(l.path(), 1<<40); err != nil { // a hole
		t.Fatal(err)
	}
	holds(t, l, 1)
	record(t, l, incident(2))
	holds(t, l, 0, 2)
}

// The limits of the real one.
func TestTenThousandIncidents(t *testing.T) {
	l := testLedger(t)
	line, err := ledgerLine(incident(1))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(l.path(), bytes.Repeat(line, 10_000), 0o600); err != nil {
		t.Fatal(err)
	}
	record(t, l, incident(2))
	if n := strings.Count(content(t, l), "\n"); n != 9000 {
		t.Errorf("%d lines", n)
	}
	if err := os.WriteFile(l.path(), bytes.Repeat(line, 10<<20/len(line)), 0o600); err != nil {
		t.Fatal(err)
	}
	record(t, l, incident(2))
	if n := len(content(t, l)); n > 9<<20 {
		t.Errorf("%d bytes", n)
	}
}

// Another run is waited for, but not for ever, and who only looks writes nothing.
func TestLedgerThatIsHeld(t *testing.T) {
	l := testLedger(t)
	record(t, l, incident(1))
	release, err := l.store.lock()
	if err != nil {
		t.Fatal(err)
	}
	var h interface{ Hint() string }
	l.store.patience = 10 * time.Millisecond
	if err := l.append(incident(2)); !errors.Is(err, syscall.EWOULDBLOCK) || !errors.As(err, &h) || h.Hint() == "" {
		t.Errorf("got %v", err)
	}
	l.store.patience = time.Minute
	holds(t, l, 0, 1)
	done := make(chan error)
	go func() { done <- l.append(incident(3)) }()
	release()
	if err := <-done; err != nil {
		t.Error(err)
	}
	looks, err := LookStore(l.store.path)
	if err != nil {
		t.Fatal(err)
	}
	if err := looks.Append(incident(4)); !errors.Is(err, fs.ErrPermission) {
		t.Errorf("got %v", err)
	}
	holds(t, newLedger(looks), 0, 1, 3)
}

// A line that is being written is not a broken one.
func TestLedgerReadInTheMiddleOfALine(t *testing.T) {
	l := testLedger(t)
	record(t, l, incident(1), incident(2))
	text := content(t, l)
	half := len(text) - 20
	synctest.Test(t, func(t *testing.T) {
		must := func(err error) {
			if err != nil {
				t.Error(err)
			}
		}
		must(os.WriteFile(l.path(), []byte(text[:half]), 0o600))
		go func() {
			time.Sleep(100 * time.Millisecond)
			f, err := os.OpenFile(l.path(), os.O_WRONLY|os.O_APPEND, 0)
			must(err)
			_, err = f.WriteString(text[half:])
			must(errors.Join(err, f.Close()))
		}()
		holds(t, l, 0, 1, 2)
	})
}

// Many that write at the same time lose no line, also while shorter ledgers take the
// place of full ones.
func TestLedgerOfManyWriters(t *testing.T) {
	l := testLedger(t)
	l.lines = 30
	const writers, each = 8, 25
	var all sync.WaitGroup
	for w := range writers {
		all.Go(func() {
			for k := range each {
				if err := l.append(incident(w*each + k)); err != nil {
					t.Error(err)
				}
				if _, bad, err := l.incidents(time.Time{}); bad != 0 || err != nil {
					t.Errorf("a reader has %d bad lines, %v", bad, err)
				}
			}
		})
	}
	all.Wait()
	list, bad, err := l.incidents(time.Time{})
	if err != nil || bad != 0 || len(list) < 27 || len(list) > 30 {
		t.Errorf("%d, %d bad, %v", len(list), bad, err)
	}
	// Each of the last ones is there: a writer's own are in order, without a gap.
	last := make(map[int]int)
	for _, i := range list {
		w, k := i.Tries/each, i.Tries%each
		if before, ok := last[w]; ok && k != before+1 {
			t.Errorf("writer %d: %d after %d", w, k, before)
		}
		last[w] = k
	}
	for w, k := range last {
		if k != each-1 {
			t.Errorf("writer %d: its last is %d", w, k)
		}
	}
}
