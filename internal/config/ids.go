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
	known  map[string]*ID
}

// errNoSuchName sets apart what is not there from what could not be looked up.
var errNoSuchName = errors.New("there is none of that name")

func newUsers(lookup func(string) (uint32, error)) *ids {
	if lookup == nil {
		lookup = listedFirst(osutil.UsersFile, func(name string) (uint32, error) {
			u, err := user.Lookup(name)
			if err != nil {
				return 0, lookupError(err)
			}
			return parseID(u.Uid)
		})
	}
	return &ids{"user", lookup, make(map[string]*ID)}
}

func newGroups(lookup func(string) (uint32, error)) *ids {
	if lookup == nil {
		lookup = listedFirst(osutil.GroupsFile, func(name string) (uint32, error) {
			g, err := user.LookupGroup(name)
			if err != nil {
				return 0, lookupError(err)
			}
			return parseID(g.Gid)
		})
	}
	return &ids{"group", lookup, make(map[string]*ID)}
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

func lookupError(err error) error {
	if errors.As(err, new(user.UnknownUserError)) || errors.As(err, new(user.UnknownGroupError)) {
		return errNoSuchName
	}
	return err
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
	id := s.known[text]
	if id == nil {
		n, err := s.lookup(text)
		id = &ID{text, n, s.missing(text, err)}
		s.known[text] = id
	}
	return id, nil
}

// missing says why a name has no number; nil if it has one.
func (s *ids) missing(text string, err error) error {
	if err == nil {
		return nil
	}
	why := "cannot find " + s.what + " " + quote(text)
	if !errors.Is(err, errNoSuchName) {
		why += " (" + short(err.Error()) + ")"
	}
	return &problem{why, "look for a typing error; the number works too"}
}

// readPresent is read where the name must be there: a person has just typed it.
func (s *ids) readPresent(text string) (*ID, *problem) {
	id, p := s.read(text)
	if p == nil {
		errors.As(id.Err, &p)
	}
	return id, p
}

func readUser(d *decoder, text string) (any, *problem) { return d.users.read(text) }

func readGroup(d *decoder, text string) (any, *problem) { return d.groups.read(text) }
