package page

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

func newDaemon(d daemon, pasts map[string]past, h *history, zone *time.Location) daemonView {
	v := daemonView{daemon: d, State: stateOf(d.Result)}
	if d.Paused != "" && v.State.rank == rankUp {
		v.State.Class, v.State.Sign, v.State.rank = "note", "‖", rankPaused
		v.State.Word += ", paused"
	}
	if past, known := pasts[d.Name]; known {
		v.Bar = newBar(past, h.To)
	}
	v.Lines = d.lines(zone)
	return v
}

// lines are the texts about a daemon, the most important first.
func (d daemon) lines(zone *time.Location) []string {
	var all []string
	say := func(format, text string) {
		if text != "" {
			all = append(all, fmt.Sprintf(format, text))
		}
	}
	say("%s", d.Reason)
	if d.Trouble != d.Reason {
		say("%s", d.Trouble)
	}
	say("%s", blame(d.Blame))
	if !d.DownSince.IsZero() {
		say("down since %s", d.DownSince.In(zone).Format(moment))
	}
	for _, s := range d.Steps {
		done := strings.TrimSpace(s.Verb + " " + s.Service)
		if s.Error != "" {
			done += ": " + s.Error
		}
		say("done: %s", done)
	}
	if !d.NextTry.IsZero() {
		say("the next try is at %s", d.NextTry.In(zone).Format(moment))
	}
	say("%s", d.Paused)
	for _, n := range d.Notices {
		say("%s", n)
	}
	say("hint: %s", d.Hint)
	return all
}

// blame is a cause with its sender, and how sure that is.
func blame(b words.Blame) string {
	text := b.Cause
	if b.Sender != "" {
		if text != "" {
			text += ", "
		}
		text += "sent by " + b.Sender
	}
	if text == "" {
		return ""
	}
	switch {
	case b.Certainty != "" && b.Source != "":
		text += " (" + string(b.Certainty) + ", says " + b.Source + ")"
	case b.Certainty != "":
		text += " (" + string(b.Certainty) + ")"
	}
	return text
}

// incidents returns the last incidents of a host, the newest first.
func incidents(h *history, most int) (shown []incidentView, earlier int) {
	for _, d := range h.Daemons {
		for _, i := range d.Incidents {
			shown = append(shown, incidentView{Name: d.Name, incident: i})
		}
	}
	slices.SortStableFunc(shown, func(a, b incidentView) int { return b.Down.Compare(a.Down) })
	if earlier = max(len(shown)-most, 0); earlier > 0 {
		shown = shown[:most]
	}
	for k := range shown {
		i := &shown[k]
		i.Took, i.How = rough(words.Duration(i.Seconds)), ending(i.incident)
		if i.Why = blame(i.Blame); i.Why == "" {
			i.Why = i.Reason
		}
	}
	return shown, earlier
}

// ending says how an incident has ended.
func ending(i incident) string {
	text := i.Outcome
	switch i.Outcome {
	case "brought_back":
		text = "brought back"
	case "came_back":
		text = "came back by itself"
	case "held":
		text = "left alone"
	case "removed":
		text = "no longer kept"
	case "still_down", "":
		text = "still down"
	}
	if i.Tries > 0 {
		tries := "tries"
		if i.Tries == 1 {
			tries = "try"
		}
		text += fmt.Sprintf(" after %d %s", i.Tries, tries)
	}
	return text
}
