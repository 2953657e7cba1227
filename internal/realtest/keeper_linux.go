package realtest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
)

// AddKeeper puts the daemon-keeper of this repository there.
func (l *Layer) AddKeeper(path string) {
	l.t.Helper()
	program, err := buildKeeper()
	l.check(err)
	l.File(path, program, 0o755)
}

// buildKeeper builds the program once for all tests.
var buildKeeper = sync.OnceValues(func() (content string, err error) {
	dir, err := os.MkdirTemp("", "daemon-keeper-build-")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "daemon-keeper")
	// Without the version of the repository, which git may be about to change.
	cmd := exec.Command("go", "build", "-buildvcs=false", "-o", file, "daemon-keeper")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("cannot build daemon-keeper: %w\n%s", err, out)
	}
	binary, err := os.ReadFile(file)
	return string(binary), err
})
