package osutil

import (
	"os/user"
	"strconv"
)

// UserID asks the system for the number of a user.
func UserID(name string) (uint32, error) {
	u, err := user.Lookup(name)
	if err != nil {
		return 0, err
	}
	return ParseID(u.Uid)
}

// GroupID asks the system for the number of a group.
func GroupID(name string) (uint32, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		return 0, err
	}
	return ParseID(g.Gid)
}

// ParseID reads the number of a user or a group.
func ParseID(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err
}
