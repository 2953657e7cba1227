package completion

import (
	"slices"
	"strings"
	"text/template"

	"daemon-keeper/internal/cli"
)

var zshFuncs = template.FuncMap{"zshFlag": zshFlag, "zshCommand": zshCommand, "zshAction": zshAction, "argument": zshArgument}

// zshActions are what _arguments calls for a kind; a space only names it.
var zshActions = map[cli.Kind]string{
	cli.Anything: " ",
	cli.Daemons:  "_daemon-keeper_daemons",
	cli.Names:    "_daemon-keeper_names",
	cli.Specs:    "_daemon-keeper_specs",
	cli.Files:    "_files",
	cli.Configs:  "_daemon-keeper_configs",
	cli.Metrics:  "_daemon-keeper_metrics",
	cli.Folders:  "_directories",
	cli.Programs: "_daemon-keeper_programs",
	cli.Users:    "_users",
	cli.Services: "_daemon-keeper_services",
}

func zshAction(k cli.Kind) string { return zshActions[k] }

// zshArgument names the argument of a command.
func zshArgument(k cli.Kind) string {
	switch k {
	case cli.Specs:
		return "name or spec"
	case cli.Files:
		return "file"
	}
	return "name"
}

// zshFlag is a flag as _arguments takes it: '(-o --output)'{-o+,--output=}'[help]:format:(text json)'.
func zshFlag(f cli.FlagOutline) string {
	takes := ""
	if f.Takes == cli.Choice {
		takes = ":" + strings.ToLower(f.Value) + ":(" + strings.Join(f.Choices, " ") + ")"
	} else if f.Takes != cli.None {
		takes = ":" + strings.ToLower(f.Value) + ":" + zshActions[f.Takes]
	}
	forms := spellings(f)
	excluded, again := slices.Clone(forms), ""
	if f.Repeatable {
		excluded, again = nil, "*"
	}
	if f.Nameless {
		excluded = append(excluded, "*")
	}
	if f.Takes != cli.None {
		forms[len(forms)-1] += "="
		if len(forms) == 2 {
			forms[0] += "+"
		}
	}
	help := strings.NewReplacer("[", `\[`, "]", `\]`).Replace(brief(f.Help))
	before, after := "("+strings.Join(excluded, " ")+")"+again, "["+help+"]"+takes
	if len(forms) == 1 {
		return quoted(before + forms[0] + after)
	}
	return quoted(before) + "{" + strings.Join(forms, ",") + "}" + quoted(after)
}

// zshCommand is a command as _describe takes it.
func zshCommand(c cli.CommandOutline) string {
	return quoted(c.Name + ":" + brief(c.Help))
}
