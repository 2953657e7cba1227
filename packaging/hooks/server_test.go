package hooks

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"daemon-keeper/internal/executable"
)

// heard is one request.
type heard struct {
	what   string // method and path, as they were sent
	header http.Header
	body   []byte
}

// server answers in this order with these statuses, and then with 200; 0 is not an answer.
type server struct {
	*httptest.Server
	mu       sync.Mutex
	statuses []int
	list     []heard
}

func serve(t *testing.T, statuses ...int) *server {
	t.Helper()
	s := &server{statuses: statuses}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	s.mu.Lock()
	s.list = append(s.list, heard{r.Method + " " + r.RequestURI, r.Header, body})
	status := 200
	if len(s.statuses) > 0 {
		status, s.statuses = s.statuses[0], s.statuses[1:]
	}
	s.mu.Unlock()
	if status == 0 {
		<-r.Context().Done()
		return
	}
	w.Header().Set("Location", "/elsewhere")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "{\"error\":\x1b[31m\n \"no such room\"}\nasked: "+r.RequestURI+" "+r.Header.Get("Authorization"))
}

// requests are those that have come.
func (s *server) requests() []heard {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.list)
}

// object is the body, which must be one of JSON.
func (h heard) object(t *testing.T) map[string]any {
	t.Helper()
	var o map[string]any
	if err := json.Unmarshal(h.body, &o); err != nil {
		t.Fatalf("%v:\n%s", err, h.body)
	}
	return o
}

// needCurl ends a test where there is no curl.
func needCurl(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed")
	}
	return path
}

// secret writes a file for a program.
func secret(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// told is what a program has done.
type told struct {
	status      int
	out, errors string
	took        time.Duration
}

// tell runs a program as the keeper does.
func tell(t *testing.T, shell []string, env []string, report, program string, args ...string) told {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, shell[0], append(append(shell[1:len(shell):len(shell)], absolute(t, program)), args...)...)
	cmd.Dir = "/"
	// The last one of a name counts.
	cmd.Env = append([]string{"PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin", "HOME=/", "LANG=C"}, env...)
	cmd.Stdin = strings.NewReader(report)
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	began := time.Now()
	if err := cmd.Run(); err != nil && cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return told{cmd.ProcessState.ExitCode(), out.String(), errs.String(), time.Since(began)}
}

func absolute(t *testing.T, path string) string {
	t.Helper()
	abs, err := filepath.Abs(path)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

// watched puts programs before the real ones, which note with which arguments and in
// which environment they are run. It returns a PATH, and the folder of the notes.
func watched(t *testing.T) (path, notes string) {
	t.Helper()
	dir, notes := t.TempDir(), t.TempDir()
	for _, name := range []string{"curl", "awk", "od", "sed"} {
		real, err := exec.LookPath(name)
		if err != nil {
			t.Fatal(err)
		}
		text := "#!/bin/sh\n{ echo " + name + "; for word; do printf '%s\\n' \"$word\"; done; export -p; } >>" + notes + "/args\n"
		if name == "curl" {
			text += "cat >" + notes + "/config.$$; exec " + real + " \"$@\" <" + notes + "/config.$$\n"
		} else {
			text += "exec " + real + " \"$@\"\n"
		}
		if err := executable.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	return "PATH=" + dir + ":" + os.Getenv("PATH"), notes
}
