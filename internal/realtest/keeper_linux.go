package realtest

import (
	"os"
	"path/filepath"
	"sync"

	"daemon-keeper/internal/executable"
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
	if err := executable.Build(file, "daemon-keeper"); err != nil {
		return "", err
	}
	binary, err := os.ReadFile(file)
	return string(binary), err
})
