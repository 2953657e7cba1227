package check

import (
	"fmt"
	"slices"
	"time"

	"daemon-keeper/check/proctable"
)

// pidReading is what a pidfile says, and what is at the number that it names.
type pidReading struct {
	pidText
	owner proctable.Owner
	lock  proctable.Lock
}

// pidText is what the file itself tells.
type pidText struct {
	Path, Resolved string           // as it was asked for, and with the links of its folder followed
	File           proctable.FileID // none if it could not be opened
	Trouble        string           // why it holds no number; "" if it holds one
	Missing, Empty bool
	Age            time.Duration // since it was written
	Number         int
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
	if r.Missing && lock != "" {
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

// contradicts tells what is wrong with the number in the pidfile. If no process counts, a
// pidfile that names no process is not worth a warning; but another process that it names may
// be the reason why the daemon did not start.
func (r pidReading) contradicts(matches []Match) string {
	down := len(matches) == 0
	switch {
	case r.Empty && r.Age >= 0 && r.Age < firstMoment:
		return ""
	case r.Number == 0 && down:
		return ""
	case r.Number == 0:
		return r.Trouble
	case r.agrees(matches), !r.owner.Known:
		return ""
	case r.owner.PID == 0 && !down:
		return fmt.Sprintf("holds %d, and there is no such process (the daemon is %s)", r.Number, listMatches(matches))
	case r.owner.Zombie && !down:
		return fmt.Sprintf("holds %d, which is a zombie (the daemon is %s)", r.Number, listMatches(matches))
	case r.owner.PID == 0, r.owner.Zombie:
		return ""
	case r.owner.PID != r.Number:
		return fmt.Sprintf("holds %d, which is a thread of %s(%d)", r.Number, r.owner.Name, r.owner.PID)
	case down:
		return fmt.Sprintf("holds %d, which is %s and not the daemon", r.Number, r.owner.Name)
	}
	return fmt.Sprintf("holds %d, which is %s and not the daemon (%s)", r.Number, r.owner.Name, listMatches(matches))
}

// agrees reports whether the number is that of a process that counts, or of the
// supervisor that has started it: daemon(8) -P writes down its own.
func (r pidReading) agrees(matches []Match) bool {
	return slices.ContainsFunc(matches, func(m Match) bool {
		supervises := r.Number == m.Parent && r.Number > 1 && r.owner.PID == r.Number && !r.owner.Zombie
		return r.Number == m.PID || supervises
	})
}

// unlocked tells that the daemon does not hold the lock of its pidfile.
func (r pidReading) unlocked(matches []Match) string {
	isTheirs := func(pid int) bool {
		return pid == proctable.SomeHolder || pid == r.Number && r.agrees(matches) ||
			slices.ContainsFunc(matches, func(m Match) bool { return m.PID == pid })
	}
	switch {
	case !r.lock.Known, slices.ContainsFunc(r.lock.Holders, isTheirs):
		return ""
	case slices.ContainsFunc(r.lock.Removed, isTheirs):
		i := slices.IndexFunc(r.lock.Removed, isTheirs)
		was := "replaced"
		if r.Missing {
			was = "removed"
		}
		return fmt.Sprintf("was %s: process %d holds the lock of the file that was there", was, r.lock.Removed[i])
	case r.Missing:
		return ""
	case len(r.lock.Holders) > 0:
		return fmt.Sprintf("is locked by process %d, not by the daemon (%s)", r.lock.Holders[0], listMatches(matches))
	}
	return fmt.Sprintf("is not locked by the daemon (%s)", listMatches(matches))
}
