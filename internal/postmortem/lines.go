package postmortem

import (
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// Kind is what a line of an explanation tells.
type Kind string

// The kinds, in the order in which they are told.
const (
	IsCause Kind = "cause" // how it has ended; several are other explanations, or more details
	IsBy    Kind = "by"    // who has sent the signal; several are all possible senders
	IsNote  Kind = "note"  // what may be related to it
)

// Line is one piece of an explanation.
type Line struct {
	Kind   Kind
	Text   string
	Sure   Certainty
	Source string
	When   time.Time // of what it tells; zero if that is not known
	Later  bool      // see Finding
}

// The most that an explanation has of each.
const (
	mostSenders = 4
	mostLines   = 10
)

// explained adds the lines of the explanation, and the findings that they are made of.
func (v Verdict) explained(ends []Finding, details *Finding, sent, all []Finding) Verdict {
	add := func(kind Kind, text string, sure Certainty, f Finding) {
		same := func(l Line) bool { return l.Kind == kind && l.Text == text }
		if len(v.Lines) < mostLines && !slices.ContainsFunc(v.Lines, same) {
			v.Lines = append(v.Lines, Line{kind, text, sure, f.Source, f.When, f.Later})
			v.Used = append(v.Used, f)
		}
		if f.Next != "" && !slices.Contains(v.Next, f.Next) {
			v.Next = append(v.Next, f.Next)
		}
	}
	for _, e := range ends {
		add(IsCause, withoutSubject(e.Text), e.Sure, e)
	}
	if len(ends) == 1 {
		for _, f := range sayMore(ends[0], details, all) {
			add(IsCause, withoutSubject(f.Text), f.Sure, f)
		}
	}
	if len(ends) == 0 && v.Cause == words.Signalled && v.Signal != 0 {
		add(IsCause, "killed by "+osutil.SignalName(v.Signal), Likely, sent[0])
	}
	for i, f := range sent {
		switch {
		case v.Sure == Hint:
			add(IsNote, f.Text, Hint, f)
		case i < mostSenders:
			add(IsBy, senderText(f, ends, v), v.Sure, f)
		case i == mostSenders:
			add(IsNote, words.Plural(len(sent)-mostSenders, "other")+" sent a signal that can have been it", Likely, f)
		}
	}
	for _, sure := range []Certainty{Certain, Likely, Hint} {
		for _, f := range all {
			if isNote(f) && f.Sure == sure {
				add(IsNote, remarkText(f), f.Sure, f)
			}
		}
	}
	return v
}

// sayMore are the findings that know details of the same end.
func sayMore(end Finding, details *Finding, all []Finding) []Finding {
	var list []Finding
	if details != nil {
		list = append(list, *details)
	}
	for _, f := range all {
		if f.Main && !f.Aside && f.Sender == "" && f.Detail && f.Sure != Hint && f.Signal == end.Signal && f.Signal != 0 {
			list = append(list, f)
		}
	}
	return list
}

// senderText is a sender, with the signal unless a line of the cause names it.
func senderText(f Finding, ends []Finding, v Verdict) string {
	if len(ends) == 1 && ends[0].Cause != words.Exited && ends[0].Signal != 0 || len(ends) == 0 && v.Signal != 0 {
		return sentBy(f)
	}
	return osutil.SignalName(f.Signal) + " from " + sentBy(f)
}

// isNote reports whether a finding is told though it does not explain the end: a remark, a hint,
// or the end of another of its processes, which may have caused this one.
func isNote(f Finding) bool {
	return f.Aside || f.Sender == "" && (f.Sure == Hint || !f.Main && f.Detail)
}

func remarkText(f Finding) string {
	if !f.Main && !f.Aside {
		return "another of its processes: " + f.Text
	}
	return f.Text
}

// withoutSubject removes the words for the main process from the beginning.
func withoutSubject(text string) string {
	for _, subject := range []string{"its main process was ", "its main process has "} {
		if rest, ok := strings.CutPrefix(text, subject); ok {
			return rest
		}
	}
	return text
}
