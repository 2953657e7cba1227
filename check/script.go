package check

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
)

// Interpreter is the program that executes a script.
type Interpreter struct {
	Path     string           // as the script's first line names it
	Resolved string           // symbolic links followed; "" if only the name is known
	ID       proctable.FileID // zero if only the name is known
}

// findInterpreter reads the line behind #!. Behind "env X" stands whatever X is
// found in the PATH of the daemon, not in ours, and a shim (pyenv, rbenv) hands
// over to a program elsewhere: there only the name can be known.
func findInterpreter(line string, isSafe func(path string) bool) (*Interpreter, error) {
	words := strings.Fields(line)
	if len(words) == 0 {
		return nil, errors.New("its first line names no interpreter")
	}
	path := words[0]
	if filepath.Base(path) == "env" {
		name := envCommand(words[1:])
		if name == "" {
			return nil, fmt.Errorf("its first line, %q, names no interpreter", "#!"+line)
		}
		return &Interpreter{Path: name}, nil
	}
	if !isSafe(path) {
		return nil, errUnsafe
	}
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return nil, fmt.Errorf("cannot find its interpreter %s: %w", path, osutil.Cause(err))
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return nil, fmt.Errorf("cannot find its interpreter %s: %w", path, osutil.Cause(err))
	}
	if head, err := readHead(resolved); err == nil {
		if _, script := shebang(head); script { // a shim that is itself a script
			return &Interpreter{Path: path}, nil
		}
	}
	return &Interpreter{Path: path, Resolved: resolved, ID: proctable.FileIDOf(info)}, nil
}

// envCommand finds the command among the arguments of env(1): behind its
// options and its assignments. With -S it stands in the same word or the next.
func envCommand(args []string) string {
	for i := 0; i < len(args); i++ {
		word := args[i]
		switch {
		case word == "-u" || word == "-C" || word == "-P" || word == "-L" || word == "-U" || word == "--unset" || word == "--chdir":
			i++ // its value
		case strings.HasPrefix(word, "-S") && len(word) > 2:
			return word[2:]
		case strings.HasPrefix(word, "-") || strings.Contains(word, "="):
		default:
			return word
		}
	}
	return ""
}

// identify reports whether the process executes this interpreter, or in its place
// another version of it: once an upgrade has moved python3 on to python3.12, or
// written that into the script, a daemon that runs on python3.11 is an old image,
// not a dead one. Which script it runs is what decides then.
func (i *Interpreter) identify(spec *Spec, m *Match) Reason {
	switch {
	case i.ID == (proctable.FileID{}):
		return i.identifyName(m)
	case m.Deleted && m.Exe == "": // FreeBSD: the path is lost
		if !isVersionOf(m.Name, i.stem()) {
			return unrelated
		}
		m.OldImage = true
		return counts
	}
	reason := identifyImage(image{i.Path, i.Resolved, i.ID}, spec, m)
	sibling := filepath.Dir(m.Exe) == filepath.Dir(i.Resolved) && isVersionOf(filepath.Base(m.Exe), i.stem())
	switch {
	case reason == counts || !sibling || m.Exe == i.Resolved:
		return reason
	case !m.Deleted:
		m.OldImage = true
		return counts
	case m.File.Dev == i.ID.Dev || m.SameMount:
		return identifyDeleted(spec, m)
	}
	return reason
}

// stem is the interpreter's name without a version.
func (i *Interpreter) stem() string {
	name := filepath.Base(i.Path)
	if stem := strings.TrimRight(name, "-.0123456789"); stem != "" {
		return stem
	}
	return name
}

// identifyName is identify where only the interpreter's name is known.
func (i *Interpreter) identifyName(m *Match) Reason {
	name := filepath.Base(m.Exe)
	if m.Exe == "" {
		name = m.Name
	}
	if !isVersionOf(name, filepath.Base(i.Path)) {
		return unrelated
	}
	m.OldImage = m.Deleted
	return counts
}

// couldBe reports whether a process that may not be looked at has its name.
func (i *Interpreter) couldBe(p proctable.Process) bool {
	name := filepath.Base(i.Path)
	return isVersionOf(p.Name, name) || isVersionOf(filepath.Base(p.Exe), name) || len(p.Args) > 0 && isVersionOf(filepath.Base(p.Args[0]), name)
}

// isVersionOf reports whether a program's name is the wanted one, or that with a
// version: python3 is often a link to python3.11.
func isVersionOf(name, wanted string) bool {
	rest, ok := strings.CutPrefix(name, wanted)
	return ok && strings.Trim(rest, "-.0123456789") == ""
}
