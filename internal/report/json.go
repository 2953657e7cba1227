package report

import (
	"io"
	"time"

	"daemon-keeper/internal/words"
)

// JSON writes the report for programs: one object, in UTF-8.
// docs/daemon-keeper.report.schema.json describes its fields, and which of them may be
// missing.
type JSON struct {
	Out     io.Writer
	Verbose bool // also the processes that were looked at
}

// Write prints the report.
func (j JSON) Write(r Report) {
	object(j.Out, jsonReport{
		head{1, r.Command, r.Began},
		r.Took, r.Status(), r.Changed(), r.Mistakes,
		each(r.Daemons, func(d Daemon) jsonDaemon { return j.daemon(d, r.Began.Add(r.Took)) }),
	})
}

type (
	jsonReport struct {
		head
		Took     time.Duration `json:"seconds"`
		Status   Status        `json:"status"`
		Changed  bool          `json:"changed"`
		Mistakes []Mistake     `json:"mistakes"`
		Daemons  []jsonDaemon  `json:"daemons"`
	}
	jsonDaemon struct {
		Name      string     `json:"name"`
		Kind      string     `json:"kind"`
		Result    string     `json:"result"`
		Up        *bool      `json:"up"`
		Status    Status     `json:"status"`
		Changed   bool       `json:"changed"`
		Busy      bool       `json:"busy"`
		Hold      words.Hold `json:"hold,omitempty"`
		Paused    string     `json:"paused,omitempty"`
		NextTry   time.Time  `json:"next_try,omitempty"`
		DownSince time.Time  `json:"down_since,omitempty"`
		Reason    string     `json:"reason,omitempty"`
		Hint      string     `json:"hint,omitempty"`
		Trouble   string     `json:"trouble,omitempty"`
		words.Blame
		Count     jsonCount     `json:"count"`
		Processes []jsonProcess `json:"processes"`
		Notices   []string      `json:"notices"`
		Took      time.Duration `json:"seconds,omitempty"`
		Services  []jsonService `json:"services"`
		Steps     []Step        `json:"steps"`
		Plan      []Plan        `json:"plan"`
		LookedAt  *[]Detail     `json:"looked_at,omitempty"` // present even if empty
	}
	jsonCount struct {
		Min int  `json:"min"`
		Max *int `json:"max"`
	}
	jsonProcess struct {
		PID        int            `json:"pid"`
		User       string         `json:"user,omitempty"`
		Executable string         `json:"executable,omitempty"`
		Started    time.Time      `json:"started,omitempty"`
		Age        *time.Duration `json:"seconds,omitempty"`
		CPU        *time.Duration `json:"cpu_seconds,omitempty"`
		RSSBytes   uint64         `json:"rss_bytes,omitempty"`
		VMSBytes   uint64         `json:"vms_bytes,omitempty"`
		OldImage   bool           `json:"old_image"`
		Stopped    bool           `json:"stopped"`
	}
	jsonService struct {
		Name  string  `json:"name"`
		State *string `json:"state"`
		Word  string  `json:"word,omitempty"`
		Error string  `json:"error,omitempty"`
	}
)

func (j JSON) daemon(d Daemon, now time.Time) jsonDaemon {
	out := jsonDaemon{
		Name: d.Name, Kind: "daemon", Result: d.word(), Up: d.IsUp(), Status: d.Status(), Changed: d.Changed(), Busy: d.Busy, Hold: d.Hold, Paused: d.Paused,
		NextTry: d.NextTry, DownSince: d.DownSince, Reason: d.Reason, Hint: d.Hint, Trouble: d.Trouble, Blame: d.Blame,
		Count:     jsonCount{Min: d.Count.Min},
		Processes: each(d.Processes, func(p Process) jsonProcess { return newJSONProcess(p, now) }),
		Notices:   d.Notices, Took: d.Took, Services: each(d.Services, newJSONService), Steps: d.Steps, Plan: d.Plan,
	}
	if d.Rule {
		out.Kind = "rule"
	}
	if d.Count.Max != words.NoLimit {
		out.Count.Max = &d.Count.Max
	}
	if j.Verbose {
		out.LookedAt = &d.Details
	}
	return out
}

// word returns the result as a word for programs.
func (d Daemon) word() string {
	switch d.Result {
	case Up:
		return "up"
	case Held:
		if d.Busy {
			return "restarting"
		}
		return "held"
	case BroughtBack:
		return "brought_back"
	case StillDown:
		return "down"
	case Clear:
		if d.Rule {
			return "kept"
		}
		return "not_running"
	case Wrong:
		return d.Ill()
	}
	return "unknown"
}

// IsUp reports whether the daemon is up; nil if that is unknown, for a rule, and for a daemon that
// should not run.
func (d Daemon) IsUp() *bool {
	if d.Rule {
		return nil
	}
	switch {
	case d.Result == Up, d.Result == BroughtBack, d.Result == Wrong && d.Count.Max != 0:
		return new(true)
	case d.Result == StillDown, d.Result == Held:
		return new(false)
	}
	return nil
}

// newJSONProcess leaves out what was not read: 0 would be wrong.
func newJSONProcess(p Process, now time.Time) jsonProcess {
	out := jsonProcess{PID: p.PID, User: p.User, Executable: p.Exe, Started: p.Started, RSSBytes: p.RSS, VMSBytes: p.VMS, OldImage: p.OldImage, Stopped: p.Stopped}
	if !p.Started.IsZero() {
		out.Age = new(now.Sub(p.Started))
	}
	if p.CPU > 0 || !p.Started.IsZero() { // both come from the same row of the table
		out.CPU = &p.CPU
	}
	return out
}

func newJSONService(s Service) jsonService {
	out := jsonService{Name: s.Name, Word: s.Word, Error: s.Err}
	switch s.State {
	case "":
	case "running", "stopped":
		out.State = &s.State
	default:
		out.State = new("unknown")
	}
	return out
}

// each converts the items of a list.
func each[From, To any](list []From, convert func(From) To) []To {
	out := make([]To, len(list))
	for i, v := range list {
		out[i] = convert(v)
	}
	return out
}

// inSeconds returns a duration in seconds, rounded to whole milliseconds. The quotient of two
// integers that float64 holds exactly is the nearest float64, which encoding/json writes as
// the shortest decimal. If the clock was set back, the result is 0, never negative.
func inSeconds(d time.Duration) float64 {
	return float64(max(d, 0).Round(time.Millisecond).Milliseconds()) / 1000
}

// instant formats a time by RFC 3339, in UTC.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
