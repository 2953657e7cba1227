package inspect

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"daemon-keeper/check/proctable"
)

// groupTree is a tree of control groups of version 2; each file is given by its path.
func groupTree(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// In a container a process is in the root group, as far as can be seen, and that has limits.
func TestLimitsOfAContainer(t *testing.T) {
	dir := groupTree(t, map[string]string{
		"memory.max": "1000", "memory.current": "950", "memory.stat": "inactive_file 100\nactive_file 50\nslab_reclaimable 300", "memory.events": "oom_kill 3",
		"pids.max": "100", "pids.current": "90",
	})
	h := hierarchy{dir, "/", true}
	m, ok := h.memory()
	if want := (Memory{Group: "/", Now: 950, Cache: 450, Max: 1000, Own: "/", Killed: 3, Counted: true}); !ok || m != want {
		t.Errorf("got %+v, want %+v", m, want)
	}
	if c, ok := h.tasks(); !ok || c != (Counted{"/", 90, 100}) {
		t.Errorf("tasks: %+v", c)
	}
}

// The limit that is reached first matters, not the nearest; and who was killed was so in the
// process's own group.
func TestTightestLimit(t *testing.T) {
	dir := groupTree(t, map[string]string{
		"a.slice/memory.max": "1000", "a.slice/memory.current": "990", "a.slice/memory.events": "oom_kill 7", "a.slice/memory.stat": "",
		"a.slice/x.service/memory.max": "100000", "a.slice/x.service/memory.current": "900", "a.slice/x.service/memory.events": "oom_kill 1",
		"a.slice/pids.max": "10", "a.slice/pids.current": "2", "a.slice/x.service/pids.max": "max", "a.slice/x.service/pids.current": "1",
	})
	h := hierarchy{dir, "/a.slice/x.service", true}
	m, ok := h.memory()
	if want := (Memory{Group: "/a.slice", Now: 990, Max: 1000, Own: "/a.slice/x.service", Killed: 1, Counted: true}); !ok || m != want {
		t.Errorf("got %+v, want %+v", m, want)
	}
	if c, ok := h.tasks(); !ok || c != (Counted{"/a.slice", 2, 10}) {
		t.Errorf("tasks: %+v", c)
	}
	if c, ok := (hierarchy{dir, "/b", true}).tasks(); ok {
		t.Errorf("of a group that is not there: %+v", c)
	}
}

// All descriptors are counted, though not all are looked at.
func TestManyDescriptors(t *testing.T) {
	dir := t.TempDir()
	const most, many = 1500, 2100
	for i := range many {
		if err := os.Symlink("x", filepath.Join(dir, strconv.Itoa(i))); err != nil {
			t.Fatal(err)
		}
	}
	list, all, err := proctable.Descriptors(dir, most)
	if err != nil || len(list) != most || all != many {
		t.Errorf("%d of %d, %v", len(list), all, err)
	}
	if _, _, err := proctable.Descriptors(filepath.Join(dir, "none"), most); err == nil {
		t.Error("one that is not there has descriptors")
	}
}
