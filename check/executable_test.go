package check

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/executable"
)

// write makes a file of its own in the folder and returns its path.
func write(t *testing.T, dir, name, content string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := executable.WriteFile(path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	return path
}

func link(t *testing.T, target, path string) string {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
	return path
}

// realDir is a temporary folder by the path that the kernel shows.
func realDir(t *testing.T) string {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// A path that no process could be executing is an error that says why.
func TestFindRefuses(t *testing.T) {
	dir := realDir(t)
	at := func(name string) string { return filepath.Join(dir, name) }
	if err := syscall.Mkfifo(at("fifo"), 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, dir, "data", "x", 0o644)
	write(t, dir, "missing-interpreter", "#!"+at("nosuch")+" -T\n", 0o755)
	write(t, dir, "no-interpreter", "#!\n", 0o755)
	write(t, dir, "env-of-nothing", "#!/usr/bin/env -i\n", 0o755)
	link(t, at("nosuch"), at("dangling"))
	link(t, at("loop2"), at("loop1"))
	link(t, at("loop1"), at("loop2"))
	for _, tc := range []struct {
		name, path, want string
		is               error
	}{
		{"relative", "clamd", `cannot look for "clamd": it is not an absolute path`, nil},
		{"relative with a folder", "./clamd", "it is not an absolute path", nil},
		{"empty", "", `cannot look for "": it is not an absolute path`, nil},
		{"missing", at("nosuch"), `nosuch": no such file or directory`, fs.ErrNotExist},
		{"in a missing folder", at("no/such"), "no such file or directory", fs.ErrNotExist},
		{"below a file", at("data/x"), "not a directory", syscall.ENOTDIR},
		{"directory", dir, "it is a directory", nil},
		{"not executable", at("data"), "it is not executable", nil},
		{"script without #!", write(t, dir, "bare", "sleep 60\n", 0o755), "it is not a program, and has no #! line", nil},
		{"fifo", at("fifo"), "it is not a regular file", nil},
		{"device", "/dev/null", "it is not a regular file", nil},
		{"script with a missing interpreter", at("missing-interpreter"), "cannot find its interpreter " + at("nosuch") + ": no such file or directory", fs.ErrNotExist},
		{"script without an interpreter", at("no-interpreter"), "its first line names no interpreter", nil},
		{"script with an env of nothing", at("env-of-nothing"), `its first line, "#!/usr/bin/env -i", names no interpreter`, nil},
		{"dangling link", at("dangling"), `dangling": no such file or directory`, fs.ErrNotExist},
		{"symlink loop", at("loop1"), "too many links", nil},
		{"NUL", "/usr/\x00", "invalid argument", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, err := Find(tc.path)
			var why *FindError
			if !errors.As(err, &why) || why.Path != tc.path || why.Hint() == "" {
				t.Fatalf("%#v is not a FindError with a hint", err)
			}
			if !strings.Contains(err.Error(), tc.want) || !strings.HasPrefix(err.Error(), "cannot look for ") {
				t.Errorf("error %v, want one with %q", err, tc.want)
			}
			if tc.is != nil && !errors.Is(err, tc.is) {
				t.Errorf("%v is not %v", err, tc.is)
			}
			if e != (Executable{}) {
				t.Errorf("and yet %+v", e)
			}
		})
	}
}

// A program is known by its resolved path and by its device and inode.
func TestFind(t *testing.T) {
	dir := realDir(t)
	program := write(t, dir, "program", "\x7fELF", 0o755)
	byLink := link(t, program, filepath.Join(dir, "link"))
	own := write(t, dir, "own", "\x7fELF", 0o100)
	perl := write(t, dir, "perl5.36", "\x7fELF", 0o755)
	perlLink := link(t, "perl5.36", filepath.Join(dir, "perl"))
	shim := write(t, dir, "shim", "#!/bin/sh\n", 0o755)
	for _, tc := range []struct {
		name, path  string
		resolved    string
		interpreter *Interpreter
	}{
		{"program", program, program, nil},
		{"link", byLink, program, nil},
		{"for its owner alone", own, own, nil},
		{"script", write(t, dir, "s1", "#!"+perl+" -T\n", 0o755), "", &Interpreter{perl, perl, proctable.FileIDAt(perl)}},
		{"script, interpreter linked", write(t, dir, "s2", "#! "+perlLink+"\n", 0o755), "", &Interpreter{perlLink, perl, proctable.FileIDAt(perl)}},
		{"script via env", write(t, dir, "s3", "#!/usr/bin/env perl\n", 0o755), "", &Interpreter{Path: "perl"}},
		{"script via a shim", write(t, dir, "s4", "#!"+shim+"\n", 0o755), "", &Interpreter{Path: shim}},
		{"script without a line end", write(t, dir, "s5", "#!"+perl, 0o755), "", &Interpreter{perl, perl, proctable.FileIDAt(perl)}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			e, err := Find(tc.path)
			if err != nil {
				t.Fatal(err)
			}
			if tc.resolved == "" {
				tc.resolved = tc.path
			}
			if e.Path != tc.path || e.Resolved != tc.resolved || e.ID != proctable.FileIDAt(tc.resolved) || e.ID == (proctable.FileID{}) {
				t.Errorf("%+v", e)
			}
			switch i := e.Interpreter; {
			case (i == nil) != (tc.interpreter == nil):
				t.Errorf("interpreter %+v, want %+v", i, tc.interpreter)
			case i != nil && *i != *tc.interpreter:
				t.Errorf("interpreter %+v, want %+v", *i, *tc.interpreter)
			}
		})
	}
}

// Two files are never the same, and a file is the same under all its names.
func TestFileID(t *testing.T) {
	dir := realDir(t)
	a, b := write(t, dir, "a", "", 0o644), write(t, dir, "b", "", 0o644)
	if err := os.Link(a, filepath.Join(dir, "c")); err != nil {
		t.Fatal(err)
	}
	if proctable.FileIDAt(a) == proctable.FileIDAt(b) || proctable.FileIDAt(a) != proctable.FileIDAt(filepath.Join(dir, "c")) {
		t.Errorf("a %v, b %v, c %v", proctable.FileIDAt(a), proctable.FileIDAt(b), proctable.FileIDAt(filepath.Join(dir, "c")))
	}
	if id := proctable.FileIDAt(filepath.Join(dir, "nosuch")); id != (proctable.FileID{}) {
		t.Errorf("a missing file is %v", id)
	}
}
