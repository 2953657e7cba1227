package proctable

import (
	"slices"
	"strings"
	"testing"
)

// Where a file system begins that somebody else serves, as the kernel lists it.
func TestParseMounts(t *testing.T) {
	const root = "21 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw\n"
	for _, tc := range []struct {
		name, text string
		want       []string
		wrong      bool
	}{
		{"local only", root + "22 21 0:5 / /proc rw - proc proc rw\n", nil, false},
		{"a program serves it", root + "30 21 0:40 / /mnt/x rw master:2 - fuse.sshfs host: rw\n", []string{"/mnt/x"}, false},
		{"another machine serves it", root + "30 21 0:41 / /srv rw - nfs4 host:/srv rw\n", []string{"/srv"}, false},
		{"a name with a blank", root + `30 21 0:40 / /mnt/a\040b\134c rw - fuse x rw` + "\n", []string{`/mnt/a b\c`}, false},
		{"covered by a local one", root + "30 21 0:40 / /mnt rw - fuse x rw\n31 21 0:42 / /mnt rw - tmpfs x rw\n", nil, false},
		{"the root itself", "21 1 0:50 / / rw - nfs host:/ rw\n", nil, false},
		{"not a table", "hello\n", nil, true},
	} {
		got, err := parseMounts(strings.NewReader(tc.text))
		if (err != nil) != tc.wrong {
			t.Errorf("%s: %v", tc.name, err)
		}
		var points []string
		for point := range got {
			points = append(points, point)
		}
		if !slices.Equal(points, tc.want) {
			t.Errorf("%s: %q, want %q", tc.name, points, tc.want)
		}
	}
}

// Whatever the table holds, what it names are no more than its lines.
func FuzzParseMounts(f *testing.F) {
	f.Add("30 21 0:40 / /mnt/x rw - fuse x rw\n")
	f.Add(`1 2 0:1 / /a\040\ rw - nfs x rw`)
	f.Fuzz(func(t *testing.T, text string) {
		m, err := parseMounts(strings.NewReader(text))
		if err == nil && len(m) > strings.Count(text, "\n")+1 {
			t.Errorf("%d mounts of %q", len(m), text)
		}
		if m["/"] {
			t.Errorf("the root is served by others: %q", text)
		}
	})
}
