// Package survey proposes a first configuration: of the services of this machine,
// which are worth keeping, and which must never be restarted blindly, and why.
package survey

import "daemon-keeper/internal/draft"

// Service is an enabled service that runs.
type Service struct {
	Name       string   // as the manager calls it
	About      string   // its manager's description; "" if it has none
	PID        int      // of its main process; 0 if the manager knows of none
	Executable string   // what to look for: the program, or the script; "" if it could not be told
	User       string   // that the main process runs as
	Doubt      string   // why the executable could not be told, or may not be the one
	Args       []string // of the main process
}

// Propose decides about each of them.
func Propose(services []Service) draft.Draft {
	return draft.Draft{}
}
