package report

type (
	jsonWhy struct {
		head
		Daemons []jsonAccount `json:"daemons"`
	}
	jsonAccount struct {
		Account
		Incident jsonIncident `json:"incident"`
		Findings []WhyLine    `json:"findings"`
		Impact   jsonImpact   `json:"impact"`
		Missing  []string     `json:"missing"`
		Silent   []string     `json:"silent"`
		Next     []string     `json:"next"`
		More     []string     `json:"more"`
	}
	jsonImpact struct {
		Restarted []string `json:"restarted"`
		Services  []string `json:"services"`
		After     []string `json:"after"`
	}
)

// object prints the explanations for programs.
func (w Why) object(list []Account) {
	object(w.Out, jsonWhy{head{1, "why", w.Now}, each(list, func(a Account) jsonAccount {
		return jsonAccount{
			a, newJSONIncident(a.Incident.Episode(w.Now)), a.Lines, jsonImpact{restarted(a.Incident), a.Services, a.After}, a.Missing, a.Silent, a.Next, a.More,
		}
	})})
}
