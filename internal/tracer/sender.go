package tracer

import (
	"fmt"
	"slices"
	"strings"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// sender is what was seen of the process that has sent a signal.
type sender struct {
	proctable.Living
	ancestors []ancestor // the nearest first
}

type ancestor struct {
	name string
	pid  int
}

// The most that is told of each, in bytes and in ancestors, so that no long text hides the rest.
const (
	mostPath      = 150
	mostArgs      = 200
	mostUnit      = 80
	mostAncestors = 6
)

// text is the sender of a signal, for people. s is nil if the process could not be seen: kill(1)
// has mostly ended by then.
func (r received) text(s *sender, user func(uint32) string) string {
	switch {
	case !r.fromProcess():
		return ""
	case r.pid == 0 && r.claimed():
		return " from a process that does not say which it is"
	case r.pid == 0:
		return " from outside of this PID namespace: from the host, if this is a container"
	}
	text := fmt.Sprintf(" from process %d", r.pid)
	if s != nil {
		text += " (" + words.ASCII(s.Name) + ")"
	}
	text += " of " + user(r.uid)
	if s == nil {
		text += ", of which nothing else is known: it has ended"
	} else {
		text += s.text()
	}
	if r.claimed() {
		text += ", as it says itself"
	}
	return text
}

func (s sender) text() string {
	text := ""
	if s.Program != "" {
		text = ": " + words.Cut(words.ASCII(s.Program), mostPath)
		if len(s.Args) > 1 {
			text += " " + words.Cut(words.ASCII(strings.Join(s.Args[1:], " ")), mostArgs)
		}
	}
	if s.Unit != "" {
		text += ", of " + words.Cut(words.ASCII(s.Unit), mostUnit)
	}
	if len(s.ancestors) > 0 {
		var line []string
		for _, a := range slices.Backward(s.ancestors) {
			line = append(line, fmt.Sprintf("%s(%d)", words.ASCII(a.name), a.pid))
		}
		text += ", started by " + strings.Join(line, " -> ")
	}
	return text
}
