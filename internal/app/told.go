package app

import (
	"os"
	"strings"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/terminal"
)

// remindUnread is how often people are reminded of a configuration that cannot be read:
// nothing may be kept in the meantime, and its remind: is unknown.
const remindUnread = 24 * time.Hour

// The kinds of topics.
const (
	topicRule    = "rule"    // a rule is violated, or something is wrong with a daemon
	topicUnclear = "unclear" // it is unknown whether a daemon is up
	topicMistake = "mistake"
)

// toldOnce marks what people have been told already, because cron mails each minute what a
// run prints. The exit status does not change. A person who runs it by hand always gets
// everything.
func toldOnce(j *job, store *state.Store, key string, remind time.Duration, r *report.Report) {
	if j.Name != runName || j.DryRun || j.Verbose || j.Output != outputText || j.StateDir == "" || terminal.Is(os.Stdout) || terminal.Is(os.Stderr) {
		return
	}
	if store == nil { // the folder of the locks does not survive a boot, but it may exist
		var err error
		if store, err = state.OpenStore(j.RunDir); err != nil {
			return
		}
	}
	if remind == 0 && len(r.Mistakes) > 0 {
		remind = remindUnread
	}
	known, err := store.Tell(key, once(*r, remind), state.Now())
	if err != nil {
		return // on an error people are told again
	}
	mark(r, known)
}

// once returns the topics of a report that would otherwise be mailed each minute.
func once(r report.Report, remind time.Duration) past.Once {
	o := past.Once{Remind: remind}
	looked := make(map[string]report.Result)
	for _, d := range r.Daemons {
		looked[d.Name] = d.Result
		if topic := topicOf(d); topic != "" {
			o.Topics = append(o.Topics, topic)
		}
	}
	for _, m := range r.Mistakes {
		o.Topics = append(o.Topics, mistakeTopic(m))
	}
	o.Over = func(topic string) bool {
		kind, rest, _ := strings.Cut(topic, "\x00")
		name, _, _ := strings.Cut(rest, "\x00")
		result, ok := looked[name]
		switch {
		case kind == topicMistake:
			return true
		case !ok:
			return r.Whole // it is no longer kept
		}
		return kind != topicRule || result != report.CannotTell
	}
	return o
}

func mark(r *report.Report, known map[string]bool) {
	for i, d := range r.Daemons {
		if topic := topicOf(d); topic != "" {
			r.Daemons[i].Known = known[topic]
		}
	}
	for i, m := range r.Mistakes {
		r.Mistakes[i].Known = known[mistakeTopic(m)]
	}
}

// topicOf returns what is wrong with a daemon, apart from incidents; "" if nothing is. It
// does not name the processes that violate a rule: they change while the violation stays the
// same.
func topicOf(d report.Daemon) string {
	switch {
	case d.Result == report.Wrong:
		return topicRule + "\x00" + d.Name
	case d.Result == report.CannotTell:
		return topicUnclear + "\x00" + d.Name + "\x00" + d.Reason
	}
	return ""
}

func mistakeTopic(m report.Mistake) string {
	return topicMistake + "\x00" + m.Text
}
