// Package completion writes the completions of shells for the command line,
// from its own outline: a flag that is added to it is completed.
package completion

import (
	"embed"
	"slices"
	"strings"
	"text/template"

	"daemon-keeper/internal/cli"
)

//go:generate go run ./generate ../../packaging/completions

//go:embed *.tmpl
var templates embed.FS

// Files returns the completions by the names that shells look for.
func Files(o cli.Outline) (map[string]string, error) {
	files := make(map[string]string)
	for name, shell := range map[string]struct {
		template string
		funcs    template.FuncMap
	}{
		"daemon-keeper.bash": {"bash.tmpl", bashFuncs},
		"_daemon-keeper":     {"zsh.tmpl", zshFuncs},
		"daemon-keeper.fish": {"fish.tmpl", fishFuncs},
	} {
		t, err := template.New(shell.template).Funcs(common).Funcs(shell.funcs).ParseFS(templates, shell.template)
		if err != nil {
			return nil, err
		}
		var b strings.Builder
		if err := t.Execute(&b, o); err != nil {
			return nil, err
		}
		files[name] = b.String()
	}
	return files, nil
}

var common = template.FuncMap{
	"names":    names,
	"nameless": nameless,
	"namesAwk": func() string { return namesAwk },
}

// namesAwk prints the names in what daemon-keeper validate prints: the keys below
// daemons, and below forbid if the variable rules is not empty. Whatever it reads,
// it prints no character that means something to a shell.
const namesAwk = `/^[^ ]/ { named = /^daemons:/ || (rules != "" && /^forbid:/) }
named && /^  [^ ]/ { gsub(/[^A-Za-z0-9_.@+-]/, ""); print }`

// names are those of the commands, with sep between them.
func names(o cli.Outline, sep string) string {
	var list []string
	for _, c := range o.Commands {
		list = append(list, c.Name)
	}
	return strings.Join(list, sep)
}

// nameless are the flags with which no arguments can be given, each between before
// and after, with sep between them.
func nameless(o cli.Outline, before, after, sep string) string {
	var list []string
	for _, c := range o.Commands {
		for _, f := range c.Flags {
			if flag := before + f.Long + after; f.Nameless && !slices.Contains(list, flag) {
				list = append(list, flag)
			}
		}
	}
	return strings.Join(list, sep)
}

// spellings of a flag, with their dashes, the short one first.
func spellings(f cli.FlagOutline) []string {
	if f.Short == "" {
		return []string{"--" + f.Long}
	}
	return []string{"-" + f.Short, "--" + f.Long}
}

// brief is the beginning of a help, which fits beside a candidate: without what
// follows a colon, a semicolon or a bracket.
func brief(help string) string {
	if i := strings.IndexAny(help, ":;("); i >= 0 {
		help = help[:i]
	}
	return strings.TrimRight(help, " .")
}

// quoted is text in single quotes for bash and zsh.
func quoted(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
