package keeper

import (
	"os/user"
	"strconv"
	"sync"

	"daemon-keeper/internal/osutil"
)

// UserNames returns a function that finds the name of a user. It looks up each user once.
func UserNames() func(id uint32) string {
	accounts := sync.OnceValue(func() osutil.Accounts { return osutil.ReadAccounts(osutil.UsersFile) })
	var known sync.Map // names by number, of users that are not in the file
	return func(id uint32) string {
		if name, ok := accounts().Name(id); ok {
			return name
		}
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
