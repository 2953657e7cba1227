package postmortem

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// Packages has which packages were installed, upgraded or removed when a daemon died. That
// it happened is certain; that it has to do with the end is likely for the daemon's own
// package, and a hint for others, whose libraries it may use.
type Packages struct {
	// Read returns what has changed lately, the oldest first.
	Read func(ctx context.Context, d Dead) ([]Change, error)
	// Owns reports which of these packages has a file. It is asked only if something has
	// changed at that time.
	Owns func(ctx context.Context, file string, changes []Change) (name string, err error)
}

// Change is one of a package.
type Change struct {
	At        time.Time
	Precision time.Duration
	Did       string // upgraded, installed, removed
	Name      string // as its manager has it, from here on; not made printable
	From, To  string // versions; "" if not known
	Log       string // the file that tells it
}

const packages = "packages"

// changedEarlier is how long before the daemon was last seen a change may have begun:
// packages are unpacked, all of them, before their services are restarted.
const changedEarlier = 10 * time.Minute

// Name is its name for people.
func (Packages) Name() string { return packages }

// Ask reads the package managers' logs.
func (p Packages) Ask(ctx context.Context, d Dead) ([]Finding, error) {
	if d.Rebooted { // a reboot is what an upgrade of the kernel needs
		return nil, nil
	}
	all, err := p.Read(ctx, d)
	var of []Change
	for _, c := range all {
		if _, ok := d.placed(c.At, c.At.Add(c.Precision+changedEarlier)); ok {
			of = append(of, c)
		}
	}
	if len(of) == 0 {
		return nil, err
	}
	own := ""
	if d.Executable != "" && !strings.Contains(d.Executable, "*") && p.Owns != nil {
		if own, err = p.Owns(ctx, d.Executable, of); err != nil {
			own = ""
		}
	}
	return changeFindings(of, own), err
}

// changeFindings tells of the daemon's own package, else of the others, in one line.
func changeFindings(of []Change, own string) []Finding {
	if i := slices.IndexFunc(of, func(c Change) bool { return own != "" && c.Name == own }); i >= 0 {
		c := of[i]
		f := Finding{When: c.At, Main: true, Aside: true, Sure: Likely, Source: packages, Text: fmt.Sprintf("its package %s was %s%s at %s", name(c.Name), c.Did, c.versions(), c.At.Format(time.TimeOnly))}
		f.Next = "tail -n 50 " + c.Log
		return []Finding{f}
	}
	const most = 5
	var names []string
	for _, c := range of {
		if n := name(c.Name); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	text := "packages were changed at that time: " + strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return []Finding{{When: of[0].At, Main: true, Aside: true, Sure: Hint, Source: packages, Text: text, Next: "tail -n 50 " + of[0].Log}}
}

// name is without the architecture that Debian's have.
func name(text string) string {
	text, _, _ = strings.Cut(text, ":")
	return words.ASCII(words.Cut(text, 60))
}

func version(text string) string { return words.ASCII(words.Cut(text, 60)) }

func (c Change) versions() string {
	switch {
	case c.From != "" && c.To != "":
		return fmt.Sprintf(" from %s to %s", version(c.From), version(c.To))
	case c.To != "":
		return " (" + version(c.To) + ")"
	}
	return ""
}
