package rcd

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func status(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "rcd", "supervise", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestParseSupervised reads what the real ones have written.
func TestParseSupervised(t *testing.T) {
	for _, maker := range []string{"daemontools", "runit", "s6"} {
		for what, wantUp := range map[string]bool{
			"up": true, "up-again": true, "down-file-up": true,
			"down": false, "down-file": false, "once": false, "once-ended": false,
		} {
			name := maker + "-" + what
			s, err := parseSupervised(status(t, name))
			if err != nil || s.wantUp != wantUp {
				t.Errorf("%s: %+v, %v, want it wanted up: %v", name, s, err, wantUp)
			}
			if at := s.at.UTC().Format("2006-01-02 15:04"); at != "2026-11-21 12:14" && at != "2026-11-21 12:15" {
				t.Errorf("%s: at %v", name, s.at)
			}
		}
	}
}

// FuzzParseSupervised: what is not one of theirs is refused, and no time is absurd.
func FuzzParseSupervised(f *testing.F) {
	files, err := filepath.Glob("../testdata/rcd/supervise/*")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		f.Add(status(f, filepath.Base(file)))
	}
	f.Add([]byte("00000000000000000u"))
	f.Fuzz(func(t *testing.T, data []byte) {
		s, err := parseSupervised(data)
		if err == nil && (s.at.Year() < 1970 || len(data) < 18) || err != nil && s.wantUp {
			t.Errorf("%q: %+v, %v", data, s, err)
		}
	})
}

// superviseTree is a machine with one service, and a supervisor that runs or not.
func superviseTree(t *testing.T, dir, statusName string, running bool, files ...string) (root string) {
	t.Helper()
	for i, name := range files {
		files[i] = dir + "/toy/" + name
	}
	root = tree(t, append(files, dir+"/toy/supervise/")...)
	folder := filepath.Join(root, dir, "toy")
	if statusName != "" {
		if err := os.WriteFile(folder+"/supervise/status", status(t, statusName), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	fifo := folder + "/supervise/ok"
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if running {
		f, err := os.OpenFile(fifo, os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
	}
	return root
}

func TestSuperviseWish(t *testing.T) {
	for _, tt := range []struct {
		name, status string
		running      bool
		files        []string
		want         string // the way out; "": no wish
	}{
		{"up", "runit-up", true, nil, ""},
		{"told down", "runit-down", true, nil, "sv up toy"},
		{"down file", "runit-down-file", true, []string{"down"}, "sv up toy"},
		{"told up in spite of a down file", "runit-down-file-up", true, []string{"down"}, ""},
		{"stale", "runit-down", false, nil, ""},
		{"stale, down file", "runit-up", false, []string{"down"}, "rm ROOT/etc/service/toy/down"},
		{"no status, down file", "", false, []string{"down"}, "rm ROOT/etc/service/toy/down"},
	} {
		root := superviseTree(t, "etc/service", tt.status, tt.running, tt.files...)
		w, err := on(program{root: root, path: "/usr/bin/sv"}, nil).Wish(t.Context(), "toy", Past{})
		got := ""
		if w != nil {
			got = strings.Replace(w.Undo, root, "ROOT", 1)
			if w.Kind != WishDown || w.Service != "toy" || w.Why == "" || w.Bars {
				t.Errorf("%s: %+v", tt.name, *w)
			}
		}
		if err != nil || got != tt.want {
			t.Errorf("%s: %q, %v, want %q", tt.name, got, err, tt.want)
		}
	}
}

// TestSuperviseWishOurs: our own stop tells the supervisor to leave it down, too.
func TestSuperviseWishOurs(t *testing.T) {
	root := superviseTree(t, "service", "daemontools-down", true)
	s, err := parseSupervised(status(t, "daemontools-down"))
	if err != nil {
		t.Fatal(err)
	}
	p := program{root: root, path: "/usr/bin/svc"}
	if w, err := on(p, nil).Wish(t.Context(), "toy", Past{From: s.at, To: s.at.Add(time.Second)}); w != nil || err != nil {
		t.Errorf("ours: %+v, %v", w, err)
	}
	w, err := on(p, nil).Wish(t.Context(), "toy", Past{From: s.at.Add(time.Hour), To: s.at.Add(time.Hour)})
	if err != nil || w == nil || !w.At.Equal(s.at) || w.Undo != "/usr/bin/svc -u "+root+"/service/toy" && w.Undo != "svc -u "+root+"/service/toy" {
		t.Errorf("not ours: %+v, %v", w, err)
	}
}

// TestSuperviseWishWho: other programs and init scripts have no such folder.
func TestSuperviseWishWho(t *testing.T) {
	root := superviseTree(t, "etc/service", "runit-down", true)
	for _, link := range []struct {
		target string
		want   bool
	}{{"/usr/bin/sv", true}, {"/lib/init/upstart-job", false}} {
		if err := os.MkdirAll(root+"/etc/init.d", 0o755); err != nil {
			t.Fatal(err)
		}
		os.Remove(root + "/etc/init.d/toy")
		if err := os.Symlink(link.target, root+"/etc/init.d/toy"); err != nil {
			t.Fatal(err)
		}
		if w, err := on(sysv{root: root}, nil).Wish(t.Context(), "toy", Past{}); err != nil || (w != nil) != link.want {
			t.Errorf("a link to %s: %+v, %v", link.target, w, err)
		}
	}
	for _, path := range []string{"/opt/own", "/sbin/rc-service"} {
		if w, err := on(program{root: root, path: path}, nil).Wish(t.Context(), "toy", Past{}); w != nil || err != nil {
			t.Errorf("%s: %+v, %v", path, w, err)
		}
	}
	if w, err := on(program{root: root, path: "/usr/bin/sv"}, nil).Wish(t.Context(), "nosuch", Past{}); w != nil || err != nil {
		t.Errorf("nosuch: %+v, %v", w, err)
	}
}

// TestSuperviseWishPlanted: odd files in a service's folder neither hang nor mislead.
func TestSuperviseWishPlanted(t *testing.T) {
	down, err := filepath.Abs("../testdata/rcd/supervise/runit-down")
	if err != nil {
		t.Fatal(err)
	}
	for name, plant := range map[string]func(path string) error{
		"a fifo":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"a link":   func(path string) error { return os.Symlink(down, path) },
		"garbage":  func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("x", 18)), 0o644) },
		"nothing":  func(string) error { return nil },
		"too long": func(path string) error { return os.WriteFile(path, make([]byte, 1<<20), 0o644) },
	} {
		root := superviseTree(t, "etc/service", "", true)
		if err := plant(root + "/etc/service/toy/supervise/status"); err != nil {
			t.Fatal(err)
		}
		if w, err := superviseWish(root, "sv", "toy", Past{}); w != nil || err == nil {
			t.Errorf("%s: %+v, %v, want an error", name, w, err)
		}
	}
}
