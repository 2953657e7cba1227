package cli

import (
	"fmt"
	"io"
	"strings"

	"daemon-keeper/internal/words"

	"github.com/alecthomas/kong"
)

// helpName is the command that prints the help.
const helpName = "help"

// topics returns the command that --help asks about, if the line names one.
func topics(args []string, model *kong.Application) []string {
	if len(args) > 0 && find(args[0], model) != nil {
		return args[:1]
	}
	return nil
}

// Help prints a page about the program, or about each named command.
func (p *Parser) Help(w io.Writer, commands ...string) error {
	outline := p.Outline()
	if len(commands) == 0 {
		return page(w, outline)
	}
	for i, name := range commands {
		node := find(name, p.model())
		if node == nil {
			return unknownCommand(name, p.model())
		}
		if i > 0 {
			fmt.Fprintln(w)
		}
		commandPage(w, node, outline)
	}
	return nil
}

func unknownCommand(name string, model *kong.Application) error {
	hint := "list them with: daemon-keeper help"
	if near := words.Nearest(name, names(model)); near != "" {
		hint = "did you mean: daemon-keeper help " + near
	}
	return Refuse(hint, "cannot find a command %q", name)
}

func names(model *kong.Application) []string {
	var list []string
	for _, c := range model.Children {
		list = append(list, c.Name)
	}
	return list
}

const about = `Usage: daemon-keeper [COMMAND] [NAME]... [flags]

Look whether daemons are up. If one is not, stop and start its services in
order, and see that it is back. Made for root's crontab, every minute.

Commands; without one, run is meant:
`

const firstSteps = `
First steps:
  daemon-keeper init --write                  write a first configuration
  daemon-keeper validate                      look for mistakes in it
  daemon-keeper status                        see what is up
  daemon-keeper -n                            see what a run would do
  daemon-keeper -e /usr/sbin/nginx -s nginx   keep one daemon, without a file

The flags of a command, and examples: daemon-keeper help COMMAND. All of it is
in daemon-keeper(8), the configuration in daemon-keeper.yaml(5).
` + exitStatuses

const exitStatuses = `
Exit status: 0 up, or deliberately left alone; 1 was down and is up again;
2 still down; 3 cannot tell or used wrongly, nothing was touched.
`

func page(w io.Writer, o Outline) error {
	fmt.Fprint(w, about)
	for _, c := range o.Commands {
		fmt.Fprintf(w, "  %-*s %s\n", commandWidth, c.Name, wrap(c.Help, commandWidth))
	}
	_, err := fmt.Fprint(w, firstSteps)
	return err
}

// commandPage prints how a command is used, what it does, its flags and its examples.
func commandPage(w io.Writer, node *kong.Node, o Outline) {
	lead := "Usage: "
	for _, arguments := range strings.Split(node.Tag.Get("usage"), "; ") {
		fmt.Fprintln(w, strings.TrimRight(lead+"daemon-keeper "+node.Name+" "+arguments, " "))
		lead = "       "
	}
	fmt.Fprintf(w, "\n%s\n", fill(node.Help))
	if node.Detail != "" {
		fmt.Fprintf(w, "\n%s\n", strings.TrimSpace(node.Detail))
	}
	fmt.Fprintln(w, "\nFlags:")
	for _, f := range node.Flags {
		printFlag(w, outlineFlag(f))
	}
	for _, f := range o.Flags {
		printFlag(w, f)
	}
	if node.Name == o.Commands[0].Name {
		fmt.Fprint(w, exitStatuses)
	}
}

func printFlag(w io.Writer, f FlagOutline) {
	fmt.Fprintf(w, "  %-*s %s\n", flagWidth, flagName(f), wrap(f.Help, flagWidth))
}

const (
	commandWidth = 10
	flagWidth    = 26
	pageWidth    = 80
)

// fill wraps a paragraph at the width of the page.
func fill(text string) string { return wrap(text, -3) }

// wrap breaks a text into lines that begin behind a column of this width and end at the width
// of the page.
func wrap(text string, column int) string {
	width := pageWidth - column - 3
	var b strings.Builder
	at := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case at+1+len(word) > width:
			fmt.Fprintf(&b, "\n%*s", column+3, "")
			at = 0
		default:
			b.WriteByte(' ')
			at++
		}
		b.WriteString(word)
		at += len(word)
	}
	return b.String()
}

func flagName(f FlagOutline) string {
	name := "    --" + f.Long
	if f.Short != "" {
		name = "-" + f.Short + ", --" + f.Long
	}
	if f.Value != "" {
		name += " " + f.Value
	}
	return name
}
