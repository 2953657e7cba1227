package completion

import (
	"strings"
	"text/template"

	"daemon-keeper/internal/cli"
)

var bashFuncs = template.FuncMap{"bashFlag": bashFlag, "bashTakes": bashTakes}

// bashKinds are the words for which bash.tmpl has a branch.
var bashKinds = map[cli.Kind]string{
	cli.None:     "NOTHING",
	cli.Anything: "ANYTHING",
	cli.Daemons:  "DAEMON",
	cli.Names:    "NAME",
	cli.Specs:    "SPEC",
	cli.Files:    "FILE",
	cli.Configs:  "CONFIG",
	cli.Metrics:  "METRICS",
	cli.Folders:  "FOLDER",
	cli.Programs: "PROGRAM",
	cli.Users:    "USER",
	cli.Services: "SERVICE",
}

func bashTakes(k cli.Kind) string { return bashKinds[k] }

// bashFlag is a flag as the table in bash.tmpl has it: -o,--output=text|json.
func bashFlag(f cli.FlagOutline) string {
	text := strings.Join(spellings(f), ",")
	switch f.Takes {
	case cli.None:
		return text
	case cli.Choice:
		text += "=" + strings.Join(f.Choices, "|")
	default:
		text += "=" + bashKinds[f.Takes]
	}
	if f.Repeatable {
		text += "..."
	}
	return text
}
