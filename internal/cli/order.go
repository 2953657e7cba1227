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

// named returns the command that a line names, otherwise the default command.
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

// firstWord returns the index of the first argument that is neither a flag nor a flag's
// value; the index of "--", after which all arguments are words; or the length if there is
// none.
func firstWord(args []string, valued map[string]bool) int {
	for i := 0; i < len(args); i++ {
		switch arg := args[i]; {
		case arg == "--" || arg == "-" || !strings.HasPrefix(arg, "-"):
			return i
		case strings.HasPrefix(arg, "--"):
			if valued[arg] { // otherwise its value follows "=", or it takes none
				i++
			}
		case takesNext(arg[1:], valued):
			i++
		}
	}
	return len(args)
}

// takesNext reports whether the last of several letters in one argument is a flag whose value
// is the next argument: -nc FILE. If an earlier letter takes a value, the rest of the
// argument is the value: -cFILE.
func takesNext(letters string, valued map[string]bool) bool {
	for i := range letters {
		if valued["-"+letters[i:i+1]] {
			return i == len(letters)-1
		}
	}
	return false
}

// valued returns the flags of all commands that take a value.
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

// mistyped returns the command with a name similar to the first word, if no command has that
// name. run would take any word for the name of a daemon.
func mistyped(args []string, model *kong.Application) string {
	if i := firstWord(args, valued(model)); i < len(args) && find(args[0], model) == nil {
		return words.Nearest(args[i], names(model))
	}
	return ""
}
