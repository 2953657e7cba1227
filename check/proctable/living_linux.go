package proctable

import (
	"os"
	"strconv"

	"daemon-keeper/internal/osutil"
)

// ReadLiving reads a process or a thread. ErrGone: there is none of this number, or it has
// become another one's meanwhile.
func ReadLiving(id int) (Living, error) {
	const most = 4 << 10       // bytes
	const mostGroups = 1 << 20 // bytes of status: a user namespace lets anybody be in 65,536 groups
	const mostHierarchies = 64 << 10
	st, err := ReadStat(id)
	if err != nil {
		return Living{}, err
	}
	l, dir := Living{Stat: st}, "/proc/"+strconv.Itoa(id)
	l.Program, _ = os.Readlink(dir + "/exe")
	if text, err := osutil.ReadSome(dir+"/cmdline", most); err == nil {
		l.Args, _ = parseArgs(text, false)
	}
	if text, err := osutil.ReadSome(dir+"/status", mostGroups); err == nil {
		status, err := ParseStatus(text)
		l.Users, l.HasUsers = status.Users, err == nil
	}
	if text, err := osutil.ReadSome(dir+"/cgroup", mostHierarchies); err == nil {
		l.Unit = UnitOf(text)
	}
	again, err := ReadStat(id)
	if l.Ended = err != nil; !l.Ended && again.Start != st.Start {
		return Living{}, ErrGone
	}
	return l, nil
}
