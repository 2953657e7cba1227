package check

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// Interpreter is the program that executes a script.
type Interpreter struct {
	Path     string // as the script's first line names it
	Resolved string // symbolic links followed; "" if only the name is known
	ID       FileID // zero if only the name is known
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
		return nil, fmt.Errorf("cannot find its interpreter %s: %w", path, cause(err))
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return nil, fmt.Errorf("cannot find its interpreter %s: %w", path, cause(err))
	}
	if head, err := readHead(resolved); err == nil {
		if _, script := shebang(head); script { // a shim that is itself a script
			return &Interpreter{Path: path}, nil
		}
	}
	return &Interpreter{Path: path, Resolved: resolved, ID: fileID(info)}, nil
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
	case i.ID == (FileID{}):
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
func (i *Interpreter) couldBe(p Process) bool {
	name := filepath.Base(i.Path)
	return isVersionOf(p.Name, name) || isVersionOf(filepath.Base(p.Exe), name) || len(p.Args) > 0 && isVersionOf(filepath.Base(p.Args[0]), name)
}

// isVersionOf reports whether a program's name is the wanted one, or that with a
// version: python3 is often a link to python3.11.
func isVersionOf(name, wanted string) bool {
	rest, ok := strings.CutPrefix(name, wanted)
	return ok && strings.Trim(rest, "-.0123456789") == ""
}

// optionStyle is how an interpreter reads the letters of a short option.
type optionStyle struct {
	code   string // behind these stands the program itself, or none is read from a file
	valued string // what follows these is their value, in this argument or the next
}

const everyLetter = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

// styleOf knows the interpreters by name: -e stops a shell at the first error,
// but makes the next argument code for perl.
func styleOf(interpreter string) optionStyle {
	switch name := strings.TrimRight(strings.TrimPrefix(filepath.Base(interpreter), "-"), "-.0123456789"); name {
	case "sh", "bash", "dash", "ash", "ksh", "mksh", "oksh", "zsh", "yash", "csh", "tcsh":
		return optionStyle{code: "cs", valued: "oO"}
	case "python", "pypy":
		return optionStyle{code: "cm", valued: "QWX"}
	case "perl":
		return optionStyle{code: "eE", valued: "CDFIMVdimx"}
	case "php":
		return optionStyle{code: "r", valued: "cdfz"}
	case "ruby":
		return optionStyle{code: "e", valued: "CEFIKTWirx"}
	}
	return optionStyle{code: "cemp", valued: everyLetter} // a letter alone
}

// isCode reports whether an option means that no script is read from a file.
func (o optionStyle) isCode(option string) bool {
	if name, ok := strings.CutPrefix(option, "--"); ok {
		name, _, _ = strings.Cut(name, "=")
		return name == "eval" || name == "command" || name == "module" || name == "print"
	}
	for _, letter := range option[1:] {
		switch {
		case strings.ContainsRune(o.code, letter):
			return true
		case strings.ContainsRune(o.valued, letter):
			return false // the rest is its value
		}
	}
	return option == "-" // standard input
}

// scriptArg returns the argument that names the script: the first behind the
// interpreter that is no option. What stands right behind an option may be the
// option's value (python3 -W ignore x.py); isFile, asked only then, decides.
func scriptArg(args []string, isFile func(string) bool) string {
	if len(args) < 2 {
		return ""
	}
	style := styleOf(args[0])
	for i, arg := range args[1:] {
		before := args[i] // the interpreter itself for the first
		switch {
		case arg == "--":
		case strings.HasPrefix(arg, "-"):
			if style.isCode(arg) {
				return ""
			}
		case i > 0 && before != "--" && strings.HasPrefix(before, "-") && !isFile(arg):
		default:
			return arg
		}
	}
	return ""
}
