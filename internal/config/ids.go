package config

import (
	"errors"
	"os/user"
	"strconv"
	"strings"
	"sync"

	"daemon-keeper/internal/osutil"
)

// ids looks names up, each only once.
type ids struct {
	what   string // user, group
	lookup func(name string) (uint32, error)
	known  map[string]answer
}

type answer struct {
	number uint32
	err    error
}

// errNoSuchName sets apart what is not there from what could not be looked up.
var errNoSuchName = errors.New("there is none of that name")

func newUsers(lookup func(string) (uint32, error)) *ids {
	if lookup == nil {
		lookup = listedFirst(osutil.UsersFile, lookupUser)
	}
	return &ids{"user", lookup, make(map[string]answer)}
}

func newGroups(lookup func(string) (uint32, error)) *ids {
	if lookup == nil {
		lookup = listedFirst(osutil.GroupsFile, lookupGroup)
	}
	return &ids{"group", lookup, make(map[string]answer)}
}

// listedFirst reads a file of the system once, and asks only for what it does not have.
func listedFirst(path string, ask func(string) (uint32, error)) func(string) (uint32, error) {
	accounts := sync.OnceValue(func() osutil.Accounts { return osutil.ReadAccounts(path) })
	return func(name string) (uint32, error) {
		if id, ok := accounts().ID(name); ok {
			return id, nil
		}
		return ask(name)
	}
}

func lookupUser(name string) (uint32, error) {
	u, err := user.Lookup(name)
	if err != nil {
		var unknown user.UnknownUserError
		if errors.As(err, &unknown) {
			err = errNoSuchName
		}
		return 0, err
	}
	return parseID(u.Uid)
}

func lookupGroup(name string) (uint32, error) {
	g, err := user.LookupGroup(name)
	if err != nil {
		var unknown user.UnknownGroupError
		if errors.As(err, &unknown) {
			err = errNoSuchName
		}
		return 0, err
	}
	return parseID(g.Gid)
}

func parseID(text string) (uint32, error) {
	n, err := strconv.ParseUint(text, 10, 32)
	return uint32(n), err
}

// read takes digits for a number without a look: group: 0 must mean 0, whatever
// the names are. (A name of digits only cannot be given.)
func (s *ids) read(text string) (*ID, *problem) {
	if text == "" {
		return nil, wrong("write a name or a number", "it is empty")
	}
	if strings.Trim(text, "0123456789") == "" {
		n, err := parseID(text)
		if err != nil || !isNumber(text) {
			return nil, wrong("write the number without leading zeroes, at most 4294967295", "it is no %s's number", s.what)
		}
		return &ID{Text: text, Number: n}, nil
	}
	a, seen := s.known[text]
	if !seen {
		a.number, a.err = s.lookup(text)
		s.known[text] = a
	}
	return &ID{text, a.number, s.missing(text, a.err)}, nil
}

// IDHint is the way out where a user or a group is not found.
const IDHint = "look for a typing error; the number works too"

func (s *ids) missing(text string, err error) string {
	if err == nil {
		return ""
	}
	why := "cannot find " + s.what + " " + quote(text)
	if !errors.Is(err, errNoSuchName) {
		why += " (" + short(err.Error()) + ")"
	}
	return why
}

// readPresent is read where the name must be there: a person has just typed it.
func (s *ids) readPresent(text string) (*ID, *problem) {
	id, p := s.read(text)
	if p == nil && id.Err != "" {
		return nil, wrong(IDHint, "%s", id.Err)
	}
	return id, p
}

func readUser(d *decoder, text string) (any, *problem) { return d.users.read(text) }

func readGroup(d *decoder, text string) (any, *problem) { return d.groups.read(text) }
