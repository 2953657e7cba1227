package cli

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

// Help prints the flags, at the root, as the default command has them.
func Help(w io.Writer, defaults Defaults) error {
	var g grammar
	parser, err := newParser(&g, defaults)
	if err != nil {
		return err
	}
	fmt.Fprint(w, Usage)
	for _, group := range [][]*kong.Flag{parser.Model.Children[0].Flags, parser.Model.Flags} {
		for _, f := range group {
			fmt.Fprintf(w, "  %-*s %s\n", flagWidth, flagName(f), wrap(f.Help))
		}
	}
	fmt.Fprintf(w, "  %-*s %s\n", flagWidth, "-h, --help", "Print this.")
	_, err = fmt.Fprint(w, exitStatuses)
	return err
}

// Usage is the first lines of the help.
const Usage = `Usage: daemon-keeper [run] [NAME]... [flags]
       daemon-keeper [run] -e PATH -s NAME [-s NAME]... [flags]
       daemon-keeper check [NAME|SPEC]... [-o FORMAT]
       daemon-keeper status [NAME|SPEC]...
       daemon-keeper match [-e PATH | NAME|SPEC...]
       daemon-keeper pause NAME...|--all [--for TIME] [--reason TEXT]
       daemon-keeper resume NAME...|--all
       daemon-keeper history [NAME]... [--since TIME] [-o text|json]
       daemon-keeper validate [-c FILE] [--part]
       daemon-keeper schema
       daemon-keeper init
       daemon-keeper import [--offline] [FILE]...

Look whether daemons are up. If one is not, stop and start its services in
order, and see that it is back. Made for root's crontab, every minute.

run keeps the daemons of the configuration, all or those named, or the one of
-e. check and status look and restart nothing: a report for other tools, and a
table for eyes. match shows which processes count, and which nearly do and why
they do not. pause keeps run from restarting a daemon, until it ends by itself
or by resume. history prints what has happened, back for --since 30d or to a
date. validate names every mistake in the configuration, or prints what it
means; with --part FILE may be one of several. schema prints its JSON Schema,
for editors. init prints a first configuration for this machine, import one from
a crontab with lines that keep a daemon or from Monit's control file, which with
--offline is another machine's: for a person to read; nothing is touched.

A SPEC is NAME or /PATH, then @USER, then :COUNT, all but the first optional:
sshd@root:1-, /usr/lib/postfix/sbin/master:1-2, telnetd:0. NAME is that of the
executable's file or of a script. A word without : / @ is a name of the
configuration, if there is one.

check and status take -c, -o, --prometheus, -q, -v, --run-dir and --state-dir,
status also --service-command; match takes -c, and -e with -u; pause takes -c,
and like resume and history --state-dir.

`

const exitStatuses = `
Exit status: 0 up, or deliberately left alone; 1 was down and is up again;
2 still down; 3 cannot tell or used wrongly, nothing was touched.
`

const flagWidth = 26

// wrap breaks a flag's help such that the lines have 80 columns at most.
func wrap(text string) string {
	const width = 80 - flagWidth - 3
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > width:
			fmt.Fprintf(&b, "\n%*s", flagWidth+3, "")
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}

func flagName(f *kong.Flag) string {
	name := "    --" + f.Name
	if f.Short != 0 {
		name = fmt.Sprintf("-%c, --%s", f.Short, f.Name)
	}
	if !f.IsBool() {
		name += " " + f.PlaceHolder
	}
	return name
}
