package proctable

// MostStatus bounds what is read of /proc/PID/status, in bytes: a user namespace lets anybody be
// in 65,536 groups, which the line Groups lists.
const MostStatus = 1 << 20

// Living is what /proc tells at once of a process, or of a thread, that runs: it may end at any
// moment. What could not be read is empty. The process can choose all of the texts except for
// its program and its unit.
type Living struct {
	Stat
	Program  string   // its path
	Args     []string // the first is mostly a name of the program; at most 4 KiB of them
	Users    [4]uint32
	HasUsers bool
	Unit     string // of systemd
	Ended    bool   // it has ended meanwhile, so that some may be missing
}
