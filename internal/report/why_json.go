package report

import (
	"daemon-keeper/internal/words"
)

// whyVersion grows when a field changes its meaning or goes.
const whyVersion = 1

// The types behind the fields. All text in them is Printable.
type (
	jsonWhy struct {
		Version int           `json:"version"`
		Command string        `json:"command"`
		Time    string        `json:"time"`
		Daemons []jsonAccount `json:"daemons"`
	}
	jsonAccount struct {
		Name         string        `json:"name"`
		Executable   string        `json:"executable,omitempty"`
		State        string        `json:"state"`
		StateSince   string        `json:"state_since,omitempty"`
		Seen         string        `json:"seen,omitempty"`
		Died         string        `json:"died,omitempty"`
		LivedSeconds float64       `json:"lived_seconds,omitempty"`
		Kind         string        `json:"kind,omitempty"`
		Explained    bool          `json:"explained"`
		Incident     jsonIncident  `json:"incident"`
		Findings     []jsonWhyLine `json:"findings"`
		Impact       jsonImpact    `json:"impact"`
		Missing      []string      `json:"missing"`
		Silent       []string      `json:"silent"`
		Next         []string      `json:"next"`
		More         []string      `json:"more"`
	}
	jsonWhyLine struct {
		Kind      string `json:"kind"`
		Text      string `json:"text"`
		Certainty string `json:"certainty"`
		Source    string `json:"source"`
		Time      string `json:"time,omitempty"`
		Later     bool   `json:"later"`
	}
	jsonImpact struct {
		Restarted []string `json:"restarted"`
		Services  []string `json:"services"`
		After     []string `json:"after"`
	}
)

// object prints the explanations for programs, in one piece.
func (w Why) object(list []Account) {
	printJSON(w.Out, jsonWhy{Version: whyVersion, Command: "why", Time: instant(w.Now), Daemons: each(list, w.account)})
}

func (w Why) account(a Account) jsonAccount {
	return jsonAccount{
		Name: words.Printable(a.Name), Executable: words.Printable(a.Executable), State: words.Printable(a.State), StateSince: instantIf(a.Since), Seen: instantIf(a.Seen),
		Died: instantIf(a.Died), LivedSeconds: inSeconds(a.Lived), Kind: words.Printable(a.Kind), Explained: a.Explained,
		Incident: newJSONIncident(a.Incident.episode(w.Now)),
		Findings: each(a.Lines, func(l WhyLine) jsonWhyLine {
			return jsonWhyLine{words.Printable(l.Kind), words.Printable(l.Text), words.Printable(l.Certainty), words.Printable(l.Source), instantIf(l.When), l.Later}
		}),
		Impact:  jsonImpact{each(a.Incident.restarted(), words.Printable), each(a.Services, words.Printable), each(a.After, words.Printable)},
		Missing: each(a.Missing, words.Printable), Silent: each(a.Silent, words.Printable), Next: each(a.Next, words.Printable), More: each(a.More, words.Printable),
	}
}
