package app

import (
	"daemon-keeper/check"
	"daemon-keeper/internal/inspect"
	"daemon-keeper/internal/trust"
)

// mostWays is how many files that everybody may write are looked after.
const mostWays = 100

// waysTo tells of the files that everybody may write whether all users reach them: a folder on
// the way may be closed to them.
func waysTo(f *inspect.Facts) {
	if f.Root.Value.Changed || !f.Root.Known {
		return
	}
	served := check.WhatIsServed()
	n := 0
	for i := range f.Files.Value {
		x := &f.Files.Value[i]
		if !x.OpenToAll() || n == mostWays {
			continue
		}
		n++
		if !served.Lead(x.Path) {
			x.Way = wayTo(x.Path)
		}
	}
}

func wayTo(name string) inspect.Way {
	steps, _, err := trust.Steps(name)
	for _, s := range steps {
		if s.Info.IsDir() && s.Info.Mode()&0o001 == 0 {
			return inspect.Closed
		}
	}
	if err != nil {
		return inspect.NotKnown
	}
	return inspect.Open
}
