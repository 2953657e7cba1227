package postmortem

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// packages knows which packages were installed, upgraded or removed when a daemon died. That
// it happened is certain. That it has to do with the end is likely for the daemon's own
// package, and a hint for others, whose libraries the daemon may use.
const packages = "packages"

// change is one of a package.
type change struct {
	at        time.Time
	precision time.Duration
	did       string // upgraded, installed, removed
	name      string // as its manager writes it; not made printable, nor are the versions
	from, to  string // versions; "" if not known
	log       string // the file that tells it
}

// changedEarlier is how long before the daemon was last seen a change may have begun: all
// packages are unpacked before their services are restarted.
const changedEarlier = 10 * time.Minute

// askPackages reads the package managers' logs. After a reboot nothing is said: an upgrade of
// the kernel needs one.
func askPackages(ctx context.Context, d Dead) ([]Finding, error) {
	if d.Rebooted {
		return nil, nil
	}
	all, err := readPackages(ctx, d)
	found := packageFindings(all, d, func(file string, of []change) string { return ownerOf(ctx, file, of) })
	return found, cmp.Or(err, ctx.Err()) // without time the owner is not known
}

// packageFindings is what changes say of a dead daemon. The owner of the daemon's file is looked
// for only if something has changed at that time.
func packageFindings(all []change, d Dead, owner func(file string, of []change) string) []Finding {
	of := slices.DeleteFunc(all, func(c change) bool {
		_, ok := d.placed(c.at, c.at.Add(c.precision+changedEarlier))
		return !ok
	})
	if len(of) == 0 {
		return nil
	}
	own := ""
	if d.Executable != "" && !strings.Contains(d.Executable, "*") {
		own = owner(d.Executable, of)
	}
	return changeFindings(of, own)
}

// changeFindings tells of the daemon's own package, or else of all others in one line.
func changeFindings(of []change, own string) []Finding {
	if i := slices.IndexFunc(of, func(c change) bool { return own != "" && c.name == own }); i >= 0 {
		c := of[i]
		f := Finding{When: c.at, Main: true, Aside: true, Sure: Likely, Source: packages, Text: fmt.Sprintf("its package %s was %s%s at %s", name(c.name), c.did, c.versions(), c.at.Format(time.TimeOnly))}
		f.Next = "tail -n 50 " + c.log
		return []Finding{f}
	}
	const most = 5
	var names []string
	for _, c := range of {
		if n := name(c.name); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	text := "packages were changed at that time: " + strings.Join(names[:min(len(names), most)], ", ")
	if len(names) > most {
		text += fmt.Sprintf(" and %d more", len(names)-most)
	}
	return []Finding{{When: of[0].at, Main: true, Aside: true, Sure: Hint, Source: packages, Text: text, Next: "tail -n 50 " + of[0].log}}
}

// name is the name of a package without its architecture, which Debian adds.
func name(text string) string {
	text, _, _ = strings.Cut(text, ":")
	return words.ASCII(words.Cut(text, 60))
}

func version(text string) string { return words.ASCII(words.Cut(text, 60)) }

func (c change) versions() string {
	switch {
	case c.from != "" && c.to != "":
		return fmt.Sprintf(" from %s to %s", version(c.from), version(c.to))
	case c.to != "":
		return " (" + version(c.to) + ")"
	}
	return ""
}
