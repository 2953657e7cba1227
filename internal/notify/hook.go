package notify

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/trust"
	"daemon-keeper/internal/words"
)

// Hook runs a command, an argument list without a shell. It gets the variables of
// the message in its environment, and the report on its standard input, which it
// need not read. What it leaves running gets a SIGPIPE if it writes to the output
// that it was given.
type Hook struct {
	Argv    []string      // an absolute path, and arguments
	Timeout time.Duration // then its process group gets a TERM, and later a KILL; 0: only the context's
}

// Tell runs the command. Its last lines of output are in the error if it fails.
func (h Hook) Tell(ctx context.Context, m Message) error {
	if len(h.Argv) == 0 {
		return errors.New("cannot tell anyone: the command is empty")
	}
	if err := Trusted(h.Argv); err != nil && errors.Unwrap(err) == nil { // else the system says it by itself
		return fmt.Errorf("cannot tell %s: %w", words.Printable(h.Argv[0]), err)
	}
	c := command(h.Argv, h.Timeout)
	c.env, c.input = variables(m.Env), m.Report
	if err := c.run(ctx); err != nil {
		return fmt.Errorf("cannot tell %s: %w", words.Printable(h.Argv[0]), err)
	}
	return nil
}

// Trusted reports whether only root decides what root would run; any other user may run
// what they like. The error has a Hint. A program that is missing is fs.ErrNotExist.
func Trusted(argv []string) error {
	if os.Geteuid() != 0 || len(argv) == 0 || !filepath.IsAbs(argv[0]) {
		return nil
	}
	return trust.Program(argv[0])
}

// variables lets nothing into the environment that would change how a program
// runs, and nothing that is too long for it or no text: execve(2).
func variables(env map[string]string) []string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(env)) {
		if name, ours := strings.CutPrefix(key, "KEEPER_"); ours && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == "" {
			list = append(list, key+"="+clean(env[key], valueBytes))
		}
	}
	return list
}
