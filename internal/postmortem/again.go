package postmortem

import (
	"slices"
	"strings"
)

// Again is what was found after the death, with what witnesses know in addition when they are
// asked again. A finding that was there before is kept as it was: the evidence was fresh then.
// Of a sender that has ended since, the program and the ancestors can no longer be read.
func Again(before, now []Finding) []Finding {
	list := slices.Clone(before)
	for _, f := range now {
		if !slices.ContainsFunc(before, func(o Finding) bool { return sameWord(o, f) }) {
			f.Later = true
			list = append(list, f)
		}
	}
	return list
}

// sameWord reports whether two findings of a witness, an earlier and a later one, are the same.
func sameWord(before, now Finding) bool {
	if !strings.Contains(before.Source, now.Source) || before.Aside != now.Aside || before.Main != now.Main {
		return false
	}
	if now.Aside {
		return before.Text == now.Text
	}
	return before.Signal == now.Signal && (before.Sender == "") == (now.Sender == "") && before.SenderPID == now.SenderPID
}
