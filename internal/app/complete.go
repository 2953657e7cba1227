package app

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/completion"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/state"
	"daemon-keeper/rcd"
)

// completeName is the hidden command that the stubs of the shells call at a TAB:
//
//	daemon-keeper __complete -- WORD... CURRENT
//	daemon-keeper __complete --bash LINE WORDBREAKS
const completeName = "__complete"

// completeTime is the limit for an answer: a person waits at the prompt.
const completeTime = time.Second

// managerTime is the part of it that a manager has. What is known without it is
// offered then.
const managerTime = 800 * time.Millisecond

// complete prints what may follow on a command line. It never fails: a person who
// types must not get messages between the words. It only reads.
func complete(ctx context.Context, args []string, stdout io.Writer) {
	ctx, cancel := context.WithTimeout(ctx, completeTime)
	defer cancel()
	done := make(chan string, 1)
	go func() {
		defer func() {
			if recover() != nil {
				done <- ""
			}
		}()
		done <- completed(ctx, args)
	}()
	text := ""
	select {
	case text = <-done:
	case <-ctx.Done(): // a file system hangs, say
	}
	if text == "" {
		text = completion.Answer{Ask: completion.Nothing}.Text()
	}
	_, _ = io.WriteString(stdout, text)
}

func completed(ctx context.Context, args []string) string {
	outline, err := cli.Model(defaults())
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

// machine is what can be completed from this machine.
type machine struct{ ctx context.Context }

// Names of a configuration without a mistake.
func (machine) Names(path string, rules bool) []string {
	for _, other := range []string{os.Getenv("DAEMON_KEEPER_CONFIG"), defaults().Config} {
		if path == "" {
			path = other
		}
	}
	path, err := filepath.Abs(atHome(path))
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

// Paused are the daemons that resume can be called for by name.
func (machine) Paused(folder string) ([]string, bool) {
	for _, other := range []string{os.Getenv("DAEMON_KEEPER_STATE_DIR"), defaults().StateDir} {
		if folder == "" {
			folder = other
		}
	}
	store, err := state.LookStore(atHome(folder))
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

// Services asks the machine's manager.
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

// Entries of a folder, "" for the one where we are.
func (machine) Entries(folder string) []completion.Entry {
	if folder = atHome(folder); folder == "" {
		folder = "."
	}
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

// atHome expands ~/, which is not done on a line that is being typed.
func atHome(path string) string {
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		return filepath.Join(os.Getenv("HOME"), rest) + strings.Repeat("/", min(1, len(path)-len(strings.TrimRight(path, "/"))))
	}
	return path
}
