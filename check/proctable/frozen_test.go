package proctable

import (
	"os"
	"path"
	"strings"
	"testing"
)

func TestUnifiedGroup(t *testing.T) {
	for text, want := range map[string]string{
		"0::/system.slice/nginx.service\n":                              "/system.slice/nginx.service",
		"9:name=systemd:/\n8:pids:/\n0::/system.slice/frozen.service\n": "/system.slice/frozen.service",
		"0::/\n":                        "/",
		"0::/../other\n":                "", // outside our cgroup namespace
		"0::relative\n":                 "",
		"4:memory:/a\n6:freezer:/b\n":   "",
		"":                              "",
		"0::/a (deleted)\n1:name=x:/\n": "/a (deleted)",
	} {
		if got := unifiedGroup([]byte(text)); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	if !isFrozen("populated 1\nfrozen 1\n") || isFrozen("populated 1\nfrozen 0\n") || isFrozen("") || isFrozen("frozen 10\n") {
		t.Error("frozen")
	}
}

func FuzzUnifiedGroup(f *testing.F) {
	f.Add("9:name=systemd:/\n0::/system.slice/frozen.service\n")
	f.Fuzz(func(t *testing.T, text string) {
		group := unifiedGroup([]byte(text))
		if group != "" && (!path.IsAbs(group) || strings.Contains(group, "\n") || strings.Contains(group+"/", "/../")) {
			t.Errorf("%q", group)
		}
	})
}

// We run, or this test would not.
func TestNotFrozen(t *testing.T) {
	if frozen, err := Frozen(os.Getpid()); frozen || err != nil {
		t.Errorf("%v, %v", frozen, err)
	}
}

// BenchmarkFrozen is what each daemon that is up costs a run on Linux.
func BenchmarkFrozen(b *testing.B) {
	for b.Loop() {
		if _, err := Frozen(os.Getpid()); err != nil {
			b.Fatal(err)
		}
	}
}
