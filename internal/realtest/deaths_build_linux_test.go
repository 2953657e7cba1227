package realtest

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
)

// The rule by which the program knows whether the numbers in the kernel's records are those
// that processes have for it, and what a test puts in its place: its machine is a container,
// and it translates them. Nothing else differs.
const (
	firstNumbers = `err == nil && target == "pid:[4026531836]"`
	ownNumbers   = `err == nil && target != ""`
)

// buildDeaths builds once the daemon that dies and the program that has to say why.
var buildDeaths = sync.OnceValues(func() (built struct{ mortal, keeper string }, err error) {
	dir, err := os.MkdirTemp("", "daemon-keeper-deaths-")
	if err != nil {
		return built, err
	}
	defer os.RemoveAll(dir)
	overlay, err := numbersOverlay(dir)
	if err != nil {
		return built, err
	}
	mortal, keeper := filepath.Join(dir, "mortal"), filepath.Join(dir, "daemon-keeper")
	for _, argv := range [][]string{
		{"cc", "-static", "-O1", "-pthread", "-o", mortal, "testdata/mortal.c"},
		{"go", "build", "-buildvcs=false", "-overlay", overlay, "-o", keeper, "daemon-keeper"},
	} {
		cmd := exec.Command(argv[0], argv[1:]...)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return built, fmt.Errorf("cannot run %q: %w\n%s", argv, err, out)
		}
	}
	daemon, err := os.ReadFile(mortal)
	program, err2 := os.ReadFile(keeper)
	built.mortal, built.keeper = string(daemon), string(program)
	return built, errors.Join(err, err2)
})

// numbersOverlay is a file for go build -overlay, which replaces the rule.
func numbersOverlay(dir string) (string, error) {
	files, err := filepath.Glob("../postmortem/*_linux.go")
	if err != nil {
		return "", err
	}
	replace := make(map[string]string)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return "", err
		}
		changed := strings.ReplaceAll(string(text), firstNumbers, ownNumbers)
		if changed == string(text) {
			continue
		}
		whole, err := filepath.Abs(file)
		if err != nil {
			return "", err
		}
		replace[whole] = filepath.Join(dir, filepath.Base(file))
		if err := os.WriteFile(replace[whole], []byte(changed), 0o600); err != nil {
			return "", err
		}
	}
	if len(replace) != 1 {
		return "", fmt.Errorf("%q was expected in one file of internal/postmortem, not in %d", firstNumbers, len(replace))
	}
	text, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	overlay := filepath.Join(dir, "overlay.json")
	return overlay, os.WriteFile(overlay, text, 0o600)
}
