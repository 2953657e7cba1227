package postmortem

import (
	"strings"
	"testing"
)

func TestRoom(t *testing.T) {
	const gib = 1 << 30
	for _, tc := range []struct {
		name string
		used resources
		want string
	}{
		{"nothing", resources{}, ""},
		{"room", resources{disks: []disk{{"/var", 20 * gib, gib, 1000, 900}}, tables: []table{{"x", 1, 100}}}, ""},
		{"a full disk", resources{disks: []disk{{"/", 20 * gib, gib, 1000, 900}, {"/var", 20 * gib, 12 << 10, 1e6, 1e5}}}, "the file system of /var is full: 12 KiB of 20480 MiB are free"},
		{"a small one, half full", resources{disks: []disk{{"/run", 8 << 20, 4 << 20, 1000, 900}}}, ""},
		{"no inodes", resources{disks: []disk{{"/var", 20 * gib, gib, 1e6, 3}}}, "the file system of /var has room for 3 more files only"},
		{"no limit of inodes", resources{disks: []disk{{"/var", 20 * gib, gib, 0, 0}}}, ""},
		{"a pseudo file system", resources{disks: []disk{{"/run", 0, 0, 0, 0}}}, ""},
		{"a full table", resources{tables: []table{{"open files (fs.file-max)", 990, 1000}}}, "there is no room for more open files (fs.file-max): 990 of 1000"},
		{"no limit", resources{tables: []table{{"x", 990, 0}, fileTable("x"), fileTable("10 0 9223372036854775807")}}, ""},
	} {
		list := roomFindings(tc.used, jvm())
		var got []string
		for _, f := range list {
			got = append(got, f.Text)
			if !f.Aside || f.Sure != Likely {
				t.Errorf("%s: %+v", tc.name, f)
			}
		}
		if strings.Join(got, ", ") != tc.want {
			t.Errorf("%s: %q", tc.name, got)
		}
	}
	if got := taskCount("0.20 0.18 0.12 1/80 11206\n"); got != 80 {
		t.Error(got)
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
