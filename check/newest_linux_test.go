package check

import (
	"path/filepath"
	"testing"
)

// The newest version is meant. A process of an older one is the daemon if an earlier look
// has proven it to be, and else in doubt, never simply down.
func TestVersionsOfAProgram(t *testing.T) {
	p := newPlace(t)
	at := func(version string) string { return p.install(t, filepath.Join(p.dir, "erts-"+version, "bin", "beam")) }
	spec := Spec{Executable: filepath.Join(p.dir, "erts-*", "bin", "beam")}
	pid := run(t, nil, at("9.2"))
	wantReal(t, verdict(t, spec), pid, Up, counts)
	at("13.1")
	if v := verdict(t, spec); v.State != Down {
		t.Errorf("it is not the newest: %+v", v)
	}
	leads, err := Live{}.Leads(t.Context(), spec)
	if err != nil || len(leads) != 1 || leads[0].PID != pid {
		t.Errorf("leads %+v, %v", leads, err)
	}
	row, runs, err := Live{}.Read(pid)
	if err != nil || !runs {
		t.Fatal(row, err)
	}
	spec.Remembered = []Remembered{{PID: pid, Start: row.Usage.Start, Exe: row.Exe, File: row.File}}
	v := verdict(t, spec)
	if wantReal(t, v, pid, Up, counts); !v.Matches[0].OldImage {
		t.Errorf("%+v", v.Matches[0])
	}
}
