package proctable

import (
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// Payer is the user on whose account we wait for a process: who has started it.
func (p *Process) Payer() uint32 {
	if p.RealUser == 0 {
		return p.User
	}
	return p.RealUser
}

// IsComm reports whether comm is what the kernel would call a process that
// executes path: its last element, cut at 15 bytes on Linux (TASK_COMM_LEN) and
// at 19 on FreeBSD (MAXCOMLEN).
func IsComm(comm, path string) bool {
	base := filepath.Base(path)
	if len(comm) >= 15 {
		return strings.HasPrefix(base, comm)
	}
	return comm == base
}

// String names a process as a person would look for it.
func (p Process) String() string {
	name := p.Exe
	switch {
	case p.Exe == "":
		name = p.Name
	case p.Name != "" && !IsComm(p.Name, p.Exe): // a script, or one that calls itself so
		name = fmt.Sprintf("%s (%s)", p.Name, p.Exe)
	}
	return fmt.Sprintf("pid %d %s of user %d", p.PID, name, p.User)
}

// Self is the process that looks, which must never count itself.
type Self struct {
	PID  int
	File FileID // its executable
}

func (s Self) Is(p *Process) bool {
	return p.PID == s.PID || p.File == s.File && p.File != (FileID{})
}

// Process is one row of the table, as far as it was read.
type Process struct {
	PID       int
	Name      string // the kernel's name for it (comm), cut at 15 or 19 bytes
	Exe       string // path of its executable as the kernel tells it, without " (deleted)"; "" if it tells none
	File      FileID // the executable; zero where the system does not tell
	Deleted   bool   // the executable is no longer in any folder
	Denied    bool   // it may not be looked at: of what it executes only Name and Args may be known
	Zombie    bool   // it has exited, and no thread of it is left
	Stopped   bool   // by a signal or by a debugger: it does nothing until it is continued
	Foreign   bool   // in another PID namespace, or in a jail that is not ours
	Nowhere   bool   // Denied, and not even that could be told
	OwnUserNS bool   // in our own user namespace
	User      uint32 // effective user id, as we see it
	Group     uint32 // effective group id
	RealUser  uint32 // who has started it, if the program is set-user-ID
	RealGroup uint32
	Parent    int    // process id of the parent
	RSS, VMS  uint64 // bytes resident in memory, and of address space

	// Of a Deleted executable only:
	SameMount bool // it is from the mount that its path leads to now
	Smuggled  bool // it is from no mount that the process itself sees

	// Args is read only where it decides: of interpreters, of processes that
	// may not be looked at, of those whose path the kernel has lost, and where a
	// Spec asks for it.
	Args       []string
	Script     string // the argument that names the script
	ScriptFile FileID // that script

	Usage Usage
	Tasks int // threads that it has; 0 where the system does not tell

	// Trouble is why something of it could not be read although it exists, for
	// people: the answer took too long, or was too long. Then a field that is empty
	// proves nothing; see Exclusion.Why.
	Trouble string

	Taken Reading // what of Args and Usage has been read
	Ended bool    // before the rest was read
}

// IsOf reports whether a process is a user's. No other user can make it look so: a
// set-user-ID program has its owner's effective id, but the real id of the user who runs it.
// Only root's processes can take on any effective id. A daemon that root has started may have
// changed its real id and then become root again by its effective one (squid): then the real
// id tells whose it is.
func (p *Process) IsOf(user uint32) bool {
	return p.User == user && (p.RealUser == user || p.RealUser == 0) || p.RealUser == user && p.User == 0
}

// Owner is the user whose process it is; ok is false if that is not certain.
func (p *Process) Owner() (user uint32, ok bool) {
	if p.IsOf(p.User) {
		return p.User, true
	}
	return p.RealUser, p.IsOf(p.RealUser)
}

// IsOfGroup is the same of set-group-ID programs.
func (p *Process) IsOfGroup(group uint32) bool {
	return p.Group == group && (p.RealGroup == group || p.RealGroup == 0 || p.RealUser == 0)
}

// Usage is what is read of a process only where a Spec or the Options ask for it.
type Usage struct {
	Label      string        // security context; "" if it could not be read
	Files      int           // open descriptors
	FilesLimit int           // RLIMIT_NOFILE
	FilesErr   error         // why Files is not known
	Age        time.Duration // since its start, when that was read; 0 if it was not
	Started    time.Time     // its start by the clock of this process, so that time.Since is its age; zero if it was not read
	CPU        time.Duration // that it has used since
	Start      uint64        // when that was: ticks of 10 ms since boot on Linux, microseconds of wall clock on FreeBSD
	Threads    []int         // ids of its threads, but for those beyond the 64th
	Unit       string        // of systemd, that it is in: x.service, session-3.scope; "" if it was not read or is in none
	Children   []int         // that its main thread has started, but for those beyond the 64th; none where the system does not tell
}

// AgeNow is how long ago a process was started.
func (u Usage) AgeNow() time.Duration {
	if u.Started.IsZero() {
		return u.Age
	}
	return time.Since(u.Started)
}

// Reading is a set of per-process facts that are expensive to read, and so are read of
// candidates only.
type Reading uint8

const (
	ArgsReading Reading = 1 << iota
	LabelReading
	FilesReading
	TimesReading
	ThreadsReading
	ChildrenReading
	UnitReading
)
