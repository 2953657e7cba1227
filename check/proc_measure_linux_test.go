package check

import (
	"context"
	"os"
	"slices"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
)

// Three real processes, of which one has another name of the file: each is
// reported, as old as it is, and a busy one has used more each time.
func TestRealMeasure(t *testing.T) {
	p := newPlace(t)
	other := p.dir + "/other"
	must(t, os.Link(p.path, other))
	before := time.Now()
	busy := run(t, nil, p.path, "spin", p.dir+"/never")
	idle, linked := run(t, nil, p.path), run(t, nil, other)
	after := time.Now()
	spec := Spec{Executable: p.path}
	first := measured(t, spec, before, after, busy, idle, linked)
	eventually(t, "it uses more", func() bool {
		return measured(t, spec, before, after, busy, idle, linked)[busy].CPU >= first[busy].CPU+100*time.Millisecond
	})
	if last := measured(t, spec, before, after, busy, idle, linked); last[idle].CPU > time.Second {
		t.Errorf("an idle one has used %v", last[idle].CPU)
	}
}

// measured looks as status does, and expects these processes, started in this time.
func measured(t *testing.T, spec Spec, before, after time.Time, pids ...int) map[int]proctable.Usage {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	earliest := time.Since(after)
	s, err := lookNow(ctx, []Spec{spec}, Options{Measure: true})
	must(t, err)
	v := Judge(s, spec)
	got := matching(v)
	slices.Sort(got)
	slices.Sort(pids)
	if !slices.Equal(got, pids) {
		t.Fatalf("about %v, want %v", got, pids)
	}
	latest := time.Since(before)
	usage := map[int]proctable.Usage{}
	for _, m := range v.Matches {
		usage[m.PID] = m.Usage
		if age := m.Usage.Age; age < earliest-tick || age > latest+tick {
			t.Errorf("process %d is %v old, and not between %v and %v", m.PID, age, earliest, latest)
		}
	}
	return usage
}
