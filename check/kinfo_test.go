package check

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// amd64Kinfo is the layout on FreeBSD's amd64 and arm64, of 13.2 to 15.
var amd64Kinfo = kinfoLayout{size: 1088, pid: 72, comm: 447}

func kinfoBytes(pid int32, comm string) []byte {
	row := make([]byte, amd64Kinfo.size)
	binary.NativeEndian.PutUint32(row, uint32(amd64Kinfo.size))
	binary.NativeEndian.PutUint32(row[amd64Kinfo.pid:], uint32(pid))
	copy(row[amd64Kinfo.comm:amd64Kinfo.comm+commLen], comm)
	return row
}

func TestParseKinfos(t *testing.T) {
	row := kinfoBytes(1, "init")
	other := bytes.Clone(row)
	binary.NativeEndian.PutUint32(other, 1096)
	for name, tt := range map[string]struct {
		table []byte
		want  []kinfoRow
		err   string
	}{
		"none":          {nil, []kinfoRow{}, ""},
		"two":           {slices.Concat(row, kinfoBytes(99999, "clamd")), []kinfoRow{{1, "init"}, {99999, "clamd"}}, ""},
		"a full name":   {kinfoBytes(7, "prometheus-node-exporter"), []kinfoRow{{7, "prometheus-node-exp"}}, ""},
		"no name":       {kinfoBytes(0, ""), []kinfoRow{{0, ""}}, ""},
		"cut":           {row[:1000], nil, "1000 bytes are not full rows of 1088"},
		"another one's": {other, nil, "a row says that it has 1096 bytes, not 1088"},
	} {
		got, err := parseKinfos(tt.table, amd64Kinfo)
		if !slices.Equal(got, tt.want) || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %v, %v; want %v, %q", name, got, err, tt.want, tt.err)
		}
	}
}

func FuzzKinfos(f *testing.F) {
	f.Add(kinfoBytes(1, "init"))
	f.Fuzz(func(t *testing.T, table []byte) {
		rows, err := parseKinfos(table, amd64Kinfo)
		if err == nil && len(rows) != len(table)/amd64Kinfo.size {
			t.Errorf("%d rows of %d bytes", len(rows), len(table))
		}
		for _, r := range rows {
			if len(r.comm) > commLen {
				t.Errorf("a name of %d bytes", len(r.comm))
			}
		}
	})
}

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
		{"a name that is cut", Spec{Executable: exporter.Path}, Options{}, long[:commLen], exporter, 1, Up},
		{"another name of the same file", Spec{Executable: clamd.Path}, Options{}, "clamd-2", clamd, 3, Up},
		{"none", Spec{Executable: clamd.Path}, Options{}, "other", exporter, 5, Down},
		{"all that count matter", Spec{Executable: clamd.Path, Count: &Count{1, 3}}, Options{}, "clamd", clamd, 5, Up},
		{"all are reported", Spec{Executable: clamd.Path}, Options{Full: true}, "clamd", clamd, 5, Up},
		{"remembered", Spec{Executable: clamd.Path, Remembered: []Remembered{{PID: 100}}}, Options{}, "other", clamd, 1, Up},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFakeTable()
			pid := f.add(fakeRow{exe: tt.runs.Resolved, p: Process{File: tt.runs.ID}})
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
