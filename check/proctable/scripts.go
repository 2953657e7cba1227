package proctable

import (
	"path/filepath"
	"strings"
)

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

// IsInterpreter reports whether a program is a known interpreter.
func IsInterpreter(name string) bool { return styleOf(name).valued != everyLetter }

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

// ScriptArg returns the argument that names the script: the first behind the
// interpreter that is not an option. What stands right behind an option may be the
// option's value (python3 -W ignore x.py); isFile, asked only then, decides.
func ScriptArg(args []string, isFile func(string) bool) string {
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
