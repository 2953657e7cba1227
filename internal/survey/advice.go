package survey

import (
	"path"
	"path/filepath"
	"strings"
)

// advice lists what is worth knowing about a well-known daemon.
func (s Service) advice() []string {
	program := strings.ToLower(filepath.Base(s.Executable))
	is := func(patterns string) bool {
		for pattern := range strings.FieldsSeq(patterns) {
			if ok, err := path.Match(pattern, program); ok && err == nil {
				return true
			}
		}
		return false
	}
	switch {
	case s.isSSH():
		return []string{"It is asked for its greeting, because a restart keeps its sessions, and they run the same program: a dead server would count as up while one of them is open. It logs each of these connections."}
	case is("mysqld mariadbd mysqld_safe mariadbd-safe postgres postmaster mongod"):
		return []string{"After a crash it may recover for minutes, and must not be interrupted: give start_timeout: and verify:."}
	}
	return nil
}
