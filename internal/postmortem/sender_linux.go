package postmortem

import (
	"strconv"
	"sync"

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
	now := func(id int) (living, bool) { return lives(id, users) }
	return func(s Sender) (name, more string) {
		s.Name = nameOf(s, p(), now)
		return s.Name, describe(s, p(), now)
	}
}

// lives reads a process that has a number now.
func lives(id int, users func() osutil.Accounts) (living, bool) {
	l, err := proctable.ReadLiving(id)
	if err != nil || l.Ended {
		return living{}, false
	}
	if !l.HasUsers {
		return living{l, "unknown"}, true
	}
	user := l.Users[proctable.Effective]
	if name, ok := users().Name(user); ok {
		return living{l, name}, true
	}
	return living{l, strconv.FormatUint(uint64(user), 10)}, true
}
