package page

import (
	"fmt"
	"slices"
	"time"

	"daemon-keeper/internal/words"
)

// How many incidents of a host are shown: on its own page, and in a fleet.
const (
	mostIncidents = 50
	fewIncidents  = 10
)

// fewNames is how many daemons the verdict names.
const fewNames = 4

// state is how a daemon or a host is: a colour, a sign and a word tell the same.
type state struct {
	Class, Sign, Word string
	rank              int // the lowest is the worst
}

// The ranks of states.
const (
	rankDown = iota
	rankUnknown
	rankBroughtBack
	rankHeld
	rankPaused
	rankUp
)

func stateOf(result string) state {
	switch result {
	case "up":
		return state{"good", "✓", "up", rankUp}
	case "kept":
		return state{"good", "✓", "kept", rankUp}
	case "not_running":
		return state{"good", "✓", "not running, as it should be", rankUp}
	case "brought_back":
		return state{"note", "↻", "brought back", rankBroughtBack}
	case "held":
		return state{"note", "‖", "down, left alone", rankHeld}
	case "down", "broken", "wrong":
		return state{"bad", "✗", result, rankDown}
	}
	return state{"odd", "?", "unknown", rankUnknown}
}

// view is what the template shows.
type view struct {
	Title, Verdict string
	State          state
	Fleet          bool
	Hosts          []hostView
	Written, Due   time.Time
	Limit          time.Duration
	Days           int
	Look           *look
}

type hostView struct {
	ID        string
	Name      string
	State     state
	Verdict   string
	Reported  time.Time
	Age       string // a warning, or ""
	PastAge   string // the same for the history
	Lost      string // what could not be read of the history, or ""
	Troubles  []string
	Mistakes  []mistake
	Daemons   []daemonView
	Incidents []incidentView
	Earlier   int  // how many incidents are not shown
	Known     bool // there is a history
	ill       int
}

type daemonView struct {
	daemon
	State state
	Lines []string // further texts about it
	Bar   *bar
}

type incidentView struct {
	Name string
	incident
	Took, How, Why string
}

func newView(p Page, hosts []*host) view {
	v := view{Fleet: len(hosts) != 1, Written: p.Written, Due: p.Written.Add(p.Limit), Limit: p.Limit, Days: days, Look: newLook()}
	most := mostIncidents
	if v.Fleet {
		most = fewIncidents
	}
	for _, h := range hosts {
		v.Hosts = append(v.Hosts, p.host(h, most))
	}
	worstFirst(v.Hosts)
	for i := range v.Hosts {
		v.Hosts[i].ID = fmt.Sprintf("host-%d", i+1)
	}
	v.judge()
	return v
}

// judge sets the line at the top.
func (v *view) judge() {
	v.State = state{"good", "✓", "all is well", rankUp}
	if len(v.Hosts) == 0 {
		v.Title, v.Verdict, v.State = "daemon-keeper", "there is no report", stateOf("")
		return
	}
	v.State = v.Hosts[0].State
	if !v.Fleet {
		v.Title, v.Verdict = v.Hosts[0].Name, v.Hosts[0].Verdict
		return
	}
	v.Title = words.Plural(len(v.Hosts), "host")
	bad := 0
	for _, h := range v.Hosts {
		if h.State.rank < rankBroughtBack {
			bad++
		}
	}
	v.Verdict = "none of them needs a person"
	if bad == 1 {
		v.Verdict = "1 of them needs a person"
	} else if bad > 1 {
		v.Verdict = fmt.Sprintf("%d of them need a person", bad)
	}
}

func (p Page) host(h *host, most int) hostView {
	v := hostView{Name: h.name, State: stateOf("up"), Troubles: h.troubles}
	pasts := make(map[string]past)
	if h.history != nil {
		v.Known, v.PastAge = true, p.pastAge(h.history.To)
		if h.history.Lost > 0 {
			v.Lost = words.Plural(h.history.Lost, "line")
		}
		for _, past := range h.history.Daemons {
			pasts[past.Name] = past
		}
		v.Incidents, v.Earlier = incidents(h.history, most)
	}
	if h.report != nil {
		v.Reported, v.Age, v.Mistakes = h.report.Time, p.age(h.report.Time), h.report.Mistakes
		for _, d := range h.report.Daemons {
			v.Daemons = append(v.Daemons, newDaemon(d, pasts, h.history, p.Written.Location()))
		}
	}
	slices.SortStableFunc(v.Daemons, func(a, b daemonView) int { return a.State.rank - b.State.rank })
	v.judge()
	return v
}

// judge takes the worst of everything that is known about a host.
func (v *hostView) judge() {
	var names []string
	for _, d := range v.Daemons {
		if len(names) == 0 && d.State.rank < v.State.rank {
			v.State = d.State
		}
		if d.State.rank == v.State.rank {
			names = append(names, d.Name)
		}
	}
	well := len(v.Daemons)
	switch {
	case len(v.Daemons) == 0:
		v.Verdict = "nothing is reported"
	case v.State.rank == rankUp:
		v.Verdict = fmt.Sprintf("all %d are well", well)
		if well == 1 {
			v.Verdict = v.Daemons[0].Name + " is well"
		}
	default:
		v.ill = len(names)
		if well == 1 {
			v.Verdict = v.State.Word + ": " + names[0]
		} else {
			v.Verdict = fmt.Sprintf("%d of %d %s: %s", len(names), well, v.State.Word, words.List(names, fewNames))
		}
	}
	v.doubt()
}

// doubt marks a host whose report has a problem: then nothing in the report is certain.
func (v *hostView) doubt() {
	var why string
	switch {
	case v.Reported.IsZero():
		v.Verdict = "there is no report that can be used"
	case v.Age != "":
		why = "its report is not from now"
	case len(v.Troubles) > 0:
		why = "a report of it is broken"
	case len(v.Mistakes) > 0:
		why = "something must be mended: " + v.Mistakes[0].Error
	default:
		return
	}
	if why != "" {
		v.Verdict += "; " + words.Cut(why, 200)
	}
	if v.State.rank > rankUnknown {
		v.State = stateOf("")
	}
}

// age warns of a report that is not from now.
func (p Page) age(reported time.Time) string {
	switch age := p.Written.Sub(reported); {
	case age > p.Limit:
		return "This report was " + rough(age) + " old when the page was written: cron, the machine or the way from it may be down."
	case -age > p.Limit:
		return "This report is from the future: the clock of that machine, or of the one that has written the page, is wrong."
	}
	return ""
}

// pastAge returns a warning if a history ends too early: what it shows as today is an earlier
// day.
func (p Page) pastAge(to time.Time) string {
	if age := p.Written.Sub(to); age > p.Limit {
		return "This history was " + rough(age) + " old when the page was written: the bars end there, and later incidents are not in it."
	}
	return ""
}

// rough formats a duration approximately, as people say it.
func rough(d time.Duration) string {
	switch {
	case d < time.Second:
		return "less than a second"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%d min", int(d.Minutes()))
	case d < 2*day:
		return fmt.Sprintf("%d h", int(d.Hours()))
	}
	return fmt.Sprintf("%d days", int(d/day))
}
