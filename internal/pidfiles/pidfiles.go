// Package pidfiles tells what is wrong with pidfiles: whom they name, whether that is who
// was meant, and who can change them. It reads, and signals nothing.
//
// A pidfile is a number that somebody will send a signal to. It says nothing of the
// process that has the number by then.
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
	Holders []int     // processes that hold a lock of it; proctable.SomeHolder if the system does not tell which
	Locks   bool      // Holders could be told
	System  string    // the name of its file system: tmpfs; "" if that is not known
	Stays   bool      // that survives a reboot
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

// Writer is somebody else than root who can change what a path leads to.
type Writer struct {
	Who string // "user mysql"
	At  string // what on the path is theirs; it may be the path itself
}

// Holder is what a number in the process table belongs to.
type Holder struct {
	Known    bool   // it could be told
	PID      int    // 0 if there is no such process
	Thread   bool   // the number is that of one of its threads
	Comm     string // the name of that thread
	Name     string // of the process
	Exe      string // what it executes; "" if that is not known
	Script   string // that it runs
	First    string // its first argument
	Unit     string // of systemd, that it is in
	User     uint32
	UserReal uint32
	Parent   int
	Kernel   bool // it is a part of the kernel
	Zombie   bool
	Started  time.Time // by the clock of the day as it is now; zero if it is not known
}

// String is a process for people.
func (h Holder) String() string { return fmt.Sprintf("%s(%d)", h.Name, h.PID) }

// Expected is what somebody who names a pidfile says of its process.
type Expected struct {
	By       string   // who says so, for people: nginx.service, /etc/init.d/nginx, daemon nginx
	Guessed  bool     // the file may be none: a script names PIDDIR, too
	PIDs     []int    // that it can only be; none if that is not known
	Running  bool     // PIDs are all that run: with none of them, nothing is to be named
	Programs []string // paths that it may execute; none if that is not known
	User     *uint32  // whose it must be
}

// Machine is what is the same for all files.
type Machine struct {
	Now, Booted time.Time // Booted is zero if that is not known
	Most        int64     // the largest number that a process can have; 0 if that is not known
	UserName    func(uint32) string
}

// Severity is how bad a finding is.
type Severity int

// The severities.
const (
	Fine      Severity = iota
	Unknown            // it may not be seen
	Note               // it may be as it should be
	Wrong              // nothing that reads it reaches the process that it means
	Dangerous          // who signals what it names, signals another, or lets another user choose
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
	Unseen       Verdict = "unseen" // what the number belongs to
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
