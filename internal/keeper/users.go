package keeper

import (
	"os/user"
	"strconv"
	"sync"
)

// UserNames finds the names of users, each once: without cgo each look reads
// /etc/passwd.
func UserNames() func(id uint32) string {
	var known sync.Map // names by number
	return func(id uint32) string {
		if name, ok := known.Load(id); ok {
			return name.(string)
		}
		name := strconv.FormatUint(uint64(id), 10)
		if u, err := user.LookupId(name); err == nil {
			name = u.Username
		}
		known.Store(id, name)
		return name
	}
}
