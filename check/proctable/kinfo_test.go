package proctable

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"
)

// amd64Kinfo is the layout on FreeBSD's amd64 and arm64, of 13.2 to 15.
var amd64Kinfo = kinfoLayout{
	size: 1088, word: 8, second: 8, pid: 72, parent: 76, group: 80, session: 88, users: 168, realGroup: 180, groups: 192, virtual: 256, pages: 264,
	runtime: 328, start: 336, kiflag: 376, state: 388, tdname: 394, comm: 447, jail: 592, thread: 600,
}

func kinfoBytes(pid int32, comm string) []byte {
	row := make([]byte, amd64Kinfo.size)
	binary.NativeEndian.PutUint32(row, uint32(amd64Kinfo.size))
	binary.NativeEndian.PutUint32(row[amd64Kinfo.pid:], uint32(pid))
	copy(row[amd64Kinfo.comm:amd64Kinfo.comm+commLen], comm)
	return row
}

// A row that is built from the offsets of <sys/user.h>; it was not recorded on a FreeBSD.
func TestParseKinfo(t *testing.T) {
	e, row := binary.NativeEndian, kinfoBytes(100, "unbound\x00garbage")
	for at, n := range map[int]uint32{
		76: 1, 80: 7, 88: 8, // ki_ppid, ki_pgid, ki_sid
		168: 53, 172: 0, 176: 54, 180: 60, 184: 61, 192: 62, // ki_uid, ki_ruid, ki_svuid, ki_rgid, ki_svgid, ki_groups[0]
		592: 4, 600: 100123, // ki_jid, ki_tid
	} {
		e.PutUint32(row[at:], n)
	}
	for at, n := range map[int]uint64{256: 4096, 264: 3, 328: 2500, 336: 1000, 344: 500000, 376: 3} { // ki_kiflag: KI_CTTY, KI_SLEADER
		e.PutUint64(row[at:], n)
	}
	row[388] = kinfoZombie
	copy(row[394:], "worker\x00")
	want := KInfo{
		PID: 100, Parent: 1, Group: 7, Session: 8, Thread: 100123, Name: "unbound", Jail: 4, VMS: 4096, Pages: 3, CPU: 2500 * time.Microsecond,
		Users: [4]uint32{0, 53, 54, 53}, Groups: [4]uint32{60, 62, 61, 62}, Start: 1000_500000, State: kinfoZombie, HasTerminal: true,
	}
	if got := amd64Kinfo.parse(row); got != want {
		t.Errorf("%+v\nwant %+v", got, want)
	}
	if name := amd64Kinfo.threadName(row); name != "worker" {
		t.Errorf("thread %q", name)
	}
	if at := want.Started(); !at.Equal(time.Unix(1000, 500_000_000)) {
		t.Errorf("started %v", at)
	}
}

// A machine of 32 bits has longs of 4 bytes. Only on i386 its seconds have 4 bytes, too.
func TestParseKinfoOf32Bits(t *testing.T) {
	for second, usec := range map[int]int{4: 4, 8: 8} {
		layout := kinfoLayout{
			size: 768, word: 4, second: second, pid: 40, parent: 44, group: 48, session: 56, users: 132, realGroup: 144, groups: 156, virtual: 220, pages: 224,
			runtime: 272, start: 280, kiflag: 312, state: 320, tdname: 326, comm: 379, jail: 508, thread: 516,
		}
		row := make([]byte, layout.size)
		e := binary.NativeEndian
		e.PutUint32(row[layout.virtual:], 1<<31)
		e.PutUint32(row[layout.pages:], 7)
		e.PutUint32(row[layout.start:], 1000)
		e.PutUint32(row[layout.start+usec:], 500000)
		if k := layout.parse(row); k.Start != 1000_500000 || k.VMS != 1<<31 || k.Pages != 7 {
			t.Errorf("seconds of %d bytes: %+v", second, k)
		}
		e.PutUint32(row[layout.pages:], ^uint32(0))
		if k := layout.parse(row); k.Pages != 0 {
			t.Errorf("less than no pages: %d", k.Pages)
		}
	}
}

// The kernel's count of pages has a sign, and may be below 0 for a moment. That is not a huge process.
func TestParseKinfoNegativePages(t *testing.T) {
	row := kinfoBytes(1, "init")
	binary.NativeEndian.PutUint64(row[amd64Kinfo.pages:], ^uint64(2))
	if k := amd64Kinfo.parse(row); k.Pages != 0 {
		t.Errorf("%d pages", k.Pages)
	}
}

func TestKinfoRows(t *testing.T) {
	row := kinfoBytes(1, "init")
	other := bytes.Clone(row)
	binary.NativeEndian.PutUint32(other, 1096)
	for name, tt := range map[string]struct {
		table []byte
		want  []string
		err   string
	}{
		"none":          {nil, nil, ""},
		"two":           {slices.Concat(row, kinfoBytes(99999, "clamd")), []string{"init", "clamd"}, ""},
		"a full name":   {kinfoBytes(7, "prometheus-node-exporter"), []string{"prometheus-node-exp"}, ""},
		"no name":       {kinfoBytes(0, ""), []string{""}, ""},
		"cut":           {row[:1000], nil, "1000 bytes are not full rows of 1088"},
		"another one's": {other, nil, "a row says that it has 1096 bytes, not 1088"},
	} {
		rows, err := amd64Kinfo.rows(tt.table)
		var got []string
		for _, row := range rows {
			got = append(got, amd64Kinfo.parse(row).Name)
		}
		if !slices.Equal(got, tt.want) || (err == nil) != (tt.err == "") || err != nil && !strings.Contains(err.Error(), tt.err) {
			t.Errorf("%s: %q, %v; want %q, %q", name, got, err, tt.want, tt.err)
		}
	}
}

func FuzzKinfos(f *testing.F) {
	f.Add(kinfoBytes(1, "init"))
	f.Fuzz(func(t *testing.T, table []byte) {
		rows, err := amd64Kinfo.rows(table)
		if err == nil && len(rows) != len(table)/amd64Kinfo.size {
			t.Errorf("%d rows of %d bytes", len(rows), len(table))
		}
		for _, row := range rows {
			if k := amd64Kinfo.parse(row); len(k.Name) > commLen || len(amd64Kinfo.threadName(row)) > tdnameLen {
				t.Errorf("%+v", k)
			}
		}
	})
}
