package postmortem

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
)

// describer describes senders: those that live by what /proc says, those that have ended by
// what the second buffer has. It is read once, and only if there is a sender.
func (t Tracing) describer() func(Sender) (name, more string) {
	p := sync.OnceValue(func() programs {
		text, err := t.readPrograms()
		if err != nil || len(text) == mostTrace { // the sender's number is known all the same
			text = nil
		}
		return parsePrograms(text)
	})
	users := sync.OnceValue(func() osutil.Accounts { return osutil.ReadAccounts(osutil.UsersFile) })
	lives := func(id int) (Living, bool) { return living(id, users) }
	return func(s Sender) (name, more string) {
		s.Name = nameOf(s, p(), lives)
		return s.Name, describe(s, p(), lives)
	}
}

// living reads /proc/ID. The number may get another process meanwhile: then the start is
// another one.
func living(id int, users func() osutil.Accounts) (Living, bool) {
	before, err := proctable.ReadStat(id)
	if err != nil {
		return Living{}, false
	}
	folder := fmt.Sprintf("/proc/%d/", id)
	l := Living{Name: before.Name, Parent: before.Parent, Start: before.Start}
	l.Program, _ = os.Readlink(folder + "exe")
	if text, err := osutil.ReadSome(folder+"cmdline", 4<<10); err == nil {
		if _, args, ok := strings.Cut(strings.TrimRight(string(text), "\x00"), "\x00"); ok {
			l.Args = strings.Split(args, "\x00")
		}
	}
	if text, err := osutil.ReadSome(folder+"cgroup", 64<<10); err == nil {
		l.Unit = proctable.UnitOf(text)
	}
	l.User = userOf(folder, users)
	after, err := proctable.ReadStat(id)
	return l, err == nil && after.Start == before.Start
}

// userOf is the user who owns a task's folder, by name if it has one.
func userOf(folder string, users func() osutil.Accounts) string {
	info, err := os.Stat(folder)
	if err != nil {
		return "unknown"
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return "unknown"
	}
	if name, ok := users().Name(st.Uid); ok {
		return name
	}
	return strconv.FormatUint(uint64(st.Uid), 10)
}
