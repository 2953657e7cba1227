package check

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestNewest(t *testing.T) {
	dir := realDir(t)
	for _, name := range []string{"erts-9.2", "erts-13.1.5", "erts-14.0/empty", "other-15", "erts-", "15", "9", ".16", "lib-3-amd64", "lib-20-amd64", "lib-30"} {
		if err := os.MkdirAll(filepath.Join(dir, name, "bin"), 0o755); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(name, "empty") {
			write(t, filepath.Join(dir, name, "bin"), "beam", "\x7fELF", 0o755)
		}
	}
	write(t, dir, "erts-99", "a file, no folder", 0o755)
	for pattern, want := range map[string]string{
		"erts-*/bin/beam":      "erts-13.1.5/bin/beam",
		"*/bin/beam":           "other-15/bin/beam",
		"lib-*-amd64/bin/beam": "lib-20-amd64/bin/beam",
		"1*/bin/beam":          "15/bin/beam",
		"15/bin/beam":          "15/bin/beam",
		"erts-*/bin/nosuch":    "",
		"nosuch-*/bin/beam":    "",
		"nosuch/*/bin/beam":    "",
	} {
		got, err := newest(filepath.Join(dir, pattern))
		switch {
		case want == "":
			if !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s: %q, %v", pattern, got, err)
			}
		case err != nil || got != filepath.Join(dir, want):
			t.Errorf("%s: %q, %v, want %s", pattern, got, err, want)
		}
	}
	for _, pattern := range []string{"/*/*/beam", "/usr/bin/beam*", "/usr/er*s-*/beam"} {
		if got, err := newest(pattern); err == nil || errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %q, %v", pattern, got, err)
		}
	}
}

// A version that cannot be seen is not passed over in favour of an older one.
func TestNewestThatCannotBeSeen(t *testing.T) {
	dir := realDir(t)
	for _, name := range []string{"v1", "v2"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	write(t, filepath.Join(dir, "v1"), "x", "\x7fELF", 0o755)
	link(t, "x", filepath.Join(dir, "v2", "x")) // a link to itself
	if got, err := newest(filepath.Join(dir, "v*", "x")); !errors.Is(err, syscall.ELOOP) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestCompareVersions(t *testing.T) {
	sorted := []string{"", "1", "1.9", "1.10", "1.10.1", "2-rc1", "2-rc2", "9", "10", "0011", "12", "123456789012345678901234567890", "a", "a1", "a02", "a10", "b"}
	for i, a := range sorted {
		for j, b := range sorted {
			if got := compareVersions(a, b); (got < 0) != (i < j) || (got > 0) != (i > j) {
				t.Errorf("%q and %q: %d", a, b, got)
			}
		}
	}
}

func TestLeadsTo(t *testing.T) {
	for _, tc := range []struct {
		path, other string
		want        bool
	}{
		{"/usr/sbin/x", "/usr/sbin/x", true},
		{"/usr/sbin/x", "/usr/sbin/y", false},
		{"/l/erts-*/bin/x", "/l/erts-1/bin/x", true},
		{"/l/erts-*/bin/x", "/l/erts-/bin/x", false},
		{"/l/erts-*/bin/x", "/l/erts-1/bin/y", false},
		{"/l/erts-*/bin/x", "/l/erts-1/2/bin/x", false},
		{"/l/erts-*/bin/x", "/k/erts-1/bin/x", false},
		{"/*/bin/x", "/1/bin/x", true},
		{"/*/bin/x", "/.1/bin/x", false},
		{"/*/bin/x", "x", false},
		{"/*/*/x", "/1/1/x", false},
	} {
		if got := leadsTo(tc.path, tc.other); got != tc.want {
			t.Errorf("%s, %s: %v", tc.path, tc.other, got)
		}
	}
}

func FuzzVersioned(f *testing.F) {
	f.Add("/usr/lib/erts-*/bin/x", "/usr/lib/erts-1/bin/x")
	f.Add("/*/x", "/1/x")
	f.Fuzz(func(t *testing.T, path, other string) {
		if v, ok, err := versioned(path); ok && err == nil && leadsTo(path, other) {
			folder, _, _ := strings.Cut(strings.TrimPrefix(other, strings.TrimSuffix(v.parent, "/")+"/"), "/")
			if version, ok := v.version(folder); !ok || filepath.Join(v.parent, v.prefix+version+v.suffix, v.rest) != filepath.Clean(other) && !strings.Contains(path+other, "//") && !strings.Contains(path+other, "/.") {
				t.Errorf("%q leads to %q", path, other)
			}
		}
	})
}
