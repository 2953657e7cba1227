package keeper

import "daemon-keeper/internal/postmortem"

// lastWords returns what the daemon wrote before it ended, if the current incident has it. It
// does not explain what is wrong with processes that were started later.
func (t *task) lastWords() []string {
	i := t.past.Incident
	if i == nil || i.Death == nil || t.isUnwell() {
		return nil
	}
	var list []string
	for _, f := range i.Death.Findings {
		if f.Source == postmortem.LastWords {
			list = append(list, f.Text)
		}
	}
	return list
}
