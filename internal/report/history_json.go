package report

import (
	"time"

	"daemon-keeper/internal/words"
)

// historyVersion grows when a field changes its meaning or goes.
const historyVersion = 1

// The types behind the fields. All text in them is Printable.
type (
	jsonHistory struct {
		Version         int        `json:"version"`
		Command         string     `json:"command"`
		From            string     `json:"from"`
		To              string     `json:"to"`
		Seconds         float64    `json:"seconds"`
		UnreadableLines int        `json:"unreadable_lines"`
		Daemons         []jsonPast `json:"daemons"`
	}
	jsonPast struct {
		Name         string         `json:"name"`
		KnownFrom    string         `json:"known_from,omitempty"`
		KnownTo      string         `json:"known_to,omitempty"`
		KnownSeconds float64        `json:"known_seconds"`
		UpSeconds    float64        `json:"up_seconds"`
		DownSeconds  float64        `json:"down_seconds"`
		HeldSeconds  float64        `json:"held_seconds"`
		Availability *float64       `json:"availability_percent"`
		Deaths       int            `json:"deaths"`
		MTBF         *float64       `json:"mtbf_seconds"`
		MTTR         *float64       `json:"mttr_seconds"`
		Incidents    []jsonIncident `json:"incidents"`
	}
	jsonIncident struct {
		Number      int                `json:"number"`
		LastUp      string             `json:"last_up,omitempty"`
		Down        string             `json:"down"`
		Up          string             `json:"up,omitempty"`
		UnderWay    bool               `json:"under_way"`
		Seconds     float64            `json:"seconds"`
		HeldSeconds float64            `json:"held_seconds"`
		Death       bool               `json:"death"`
		Reason      string             `json:"reason,omitempty"`
		Cause       string             `json:"cause,omitempty"`
		Sender      string             `json:"sender,omitempty"`
		Certainty   string             `json:"certainty,omitempty"`
		Source      string             `json:"source,omitempty"`
		Outcome     string             `json:"outcome"`
		For         string             `json:"for,omitempty"`
		Tries       int                `json:"tries"`
		Steps       []jsonIncidentStep `json:"steps"`
	}
	jsonIncidentStep struct {
		Verb    string  `json:"verb"`
		Service string  `json:"service"`
		Seconds float64 `json:"seconds"`
		Exit    *int    `json:"exit"`
		Error   string  `json:"error,omitempty"`
	}
)

// object prints the history for programs, in one piece.
func (h History) object(period span, list []tally) {
	printJSON(h.Out, jsonHistory{
		Version: historyVersion, Command: "history", From: instant(period.from), To: instant(period.to), Seconds: inSeconds(period.length()),
		UnreadableLines: max(h.Broken, 0), Daemons: each(list, newJSONPast),
	})
}

func newJSONPast(t tally) jsonPast {
	out := jsonPast{
		Name: words.Printable(t.name), KnownSeconds: inSeconds(t.known.length()), UpSeconds: inSeconds(t.up()), DownSeconds: inSeconds(t.down), HeldSeconds: inSeconds(t.held),
		Deaths: t.deaths, Incidents: each(t.episodes, newJSONIncident),
	}
	if t.known.length() > 0 {
		out.KnownFrom, out.KnownTo = instant(t.known.from), instant(t.known.to)
	}
	if percent, ok := t.availability(); ok {
		out.Availability = &percent
	}
	out.MTBF, out.MTTR = secondsIf(t.between()), secondsIf(t.toRecovery())
	return out
}

func secondsIf(d time.Duration, ok bool) *float64 {
	if !ok {
		return nil
	}
	return new(inSeconds(d))
}

func newJSONIncident(e episode) jsonIncident {
	return jsonIncident{
		Number: max(e.Number, 0), LastUp: instantIf(e.LastUp), Down: instant(e.Down), Up: instantIf(e.Up), UnderWay: e.UnderWay,
		Seconds: inSeconds(e.length()), HeldSeconds: inSeconds(e.held.length()), Death: e.death(),
		Reason: words.Printable(e.Reason), Cause: words.Printable(e.Cause), Sender: words.Printable(e.Sender), Certainty: words.Printable(e.Certainty), Source: words.Printable(e.Source), Outcome: words.Printable(e.Outcome), For: words.Printable(e.For), Tries: max(e.Tries, 0),
		Steps: each(e.Steps, func(s words.Step) jsonIncidentStep {
			return jsonIncidentStep{words.Printable(s.Verb), words.Printable(s.Service), inSeconds(time.Duration(s.Seconds * float64(time.Second))), s.Exit, words.Printable(s.Error)}
		}),
	}
}

// instantIf is "" for no time.
func instantIf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return instant(t)
}
