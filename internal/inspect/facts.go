package inspect

import (
	"strconv"
	"strings"
	"time"

	"daemon-keeper/check/proctable"
)

// Facts are all that was read of one process of a daemon, and of what is around it.
type Facts struct {
	PID     int
	Name    string // as the kernel has it
	Exe     string // path of its program; "" if it is not known
	Args    []string
	Now     time.Time
	Booted  time.Time       // by the wall clock as it is now; zero if it is not known
	Started Fact[time.Time] // by the same clock

	UserName, GroupName func(uint32) string // for people; nil: numbers
	// UserNumber and GroupNumber are the ids of names; false if nobody knows them.
	UserNumber, GroupNumber func(string) (uint32, bool)

	// Who.
	IDs        Fact[IDs]
	Groups     Fact[[]uint32] // supplementary
	Caps       Fact[Caps]
	NoNewPrivs Fact[bool]
	Seccomp    Fact[int] // 0 none, 1 strict, 2 filters, proc_pid_status(5)
	Label      Fact[string]
	Account    Fact[Account] // of its effective user
	Login      Fact[Login]   // in which session it was started

	// Where.
	Root       Fact[Folder]
	Cwd        Fact[Folder]
	Umask      Fact[uint32]
	Jail       Fact[string]   // "" if it is in none, or in ours
	Namespaces Fact[[]string] // the kinds of namespaces that are not process 1's: mnt, net

	// Detached.
	Session  Fact[Leader]
	Group    Fact[Leader]
	Terminal Fact[string] // its controlling terminal; "" if it has none
	Cgroup   Fact[string] // the path of its control group; "" if it is in none

	// Descriptors.
	Files     Fact[[]File]
	Open      uint64 // how many descriptors there are, if not all were looked at
	Listening Fact[[]Listening]

	// Limits.
	Limits    Fact[map[Resource]Limit]
	Machine   Fact[map[Resource]Limit] // those of process 1
	UserTasks Fact[uint64]             // threads of its real user
	Locked    Fact[uint64]             // bytes that it has locked in memory
	Virtual   Fact[uint64]             // bytes of address space
	Memory    Fact[Memory]             // of its control group
	Tasks     Fact[Counted]
	OOMAdjust Fact[int] // oom_score_adj
	Cores     Fact[string]

	// Files.
	Deleted   Fact[bool]     // the file of its program was removed or replaced
	Libraries Fact[[]string] // files that it executes, and that were removed or replaced
	Writers   Fact[[]Writer] // who else than root can change its program
	PIDFiles  Fact[[]PIDFile]
	Configs   Fact[[]Changed] // files that its command line names as its configuration
	UnitFiles Fact[[]Changed] // the files of its unit

	Relatives Fact[[]Relative] // what it has started, and what that has started
	Unit      Fact[Unit]       // what its service manager was asked for
}

// IDs are the real, effective, saved and file-system ids, credentials(7). FreeBSD has no
// file-system ids; there they are the effective ones.
type IDs struct{ Users, Groups [4]uint32 }

// user is the effective one.
func (i IDs) user() uint32 { return i.Users[proctable.Effective] }

// Caps are sets of capabilities, capabilities(7).
type Caps struct{ Inheritable, Permitted, Effective, Bounding, Ambient uint64 }

// Account is what the lists of users and groups say of a user.
type Account struct {
	Name   string
	Group  uint32   // its own
	Member []uint32 // of these groups
}

// Login is the session in which a process was started.
type Login struct {
	By   uint32
	Some bool // somebody had
}

// Folder is the working folder or the root folder of a process.
type Folder struct {
	Path      string
	Deleted   bool
	System    string // its file system's name; "" if that is not known
	Network   bool   // it is served by another machine or another process
	Removable bool   // its medium can be taken out
	Changed   bool   // of a root folder: it is not ours
	Writable  bool   // its own user can write there
}

// Leader is the leader of a session or of a process group.
type Leader struct {
	PID    int
	Name   string // "" if it has ended
	Family bool   // it is the process itself, one that it has started, or what supervises it
}

// Kind is what a descriptor leads to.
type Kind int

// The kinds.
const (
	Other Kind = iota
	Regular
	Directory
	Terminal
	Null // /dev/null
	Device
	Pipe
	Socket
)

// Way says whether all users can pass the folders that lead to a file.
type Way int

// The ways.
const (
	NotKnown Way = iota
	Open
	Closed
)

// OpenToAll reports whether the process writes to a file that all users may write, by its mode.
func (x File) OpenToAll() bool {
	return x.Kind == Regular && x.Write && !x.Deleted && !x.Memory && x.Mode&0o002 != 0
}

// File is an open descriptor.
type File struct {
	Number  int
	Kind    Kind
	Path    string // as the kernel has it, without the mark for deleted files
	Deleted bool
	Read    bool
	Write   bool
	Append  bool
	CloseOn bool   // it is closed in programs that are executed
	Size    uint64 // of a regular file
	Held    uint64 // bytes that it occupies on a disk
	Memory  bool   // it is not on a disk
	Mode    uint32 // permissions
	Way     Way    // only of a file that is OpenToAll
	Born    time.Time
	Inode   uint64
	Peer    string // of a pipe or a socket: the process or name at the other end; "" if it is not known
	Silent  bool   // it writes to a pipe that has no reader
	Foreign string // a process outside of its family that has the same or the other end open
}

// Listening is a socket that waits for connections.
type Listening struct {
	Socket string
	Others []Relative // processes outside of its family that have it open, too
	Public bool       // other machines can reach it
}

// Resource is what a limit is for, getrlimit(2).
type Resource string

// The resources.
const (
	OpenFiles Resource = "open files"
	Processes Resource = "processes"
	CoreSize  Resource = "core file size"
	LockedMem Resource = "locked memory"
	Address   Resource = "address space"
)

// Limit is a soft and a hard limit.
type Limit struct{ Soft, Hard uint64 }

// Memory is the memory of a control group.
type Memory struct {
	Group   string // its path
	Now     uint64 // bytes
	Cache   uint64 // bytes of Now that the kernel can reclaim at once
	Most    uint64 // the largest number of bytes so far; 0 if it is not known
	Max     uint64 // proctable.Unlimited if there is no limit
	Own     string // the path of the process's own group
	Killed  uint64 // how many processes of Own were killed because of too little memory, since the group was made
	Counted bool   // Killed is known
}

// Counted is a number, and its limit.
type Counted struct {
	Group    string
	Now, Max uint64
}

// Writer is a user or a group that can change a file.
type Writer struct {
	Who string // "user mysql"
	At  string // the file or folder on the path that it can change
}

// PIDFile is a finding about a pidfile of this process.
type PIDFile struct {
	Path, Verdict, Text string
	Severity            Severity
}

// Changed is a file, and when it was changed.
type Changed struct {
	Path string
	At   time.Time
}

// Relative is another process.
type Relative struct {
	PID    int
	Parent int
	Name   string
	User   uint32
	Start  time.Duration // since boot; 0 if it is not known
}

// open is how many descriptors it has.
func (f Facts) open() uint64 { return max(f.Open, uint64(len(f.Files.Value))) }

// user is the name of a user, with the id.
func (f Facts) user(id uint32) string { return named(f.UserName, id) }

func (f Facts) group(id uint32) string { return named(f.GroupName, id) }

func named(name func(uint32) string, id uint32) string {
	number := strconv.FormatUint(uint64(id), 10)
	if name == nil {
		return number
	}
	if text := name(id); text != number {
		return text + "(" + number + ")"
	}
	return number
}

// groups are the names of groups.
func (f Facts) groups(ids []uint32) string {
	list := make([]string, len(ids))
	for i, id := range ids {
		list[i] = f.group(id)
	}
	return strings.Join(list, ", ")
}
