package report

import (
	"cmp"
	"fmt"
	"slices"

	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// sameDoubt reports whether two daemons are unknown for the same reason.
func sameDoubt(a, b Daemon) bool {
	return a.Result == CannotTell && b.Result == CannotTell && a.Reason != "" && a.Reason == b.Reason
}

// notes returns the lines below a row, the reason first. above is how many daemons above it
// are unknown for the same reason.
func notes(d Daemon, above int, verbose bool) [][]terminal.Word {
	var list [][]terminal.Word
	add := func(l []terminal.Word, s string) {
		if s != "" {
			list = append(list, append(l, terminal.Text(s)...))
		}
	}
	switch {
	case d.Result == BroughtBack:
		add(nil, fmt.Sprintf("was down%s, and is up again after %s", inBrackets(d.Trouble), terminal.Used(d.wasDown())))
	case d.Result == CannotTell && above > 0:
		add(terminal.Label(fmt.Sprintf("these %d", above+1), ""), d.Reason)
		add(terminal.Label("hint", terminal.Bold), d.Hint)
	case d.Result == Held:
		add(nil, d.Trouble)
		if d.Busy {
			add(nil, d.Reason)
		} else {
			add(nil, "left alone"+because(d.Reason))
		}
	default:
		add(nil, d.Trouble)
		add(nil, d.Reason)
		add(terminal.Label("hint", terminal.Bold), d.Hint)
	}
	add(nil, d.Paused)
	if d.Result == StillDown || d.Result == Held {
		add(terminal.Label("cause", ""), d.Cause)
		for _, said := range d.LastWords {
			add(nil, said)
		}
	}
	if x := d.LastDeath; x != nil && x.Ago < freshDeath && d.Lately.Deaths == 0 {
		add(nil, lastDeath(*x))
	}
	for _, n := range d.Notices {
		add(terminal.Label("notice", terminal.Yellow), n)
	}
	return append(list, serviceNotes(d, verbose)...)
}

// serviceNotes says what the managers think of the services, if that is not as it should be;
// for services that are well, only if verbose is set.
func serviceNotes(d Daemon, verbose bool) [][]terminal.Word {
	var list [][]terminal.Word
	well := d.Result == Up || d.Result == Clear || d.Result == BroughtBack
	if told := services(d); told != "" && (verbose || !well) {
		list = append(list, append(terminal.Label("service", ""), terminal.Text(told)...))
	}
	for _, s := range d.Services {
		if s.contradicts(d) {
			list = append(list, append(terminal.Label("notice", terminal.Yellow), terminal.Text(contradiction(s, len(d.Services) == 1))...))
		}
		if s.Err != "" {
			list = append(list, terminal.Text(fmt.Sprintf("service %s: %s", s.Name, s.Err)))
		}
	}
	return list
}

func contradiction(s Service, only bool) string {
	if s.State == "running" {
		return fmt.Sprintf("its manager says that service %s is running%s, and no process of it was found", s.Name, inBrackets(s.Word))
	}
	text := fmt.Sprintf("its manager says that service %s is stopped%s, though the daemon is up", s.Name, inBrackets(s.Word))
	if only {
		text += ": somebody else may have started it"
	}
	return text
}

// freshDeath is how long the death of a daemon that is up again is shown below its row.
const freshDeath = terminal.Day

// longestCause is the most characters of a cause that are shown; why shows all of it.
const longestCause = 160

func lastDeath(d Death) string {
	cause := "the cause is not known"
	if d.Cause != "" {
		cause = words.Cut(d.Cause, longestCause)
	}
	return fmt.Sprintf("died %s ago, was down for %s: %s", terminal.Age(d.Ago), terminal.Used(d.Took), cause)
}

// word says whether a process counts.
func (x Detail) word() string {
	if x.Counts {
		return "counts"
	}
	return "excluded"
}

// text describes a process that was looked at closely.
func (x Detail) text() string {
	return fmt.Sprintf("pid %d %s: %s", x.PID, cmp.Or(x.Exe, "(no executable)"), x.Why)
}

// mostNamed is how many daemons of a kind the summary names.
const mostNamed = 8

// tableSummary counts the daemons, and names those that are not well. It is last, so it is
// visible above the prompt, however long the table is.
func tableSummary(r Report) []terminal.Word {
	var line []terminal.Word
	part := func(p []terminal.Word) {
		if len(line) > 0 {
			line[len(line)-1].Text += ";"
		}
		line = append(line, p...)
	}
	for _, k := range kindsOf(r.Daemons) {
		part(k.words())
	}
	if len(r.Daemons) == 0 {
		part(terminal.Text("no daemon and no rule"))
	}
	if n := len(r.Mistakes); n > 0 {
		part(append([]terminal.Word{{Text: words.Plural(n, "mistake"), Code: terminal.Red}}, terminal.Text("(see the errors)")...))
	}
	return line
}

// kind is a group of the summary.
type kind struct {
	title, code string
	well        bool
	names       []string
}

// kindsOf returns the groups, the worst first, without empty ones.
func kindsOf(daemons []Daemon) []kind {
	all := []kind{
		{title: "down", code: terminal.Red},
		{title: "wrong", code: terminal.Red},
		{title: "broken", code: terminal.Red},
		{title: "unknown", code: terminal.Yellow},
		{title: "restarting", code: terminal.Yellow},
		{title: "held", code: terminal.Yellow},
		{title: "paused", code: terminal.Yellow},
		{title: "with notices", code: terminal.Yellow},
		{title: "well", code: terminal.Green, well: true},
	}
	for _, d := range daemons {
		title, code := standing(d)
		switch {
		case code == terminal.Green && !contradicted(d):
			title = "well"
		case d.Paused != "":
			title = "paused"
		case d.Result == Up || d.Result == BroughtBack || d.Result == Clear:
			title = "with notices"
		}
		i := slices.IndexFunc(all, func(k kind) bool { return k.title == title })
		all[i].names = append(all[i].names, d.Name)
	}
	return slices.DeleteFunc(all, func(k kind) bool { return len(k.names) == 0 })
}

func (k kind) words() []terminal.Word {
	words := []terminal.Word{{Text: fmt.Sprintf("%d %s", len(k.names), k.title), Code: k.code}}
	if k.well {
		return words
	}
	mark := ":"
	for i, name := range k.names {
		if i == mostNamed {
			return append(words, terminal.Text(fmt.Sprintf("and %d more", len(k.names)-mostNamed))...)
		}
		words[len(words)-1].Text += mark
		mark = ","
		words = append(words, terminal.Text(name)...)
	}
	return words
}
