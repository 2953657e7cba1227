package postmortem

import (
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// Verdict is what all evidence together says.
type Verdict struct {
	Cause  words.Cause
	Signal int       // that has ended it; 0 if none has, or it is not known
	Text   string    // for people, in a line; "" if nothing is known
	Sender string    // who sent the signal; "" if that is not known
	Sure   Certainty // of the sender if there is one, else of the cause; "" if nothing is known
	Source string
	Lines  []Line    // the same, piece by piece, and what else was found
	Next   []string  // commands that show a person more, to be pasted
	Used   []Finding // on which it rests: weighed again, they make the same verdict
}

// Weigh makes one verdict of what the service manager says, which is nil if it knows nothing,
// and of what witnesses have found. The manager has waited for the process, so it is believed,
// unless it may mean another process. A sender is certain only if it is certain which signal has
// ended the process, and if there is no other sender of it. If there are two explanations, both
// are told, as likely.
func Weigh(said *Finding, all []Finding) Verdict {
	found := slices.DeleteFunc(slices.Clone(all), func(f Finding) bool { return !f.Main || f.Aside })
	ends := accounts(said, found)
	v := Verdict{Cause: words.UnknownCause}
	var end *Finding
	if len(ends) > 0 {
		end = &ends[0]
		v = Verdict{Cause: end.Cause, Signal: end.Signal, Sure: end.Sure, Source: end.Source}
		v.Text = readings(said, ends)
	}
	details := detail(said, end, found)
	if details != nil {
		if details.Sure == Certain || details.Cause != v.Cause { // a doubtful detail does not change how sure the rest is
			v.Cause, v.Sure, v.Source = details.Cause, details.Sure, details.Source
		}
		v.Text += "; " + marked(details.Text, details.Sure, details.Source)
	}
	var sent []Finding
	if v.Cause != words.OutOfMemory { // the kernel kills in the name of whatever task runs then
		sent = senders(ends, found)
	}
	v = v.by(end, len(ends), sent)
	return v.explained(ends, details, sent, all)
}

// readings are the explanations as text.
func readings(said *Finding, ends []Finding) string {
	if len(ends) == 1 {
		if said != nil {
			return ends[0].Text
		}
		return marked(ends[0].Text, ends[0].Sure, ends[0].Source)
	}
	var list []string
	for _, e := range ends {
		list = append(list, marked(e.Text, e.Sure, e.Source))
	}
	return strings.Join(list, ", or ")
}

// accounts are the best explanation of the end, which is the manager's or else the surest one,
// and all others that are as sure and differ. If there are several, none of them is certain.
func accounts(said *Finding, found []Finding) []Finding {
	best := said
	if said == nil {
		best = surest(found)
	}
	if best == nil {
		return nil
	}
	list := []Finding{*best}
	if said != nil && said.Sure == Certain {
		return list
	}
	for _, f := range found {
		asSure := f.Sure == Certain || f.Sure == Likely && best.Sure == Likely
		if f.Sender == "" && asSure && !slices.ContainsFunc(list, func(o Finding) bool { return sameEnd(o, f) }) {
			list = append(list, f)
		}
	}
	for i := range list {
		if len(list) > 1 {
			list[i].Sure = Likely
		}
	}
	return list
}

func surest(found []Finding) *Finding {
	for _, sure := range []Certainty{Certain, Likely} {
		if i := slices.IndexFunc(found, func(f Finding) bool { return f.Sender == "" && f.Sure == sure }); i >= 0 {
			if o := oom(found); o != nil && o.Sure == sure {
				return o
			}
			return &found[i]
		}
	}
	return nil
}

// sameEnd reports whether two explanations can be of the same end. Some know that a signal has
// ended the process, but not which one.
func sameEnd(a, b Finding) bool {
	bySignal := func(f Finding) bool {
		return f.Cause == words.Signalled || f.Cause == words.DumpedCore || f.Cause == words.OutOfMemory
	}
	switch {
	case a.Signal != 0 && a.Signal == b.Signal, a.Text == b.Text:
		return true
	case a.Signal == 0 || b.Signal == 0:
		return bySignal(a) && bySignal(b)
	}
	return false
}

// detail is what the kernel knows in addition to what the manager says: why it was SIGKILL, and
// where it was SIGSEGV.
func detail(said, end *Finding, found []Finding) *Finding {
	if said == nil {
		return nil
	}
	if o := oom(found); o != nil && o.Sure == Certain && (end.Signal == o.Signal || end.Cause == words.OutOfMemory) {
		return o
	}
	f := surest(slices.DeleteFunc(slices.Clone(found), func(f Finding) bool {
		return !f.Detail || f.Signal == 0 || f.Signal != end.Signal
	}))
	if f != nil {
		f.Cause = end.Cause // the manager knows whether there is a core
	}
	return f
}

// oom is the surest finding about too little memory, and of several the longest: the signal trace
// knows that the kernel has chosen the process, and the kernel's log also how much memory it had.
func oom(found []Finding) *Finding {
	var best *Finding
	for i, f := range found {
		switch {
		case f.Cause != words.OutOfMemory:
		case best == nil, f.Sure == Certain && best.Sure != Certain, f.Sure == best.Sure && len(f.Text) > len(best.Text):
			best = &found[i]
		}
	}
	return best
}

// senders are the findings about signals that can have caused one of these ends.
func senders(ends, found []Finding) []Finding {
	var list []Finding
	for _, f := range found {
		if f.Sender == "" || len(ends) > 0 && !slices.ContainsFunc(ends, func(end Finding) bool { return leadsTo(f, end) }) {
			continue
		}
		if i := slices.IndexFunc(list, func(o Finding) bool { return sameSender(o, f) }); i >= 0 {
			list[i] = together(list[i], f)
			continue
		}
		list = append(list, f)
	}
	return list
}

// sendersSlack is how much the times of two witnesses of the same signal may differ.
const sendersSlack = 2 * time.Second

// sameSender reports whether two findings are about the same signal. The same process id is not
// enough: two processes may have had it.
func sameSender(a, b Finding) bool {
	if a.Text == b.Text {
		return true
	}
	apart := !a.When.IsZero() && !b.When.IsZero() && a.When.Sub(b.When).Abs() > sendersSlack
	return a.SenderPID != 0 && a.SenderPID == b.SenderPID && a.Signal == b.Signal && a.Source != b.Source && !apart
}

// together merges two findings about the same signal. The text is that of the witness that knows
// more.
func together(a, b Finding) Finding {
	best := a
	if len(b.Sender) > len(a.Sender) {
		best.Sender, best.Text = b.Sender, b.Text
	}
	if b.Sure == Certain || a.Sure == Hint {
		best.Sure = b.Sure
	}
	if best.When.IsZero() {
		best.When = b.When
	}
	if best.Next == "" {
		best.Next = b.Next
	}
	if !strings.Contains(a.Source, b.Source) {
		best.Source += ", " + b.Source
	}
	return best
}

// leadsTo reports whether a signal that was sent can have caused an end.
func leadsTo(sent, end Finding) bool {
	switch {
	case end.Signal != 0:
		return sent.Signal == end.Signal
	case end.Cause == words.Signalled || end.Cause == words.DumpedCore: // the signal is not known
		return true
	}
	return end.Cause == words.Exited && sent.Signal != sigKill // no process can catch that and exit
}

// by adds the sender of the signal.
func (v Verdict) by(end *Finding, ends int, sent []Finding) Verdict {
	if len(sent) == 0 {
		return v
	}
	sure := v.sureOf(end, ends, sent)
	var who, what []string
	for _, f := range sent {
		who, what = append(who, f.Sender), append(what, f.Text)
	}
	text := marked(strings.Join(what, ", or "), sure, sent[0].Source)
	if v.Text != "" {
		text = v.Text + "; " + text
	}
	if end == nil && sure != Hint {
		v.Cause = words.Signalled
		if !slices.ContainsFunc(sent, func(f Finding) bool { return f.Signal != sent[0].Signal }) {
			v.Signal = sent[0].Signal
		}
	}
	v.Text, v.Sender, v.Sure, v.Source = text, strings.Join(who, " or "), sure, sent[0].Source
	return v
}

// sureOf is how sure it is that one of these has sent the signal.
func (v Verdict) sureOf(end *Finding, ends int, sent []Finding) Certainty {
	switch {
	case len(sent) == 1 && ends == 1 && end.Sure == Certain && end.Cause != words.Exited && end.Signal != 0:
		return sent[0].Sure
	case end == nil && !slices.ContainsFunc(sent, func(f Finding) bool { return f.Signal != sigHup }):
		return Hint // most daemons only read their configuration again
	}
	return Likely
}

// marked adds to a text how sure it is, and its source.
func marked(text string, sure Certainty, source string) string {
	return text + " (" + string(sure) + ", " + source + ")"
}

// sentBy is the sender of a finding as the end of a sentence that names the signal.
func sentBy(f Finding) string {
	if who, ok := strings.CutPrefix(f.Text, osutil.SignalName(f.Signal)+" was sent by "); ok {
		return who
	}
	return f.Sender
}
