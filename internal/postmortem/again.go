package postmortem

import (
	"slices"
	"strings"
)

// Again is what was found at the time, and what witnesses that are asked once more know
// beyond that. What one of them has said already stands as it was said when the evidence
// was fresh: a sender that has ended since has lost its program and its ancestors.
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

// sameWord reports whether a witness has said something before.
func sameWord(before, now Finding) bool {
	if !strings.Contains(before.Source, now.Source) || before.Aside != now.Aside || before.Main != now.Main {
		return false
	}
	if now.Aside {
		return before.Text == now.Text
	}
	return before.Signal == now.Signal && (before.Sender == "") == (now.Sender == "") && before.SenderPID == now.SenderPID
}
