package app

import (
	"context"

	"daemon-keeper/check"
	"daemon-keeper/rcd"
)

// located finds the main processes of services that are known only by a script. A service that
// has several is in the list several times.
func located(ctx context.Context, listed []rcd.Listed) ([]rcd.Listed, error) {
	var guesses []check.Guess
	for _, l := range listed {
		if h := l.Hints; l.Omit == "" && h != nil {
			guesses = append(guesses, check.Guess{Service: l.Name, PIDs: h.PIDs, Daemons: h.Daemons, Many: h.Many, Doubt: h.Doubt, Speaks: h.Speaks})
		}
	}
	if len(guesses) == 0 {
		return listed, nil
	}
	mains, err := check.MainsOf(ctx, guesses)
	if err != nil {
		return nil, err
	}
	var list []rcd.Listed
	for _, l := range listed {
		if l.Omit != "" || l.Hints == nil {
			list = append(list, l)
			continue
		}
		found := mains[0]
		mains = mains[1:]
		if len(found.PIDs) == 0 {
			l.Omit = found.Why
			list = append(list, l)
		}
		if len(l.Hints.Daemons) > 0 {
			l.Program = l.Hints.Daemons[0]
		}
		for _, pid := range found.PIDs {
			l.Main = pid
			list = append(list, l)
		}
	}
	return list, nil
}
