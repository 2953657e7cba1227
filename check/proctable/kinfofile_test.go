package proctable

import (
	"encoding/binary"
	"testing"
)

// fileRow is a row of kern.proc.filedesc of such a length.
func fileRow(length int, descriptor int32) []byte {
	row := make([]byte, length)
	binary.NativeEndian.PutUint32(row, uint32(length))
	binary.NativeEndian.PutUint32(row[8:], uint32(descriptor))
	return row
}

func joinRows(rows ...[]byte) (all []byte) {
	for _, r := range rows {
		all = append(all, r...)
	}
	return all
}

func TestCountDescriptors(t *testing.T) {
	for _, tc := range []struct {
		name string
		rows []byte
		open int
		ok   bool
	}{
		{"none", nil, 0, true},
		{"program, folder, and three files", joinRows(fileRow(376, -5), fileRow(400, -1), fileRow(376, 0), fileRow(1392, 1), fileRow(380, 700)), 3, true},
		{"a row that is cut", joinRows(fileRow(376, 0), make([]byte, 8)), 0, false},
		{"a row that is longer than the rest", fileRow(376, 0)[:375], 0, false},
		{"a row of no length", make([]byte, 400), 0, false},
		{"a row of a negative length", joinRows(binary.NativeEndian.AppendUint32(nil, 1<<31), make([]byte, 400)), 0, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if open, err := countDescriptors(tc.rows); open != tc.open || (err == nil) != tc.ok {
				t.Errorf("%d, %v", open, err)
			}
		})
	}
}

func FuzzCountDescriptors(f *testing.F) {
	f.Add(joinRows(fileRow(376, -1), fileRow(376, 3)))
	f.Fuzz(func(t *testing.T, rows []byte) {
		if open, err := countDescriptors(rows); open < 0 || err == nil && open > len(rows)/16 {
			t.Errorf("%d open files in %d bytes", open, len(rows))
		}
	})
}
