// Package pidfiles finds out what is wrong with pidfiles: which processes they name, whether those
// are the intended ones, and who can change the files. It only reads, and sends no signal.
//
// A pidfile holds an id to which somebody will send a signal. By then it may be the id of another
// process.
package pidfiles

import (
	"fmt"
	"io/fs"
	"time"
)

// File is what a file itself tells.
type File struct {
	Path    string
	Kind    Kind
	Denied  string // why it could not be read; "" if it was
	Content Content
	Owner   uint32
	Mode    fs.FileMode
	Written time.Time // its modification time
	Holders []int     // processes that hold a lock of it; proctable.SomeHolder if the system does not say which
	Locks   bool      // Holders is known
	System  string    // the name of its file system: tmpfs; "" if that is not known
	Stays   bool      // it survives a reboot
	Writers []Writer  // who else than root can change it
}

// Kind is what a path leads to.
type Kind int

// The kinds.
const (
	Missing Kind = iota
	Regular
	Link
	Folder
	Other // a FIFO, a socket, a device
)

// Writer is a user or a group, other than root, that can change what a path leads to.
type Writer struct {
	Who string // "user mysql"
	At  string // the file or folder on the path that it can change; it may be the path itself
}

// Holder is the process that has an id.
type Holder struct {
	Known    bool   // it could be found out
	PID      int    // 0 if there is no such process
	Thread   bool   // the id is that of one of its threads
	Comm     string // the name of that thread
	Name     string // of the process
	Exe      string // what it executes; "" if that is not known
	Script   string // the script that it runs
	First    string // its first argument
	Unit     string // the unit of systemd that it is in
	User     uint32
	UserReal uint32
	Parent   int
	Kernel   bool // it is a thread of the kernel
	Zombie   bool
	Started  time.Time // by the clock of the day as it is now; zero if it is not known
}

// String is a process for people.
func (h Holder) String() string { return fmt.Sprintf("%s(%d)", h.Name, h.PID) }

// Expected is what somebody who names a pidfile says of its process.
type Expected struct {
	By       string   // who says so, for people: nginx.service, /etc/init.d/nginx, daemon nginx
	Guessed  bool     // it may not be a pidfile: a script also has a variable PIDDIR
	PIDs     []int    // the file must name one of these; none if that is not known
	Running  bool     // PIDs are all that run; if there are none, the file should name no process
	Programs []string // paths that the process may execute; none if that is not known
	User     *uint32  // the user of the process; nil if that is not known
}

// Machine is what is the same for all files.
type Machine struct {
	Now, Booted time.Time // Booted is zero if it is not known
	Most        int64     // the largest possible process id; 0 if it is not known
	UserName    func(uint32) string
}

// Severity is how bad a finding is.
type Severity int

// The severities.
const (
	Fine      Severity = iota
	Unknown            // we may not look at it
	Note               // it may be right
	Wrong              // whoever reads it does not reach the process that is meant
	Dangerous          // a signal would reach another process, or one that another user chooses
)

func (s Severity) String() string {
	return [...]string{"right", "unknown", "note", "wrong", "dangerous"}[s]
}

// Verdict is one thing that can be said of a pidfile. There are only these.
type Verdict string

// The verdicts.
const (
	Right        Verdict = "right"
	Unreadable   Verdict = "unreadable"
	Unseen       Verdict = "unseen" // the process that has the id
	Absent       Verdict = "missing"
	Stale        Verdict = "stale"
	NamesThread  Verdict = "thread"
	Reused       Verdict = "reused"
	OtherProgram Verdict = "other_program"
	OtherUser    Verdict = "other_user"
	OtherProcess Verdict = "other_process"
	LockedBy     Verdict = "locked_by_other"
	Writable     Verdict = "writable"
	Persistent   Verdict = "persistent"
	IsEmpty      Verdict = "empty"
	IsGarbage    Verdict = "garbage"
	Everything   Verdict = "signals_all" // 0, -1, -n
	NamesInit    Verdict = "process_1"
	Several      Verdict = "several_numbers"
	IsLink       Verdict = "link"
	NoFile       Verdict = "not_a_file"
)

// Finding is a verdict with its reason.
type Finding struct {
	Verdict  Verdict
	Severity Severity
	Text     string // for people
}

// Report is all that is known of a pidfile.
type Report struct {
	File     File
	Holder   Holder
	Named    []string // who names it
	Findings []Finding
}

// Severity is that of its worst finding.
func (r Report) Severity() Severity {
	worst := Fine
	for _, f := range r.Findings {
		worst = max(worst, f.Severity)
	}
	return worst
}
