package inspect

import (
	"cmp"
	"slices"
)

// Section is what a finding is about.
type Section string

// The sections, in the order in which they are told.
const (
	Who         Section = "who"
	Where       Section = "where"
	Detached    Section = "detached"
	Descriptors Section = "descriptors"
	Limits      Section = "limits"
	Files       Section = "files"
	Log         Section = "log"
)

// Severity is how bad a finding is, in the words of check.
type Severity int

// The severities.
const (
	Fine     Severity = iota
	Notice            // it may be as it should be
	Warning           // it will go wrong, or is not what was asked for
	Critical          // it goes wrong now, or lets somebody take the machine over
)

func (s Severity) String() string { return [...]string{"ok", "notice", "warning", "critical"}[s] }

// ParseSeverity is the severity of that name.
func ParseSeverity(name string) (Severity, bool) {
	i := slices.Index([]string{"ok", "notice", "warning", "critical"}, name)
	return Severity(max(i, 0)), i >= 0
}

// Finding is one thing that is to be said of a daemon.
type Finding struct {
	ID       string
	Section  Section
	Severity Severity
	What     string // in a few words
	Evidence string // what was seen
	Why      string // it matters
	Do       string // what helps
}

// rule is what makes a finding. There is a row for each in the tables below.
type rule struct {
	id       string
	section  Section
	severity Severity
	what     string
	why      string
	do       string
	// see gives the evidence, one piece for each finding; none if there is nothing to be said
	// or if what it needs is not known.
	see func(Facts) []evidence
}

// evidence is what was seen. What it leaves empty is the rule's.
type evidence struct {
	text     string
	severity Severity
	do       string
}

// saw is the evidence, if a condition holds.
func saw(holds bool, text string) []evidence {
	if !holds {
		return nil
	}
	return []evidence{{text: text}}
}

// rules are all of them.
func rules() []rule {
	return slices.Concat(whoRules(), whereRules(), detachedRules(), descriptorRules(), limitRules(), fileRules(), logRules())
}

// Judge tells all that there is to be said, the worst first, and then in the order of the
// sections.
func Judge(f Facts) []Finding {
	var list []Finding
	for _, r := range rules() {
		for _, e := range r.see(f) {
			list = append(list, Finding{
				ID: r.id, Section: r.section, Severity: cmp.Or(e.severity, r.severity),
				What: r.what, Evidence: e.text, Why: r.why, Do: cmp.Or(e.do, r.do),
			})
		}
	}
	slices.SortStableFunc(list, func(a, b Finding) int { return cmp.Compare(b.Severity, a.Severity) })
	return list
}

// AllIDs are those of all findings that there can be.
func AllIDs() []string {
	var list []string
	for _, r := range rules() {
		list = append(list, r.id)
	}
	return list
}
