package notify

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"daemon-keeper/internal/words"
)

const (
	namesInSubject = 3
	nameBytes      = 64   // of a name in a list
	lineBytes      = 500  // of a reason or a cause in a text
	itemsInText    = 200  // in a mail, which is for people; the report has all
	linesPrinted   = 10   // printed lines of a failed step
	valueBytes     = 4096 // of an environment variable
)

// Compose makes one message of all items.
//
// If there are several daemons, KEEPER_STATE, KEEPER_REASON, KEEPER_CAUSE, KEEPER_SENDER,
// KEEPER_CERTAINTY, KEEPER_SOURCE, KEEPER_SINCE, KEEPER_DONE and KEEPER_DOWNTIME (in seconds)
// are about KEEPER_DAEMON, the most serious one.
func Compose(host string, items []Item) Message {
	if len(items) == 0 {
		return Message{}
	}
	items = slices.Clone(items)
	slices.SortStableFunc(items, func(a, b Item) int { return gravity(a) - gravity(b) })
	names := make([]string, len(items))
	for i, item := range items {
		names[i] = item.Name
	}
	host = clean(host, nameBytes)
	m := Message{Event: items[0].Event, Daemons: names, Subject: subject(host, items)}
	m.Text = body(items)
	m.Env = map[string]string{
		"KEEPER_EVENT":     string(m.Event),
		"KEEPER_HOST":      host,
		"KEEPER_SUBJECT":   m.Subject,
		"KEEPER_COUNT":     strconv.Itoa(len(items)),
		"KEEPER_DAEMONS":   strings.Join(names, " "),
		"KEEPER_DAEMON":    names[0],
		"KEEPER_STATE":     state(items[0]),
		"KEEPER_REASON":    items[0].Reason,
		"KEEPER_CAUSE":     items[0].Cause,
		"KEEPER_SENDER":    items[0].Sender,
		"KEEPER_CERTAINTY": string(items[0].Certainty),
		"KEEPER_SOURCE":    items[0].Source,
		"KEEPER_SINCE":     items[0].Since.UTC().Format(time.RFC3339),
		"KEEPER_DONE":      items[0].Done,
		"KEEPER_DOWNTIME":  strconv.FormatInt(int64(max(items[0].Downtime, 0)/time.Second), 10),
	}
	return m
}

// gravity orders items, the most serious first: beginnings, reminders, ends.
func gravity(item Item) int {
	return slices.Index([]words.Event{words.Begin, words.Reminder, words.End}, item.Event)
}

func state(item Item) string {
	if item.Event == words.End {
		return "up"
	}
	return "down"
}

// subject returns one line: who, what, where.
func subject(host string, items []Item) string {
	if len(items) == 1 {
		return headline(items[0], nameBytes) + " on " + host
	}
	var groups []string
	for rest := items; len(rest) > 0; {
		n := slices.IndexFunc(rest, func(item Item) bool { return item.Event != rest[0].Event })
		if n < 0 {
			n = len(rest)
		}
		groups = append(groups, group(rest[:n], len(groups) == 0))
		rest = rest[n:]
	}
	return strings.Join(groups, ", ") + " on " + host + ": " + list(items)
}

// headline is the subject for one daemon; its name is cut to most bytes.
func headline(item Item, most int) string {
	name := clean(item.Name, most)
	switch item.Event {
	case words.Reminder:
		return fmt.Sprintf("%s is still down after %s", name, span(item.Downtime))
	case words.End:
		return fmt.Sprintf("%s recovered after %s", name, span(item.Downtime))
	}
	return name + " is down"
}

// group is the subject for several daemons with the same event: "20 daemons are down".
func group(items []Item, first bool) string {
	count, are := strconv.Itoa(len(items)), ""
	if first && len(items) == 1 {
		count, are = count+" daemon", "is "
	} else if first {
		count, are = count+" daemons", "are "
	}
	switch items[0].Event {
	case words.Reminder:
		return count + " " + are + "still down"
	case words.End:
		return count + " recovered"
	}
	return count + " " + are + "down"
}

// list names the first daemons, and counts the others.
func list(items []Item) string {
	var names []string
	for _, item := range items {
		names = append(names, clean(item.Name, nameBytes))
	}
	return words.List(names, namesInSubject)
}

// body is a paragraph for each daemon. It does not repeat the subject.
func body(items []Item) string {
	var b strings.Builder
	for i, item := range items[:min(len(items), itemsInText)] {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(opening(item) + "\n")
		line := func(key, value string) {
			if value != "" {
				fmt.Fprintf(&b, "    %-10s%s\n", key, clean(value, lineBytes))
			}
		}
		line("found:", item.Reason)
		line("cause:", item.Cause)
		line("sender:", item.Sender)
		line("how sure:", sureText(item))
		for _, said := range item.Words {
			line("log:", said)
		}
		line("done:", item.Done)
		for _, printed := range item.Printed[max(0, len(item.Printed)-linesPrinted):] {
			line("        |", printed)
		}
		line("next:", item.Next)
		line("more:", advice(item))
	}
	if more := len(items) - itemsInText; more > 0 {
		fmt.Fprintf(&b, "and %d more\n", more)
	}
	return b.String()
}

// opening is the first line of a paragraph: who, and since when.
func opening(item Item) string {
	name, at := clean(item.Name, lineBytes), item.Since.Format("Mon 2 Jan 15:04:05 MST")
	if item.Event == words.End {
		return fmt.Sprintf("%s is up again; it was down from %s, for %s", name, at, span(item.Downtime))
	}
	return fmt.Sprintf("%s is down since %s, for %s now", name, at, span(item.Downtime))
}

// advice is one command that shows more; "" if the name cannot be pasted into a shell.
func advice(item Item) string {
	if words.Shell(item.Name) != item.Name {
		return "daemon-keeper why"
	}
	return "daemon-keeper why " + item.Name
}

// sureText is how sure it is, and who knows it.
func sureText(item Item) string {
	sure := string(item.Certainty)
	if sure == "" || item.Source == "" {
		return sure
	}
	return sure + " (" + item.Source + ")"
}

// span formats a duration for people, in two units at most: 45s, 7m, 1h 5m, 3d 4h.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	for _, u := range []struct {
		long, short time.Duration
		a, b        string
	}{{day, time.Hour, "d", "h"}, {time.Hour, time.Minute, "h", "m"}} {
		if d < u.long {
			continue
		}
		text := fmt.Sprintf("%d%s", d/u.long, u.a)
		if rest := d % u.long / u.short; rest > 0 {
			text += fmt.Sprintf(" %d%s", rest, u.b)
		}
		return text
	}
	if d < time.Minute {
		return fmt.Sprintf("%ds", max(d, 0)/time.Second)
	}
	return fmt.Sprintf("%dm", d/time.Minute)
}

// clean makes a text printable and cuts it to most bytes. It reads no more than it needs,
// however long the text is.
func clean(s string, most int) string {
	return words.Cut(words.Printable(s[:min(len(s), most+utf8.UTFMax)]), most)
}
