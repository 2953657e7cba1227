package app

import (
	"cmp"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"daemon-keeper/internal/completion"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/state"
	"daemon-keeper/rcd"
)

// completeName is the hidden command that the shells' stubs call when the user presses TAB:
//
//	daemon-keeper __complete -- WORD... CURRENT
//	daemon-keeper __complete --bash LINE WORDBREAKS
const completeName = "__complete"

// completeTime is the limit for an answer: a person waits at the prompt.
const completeTime = time.Second

// managerTime is the part of completeTime that the service manager may take. After that, what
// is known without the manager is offered.
const managerTime = 800 * time.Millisecond

// complete prints the words that may follow on a command line. It only reads, and it never
// fails: no message may appear at the prompt.
func complete(ctx context.Context, args []string, stdout io.Writer) {
	ctx, cancel := context.WithTimeout(ctx, completeTime)
	defer cancel()
	text, _ := answered(ctx, func() (text string, _ error) {
		defer func() {
			if recover() != nil {
				text = ""
			}
		}()
		return completed(ctx, args), nil
	})
	_, _ = io.WriteString(stdout, cmp.Or(text, completion.Answer{Ask: completion.Nothing}.Text()))
}

func completed(ctx context.Context, args []string) string {
	outline, err := Outline()
	switch {
	case err != nil:
		return ""
	case len(args) == 3 && args[0] == "--bash":
		return completion.Bash(outline, args[1], args[2], machine{ctx})
	case len(args) > 2 && args[0] == "--":
		return completion.Complete(outline, args[1:], machine{ctx}).Text()
	}
	return ""
}

// machine answers questions about this machine that a grammar cannot answer.
type machine struct{ ctx context.Context }

// Names returns the names in a configuration; none if it has a mistake.
func (machine) Names(path string, rules bool) []string {
	path, err := filepath.Abs(atHome(cmp.Or(path, os.Getenv("DAEMON_KEEPER_CONFIG"), defaults().config)))
	if err != nil {
		return nil
	}
	all, mistakes, err := load(path)
	if err != nil || len(mistakes) > 0 {
		return nil
	}
	var names []string
	for _, d := range all.Daemons {
		names = append(names, d.Name)
	}
	for _, r := range all.Forbid {
		if rules {
			names = append(names, r.Name)
		}
	}
	return names
}

// Paused returns the daemons that can be resumed by name.
func (machine) Paused(folder string) ([]string, bool) {
	store, err := state.LookStore(atHome(cmp.Or(folder, os.Getenv("DAEMON_KEEPER_STATE_DIR"), defaults().stateDir)))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, true
	}
	if err != nil {
		return nil, false
	}
	pauses, err := store.Pauses(state.Now())
	var names []string
	for _, p := range pauses {
		if p.Name != past.AllPaused {
			names = append(names, p.Name)
		}
	}
	return names, err == nil
}

// Services lists the services that the machine's manager knows.
func (m machine) Services() []string {
	manager, err := rcd.DetectAll(rcd.ThisHost(), new(rcd.Outputs))
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(m.ctx, managerTime)
	defer cancel()
	names, err := manager.Names(ctx)
	if err != nil {
		return nil
	}
	return names
}

// Entries lists a folder, "" for the current one.
func (machine) Entries(folder string) []completion.Entry {
	folder = cmp.Or(atHome(folder), ".")
	list, err := os.ReadDir(folder)
	if err != nil {
		return nil
	}
	var entries []completion.Entry
	for _, e := range list {
		info, err := os.Stat(filepath.Join(folder, e.Name()))
		if err == nil {
			entries = append(entries, completion.Entry{Name: e.Name(), Folder: info.IsDir(), Executable: info.Mode().Perm()&0o111 != 0})
		}
	}
	return entries
}

// atHome expands ~/, which the shell has not done yet.
func atHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(os.Getenv("HOME"), rest) + strings.Repeat("/", min(1, len(path)-len(strings.TrimRight(path, "/"))))
	}
	return path
}
