package postmortem

import (
	"strings"
	"testing"
	"time"
)

func TestRoom(t *testing.T) {
	const gib = 1 << 30
	for _, tc := range []struct {
		name string
		used Used
		want string
	}{
		{"nothing", Used{}, ""},
		{"room", Used{Disks: []Disk{{"/var", 20 * gib, gib, 1000, 900}}, Tables: []Table{{"x", 1, 100}}}, ""},
		{"a full disk", Used{Disks: []Disk{{"/", 20 * gib, gib, 1000, 900}, {"/var", 20 * gib, 12 << 10, 1e6, 1e5}}}, "the file system of /var is full: 12 KiB of 20480 MiB are free"},
		{"a small one, half full", Used{Disks: []Disk{{"/run", 8 << 20, 4 << 20, 1000, 900}}}, ""},
		{"no inodes", Used{Disks: []Disk{{"/var", 20 * gib, gib, 1e6, 3}}}, "the file system of /var has room for 3 more files only"},
		{"no limit of inodes", Used{Disks: []Disk{{"/var", 20 * gib, gib, 0, 0}}}, ""},
		{"a pseudo file system", Used{Disks: []Disk{{"/run", 0, 0, 0, 0}}}, ""},
		{"a full table", Used{Tables: []Table{{"open files (fs.file-max)", 990, 1000}}}, "there is no room for more open files (fs.file-max): 990 of 1000"},
		{"no limit", Used{Tables: []Table{{"x", 990, 0}, fileTable("x"), fileTable("10 0 9223372036854775807")}}, ""},
	} {
		list, err := Room{Read: reads(tc.used)}.Ask(t.Context(), jvm())
		var got []string
		for _, f := range list {
			got = append(got, f.Text)
			if !f.Aside || f.Sure != Likely {
				t.Errorf("%s: %+v", tc.name, f)
			}
		}
		if strings.Join(got, ", ") != tc.want || err != nil {
			t.Errorf("%s: %q, %v", tc.name, got, err)
		}
	}
	if got := taskCount("0.20 0.18 0.12 1/80 11206\n"); got != 80 {
		t.Error(got)
	}
}

// This machine can be read, and its own limits are not those of a number that is too large.
func TestReadRoom(t *testing.T) {
	u, err := ReadRoom(t.Context(), Dead{Wall: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	if old, err := ReadRoom(t.Context(), Dead{Wall: time.Now().Add(-time.Hour)}); len(old.Disks)+len(old.Tables) > 0 || err != nil {
		t.Errorf("of an hour ago: %+v, %v", old, err)
	}
	for _, table := range u.Tables {
		if table.Max > 0 && table.Used > table.Max {
			t.Errorf("%+v", table)
		}
	}
}

func FuzzTables(f *testing.F) {
	f.Add("10 0 1000\n")
	f.Add("0.20 0.18 0.12 1/80 11206\n")
	f.Fuzz(func(_ *testing.T, text string) {
		fileTable(text)
		taskCount(text)
	})
}
