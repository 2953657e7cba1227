package report

import (
	"slices"

	"daemon-keeper/internal/words"
)

// inspectVersion grows when a field changes its meaning or goes.
const inspectVersion = 1

// The types behind the fields. All text in them is Printable.
type (
	jsonInspect struct {
		Version int              `json:"version"`
		Command string           `json:"command"`
		Time    string           `json:"time"`
		Only    string           `json:"only"`
		Limits  []string         `json:"limits"`
		Daemons []jsonInspection `json:"daemons"`
	}
	jsonInspection struct {
		Name      string                 `json:"name"`
		State     string                 `json:"state"`
		Reason    string                 `json:"reason,omitempty"`
		Severity  string                 `json:"severity"`
		More      int                    `json:"more_processes"`
		Processes []jsonInspectedProcess `json:"processes"`
	}
	jsonInspectedProcess struct {
		PID        int                  `json:"pid"`
		Name       string               `json:"name"`
		Executable string               `json:"executable"`
		Unit       string               `json:"unit"`
		User       string               `json:"user"`
		Started    string               `json:"started,omitempty"`
		Findings   []jsonInspectFinding `json:"findings"`
		Facts      []jsonInspectFact    `json:"facts"`
	}
	jsonInspectFinding struct {
		ID       string `json:"id"`
		Section  string `json:"section"`
		Severity string `json:"severity"`
		What     string `json:"what"`
		Evidence string `json:"evidence"`
		Why      string `json:"why"`
		Do       string `json:"do"`
	}
	jsonInspectFact struct {
		Section string `json:"section"`
		Name    string `json:"name"`
		Known   bool   `json:"known"`
		Text    string `json:"text"`
		Why     string `json:"why,omitempty"`
		Never   bool   `json:"never"`
	}
)

// object prints the inspections for programs, in one piece.
func (i Inspect) object(list []Inspection) {
	printJSON(i.Out, jsonInspect{
		Version: inspectVersion, Command: "inspect", Time: instant(i.Now), Only: i.Only, Limits: each(i.Limits, words.Printable), Daemons: each(list, i.inspection),
	})
}

func (i Inspect) inspection(d Inspection) jsonInspection {
	out := jsonInspection{Name: words.Printable(d.Name), State: d.State, Reason: words.Printable(d.Reason), Severity: severityOf(d.State), More: d.More}
	out.Processes = each(d.Processes, func(p InspectedProcess) jsonInspectedProcess {
		findings := i.told(p.Findings)
		for _, s := range inspectSeverities() {
			if worse := slices.ContainsFunc(findings, func(f InspectFinding) bool { return f.Severity == s }); worse && isWorse(s, out.Severity) {
				out.Severity = s
			}
		}
		return jsonInspectedProcess{
			PID: p.PID, Name: words.Printable(p.Name), Executable: words.Printable(p.Executable), Unit: words.Printable(p.Unit), User: words.Printable(p.User),
			Started: instantIf(p.Started),
			Findings: each(findings, func(f InspectFinding) jsonInspectFinding {
				return jsonInspectFinding{f.ID, f.Section, f.Severity, f.What, words.Printable(f.Evidence), f.Why, words.Printable(f.Do)}
			}),
			Facts: each(p.Lines, func(l InspectLine) jsonInspectFact {
				return jsonInspectFact{l.Section, words.Printable(l.Name), l.Why == "", words.Printable(l.Text), words.Printable(l.Why), l.Never}
			}),
		}
	})
	return out
}

// severityOf is how bad a state is by itself.
func severityOf(state string) string {
	switch state {
	case "up":
		return "ok"
	case "down":
		return "critical"
	}
	return "unknown"
}

// isWorse goes by the statuses: what is not known outweighs all but what is critical.
func isWorse(a, b string) bool {
	order := []string{"critical", "unknown", "warning", "notice", "ok"}
	return slices.Index(order, a) < slices.Index(order, b)
}
