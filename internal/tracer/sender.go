package tracer

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// sender is what was seen of the process that has sent a signal. The process can choose all
// of these texts, except for its program's path and its unit.
type sender struct {
	name      string
	program   string
	args      []string
	unit      string
	ancestors []ancestor // the nearest first
}

type ancestor struct {
	name string
	pid  int
}

// Limits of what is told, so that nothing of it can push the rest out of a line.
const (
	mostPath      = 150
	mostArgs      = 200
	mostUnit      = 80
	mostAncestors = 6
)

// text is who has sent a signal, for people. s is nil if nothing was seen of the process:
// most kill(1) have ended by then.
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
		text += " (" + words.ASCII(s.name) + ")"
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
	if s.program != "" {
		text = ": " + words.Cut(words.ASCII(s.program), mostPath)
		if len(s.args) > 1 {
			text += " " + words.Cut(words.ASCII(strings.Join(s.args[1:], " ")), mostArgs)
		}
	}
	if s.unit != "" {
		text += ", of " + words.Cut(words.ASCII(s.unit), mostUnit)
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

// unitOf is the unit of systemd's that a control group is of, by what /proc/PID/cgroup
// says, cgroups(7); "" if it is not one. Of several it is the innermost.
func unitOf(cgroup []byte) string {
	for controllers, group := range proctable.Groups(cgroup) {
		if controllers != "" && controllers != "name=systemd" {
			continue
		}
		for ; group != "/" && group != "."; group = path.Dir(group) {
			base := path.Base(group)
			if strings.HasSuffix(base, ".service") || strings.HasSuffix(base, ".scope") {
				return base
			}
		}
	}
	return ""
}
