package rcd

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/osutil"
)

// Whoever owns the folder of a service may put a FIFO in the place of its supervisor's files:
// nobody waits for what is written into it.
func TestFIFOInFolder(t *testing.T) {
	dir := t.TempDir()
	if err := os.MkdirAll(dir+"/supervise", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"status", "death_tally"} {
		openFIFO(t, filepath.Join(dir, "supervise", name))
	}
	promptly(t, func() {
		if _, err := readSupervised(dir); !errors.Is(err, osutil.ErrNotRegular) {
			t.Errorf("status: %v", err)
		}
		if list := readTally(dir); list != nil {
			t.Errorf("death_tally: %v", list)
		}
	})
}

// So it is of a file that supervisord's configuration includes from somebody's home.
func TestFIFOIncluded(t *testing.T) {
	root := tree(t, "etc/", "home/")
	put(t, root, "etc/supervisord.conf", "[include]\nfiles = /home/*.conf\n", 0o644)
	openFIFO(t, root+"/home/a.conf")
	promptly(t, func() {
		if _, err := readSupervisord(root, "/etc/supervisord.conf"); err == nil {
			t.Error("a FIFO was read")
		}
	})
}

func openFIFO(t *testing.T, path string) {
	t.Helper()
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
}

func promptly(t *testing.T, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("it waits")
	}
}

// A healthy run asks what supervisors do, and starts no process for that; and a supervisord that
// cannot be asked does not keep the machine's own services down.
func TestRouterAsksNoProcess(t *testing.T) {
	root := tree(t, "run/systemd/system/", "usr/bin/systemctl*", "usr/bin/sv*", "usr/bin/supervisorctl*", "etc/service/redis/run*",
		"lib/systemd/system/nginx.service")
	put(t, root, "etc/supervisord.conf", "[program:x]\nprocess_name=%(ENV_X)s\n", 0o644)
	r, err := DetectAll(Host{OS: "linux", Root: root}, new(Outputs))
	if err != nil {
		t.Fatal(err)
	}
	fake := &fakeRunner{t: t, answers: map[string]result{}}
	for _, route := range r.routes {
		route.dialect = on(route.dialect, fake).dialect
	}
	for service, has := range map[string]bool{"redis": true, "runit:redis": true, "nginx": false, "systemd:nginx": false} {
		if s, err := r.Supervision(t.Context(), service); (s != nil) != has || err != nil {
			t.Errorf("%s: %+v, %v", service, s, err)
		}
	}
	if len(fake.queries) > 0 {
		t.Errorf("it has asked %q", fake.queries)
	}
	fake.answers["/usr/bin/supervisorctl -c /etc/supervisord.conf status nginx"] = recorded(t, "supervisord/no-answer")
	if err := r.Find(t.Context(), "nginx"); err != nil {
		t.Errorf("nginx, while supervisord does not answer: %v", err)
	}
}
