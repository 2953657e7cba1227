package osutil

import (
	"strconv"
	"strings"
)

// The system's lists of users and of groups, passwd(5) and group(5).
const (
	UsersFile  = "/etc/passwd"
	GroupsFile = "/etc/group"
)

// Accounts are the users or the groups of one of these files, read once: package os/user
// reads it from the beginning for each of them.
type Accounts struct {
	ids   map[string]uint32
	names map[uint32]string
}

// mostAccounts is the largest file that is read, in bytes: some hundred thousand users.
const mostAccounts = 16 << 20

// ReadAccounts returns no accounts if the file cannot be read, or is too large.
func ReadAccounts(path string) Accounts {
	text, err := ReadSome(path, mostAccounts+1)
	if err != nil || len(text) > mostAccounts {
		return Accounts{}
	}
	return parseAccounts(string(text))
}

// parseAccounts reads lines "name:password:number:...". Of several lines with the same name or
// number the first one counts. Lines of NIS, "+name:...", are left out.
func parseAccounts(text string) Accounts {
	a := Accounts{make(map[string]uint32), make(map[uint32]string)}
	for line := range strings.Lines(text) {
		fields := strings.SplitN(strings.TrimSuffix(line, "\n"), ":", 4)
		if len(fields) < 4 || fields[0] == "" || strings.ContainsAny(fields[0][:1], "+-#") {
			continue
		}
		number, err := strconv.ParseUint(fields[2], 10, 32)
		if err != nil {
			continue
		}
		id := uint32(number)
		if _, known := a.ids[fields[0]]; !known {
			a.ids[fields[0]] = id
		}
		if _, known := a.names[id]; !known {
			a.names[id] = fields[0]
		}
	}
	return a
}

// ID is the number of a name.
func (a Accounts) ID(name string) (id uint32, ok bool) { id, ok = a.ids[name]; return id, ok }

// Name is the name of a number.
func (a Accounts) Name(id uint32) (name string, ok bool) { name, ok = a.names[id]; return name, ok }
