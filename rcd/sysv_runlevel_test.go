package rcd

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// utmpRecord is one of utmp(5).
func utmpRecord(size int, kind uint16, pid uint32, user string) []byte {
	r := make([]byte, size)
	binary.NativeEndian.PutUint16(r, kind)
	binary.NativeEndian.PutUint32(r[4:], pid)
	copy(r[8:], "~")
	copy(r[40:], "~~")
	copy(r[44:], user)
	return r
}

func TestRunlevelIn(t *testing.T) {
	for _, size := range utmpSizes {
		file := func(records ...[]byte) (text []byte) {
			for _, r := range records {
				text = append(text, r...)
			}
			return text
		}
		boot, login := utmpRecord(size, 2, 0, "reboot"), utmpRecord(size, 7, '3', "root")
		level := func(now, before uint32) []byte { return utmpRecord(size, 1, now|before<<8, "runlevel") }
		for _, tt := range []struct {
			what string
			utmp []byte
			want byte
		}{
			{"nothing", nil, 0},
			{"a boot without a runlevel", file(boot, login), 0},
			{"runlevel 2", file(boot, level('2', 'N'), login), '2'},
			{"the last one counts", file(boot, level('2', 'N'), level('3', '2')), '3'},
			{"a shutdown", file(boot, level('0', '2')), 0},
			{"for one user", file(boot, level('1', '2')), 0},
			{"another kind of record", file(utmpRecord(size, 7, '2', "runlevel")), 0},
			{"of a user of that name", file(utmpRecord(size, 1, '2', "runlevels")), 0},
			{"cut", file(boot, level('2', 'N'))[1:], 0},
			{"short", []byte{1, 0, 0}, 0},
		} {
			if got := runlevelIn(tt.utmp); got != tt.want {
				t.Errorf("%d bytes a record, %s: %q, want %q", size, tt.what, got, tt.want)
			}
		}
	}
}

func FuzzRunlevelIn(f *testing.F) {
	f.Add(utmpRecord(384, 1, '2', "runlevel"))
	f.Add(utmpRecord(400, 1, '5', "runlevel"))
	f.Fuzz(func(t *testing.T, utmp []byte) {
		if level := runlevelIn(utmp); level != 0 && (level < '2' || level > '5') {
			t.Errorf("runlevel %q", level)
		}
	})
}

// link makes a link of rc?.d, or any other one.
func link(t *testing.T, root, path, target string) {
	t.Helper()
	path = filepath.Join(root, path)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

func TestRCLink(t *testing.T) {
	dir := t.TempDir()
	link(t, dir, "S01cron", "../init.d/cron")
	link(t, dir, "K05other", "../init.d/cron")
	for name, want := range map[string]string{
		"S01cron": "S cron", "K05other": "K cron", "S20gone": "S gone", "README": "", "S1x": "", "Sxxcron": "", "S01": "", "T01cron": "", "": "",
	} {
		kind, service := rcLink(dir, name)
		got := ""
		if kind != 0 {
			got = string(kind) + " " + service
		}
		if got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}
