package postmortem

import (
	"slices"
	"strings"
)

// Verdict is what all evidence together says.
type Verdict struct {
	Cause  Cause
	Text   string    // for people, in a line; "" if nothing is known
	Sender string    // who sent the signal; "" if that is not known
	Sure   Certainty // of the sender if there is one, else of the cause; "" if nothing is known
	Source string
}

// Weigh makes one verdict of what the service manager says, which is nil if it knows
// nothing, and of what witnesses have found. The manager has waited for the process, so
// its words stand. A sender is certain only if it is certain which signal has ended the
// process, and if only one can have been it. Else all that can have been it are named.
func Weigh(said *Finding, found []Finding) Verdict {
	found = slices.DeleteFunc(slices.Clone(found), func(f Finding) bool { return !f.Main || f.Aside })
	end := account(said, found)
	v := Verdict{Cause: Unknown}
	if end != nil {
		v = Verdict{Cause: end.Cause, Text: end.Text, Sure: end.Sure, Source: end.Source}
	}
	if said == nil && end != nil {
		v.Text = marked(v.Text, v.Sure, v.Source)
	}
	if details := detail(said, end, found); details != nil {
		v.Cause, v.Sure, v.Source = details.Cause, details.Sure, details.Source
		v.Text += "; " + marked(details.Text, details.Sure, details.Source)
	}
	if v.Cause == OutOfMemory {
		return v // whose task happened to run then is not who did it
	}
	return v.by(end, senders(end, found))
}

// account is the best account of the end: the manager's, else the surest.
func account(said *Finding, found []Finding) *Finding {
	if said != nil {
		return said
	}
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

// detail is what the kernel knows more of an end that the manager tells of: it
// says SIGKILL, and not why; SIGSEGV, and not where.
func detail(said, end *Finding, found []Finding) *Finding {
	if said == nil {
		return nil
	}
	if o := oom(found); o != nil && o.Sure == Certain && (end.Signal == o.Signal || end.Cause == OutOfMemory) {
		return o
	}
	i := slices.IndexFunc(found, func(f Finding) bool {
		return f.Sender == "" && f.Detail && f.Signal == end.Signal && f.Signal != 0
	})
	if i < 0 {
		return nil
	}
	f := found[i]
	f.Cause = end.Cause // whether there is a core is the manager's to say
	return &f
}

func oom(found []Finding) *Finding {
	if i := slices.IndexFunc(found, func(f Finding) bool { return f.Cause == OutOfMemory }); i >= 0 {
		return &found[i]
	}
	return nil
}

// senders are the findings of signals that can have led to this end.
func senders(end *Finding, found []Finding) []Finding {
	var list []Finding
	for _, f := range found {
		switch {
		case f.Sender == "":
			continue
		case end != nil && end.Signal != 0 && f.Signal != end.Signal:
			continue
		case end != nil && end.Signal == 0 && end.Cause == Exited && f.Signal == sigKill: // nobody exits after that
			continue
		case end != nil && end.Signal == 0 && end.Cause != Exited && end.Cause != Signalled && end.Cause != DumpedCore: // FreeBSD's accounting does not say which signal it was
			continue
		}
		i := slices.IndexFunc(list, func(o Finding) bool { return o.Text == f.Text || sameSender(o, f) })
		if i < 0 {
			list = append(list, f)
			continue
		}
		list[i] = fuller(list[i], f)
	}
	return list
}

// sameSender reports whether two witnesses tell of the same sender.
func sameSender(a, b Finding) bool {
	return a.SenderPID != 0 && a.SenderPID == b.SenderPID && a.Signal == b.Signal
}

// fuller is the one of two findings of the same sender that says more of it, as sure as
// the surer one.
func fuller(a, b Finding) Finding {
	best := a
	if len(b.Sender) > len(a.Sender) {
		best = b
	}
	if a.Sure == Certain || b.Sure == Certain {
		best.Sure = Certain
	}
	return best
}

// by adds who did it.
func (v Verdict) by(end *Finding, sent []Finding) Verdict {
	if len(sent) == 0 {
		return v
	}
	sure := Likely
	switch {
	case len(sent) == 1 && end != nil && end.Sure == Certain && end.Cause != Exited:
		sure = sent[0].Sure
	case end == nil && !slices.ContainsFunc(sent, func(f Finding) bool { return f.Signal != sigHup }):
		sure = Hint // a daemon reads its configuration anew, mostly
	}
	var who, what []string
	for _, f := range sent {
		who, what = append(who, f.Sender), append(what, f.Text)
	}
	text := marked(strings.Join(what, ", or "), sure, sent[0].Source)
	if v.Text != "" {
		text = v.Text + "; " + text
	}
	if end == nil && sure != Hint {
		v.Cause = Signalled
	}
	v.Text, v.Sender, v.Sure, v.Source = text, strings.Join(who, " or "), sure, sent[0].Source
	return v
}

// marked says how sure it is, and where it can be looked up.
func marked(text string, sure Certainty, source string) string {
	return text + " (" + string(sure) + ", " + source + ")"
}
