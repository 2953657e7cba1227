package inspect

import (
	"cmp"
	"slices"
)

// Section is the subject of a finding.
type Section string

// The sections, in the order in which they are reported.
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
	Notice            // it may be intended
	Warning           // it will fail, or is not what was asked for
	Critical          // it fails now, or lets somebody take over the machine
)

func (s Severity) String() string { return [...]string{"ok", "notice", "warning", "critical"}[s] }

// ParseSeverity is the severity of that name.
func ParseSeverity(name string) (Severity, bool) {
	i := slices.Index([]string{"ok", "notice", "warning", "critical"}, name)
	return Severity(max(i, 0)), i >= 0
}

// Finding is something about a daemon that a person should know.
type Finding struct {
	ID       string
	Section  Section
	Severity Severity
	What     string // in a few words
	Evidence string // what was seen
	Why      string // why it matters
	Do       string // how to mend it
}

// rule makes findings of one kind. Each is a row of a table.
type rule struct {
	id       string
	section  Section
	severity Severity
	what     string
	why      string
	do       string
	// see returns the evidence, one for each finding; none if the rule does not apply, or if a
	// fact that it needs is not known.
	see func(Facts) []evidence
}

// evidence is what was seen. Fields that are empty are taken from the rule.
type evidence struct {
	text     string
	severity Severity
	do       string
}

// saw is evidence, if a condition holds.
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

// Judge returns all findings, the worst first, and then in the order of the sections.
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

// AllIDs are the ids of all rules.
func AllIDs() []string {
	var list []string
	for _, r := range rules() {
		list = append(list, r.id)
	}
	return list
}
