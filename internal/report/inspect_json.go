package report

import "slices"

type (
	jsonInspect struct {
		head
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
		InspectedProcess
		Facts []jsonInspectFact `json:"facts"`
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

// object prints the inspections for programs.
func (i Inspect) object(list []Inspection) {
	object(i.Out, jsonInspect{head{1, "inspect", i.Now}, i.Only, i.Limits, each(list, i.inspection)})
}

func (i Inspect) inspection(d Inspection) jsonInspection {
	out := jsonInspection{Name: d.Name, State: d.State, Reason: d.Reason, Severity: severityOf(d.State), More: d.More}
	out.Processes = each(d.Processes, func(p InspectedProcess) jsonInspectedProcess {
		p.Findings = i.told(p.Findings)
		for _, s := range inspectSeverities() {
			if worse := slices.ContainsFunc(p.Findings, func(f InspectFinding) bool { return f.Severity == s }); worse && isWorse(s, out.Severity) {
				out.Severity = s
			}
		}
		return jsonInspectedProcess{p, each(p.Lines, func(l InspectLine) jsonInspectFact {
			return jsonInspectFact{l.Section, l.Name, l.Why == "", l.Text, l.Why, l.Never}
		})}
	})
	return out
}

// severityOf returns the severity of a state by itself.
func severityOf(state string) string {
	switch state {
	case "up":
		return "ok"
	case "down":
		return "critical"
	}
	return "unknown"
}

// isWorse orders severities: unknown is worse than everything but critical.
func isWorse(a, b string) bool {
	order := []string{"critical", "unknown", "warning", "notice", "ok"}
	return slices.Index(order, a) < slices.Index(order, b)
}
