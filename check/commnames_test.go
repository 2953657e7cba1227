package check

import (
	"path/filepath"
	"slices"
	"testing"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// Where the list of processes tells the kernel's names, the paths of those alone are
// asked for that may be wanted; the careful pass asks for all.
func TestKernelsNames(t *testing.T) {
	const long = "prometheus-node-exporter" // the kernel cuts it
	clamd, exporter := program(t, "clamd", "\x7fELF"), program(t, long, "\x7fELF")
	for _, tt := range []struct {
		name  string
		spec  Spec
		opts  Options
		comm  string // of the process that counts
		runs  Executable
		asked int // of five processes, until it is found
		state State
	}{
		{"its own name", Spec{Executable: clamd.Path}, Options{}, "clamd", clamd, 1, Up},
		{"the name of a link", Spec{Executable: link(t, clamd.Path, filepath.Join(t.TempDir(), "alias"))}, Options{}, "alias", clamd, 1, Up},
		{"a name of a link that is cut", Spec{Executable: link(t, clamd.Path, filepath.Join(t.TempDir(), "a-rather-long-alias-of-it"))}, Options{}, "a-rather-long-alias", clamd, 1, Up},
		{"a name that is cut", Spec{Executable: exporter.Path}, Options{}, long[:19], exporter, 1, Up},
		{"another name of the same file", Spec{Executable: clamd.Path}, Options{}, "clamd-2", clamd, 3, Up},
		{"none", Spec{Executable: clamd.Path}, Options{}, "other", exporter, 5, Down},
		{"all that count matter", Spec{Executable: clamd.Path, Count: &words.Count{Min: 1, Max: 3}}, Options{}, "clamd", clamd, 5, Up},
		{"all are reported", Spec{Executable: clamd.Path}, Options{Full: true}, "clamd", clamd, 5, Up},
		{"remembered", Spec{Executable: clamd.Path, Remembered: []Remembered{{PID: 100}}}, Options{}, "other", clamd, 1, Up},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeTable()
			pid := f.add(fakeRow{exe: tt.runs.Resolved, p: proctable.Process{File: tt.runs.ID}})
			f.comms = map[int]string{pid: tt.comm}
			if len(tt.spec.Remembered) > 0 {
				tt.spec.Remembered[0].PID = pid
			}
			for _, pid := range f.list {
				if _, named := f.comms[pid]; !named {
					f.comms[pid] = "init"
				}
			}
			for range 5 - len(f.list) {
				f.comms[f.add(fakeRow{exe: "/usr/sbin/cron"})] = "cron"
			}
			v := Judge(mustLook(t, f, tt.opts, tt.spec), tt.spec)
			slices.Sort(f.exes)
			if asked := len(slices.Compact(f.exes)); asked != tt.asked || v.State != tt.state {
				t.Errorf("%v (%v), %d processes were asked; want %v, %d", v.State, v.Err, asked, tt.state, tt.asked)
			}
		})
	}
}
