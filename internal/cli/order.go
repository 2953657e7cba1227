package cli

import (
	"slices"
	"strings"

	"daemon-keeper/internal/words"

	"github.com/alecthomas/kong"
)

// commandFirst puts the command before the flags that stand before it: people write
// "daemon-keeper -c FILE status".
func commandFirst(args []string, model *kong.Application) []string {
	i := firstWord(args, valued(model))
	if i == 0 || i == len(args) || find(args[i], model) == nil {
		return args
	}
	return slices.Concat(args[i:i+1], args[:i], args[i+1:])
}

// named is the command that a line names, and the default one if it names none.
func named(args []string, model *kong.Application) string {
	if len(args) > 0 && find(args[0], model) != nil {
		return args[0]
	}
	return model.Children[0].Name
}

func find(name string, model *kong.Application) *kong.Node {
	i := slices.IndexFunc(model.Children, func(c *kong.Node) bool { return c.Name == name })
	if i < 0 {
		return nil
	}
	return model.Children[i]
}

// firstWord is the index of what is no flag and no flag's value; that of "--", behind
// which all are words, and the length if there is none.
func firstWord(args []string, valued map[string]bool) int {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "--" || arg == "-" || !strings.HasPrefix(arg, "-"):
			return i
		case strings.HasPrefix(arg, "--"):
			if valued[arg] { // else it has its value behind "=", or takes none
				i++
			}
		case takesNext(arg[1:], valued):
			i++
		}
	}
	return len(args)
}

// takesNext reports whether of some letters in one argument the last is a flag with a
// value: -nc FILE. What stands behind the first such flag is its value: -cFILE.
func takesNext(letters string, valued map[string]bool) bool {
	for i := range letters {
		if valued["-"+letters[i:i+1]] {
			return i == len(letters)-1
		}
	}
	return false
}

// valued has the flags, of whatever command, that take a value.
func valued(model *kong.Application) map[string]bool {
	all := make(map[string]bool)
	for _, node := range append([]*kong.Node{model.Node}, model.Children...) {
		for _, f := range node.Flags {
			if f.IsBool() {
				continue
			}
			all["--"+f.Name] = true
			if f.Short != 0 {
				all["-"+string(f.Short)] = true
			}
		}
	}
	return all
}

// mistyped is the command that the first word is nearly the name of: run takes any word
// for a daemon's name.
func mistyped(args []string, model *kong.Application) string {
	if i := firstWord(args, valued(model)); i < len(args) && find(args[0], model) == nil {
		return words.Nearest(args[i], names(model))
	}
	return ""
}
