package report

import (
	"io"
	"time"

	"daemon-keeper/internal/words"
)

// pausesVersion grows when a field changes its meaning or goes.
const pausesVersion = 1

// Pause is one that holds now.
type Pause struct {
	Name, By, Reason string    // Name "" is all daemons
	From, Until      time.Time // Until zero: until somebody resumes
}

// The types behind the fields. All text in them is Printable.
type (
	jsonPauses struct {
		Version int         `json:"version"`
		Command string      `json:"command"`
		Time    string      `json:"time"`
		Pauses  []jsonPause `json:"pauses"`
	}
	jsonPause struct {
		Name   string `json:"name,omitempty"`
		All    bool   `json:"all"`
		By     string `json:"by"`
		Since  string `json:"since"`
		Until  string `json:"until,omitempty"`
		Reason string `json:"reason"`
	}
)

// WritePauses prints pauses for programs, in one piece.
func WritePauses(w io.Writer, now time.Time, list []Pause) {
	printJSON(w, jsonPauses{Version: pausesVersion, Command: "pause", Time: instant(now), Pauses: each(list, newJSONPause)})
}

func newJSONPause(p Pause) jsonPause {
	return jsonPause{
		Name: words.Printable(p.Name), All: p.Name == "", By: words.Printable(p.By),
		Since: instant(p.From), Until: instantIf(p.Until), Reason: words.Printable(p.Reason),
	}
}
