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

// Hook runs a command, a list of arguments without a shell. The command gets the variables of
// the message in its environment, and the report on its standard input, which it need not
// read. A process that it leaves running gets a SIGPIPE if it writes to the command's output.
type Hook struct {
	Argv    []string      // an absolute path, and arguments
	Timeout time.Duration // after it, the process group gets TERM, and later KILL; 0: only the context limits it
}

// Tell runs the command. If it fails, the error has the last lines of its output.
func (h Hook) Tell(ctx context.Context, m Message) error {
	if len(h.Argv) == 0 {
		return errors.New("cannot tell anyone: the command is empty")
	}
	if err := Trusted(h.Argv); err != nil && errors.Unwrap(err) == nil { // otherwise the system's own error follows
		return fmt.Errorf("cannot tell %s: %w", words.Printable(h.Argv[0]), err)
	}
	c := command(h.Argv, h.Timeout)
	c.env, c.input = variables(m.Env), m.Report
	if err := c.run(ctx); err != nil {
		return fmt.Errorf("cannot tell %s: %w", words.Printable(h.Argv[0]), err)
	}
	return nil
}

// Trusted returns an error, with a Hint, if somebody else than root can change what root
// would run. Other users may run anything. If the program is missing, the error is
// fs.ErrNotExist.
func Trusted(argv []string) error {
	if os.Geteuid() != 0 || len(argv) == 0 || !filepath.IsAbs(argv[0]) {
		return nil
	}
	return trust.Program(argv[0])
}

// variables leaves out variables that would change how a program runs, that are too long for
// the environment, or that are not text: execve(2).
func variables(env map[string]string) []string {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(env)) {
		if name, ours := strings.CutPrefix(key, "KEEPER_"); ours && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789") == "" {
			list = append(list, key+"="+clean(env[key], valueBytes))
		}
	}
	return list
}
