package report

import (
	"bytes"
	"encoding/json"
	"io"
	"time"

	"daemon-keeper/internal/words"
)

// JSON is the face for programs: one object, in UTF-8. What its fields mean, and
// which may be missing, is in docs/daemon-keeper.report.schema.json.
type JSON struct {
	Out     io.Writer
	Verbose bool // also what was looked at
}

// Write prints the report.
func (j JSON) Write(r Report) {
	printJSON(j.Out, j.report(r))
}

// printJSON prints an object for programs, in one piece: a reader never sees half an object
// unless the disk is full.
func printJSON(out io.Writer, object any) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // people read it too, and it is not part of a web page
	e.SetIndent("", "  ")
	_ = e.Encode(object) // what our types hold can always be encoded
	_, _ = out.Write(b.Bytes())
}

// jsonVersion grows when a field changes its meaning or goes.
const jsonVersion = 1

// The types behind the fields. All text in them is Printable.
type (
	jsonReport struct {
		Version  int           `json:"version"`
		Command  string        `json:"command"`
		Time     string        `json:"time"`
		Seconds  float64       `json:"seconds"`
		Status   Status        `json:"status"`
		Changed  bool          `json:"changed"`
		Mistakes []jsonMistake `json:"mistakes"`
		Daemons  []jsonDaemon  `json:"daemons"`
	}
	jsonMistake struct {
		Error string `json:"error"`
		Hint  string `json:"hint,omitempty"`
	}
	jsonDaemon struct {
		Name      string        `json:"name"`
		Kind      string        `json:"kind"`
		Result    string        `json:"result"`
		Up        *bool         `json:"up"`
		Status    Status        `json:"status"`
		Changed   bool          `json:"changed"`
		Busy      bool          `json:"busy"`
		Hold      string        `json:"hold,omitempty"`
		Paused    string        `json:"paused,omitempty"`
		NextTry   string        `json:"next_try,omitempty"`
		DownSince string        `json:"down_since,omitempty"`
		Reason    string        `json:"reason,omitempty"`
		Hint      string        `json:"hint,omitempty"`
		Trouble   string        `json:"trouble,omitempty"`
		Cause     string        `json:"cause,omitempty"`
		Sender    string        `json:"sender,omitempty"`
		Certainty string        `json:"certainty,omitempty"`
		Source    string        `json:"source,omitempty"`
		Count     jsonCount     `json:"count"`
		Processes []jsonProcess `json:"processes"`
		Notices   []string      `json:"notices"`
		Seconds   float64       `json:"seconds,omitempty"`
		Services  []jsonService `json:"services"`
		Steps     []jsonStep    `json:"steps"`
		Plan      []jsonPlan    `json:"plan"`
		LookedAt  []jsonDetail  `json:"looked_at,omitzero"` // empty, it is there
	}
	jsonCount struct {
		Min int  `json:"min"`
		Max *int `json:"max"`
	}
	jsonProcess struct {
		PID        int      `json:"pid"`
		User       string   `json:"user,omitempty"`
		Executable string   `json:"executable,omitempty"`
		Started    string   `json:"started,omitempty"`
		Seconds    *float64 `json:"seconds,omitempty"`
		CPUSeconds *float64 `json:"cpu_seconds,omitempty"`
		RSSBytes   uint64   `json:"rss_bytes,omitempty"`
		VMSBytes   uint64   `json:"vms_bytes,omitempty"`
		OldImage   bool     `json:"old_image"`
		Stopped    bool     `json:"stopped"`
	}
	jsonService struct {
		Name  string  `json:"name"`
		State *string `json:"state"`
		Word  string  `json:"word,omitempty"`
		Error string  `json:"error,omitempty"`
	}
	jsonStep struct {
		Verb    string   `json:"verb"`
		Service string   `json:"service"`
		Seconds float64  `json:"seconds"`
		Error   string   `json:"error,omitempty"`
		Hint    string   `json:"hint,omitempty"`
		Output  []string `json:"output"`
		Slow    bool     `json:"slow"`
		Skipped bool     `json:"skipped"`
	}
	jsonPlan struct {
		Argv           []string `json:"argv"`
		TimeoutSeconds float64  `json:"timeout_seconds"`
	}
	jsonDetail struct {
		PID        int    `json:"pid"`
		User       string `json:"user,omitempty"`
		Executable string `json:"executable,omitempty"`
		Counts     bool   `json:"counts"`
		Why        string `json:"why"`
	}
)

func (j JSON) report(r Report) jsonReport {
	return jsonReport{
		Version: jsonVersion, Command: words.Printable(r.Command), Time: instant(r.Began), Seconds: inSeconds(r.Took), Status: r.Status(), Changed: r.Changed(),
		Mistakes: each(r.Mistakes, func(m Mistake) jsonMistake { return jsonMistake{words.Printable(m.Text), words.Printable(m.Hint)} }),
		Daemons:  each(r.Daemons, func(d Daemon) jsonDaemon { return j.daemon(d, r.Began.Add(r.Took)) }),
	}
}

func (j JSON) daemon(d Daemon, now time.Time) jsonDaemon {
	out := jsonDaemon{
		Name: words.Printable(d.Name), Kind: "daemon", Result: d.word(), Up: d.up(), Status: d.Status(), Changed: d.Changed(), Busy: d.Busy, Hold: words.Printable(d.Hold), Paused: words.Printable(d.Paused), NextTry: instantIf(d.NextTry), DownSince: instantIf(d.DownSince),
		Reason: words.Printable(d.Reason), Hint: words.Printable(d.Hint), Trouble: words.Printable(d.Trouble), Cause: words.Printable(d.Cause), Sender: words.Printable(d.Sender), Certainty: words.Printable(d.Certainty), Source: words.Printable(d.Source),
		Count:     jsonCount{Min: d.Count.Min},
		Processes: each(d.Processes, func(p Process) jsonProcess { return newJSONProcess(p, now) }),
		Notices:   each(d.Notices, words.Printable),
		Seconds:   inSeconds(d.Took),
		Services:  each(d.Services, newJSONService),
		Steps:     each(d.Steps, newJSONStep),
		Plan:      each(d.Plan, func(p Plan) jsonPlan { return jsonPlan{each(p.Argv, words.Printable), inSeconds(p.Timeout)} }),
	}
	if d.Rule {
		out.Kind = "rule"
	}
	if d.Count.Max != words.NoLimit {
		out.Count.Max = &d.Count.Max
	}
	if j.Verbose {
		out.LookedAt = each(d.Details, func(d Detail) jsonDetail {
			return jsonDetail{d.PID, words.Printable(d.User), words.Printable(d.Exe), d.Counts, words.Printable(d.Why)}
		})
	}
	return out
}

// word is the result as a word for programs.
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

// up has three answers; nil is that there is none.
func (d Daemon) up() *bool {
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

// newJSONProcess leaves out what was not read: 0 would be a lie.
func newJSONProcess(p Process, now time.Time) jsonProcess {
	out := jsonProcess{PID: p.PID, User: words.Printable(p.User), Executable: words.Printable(p.Exe), RSSBytes: p.RSS, VMSBytes: p.VMS, OldImage: p.OldImage, Stopped: p.Stopped}
	if !p.Started.IsZero() {
		out.Started, out.Seconds = instant(p.Started), new(inSeconds(now.Sub(p.Started)))
	}
	if p.CPU > 0 || !p.Started.IsZero() { // both come from the same row of the table
		out.CPUSeconds = new(inSeconds(p.CPU))
	}
	return out
}

func newJSONService(s Service) jsonService {
	out := jsonService{Name: words.Printable(s.Name), Word: words.Printable(s.Word), Error: words.Printable(s.Err)}
	switch s.State {
	case "":
	case "running", "stopped":
		out.State = &s.State
	default:
		out.State = new("unknown")
	}
	return out
}

func newJSONStep(s Step) jsonStep {
	return jsonStep{
		Verb: words.Printable(s.Verb), Service: words.Printable(s.Service), Seconds: inSeconds(s.Took), Error: words.Printable(s.Err), Hint: words.Printable(s.Hint),
		Output: each(s.Output, words.Printable), Slow: s.Slow, Skipped: s.Skipped,
	}
}

// each never returns nil, which JSON would show as null.
func each[From, To any](list []From, convert func(From) To) []To {
	out := make([]To, len(list))
	for i, v := range list {
		out[i] = convert(v)
	}
	return out
}

// inSeconds is a time in seconds, of whole milliseconds: the quotient of two
// numbers that float64 holds exactly is the float64 nearest to it, of which
// encoding/json writes the shortest decimal. A clock that was set back makes no
// time negative.
func inSeconds(d time.Duration) float64 {
	return float64(max(d, 0).Round(time.Millisecond).Milliseconds()) / 1000
}

// instant is a time by RFC 3339, in UTC.
func instant(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000Z07:00") }
