package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"

	"daemon-keeper/internal/executable"
)

// What is only needed by a command that is given once a year costs nothing at each
// start: a regular expression of a package's own is compiled before main.
func TestStartCostsLittle(t *testing.T) {
	program := filepath.Join(t.TempDir(), "daemon-keeper")
	if err := executable.Build(program, "daemon-keeper"); err != nil {
		t.Fatal(err)
	}
	start := exec.Command(program, "--version")
	start.Env = append(os.Environ(), "GODEBUG=inittrace=1") // see the documentation of package runtime
	trace, err := start.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, trace)
	}
	const most = 40
	sum := 0
	packages := regexp.MustCompile(`(?m)^init daemon-keeper\S* .* (\d+) allocs$`).FindAllStringSubmatch(string(trace), -1)
	for _, p := range packages {
		n, err := strconv.Atoi(p[1])
		if err != nil {
			t.Fatal(err)
		}
		sum += n
	}
	if len(packages) == 0 || sum > most {
		t.Errorf("our packages make %d allocations before main, and may make %d:\n%s", sum, most, trace)
	}
}
