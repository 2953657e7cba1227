package check

import (
	"fmt"
	"net/netip"
	"regexp"
	"slices"
	"strings"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// Spec says which processes are a daemon, and what it takes to be healthy; or
// which processes a rule is about. A process must meet all criteria that are
// given.
type Spec struct {
	// Which processes: the criteria.
	Executable string         // absolute path of a program, or of a script that opens with #!
	Called     string         // the file name of the executable, or the kernel's name of a script's process
	User       *uint32        // effective user id; nil counts any user's processes
	NotUser    *uint32        // this one's do not count
	Group      *uint32        // effective group id
	NotGroup   *uint32        // this one's do not count
	Args       *regexp.Regexp // one argument must match it
	Label      string         // security context: SELinux's type or all of it, AppArmor's profile
	Parent     int            // process id of the parent; 0: any
	Exempt     []Spec         // processes that meet the criteria of one of these do not count
	Unclear    error          // why it is not clear which processes are meant: there is no such user

	// NameIsEnough has a process that may not be looked at count by the kernel's
	// name for it, which any process can give itself: never where something is
	// restarted. It needs Called, and no Executable.
	NameIsEnough bool

	// What is healthy.
	Count   *words.Count // how many processes; nil: at least one
	Listen  []Listen     // it must accept connections at all of them
	PIDFile *PIDFile
	CPU     *CPULimit
	Memory  MemoryLimit
	Files   FilesLimit
	MinAge  time.Duration // the oldest process that is younger was started too often; 0: no limit

	// Remembered are processes that an earlier look has proven to be the daemon's.
	Remembered []Remembered

	RestartOn []Aspect // what makes a daemon Down besides having too few processes and not answering
	Rule      bool     // it only forbids: the limits are criteria, and nothing is ever Down
}

// Listen is an address that must accept a connection.
type Listen struct {
	Network string // tcp, tcp6 or unix
	Address string // host and port, or the path of the socket
	Send    string // what is sent first
	Expect  string // how the answer must begin; "" if accepting is enough
	Timeout time.Duration
}

func (l Listen) String() string { return l.Network + "://" + l.Address }

// addrPort is the address as the system's tables have it; false for a socket of
// the file system.
func (l Listen) addrPort() (netip.AddrPort, bool) {
	host, port, ok := strings.Cut(l.Address, "localhost:")
	if ok && host == "" {
		loopback := "127.0.0.1:"
		if l.Network == "tcp6" {
			loopback = "[::1]:"
		}
		a, err := netip.ParseAddrPort(loopback + port)
		return a, err == nil
	}
	a, err := netip.ParseAddrPort(l.Address)
	return a, err == nil && l.Network != "unix"
}

// TakenBy reports whether a connection to the address can be one to this socket.
func (l Listen) TakenBy(s proctable.Socket) bool {
	if l.Network == "unix" || s.Network == "unix" {
		return s.Network == l.Network && s.Path == l.Address
	}
	to, ok := l.addrPort()
	return ok && s.Takes(to)
}

// PIDFile is where a daemon writes down its process id.
type PIDFile struct {
	Path   string
	Locked bool // the daemon holds a lock on it as long as it lives, pidfile_open(3)
}

// CPULimit is broken by a process that uses more than Over of one CPU (1 is all
// of it) in a time of For, and in the first moments of that time.
type CPULimit struct {
	Over float64
	For  time.Duration
}

// MemoryLimit is for each single process, in bytes; 0 is no limit.
type MemoryLimit struct {
	RSS uint64 // resident in memory
	VMS uint64 // address space
}

// FilesLimit is for the open descriptors of each single process: a number, or a
// share of its own limit (RLIMIT_NOFILE); 0 is no limit.
type FilesLimit struct {
	Number int
	Share  float64
}

// Aspect is what can be wrong with a daemon.
type Aspect string

// The aspects, as the configuration calls them.
const (
	TooFew    Aspect = "too_few"
	TooMany   Aspect = "too_many"
	Listening Aspect = "listen"
	PIDFiles  Aspect = "pidfile"
	CPU       Aspect = "cpu"
	Memory    Aspect = "memory"
	Files     Aspect = "files"
	Age       Aspect = "age"
	OldImage  Aspect = "old_image"
	MainEnded Aspect = "main" // only ever found out by who knows more than one look shows

	ByName Aspect = "name" // only ever a warning: see NameIsEnough
)

// Bounds is Count with its default.
func (s *Spec) Bounds() words.Count {
	if s.Count != nil {
		return *s.Count
	}
	if s.Rule {
		return words.Count{Min: 0, Max: 0}
	}
	return words.Count{Min: 1, Max: words.NoLimit}
}

// Subject names what is looked for.
func (s *Spec) Subject() string {
	switch {
	case s.Executable != "":
		return s.Executable
	case s.Called != "":
		return s.Called
	}
	return "a process that the rule is about"
}

// named reports whether a process can be told by a name at all.
func (s *Spec) named() bool { return s.Executable != "" || s.Called != "" }

// sees reports whether the number of processes matters beyond the least: then all
// of them must be seen, not only the first.
func (s *Spec) seesAll() bool {
	return s.Bounds().Max != words.NoLimit || s.CPU != nil || s.Memory != MemoryLimit{} || s.Files != FilesLimit{} ||
		s.MinAge > 0 || s.PIDFile != nil
}

// mayBeMissing reports whether the program need not be installed: then
// nothing executes it, and nothing need.
func (s *Spec) mayBeMissing() bool { return s.Rule || s.Bounds().Min == 0 }

// readings are what must be read of a process to judge it by this Spec, once its
// name, its user and its parent have been seen to fit.
func (s *Spec) readings() proctable.Reading {
	var r proctable.Reading
	if s.Args != nil || s.nameIsCut() {
		r |= proctable.ArgsReading
	}
	if s.Label != "" {
		r |= proctable.LabelReading
	}
	if s.Files != (FilesLimit{}) {
		r |= proctable.FilesReading
	}
	if s.MinAge > 0 {
		r |= proctable.TimesReading
	}
	for i := range s.Exempt {
		r |= s.Exempt[i].readings()
	}
	return r
}

// nameIsCut reports whether the name is longer than the kernel's may be; then an
// argument must tell the rest.
func (s *Spec) nameIsCut() bool { return len(s.Called) > 15 }

// restarts reports whether this fault is a reason to restart.
func (s *Spec) restarts(a Aspect) bool { return !s.Rule && slices.Contains(s.RestartOn, a) }

func processes(n int) string {
	switch n {
	case 0:
		return "no process"
	case 1:
		return "1 process"
	}
	return fmt.Sprintf("%d processes", n)
}
