package completion

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"text/template"

	"daemon-keeper/internal/cli"
)

var fishFuncs = template.FuncMap{"fishFlags": fishFlags, "fishCommand": fishCommand, "fishValued": fishValued, "fishArguments": fishArguments}

// fishActions are what is called for the candidates of a kind.
var fishActions = map[cli.Kind]string{
	cli.Daemons:  "(__daemon_keeper_names)",
	cli.Names:    "(__daemon_keeper_names rules)",
	cli.Specs:    "(__daemon_keeper_specs)",
	cli.Files:    "(__daemon_keeper_files)",
	cli.Configs:  "(__daemon_keeper_files .yaml)",
	cli.Metrics:  "(__daemon_keeper_files .prom)",
	cli.Folders:  "(__daemon_keeper_files /)",
	cli.Programs: "(__daemon_keeper_programs)",
	cli.Users:    "(__fish_complete_users)",
	cli.Services: "(__daemon_keeper_services)",
}

// fishFlags are the lines for all flags: one for those of the same name that mean
// the same in several commands.
func fishFlags(o cli.Outline) []string {
	type shared struct {
		commands []string
		flag     cli.FlagOutline
	}
	var all []shared
	for _, c := range o.Commands {
		for _, f := range append(slices.Clone(c.Flags), o.Flags...) {
			i := slices.IndexFunc(all, func(s shared) bool { return reflect.DeepEqual(s.flag, f) })
			if i < 0 {
				i = len(all)
				all = append(all, shared{flag: f})
			}
			all[i].commands = append(all[i].commands, c.Name)
		}
	}
	var lines []string
	for _, s := range all {
		lines = append(lines, fishFlag(s.flag, s.commands))
	}
	return lines
}

func fishFlag(f cli.FlagOutline, commands []string) string {
	condition := "__daemon_keeper_may " + strings.Join(commands, ",")
	if !f.Repeatable {
		condition += " " + strings.Join(spellings(f), " ")
	}
	line := "complete -c daemon-keeper -n " + fishQuoted(condition)
	if f.Short != "" {
		line += " -s " + f.Short
	}
	line += " -l " + f.Long
	switch {
	case f.Takes == cli.Choice:
		line += " -x -a " + fishQuoted(strings.Join(f.Choices, " "))
	case fishActions[f.Takes] != "":
		line += " -x -a " + fishQuoted(fishActions[f.Takes])
	case f.Takes != cli.None:
		line += " -x"
	}
	return line + " -d " + fishQuoted(brief(f.Help))
}

func fishCommand(c cli.CommandOutline) string {
	return fmt.Sprintf("complete -c daemon-keeper -n __daemon_keeper_first -a %s -d %s", c.Name, fishQuoted(brief(c.Help)))
}

// fishValued are the flags that take a value.
func fishValued(o cli.Outline) string {
	var list []string
	for _, c := range o.Commands {
		for _, f := range c.Flags {
			if f.Takes != cli.None && !slices.Contains(list, "--"+f.Long) {
				list = append(list, spellings(f)...)
			}
		}
	}
	return strings.Join(list, " ")
}

// fishArguments are the lines for the arguments of the commands.
func fishArguments(o cli.Outline) []string {
	var lines []string
	for _, c := range o.Commands {
		if c.Takes == cli.None {
			continue
		}
		condition := "__daemon_keeper_may " + c.Name
		for _, f := range c.Flags {
			if f.Nameless {
				condition += " " + strings.Join(spellings(f), " ")
			}
		}
		lines = append(lines, "complete -c daemon-keeper -n "+fishQuoted(condition)+" -a "+fishQuoted(fishActions[c.Takes]))
	}
	return lines
}

func fishQuoted(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, "'", `\'`).Replace(text) + "'"
}
