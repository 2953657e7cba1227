package rcd

import (
	"cmp"
	"errors"
	"os"
	"os/user"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// account is a user whom a daemon runs as.
type account struct {
	name   string
	uid    uint32
	gid    uint32
	groups []int // that it is in, too
	home   string
	shell  string
}

const accountHint = "look for a typing error; the number works too"

// lookUpAccount reads USER or USER:GROUP; "" is who we are.
func lookUpAccount(as string) (account, error) {
	name, group, hasGroup := strings.Cut(as, ":")
	var u *user.User
	var err error
	switch {
	case as == "":
		if u, err = user.LookupId(strconv.Itoa(os.Geteuid())); err != nil {
			u, err = &user.User{Uid: strconv.Itoa(os.Geteuid()), Gid: strconv.Itoa(os.Getegid()), Username: strconv.Itoa(os.Geteuid())}, nil
		}
	case isNumber(name):
		if u, err = user.LookupId(name); err != nil && hasGroup { // nobody has to be listed
			u, err = &user.User{Uid: name, Gid: "0", Username: name}, nil
		}
	default:
		u, err = user.Lookup(name)
	}
	if err != nil {
		return account{}, &ownError{"cannot find user " + words.Printable(name) + notListed(err), accountHint}
	}
	a := account{name: u.Username, home: cmp.Or(u.HomeDir, "/")}
	var ok, ok2 bool
	a.uid, ok = toID(u.Uid)
	a.gid, ok2 = toID(u.Gid)
	if !ok || !ok2 {
		return account{}, &ownError{"cannot read the numbers of user " + words.Printable(name), "write numbers: as: 1234:1234"}
	}
	primary := a.gid
	if hasGroup {
		if a.gid, err = lookUpGroup(group); err != nil {
			return account{}, err
		}
	}
	ids, err := u.GroupIds() // as initgroups(3)
	if err != nil && !errors.As(err, new(user.UnknownUserError)) && !errors.As(err, new(user.UnknownUserIdError)) {
		return account{}, &ownError{"cannot read the groups of user " + words.Printable(name) + notListed(err), "look at /etc/group"}
	}
	for _, text := range ids {
		if id, ok := toID(text); ok && id != a.gid && id != primary {
			a.groups = append(a.groups, int(id))
		}
	}
	slices.Sort(a.groups)
	// The first is the effective group of the process for FreeBSD before 15, setgroups(2).
	a.groups = append([]int{int(a.gid)}, slices.Compact(a.groups)...)
	a.shell = shellOf(a.name)
	return a, nil
}

func lookUpGroup(name string) (uint32, error) {
	if id, ok := toID(name); ok {
		return id, nil
	}
	g, err := user.LookupGroup(name)
	if err == nil {
		if id, ok := toID(g.Gid); ok {
			return id, nil
		}
	}
	return 0, &ownError{"cannot find group " + words.Printable(name) + notListed(err), accountHint}
}

// notListed is why a lookup has failed, unless the name is not there, which needs no reason.
func notListed(err error) string {
	if err == nil || errors.As(err, new(user.UnknownUserError)) || errors.As(err, new(user.UnknownUserIdError)) || errors.As(err, new(user.UnknownGroupError)) {
		return ""
	}
	return " (" + words.Printable(err.Error()) + ")"
}

// mayBecome: only root can be somebody else.
func (a account) mayBecome() error {
	if os.Geteuid() == 0 || int(a.uid) == os.Geteuid() {
		return nil
	}
	return &ownError{"cannot start it as user " + a.name + ": only root can do that", "run it as root, or leave as out"}
}

// shellOf is the last field of the user's line in passwd(5).
func shellOf(name string) string {
	const most = 16 << 20
	text, err := osutil.ReadSome(osutil.UsersFile, most)
	if err == nil {
		for line := range strings.Lines(string(text)) {
			f := strings.Split(strings.TrimSuffix(line, "\n"), ":")
			if len(f) == 7 && f[0] == name && f[6] != "" {
				return f[6]
			}
		}
	}
	return "/bin/sh"
}

func toID(text string) (uint32, bool) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err == nil
}
