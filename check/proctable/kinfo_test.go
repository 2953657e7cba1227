package proctable

import (
	"bytes"
	"encoding/binary"
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
