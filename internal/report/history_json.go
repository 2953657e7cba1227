package report

import (
	"time"

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/words"
)

type (
	jsonHistory struct {
		Version         int           `json:"version"`
		Command         string        `json:"command"`
		From            time.Time     `json:"from"`
		To              time.Time     `json:"to"`
		Length          time.Duration `json:"seconds"`
		UnreadableLines int           `json:"unreadable_lines"`
		Daemons         []jsonPast    `json:"daemons"`
	}
	jsonPast struct {
		Name         string         `json:"name"`
		KnownFrom    time.Time      `json:"known_from,omitempty"`
		KnownTo      time.Time      `json:"known_to,omitempty"`
		Known        time.Duration  `json:"known_seconds"`
		Up           time.Duration  `json:"up_seconds"`
		Down         time.Duration  `json:"down_seconds"`
		Held         time.Duration  `json:"held_seconds"`
		Availability *float64       `json:"availability_percent"`
		Deaths       int            `json:"deaths"`
		MTBF         *time.Duration `json:"mtbf_seconds"`
		MTTR         *time.Duration `json:"mttr_seconds"`
		Incidents    []jsonIncident `json:"incidents"`
	}
	jsonIncident struct {
		Number   int           `json:"number"`
		LastUp   time.Time     `json:"last_up,omitempty"`
		Down     time.Time     `json:"down"`
		Up       time.Time     `json:"up,omitempty"`
		UnderWay bool          `json:"under_way"`
		Length   time.Duration `json:"seconds"`
		Held     time.Duration `json:"held_seconds"`
		Death    bool          `json:"death"`
		Reason   string        `json:"reason,omitempty"`
		words.Blame
		Outcome words.Outcome      `json:"outcome"`
		For     string             `json:"for,omitempty"`
		Tries   int                `json:"tries"`
		Steps   []jsonIncidentStep `json:"steps"`
	}
	jsonIncidentStep struct {
		Verb    words.Verb    `json:"verb"`
		Service string        `json:"service"`
		Took    time.Duration `json:"seconds"`
		Exit    *int          `json:"exit"`
		Error   string        `json:"error,omitempty"`
	}
)

// object prints the history for programs.
func (h History) object(period history.Span, list []history.Tally) {
	object(h.Out, jsonHistory{1, "history", period.From, period.To, period.Length(), max(h.Broken, 0), each(list, newJSONPast)})
}

func newJSONPast(t history.Tally) jsonPast {
	out := jsonPast{
		Name: t.Name, Known: t.Known.Length(), Up: t.Up(), Down: t.Down, Held: t.Held, Deaths: t.Deaths, Incidents: each(t.Episodes, newJSONIncident),
		Availability: known(t.Availability()), MTBF: known(t.Between()), MTTR: known(t.ToRecovery()),
	}
	if t.Known.Length() > 0 {
		out.KnownFrom, out.KnownTo = t.Known.From, t.Known.To
	}
	return out
}

// known is nil for what cannot be told.
func known[T any](v T, ok bool) *T {
	if !ok {
		return nil
	}
	return &v
}

func newJSONIncident(e history.Episode) jsonIncident {
	return jsonIncident{
		max(e.Number, 0), e.LastUp, e.Incident.From(), e.Up, e.UnderWay, e.Length(), e.HeldPart.Length(), e.Death(),
		e.Reason, e.Blame, e.Outcome, e.For, max(e.Tries, 0),
		each(e.Steps, func(s words.Step) jsonIncidentStep {
			return jsonIncidentStep{s.Verb, s.Service, words.Duration(s.Seconds), s.Exit, s.Error}
		}),
	}
}
