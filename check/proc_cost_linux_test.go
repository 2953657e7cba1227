package check

import (
	"context"
	"os"
	"testing"

	"daemon-keeper/check/proctable"
)

// A look leaves no descriptor open.
func TestLookLeaksNoDescriptor(t *testing.T) {
	p := newPlaceAlone(t)
	run(t, nil, p.path)
	script := write(t, p.dir, "script", "#!/bin/sh\n", 0o755)
	specs := []Spec{{Executable: p.path}, {Executable: script}, {Executable: p.dir + "/nosuch"}}
	descriptors := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		must(t, err)
		return len(entries)
	}
	look := func() {
		for _, full := range []bool{false, true} {
			_, err := lookNow(t.Context(), specs, Options{Full: full})
			must(t, err)
		}
	}
	look() // the runtime's own poller opens some, once
	before := descriptors()
	for range 5 {
		look()
	}
	if after := descriptors(); after != before {
		t.Errorf("%d descriptors, then %d", before, after)
	}
}

// The quick pass costs a few allocations a process, most of them gopsutil's.
func TestQuickPassAllocatesLittle(t *testing.T) {
	p := newPlaceAlone(t)
	run(t, nil, p.path) // it is the last in the list, or near it
	table := proctable.New(proctable.Directly())
	pids, err := table.PIDs(t.Context())
	must(t, err)
	allocs := testing.AllocsPerRun(5, func() {
		_, err := look(t.Context(), table, []Spec{{Executable: p.path}}, Options{})
		must(t, err)
	})
	const once, perProcess = 200, 12
	if limit := once + perProcess*float64(len(pids)); allocs > limit {
		t.Errorf("%.0f allocations for %d processes", allocs, len(pids))
	}
	t.Logf("%.0f allocations for %d processes", allocs, len(pids))
}

// BenchmarkLook looks at the real table for a daemon that is the shell's file,
// which is up nearly everywhere, and for one that is down.
func BenchmarkLook(b *testing.B) {
	down := b.TempDir() + "/daemon"
	if err := os.WriteFile(down, []byte("\x7fELF"), 0o755); err != nil {
		b.Fatal(err)
	}
	for name, path := range map[string]string{"up": "/proc/1/exe", "down": down} {
		if target, err := os.Readlink(path); err == nil {
			path = target
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := lookNow(context.Background(), []Spec{{Executable: path}}, Options{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
