package proctable

import (
	"os"
	"strconv"

	"daemon-keeper/internal/osutil"
)

// ReadLiving reads a process or a thread. ErrGone: there is none of this number, or it has
// become another one's meanwhile.
func ReadLiving(id int) (Living, error) {
	const mostText = 4 << 10 // bytes
	st, err := ReadStat(id)
	if err != nil {
		return Living{}, err
	}
	l, dir := Living{Stat: st}, "/proc/"+strconv.Itoa(id)
	l.Program, _ = os.Readlink(dir + "/exe")
	if text, err := osutil.ReadSome(dir+"/cmdline", mostText); err == nil {
		l.Args, _ = parseArgs(text, false)
	}
	if text, err := osutil.ReadSome(dir+"/status", MostStatus); err == nil {
		status, err := ParseStatus(text)
		l.Users, l.HasUsers = status.Users, err == nil
	}
	if text, err := osutil.ReadSome(dir+"/cgroup", groupLimit); err == nil {
		l.Unit = UnitOf(text)
	}
	again, err := ReadStat(id)
	if l.Ended = err != nil; !l.Ended && again.Start != st.Start {
		return Living{}, ErrGone
	}
	return l, nil
}
