// Package report says what a run has found and done: one Report, many faces.
package report

import (
	"cmp"
	"slices"
	"time"

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/words"
)

// Status is the exit status of a run, the same for every command and output.
type Status int

// The table of exit statuses.
const (
	OK       Status = 0 // everything is up, or deliberately left alone
	Restored Status = 1 // something was down, and this run brought it back
	Failed   Status = 2 // something is still down
	Unclear  Status = 3 // it cannot be told, or the command was used wrongly; nothing was touched
)

// Report is what one run has found and done.
type Report struct {
	Command  string // that has made it: run, check or status
	Began    time.Time
	Took     time.Duration
	Mistakes []Mistake // what could not be used: files of the configuration, or the command line
	Daemons  []Daemon  // and rules
	Whole    bool      // these are all that are kept
}

// Mistake is something that a person must mend, and how.
type Mistake struct {
	Text  string `json:"error"`
	Hint  string `json:"hint,omitempty"`
	About string // in a word: metrics; "" is the configuration
	Known bool   // people have been told of it
}

// about is what a mistake is about, in a word.
func (m Mistake) about() string { return cmp.Or(m.About, "configuration") }

// Status is the worst of the daemons': 2 over 3 over 1 over 0.
func (r Report) Status() Status {
	worst := OK
	if len(r.Mistakes) > 0 {
		worst = Unclear
	}
	for _, d := range r.Daemons {
		if rank(d.Status()) > rank(worst) {
			worst = d.Status()
		}
	}
	return worst
}

// Changed reports whether the run has done anything to a service.
func (r Report) Changed() bool { return slices.ContainsFunc(r.Daemons, Daemon.Changed) }

func rank(s Status) int {
	return map[Status]int{OK: 0, Restored: 1, Unclear: 2, Failed: 3}[s]
}

// Result is how the run ended for one daemon.
type Result int

// The results. The zero value is the one that claims the least.
const (
	CannotTell Result = iota // nothing was touched
	Up                       // it was up
	Held                     // it is down and was deliberately left alone
	BroughtBack
	StillDown
	Clear // nothing runs that should not: a rule is kept
	Wrong // too much runs: it alarms, and nothing is restarted for it
)

// Status is the exit status that a result stands for.
func (d Daemon) Status() Status {
	switch d.Result {
	case Up, Held, Clear:
		return OK
	case BroughtBack:
		return Restored
	case StillDown, Wrong:
		return Failed
	}
	return Unclear
}

// Daemon is what was found and done about one daemon, or about a rule.
type Daemon struct {
	Name    string      // what people call it
	Rule    bool        // it is a rule, which forbids something
	Count   words.Count // how many processes there should be
	Result  Result
	Trouble string // what was wrong with it when it was found down, though a process runs
	words.Blame
	Busy      bool          // Held, because another run is at work, which will report
	Hold      words.Hold    // what keeps it from being restarted
	Known     bool          // people have been told of it, and nothing has changed since
	NextTry   time.Time     // when a daemon that keeps dying is restarted again
	DownSince time.Time     // when a daemon that is down, held or not, died, or was first seen down
	Died      bool          // DownSince is when it died
	Reason    string        // why it is held, still down, or not to be told
	Hint      string        // what a person could do about it
	Processes []Process     // that count, at the end
	Notices   []string      // what is odd about a daemon that is up, or how it breaks a limit
	Took      time.Duration // from being found down to the end of the run
	Dead      time.Duration // how long it was down, from its death; 0: that is not known, or it is down
	Services  []Service
	Steps     []Step
	Plan      []Plan // of a dry run: what would be done
	Details   []Detail
	Unjudged  []string            // what was not looked at, for only its processes were: tcp://127.0.0.1:80, its pidfile
	Totals    *Totals             // nil if nothing is remembered
	Deaths    map[words.Cause]int // by their causes, of incidents in which it was not left alone
	LastDeath *Death              // of a daemon that is up again; nil: none is remembered
	Paused    string              // who has paused a daemon that is up, until when and why; "" if nobody has
	Lately    history.Lately      // its deaths of the last days
	LastWords []string            // what it has written itself before it died
}

// Death is one that is over.
type Death struct {
	Ago   time.Duration
	Took  time.Duration // until it was up again
	Cause string        // "" if it is not known
}

// Totals are what has happened to a daemon since it is remembered, this run and the
// incident under way too. They never fall while the memory lasts.
type Totals struct {
	Incidents int
	Downtime  time.Duration // without the time that it was held
	Restarts  int
}

// Changed reports whether anything was done to a service of it.
func (d Daemon) Changed() bool {
	return slices.ContainsFunc(d.Steps, func(s Step) bool { return !s.Skipped })
}

// PIDs are the numbers of its processes.
func (d Daemon) PIDs() []int {
	list := make([]int, len(d.Processes))
	for i, p := range d.Processes {
		list[i] = p.PID
	}
	return list
}

// Process is one that counts. What was not read, or cannot be told, is zero.
type Process struct {
	PID      int
	Parent   int    // 0 if it is not known
	User     string // the name, or the number of one who has none
	Exe      string
	Started  time.Time
	CPU      time.Duration // that it has used since
	RSS      uint64        // bytes resident in memory
	VMS      uint64        // bytes of address space
	OldImage bool          // its program has been replaced since it started
	Stopped  bool          // by a signal or a debugger
}

// Service is one that brings a daemon back, with its manager's own opinion.
type Service struct {
	Name  string
	State string // running, stopped or unknown; "" if the manager was not asked
	Word  string // the manager's own, where it says more
	Err   string // why it is unknown, if that can be told

	Supervised *Supervised // what its supervisor says; nil: it has none, or was not asked
}

// Step is one command that was run.
type Step struct {
	Verb    words.Verb    `json:"verb"`
	Service string        `json:"service"`
	Took    time.Duration `json:"seconds"`
	Err     string        `json:"error,omitempty"` // "" if it did its work
	Hint    string        `json:"hint,omitempty"`
	Output  []string      `json:"output"`  // the last lines of what a failing command has printed
	Slow    bool          `json:"slow"`    // it ran out of time, but the daemon is up
	Skipped bool          `json:"skipped"` // it was not run: Err says why
}

// Plan is one command that would be run.
type Plan struct {
	Argv    []string      `json:"argv"`
	Timeout time.Duration `json:"timeout_seconds"`
}

// Detail is one process that was looked at closely.
type Detail struct {
	PID    int    `json:"pid"`
	User   string `json:"user,omitempty"`
	Exe    string `json:"executable,omitempty"`
	Counts bool   `json:"counts"`
	Why    string `json:"why"`
}

// Ill is how a Wrong daemon or rule is.
func (d Daemon) Ill() string {
	if d.Rule {
		return "broken"
	}
	return "wrong"
}

// Well is how a Clear daemon or rule is.
func (d Daemon) Well() string {
	if d.Rule {
		return "kept"
	}
	return "not running, as it should be"
}

// wasDown is how long a daemon was down that is up again: since its death, if that time is
// known.
func (d Daemon) wasDown() time.Duration { return max(d.Dead, d.Took) }
