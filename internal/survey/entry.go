package survey

import "daemon-keeper/internal/draft"

// Entry is the entry for a service of which the process is known, whoever found it.
func (s Service) Entry(name string) draft.Daemon { return s.daemon(name) }
