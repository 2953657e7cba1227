package report

import (
	"io"
	"time"
)

// Pause is a pause that is in force.
type Pause struct {
	Name   string    `json:"name,omitempty"`
	All    bool      `json:"all"` // for all daemons; then there is no name
	By     string    `json:"by"`
	From   time.Time `json:"since"`
	Until  time.Time `json:"until,omitempty"` // zero: until somebody resumes
	Reason string    `json:"reason"`
}

// WritePauses prints pauses for programs.
func WritePauses(w io.Writer, now time.Time, list []Pause) {
	object(w, struct {
		head
		Pauses []Pause `json:"pauses"`
	}{head{1, "pause", now}, list})
}
