package check

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/apart"
)

// Whom a pidfile names, and why it is nobody.
func TestNamedBy(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: it gives a file to another user")
	}
	p := newPlace(t)
	pid := run(t, nil, p.path)
	file := func(name, text string) string { return write(t, p.dir, name, text, 0o644) }
	old := file("old", strconv.Itoa(pid))
	must(t, os.Chtimes(old, time.Time{}, time.Now().Add(-time.Hour)))
	foreign := file("foreign", strconv.Itoa(pid))
	must(t, os.Chown(foreign, 4711, 0))
	ended := startAndEnd(t)
	for _, tc := range []struct {
		path string
		pid  int
		why  string
	}{
		{file("plain", strconv.Itoa(pid)+"\n"), pid, ""},
		{filepath.Join(p.dir, "nosuch"), 0, "is missing"},
		{link(t, file("target", strconv.Itoa(pid)), p.dir+"/link.pid"), 0, "is a symbolic link, which is not followed"},
		{p.dir, 0, "is not a regular file"},
		{file("empty", ""), 0, "is empty"},
		{file("prose", "hello 12"), 0, "holds no process id"},
		{file("first", "1"), 0, "names process 1, the first of all: it was perhaps written in a container"},
		{file("ours", strconv.Itoa(os.Getpid())), 0, "names process " + strconv.Itoa(os.Getpid()) + ", which is this one"},
		{file("ended", strconv.Itoa(ended)), 0, "names process " + strconv.Itoa(ended) + ", and there is no such process"},
		{file("thread", strconv.Itoa(apart.Thread(t))), 0, "which is a thread of"},
		{old, 0, "names process " + strconv.Itoa(pid) + ", which was started after the file was written: it may be another one"},
		{foreign, 0, "names process " + strconv.Itoa(pid) + ", which belongs to another user than the file"},
	} {
		list, err := NamedBy(t.Context(), []string{tc.path})
		must(t, err)
		if got := list[0]; got.PID != tc.pid || !strings.Contains(got.Why, tc.why) || tc.why != "" && !strings.HasPrefix(got.Why, tc.path+" ") || tc.why == "" && got.Why != "" {
			t.Errorf("%s: %+v, want %q", tc.path, got, tc.why)
		}
	}
}

// startAndEnd is the number of a process that has ended.
func startAndEnd(t *testing.T) int {
	t.Helper()
	process, err := os.StartProcess("/bin/true", []string{"true"}, &os.ProcAttr{})
	must(t, err)
	_, err = process.Wait()
	must(t, err)
	return process.Pid
}
