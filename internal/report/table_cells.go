package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// columns are all columns but the name and the recent deaths.
func (t Table) columns(daemons []Daemon) []terminal.Column {
	return terminal.ColumnsOf(daemons,
		terminal.ColumnOf[Daemon]{Title: "STATE", Right: false, Spare: 0, Cell: stateCell},
		terminal.ColumnOf[Daemon]{Title: "FOR", Right: true, Spare: 2, Cell: func(d Daemon) terminal.Cell { return ageCell(d, t.Now) }},
		terminal.ColumnOf[Daemon]{Title: "PID", Right: false, Spare: 1, Cell: pidCell},
		terminal.ColumnOf[Daemon]{Title: "USER", Right: false, Spare: 4, Cell: userCell},
		terminal.ColumnOf[Daemon]{Title: "MEMORY", Right: true, Spare: 5, Cell: memoryCell},
		terminal.ColumnOf[Daemon]{Title: "CPU", Right: true, Spare: 6, Cell: cpuCell},
		terminal.ColumnOf[Daemon]{Title: "COUNT", Right: false, Spare: 3, Cell: func(d Daemon) terminal.Cell { return countCell(d, t.Verbose) }},
	)
}

func stateCell(d Daemon) terminal.Cell {
	state, code := standing(d)
	return terminal.Cell{Tail: state, Code: code}
}

// standing returns the word for the state of a daemon or a rule, and its colour.
func standing(d Daemon) (state, code string) {
	switch d.Result {
	case Up, BroughtBack:
		state, code = "up", terminal.Green
	case Held:
		if d.Busy {
			return "restarting", terminal.Yellow
		}
		return "held", terminal.Yellow
	case StillDown:
		return "down", terminal.Red
	case Wrong:
		return d.Ill(), terminal.Red
	case Clear:
		state, code = "not running", terminal.Green
		if d.Rule {
			state = d.Well()
		}
	default:
		return "unknown", terminal.Yellow
	}
	if d.Paused != "" {
		state += ", paused"
	}
	if len(d.Notices) > 0 || d.Paused != "" {
		code = terminal.Yellow
	}
	return state, code
}

// urgency orders rows: what is wrong comes first.
func urgency(d Daemon) int {
	switch _, code := standing(d); {
	case code == terminal.Red:
		return 0
	case d.Result == CannotTell:
		return 1
	case d.Result == Held:
		return 2
	case code == terminal.Yellow || contradicted(d):
		return 3
	}
	return 4
}

// pidCell shows the main process, and how many others there are.
func pidCell(d Daemon) terminal.Cell {
	if len(d.Processes) == 0 {
		return terminal.Cell{Head: terminal.Nothing}
	}
	c := terminal.Cell{Head: strconv.Itoa(mainOf(d.Processes).PID)}
	if others := len(d.Processes) - 1; others > 0 {
		c.Tail = fmt.Sprintf(" +%d", others)
	}
	return c
}

// Oldest returns the process that was started first. If no start is known, it is the first one.
func Oldest(processes []Process) Process {
	first := processes[0]
	for _, p := range processes[1:] {
		if !p.Started.IsZero() && (first.Started.IsZero() || p.Started.Before(first.Started)) {
			first = p
		}
	}
	return first
}

// mainOf returns the main process: one that is not a child of any other, among these one that
// has children, and among these the oldest. A worker that was started within the same clock
// tick is as old as its main process.
func mainOf(processes []Process) Process {
	isParent, has := make(map[int]bool), make(map[int]bool)
	for _, p := range processes {
		isParent[p.Parent], has[p.PID] = true, true
	}
	rank := func(p Process) int {
		switch {
		case has[p.Parent]:
			return 0
		case isParent[p.PID]:
			return 2
		}
		return 1
	}
	best := 0
	for _, p := range processes {
		best = max(best, rank(p))
	}
	return Oldest(slices.DeleteFunc(slices.Clone(processes), func(p Process) bool { return rank(p) < best }))
}

// ageCell shows how long the state has lasted: the age of the main process, or how long the
// daemon has been known to be down.
func ageCell(d Daemon, now time.Time) terminal.Cell {
	if (d.Result == StillDown || d.Result == Held) && !d.DownSince.IsZero() {
		return terminal.Cell{Tail: terminal.Age(now.Sub(d.DownSince))}
	}
	if d.Result == StillDown || len(d.Processes) == 0 {
		return terminal.Cell{Tail: terminal.Nothing}
	}
	started := mainOf(d.Processes).Started
	return terminal.CellOf(terminal.Age(now.Sub(started)), !started.IsZero())
}

// longestUser is the most characters of a user's name that are shown.
const longestUser = 16

// userCell shows the main process's user, and how many others there are.
func userCell(d Daemon) terminal.Cell {
	var users []string
	for _, p := range d.Processes {
		if p.User != "" && !slices.Contains(users, p.User) {
			users = append(users, p.User)
		}
	}
	if len(users) == 0 {
		return terminal.Cell{Tail: terminal.Nothing}
	}
	first := mainOf(d.Processes).User
	if first == "" {
		first = users[0]
	}
	c := terminal.Cell{Tail: terminal.CutMiddle(words.Printable(first), longestUser)}
	if len(users) > 1 {
		c.Tail += fmt.Sprintf(" +%d", len(users)-1)
	}
	return c
}

// memoryCell shows the resident memory of all processes. Shared memory counts several times,
// as in top(1).
func memoryCell(d Daemon) terminal.Cell {
	return terminal.CellOf(terminal.Size(d.RSS()), d.RSS() > 0)
}

func cpuCell(d Daemon) terminal.Cell {
	cpu, ok := d.CPU()
	return terminal.CellOf(terminal.Used(cpu), ok)
}

// RSS is what all processes have in memory, together.
func (d Daemon) RSS() uint64 {
	var sum uint64
	for _, p := range d.Processes {
		sum += p.RSS
	}
	return sum
}

// CPU returns the CPU time of the processes that run, together. ok is false if it was not read;
// a sum of 0 may be right.
func (d Daemon) CPU() (sum time.Duration, ok bool) {
	for _, p := range d.Processes {
		sum += p.CPU
		ok = ok || p.CPU > 0 || !p.Started.IsZero()
	}
	return sum, ok
}

// countCell shows how many processes there are, and how many there should be, if that is
// wrong; otherwise the state says enough.
func countCell(d Daemon, always bool) terminal.Cell {
	n := len(d.Processes)
	off := n > 0 && d.Result != CannotTell && (n < d.Count.Min || d.Count.Exceeds(n))
	if !off && !always {
		return terminal.Cell{Head: terminal.Nothing}
	}
	c := terminal.Cell{Head: strconv.Itoa(n), Tail: " of " + shortCount(d.Count)}
	if d.Result == CannotTell {
		c.Head = "?"
	}
	return c
}

func shortCount(b words.Count) string {
	switch {
	case b.Max == words.NoLimit && b.Min == 0:
		return "any"
	case b.Max == words.NoLimit:
		return fmt.Sprintf("%d+", b.Min)
	case b.Max == b.Min:
		return strconv.Itoa(b.Max)
	}
	return fmt.Sprintf("%d-%d", b.Min, b.Max)
}

// services lists the services with their managers' own opinion, if it is known.
func services(d Daemon) string {
	var list []string
	for _, s := range d.Services {
		if s.Err != "" {
			continue
		}
		list = append(list, strings.TrimSpace(words.Printable(s.Name)+" "+words.Printable(s.State)+inBrackets(words.Printable(s.Word))))
	}
	return strings.Join(list, ", ")
}

// contradicts reports whether the manager's opinion differs from what was seen.
func (s Service) contradicts(d Daemon) bool {
	return (d.Result == Up || d.Result == BroughtBack) && s.State == "stopped" || d.Result == Clear && !d.Rule && s.State == "running"
}

func contradicted(d Daemon) bool {
	return slices.ContainsFunc(d.Services, func(s Service) bool { return s.contradicts(d) })
}
