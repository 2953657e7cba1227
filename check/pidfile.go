package check

import (
	"fmt"
	"slices"
	"time"

	"daemon-keeper/check/proctable"
)

// pidReading is what a pidfile says, and what is at the number that it names.
type pidReading struct {
	trouble string // why it holds no number; "" if it holds one
	missing bool
	empty   bool
	age     time.Duration // since it was written
	number  int
	owner   proctable.Owner
	lock    proctable.Lock
}

// firstMoment is how long a pidfile may be empty: pidfile_open(3) creates it, and
// pidfile_write(3) fills it once the daemon is in the background.
const firstMoment = 5 * time.Second

// pidFileFaults tells how a pidfile contradicts the processes that were seen.
func pidFileFaults(file PIDFile, r pidReading, matches []Match) []Fault {
	content, lock := r.contradicts(matches), ""
	if file.Locked && len(matches) > 0 {
		lock = r.unlocked(matches)
	}
	if r.missing && lock != "" {
		content = "" // the same, with less to it
	}
	var faults []Fault
	for _, text := range []string{content, lock} {
		if text != "" {
			faults = append(faults, Fault{PIDFiles, Warn, file.Path + " " + text})
		}
	}
	return faults
}

// contradicts tells what is wrong with what the pidfile says. If no process counts,
// that the pidfile names none either is not worth a word; yet what it names instead
// may be the reason why the daemon did not start.
func (r pidReading) contradicts(matches []Match) string {
	down := len(matches) == 0
	switch {
	case r.empty && r.age >= 0 && r.age < firstMoment:
		return ""
	case r.number == 0 && down:
		return ""
	case r.number == 0:
		return r.trouble
	case r.agrees(matches), !r.owner.Known:
		return ""
	case r.owner.PID == 0 && !down:
		return fmt.Sprintf("holds %d, and there is no such process (the daemon is %s)", r.number, listMatches(matches))
	case r.owner.Zombie && !down:
		return fmt.Sprintf("holds %d, which is a zombie (the daemon is %s)", r.number, listMatches(matches))
	case r.owner.PID == 0, r.owner.Zombie:
		return ""
	case r.owner.PID != r.number:
		return fmt.Sprintf("holds %d, which is a thread of %s(%d)", r.number, r.owner.Name, r.owner.PID)
	case down:
		return fmt.Sprintf("holds %d, which is %s and not the daemon", r.number, r.owner.Name)
	}
	return fmt.Sprintf("holds %d, which is %s and not the daemon (%s)", r.number, r.owner.Name, listMatches(matches))
}

// agrees reports whether the number is that of a process that counts, or of the
// supervisor that has started it: daemon(8) -P writes down its own.
func (r pidReading) agrees(matches []Match) bool {
	return slices.ContainsFunc(matches, func(m Match) bool {
		supervises := r.number == m.Parent && r.number > 1 && r.owner.PID == r.number && !r.owner.Zombie
		return r.number == m.PID || supervises
	})
}

// unlocked tells that the daemon does not hold the lock of its pidfile.
func (r pidReading) unlocked(matches []Match) string {
	isTheirs := func(pid int) bool {
		return pid == proctable.SomeHolder || pid == r.number && r.agrees(matches) ||
			slices.ContainsFunc(matches, func(m Match) bool { return m.PID == pid })
	}
	switch {
	case !r.lock.Known, slices.ContainsFunc(r.lock.Holders, isTheirs):
		return ""
	case slices.ContainsFunc(r.lock.Removed, isTheirs):
		i := slices.IndexFunc(r.lock.Removed, isTheirs)
		was := "replaced"
		if r.missing {
			was = "removed"
		}
		return fmt.Sprintf("was %s: process %d holds the lock of the file that was there", was, r.lock.Removed[i])
	case r.missing:
		return ""
	case len(r.lock.Holders) > 0:
		return fmt.Sprintf("is locked by process %d, not by the daemon (%s)", r.lock.Holders[0], listMatches(matches))
	}
	return fmt.Sprintf("is not locked by the daemon (%s)", listMatches(matches))
}
