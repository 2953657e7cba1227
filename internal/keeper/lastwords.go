package keeper

import (
	"daemon-keeper/internal/postmortem"
)

// lastWords are what the daemon itself has written before its end, as far as the incident
// under way has it. They say nothing of what is wrong with processes that run since.
func (t *task) lastWords() []string {
	i := t.past.Incident
	if i == nil || i.Death == nil || trouble(t.last) != "" && !isRemains(t.last) {
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
