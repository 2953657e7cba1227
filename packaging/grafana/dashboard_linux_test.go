package grafana

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daemon-keeper/internal/realtest"
)

// On a host of which a real Prometheus has scraped a real node_exporter, every query
// of the dashboard has an answer, and the alerts say what is the matter.
func TestFleet(t *testing.T) {
	m := boot(t)
	live(t, m)
	for _, c := range []struct {
		name string
		test func(*testing.T, *realtest.Machine)
	}{
		{"choices", choices},
		{"all", func(t *testing.T, m *realtest.Machine) { everyQuery(t, m, all) }},
		{"ticked", func(t *testing.T, m *realtest.Machine) { everyQuery(t, m, ticked) }},
		{"another host", anotherHost},
		{"values", values},
		{"no news", noNews},
		{"alerts", alerts},
	} {
		t.Run(c.name, func(t *testing.T) { c.test(t, m) })
	}
}

// The lists at the top offer what there is.
func choices(t *testing.T, m *realtest.Machine) {
	d, _ := load(t)
	of := regexp.MustCompile(`^label_values\((.+), (\w+)\)$`)
	offered := make(map[string]string)
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		f := of.FindStringSubmatch(v.question(t))
		if f == nil {
			t.Fatalf("the query of %s is %s", v.Name, v.question(t))
		}
		q, err := expand(target{Expr: f[1]}, panel{}, all)
		if err != nil {
			t.Fatal(err)
		}
		var list []string
		get(t, m, "label/"+f[2]+"/values", []string{"match[]=" + q.expr}, &list)
		offered[v.Name] = strings.Join(list, "|")
	}
	want := map[string]string{"job": "node", "instance": instance, "daemon": "dies|down|forbidden|held|many|unknown|up"}
	if !maps.Equal(offered, want) {
		t.Errorf("%v are offered, not %v", offered, want)
	}
}

// everyQuery fails for each query that has no answer.
func everyQuery(t *testing.T, m *realtest.Machine, c chosen) {
	d, _ := load(t)
	n := 0
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			asked, err := expand(q, p, c)
			if err != nil {
				t.Fatal(err)
			}
			if got := ask(t, m, asked); len(got) == 0 {
				t.Errorf("panel %q has no data for %s", p.Title, asked.expr)
			}
			n++
		}
	}
	if n < 30 {
		t.Errorf("%d queries were asked", n)
	}
}

// What another host was chosen for does not show this one.
func anotherHost(t *testing.T, m *realtest.Machine) {
	d, _ := load(t)
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			asked, err := expand(q, p, chosen{".+", "mx1:9100", ".+"})
			if err != nil {
				t.Fatal(err)
			}
			if got := ask(t, m, asked); len(got) > 0 {
				t.Errorf("panel %q shows %v", p.Title, got)
			}
		}
	}
}

// What the panels show is what has happened.
func values(t *testing.T, m *realtest.Machine) {
	const states = "dies 1, down 5, forbidden 4, held 2, many 4, unknown 3, up 1"
	for _, c := range []struct {
		panel, refID string
		labels       []string
		want         string // a regular expression
	}{
		{"Hosts", "A", nil, "1"},
		{"Daemons", "A", nil, "6"},
		{"Down", "A", nil, "1"},
		{"Held", "A", nil, "1"},
		{"Unknown", "A", nil, "1"},
		{"Wrong", "A", nil, "2"},
		{"No run for 5 minutes", "A", nil, "0"},
		{"Mistakes", "A", nil, "0"},
		{"State", "A", []string{"daemon"}, states},
		{"Daemons now", "A", []string{"instance", "daemon"}, instance + " " + strings.ReplaceAll(states, ", ", ", "+instance+" ")},
		{"Daemons now", "B", []string{"daemon", "reason"}, "held pause 1"},
		{"Daemons now", "C", []string{"daemon"}, "dies 1, down 0, forbidden 1, held 0, many 2, up 1"},
		{"Daemons now", "D", []string{"daemon"}, `dies \d+(\.\d+)?, many .*, up .*`},
		{"Daemons now", "E", []string{"daemon"}, `down \d+(\.\d+)?, held \d+(\.\d+)?`},
		{"Daemons now", "G", []string{"daemon"}, `dies 1(\.\d+)?, down 0, held 0, many 0, unknown 0, up 0`},
		{"Daemons now", "I", []string{"daemon"}, `dies (1|0\.99\d+), down 0\.999\d+, held 1, many 1, unknown 1, up 1`},
		{"Incidents", "A", []string{"daemon"}, "dies 1"},
		{"Restarts", "A", []string{"daemon"}, "dies 1"},
		{"Longest downtime", "A", []string{"daemon"}, `(dies .*, )?down \d+(\.\d+)?`},
		{"Causes of death", "A", []string{"cause"}, `(.*, )?signal 1(, .*)?`},
		{"Deaths", "A", []string{"daemon", "cause"}, `dies signal 1(, .*)?`},
		{"How the last run ended", "A", []string{"file"}, "daemon-keeper.prom 2"},
	} {
		got := sorted(ask(t, m, named(t, c.panel, c.refID)).by(c.labels...))
		if !regexp.MustCompile("^(?:" + c.want + ")$").MatchString(got) {
			t.Errorf("%s %s shows %q, not %q", c.panel, c.refID, got, c.want)
		}
	}
}

// What a host's files say is not news once the last of them is older than 5 minutes.
// promtool can make the time pass.
func noNews(t *testing.T, m *realtest.Machine) {
	const series = `
tests:
  - interval: 1m
    input_series:
      - {series: 'daemon_keeper_last_run_timestamp_seconds{job="node", instance="late", file="a.prom"}', values: 0x20}
      - {series: 'daemon_keeper_unknown{job="node", instance="late", daemon="x"}', values: 0x20}
      - {series: 'daemon_keeper_up{job="node", instance="late", daemon="x"}', values: 1x20}
      - {series: 'daemon_keeper_last_run_timestamp_seconds{job="node", instance="half", file="a.prom"}', values: 0x20}
      - {series: 'daemon_keeper_last_run_timestamp_seconds{job="node", instance="half", file="b.prom"}', values: 0+60x20}
      - {series: 'daemon_keeper_unknown{job="node", instance="half", daemon="x"}', values: 0x20}
      - {series: 'daemon_keeper_up{job="node", instance="half", daemon="x"}', values: 1x20}
      - {series: 'daemon_keeper_unknown{job="node", instance="half", daemon="rule"}', values: 0x20}
    promql_expr_test:
      - expr: %[1]q
        eval_time: 5m
        exp_samples:
          - {labels: '{job="node", instance="late", daemon="x"}', value: 1}
          - {labels: '{job="node", instance="half", daemon="x"}', value: 1}
          - {labels: '{job="node", instance="half", daemon="rule"}', value: 0}
      - expr: %[1]q
        eval_time: 6m
        exp_samples:
          - {labels: '{job="node", instance="late", daemon="x"}', value: 6}
          - {labels: '{job="node", instance="half", daemon="x"}', value: 1}
          - {labels: '{job="node", instance="half", daemon="rule"}', value: 0}
`
	const file = "/run/no-news.test.yml"
	test := fmt.Sprintf(series, named(t, "State", "A").expr)
	if err := os.WriteFile(m.Path(file), []byte(test), 0o600); err != nil {
		t.Fatal(err)
	}
	m.Must(t, "promtool", "test", "rules", file)
}

// named is a query of the dashboard, with all that can be chosen.
func named(t *testing.T, title, refID string) query {
	t.Helper()
	d, _ := load(t)
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			if p.Title == title && q.RefID == refID {
				asked, err := expand(q, p, all)
				if err != nil {
					t.Fatal(err)
				}
				return asked
			}
		}
	}
	t.Fatalf("the dashboard has no panel %q with a query %s", title, refID)
	return query{}
}

// Prometheus has the rules, and each daemon that is not well has its own alert.
func alerts(t *testing.T, m *realtest.Machine) {
	want := []string{"DaemonDown down", "DaemonForbidden forbidden", "DaemonHeld held", "DaemonTooManyProcesses many", "DaemonUnknown unknown"}
	var got []string
	realtest.Until(t, fmt.Sprintf("these alerts are raised: %q", want), func() bool {
		var data struct {
			Alerts []struct{ Labels map[string]string }
		}
		get(t, m, "alerts", nil, &data)
		got = nil
		for _, a := range data.Alerts {
			got = append(got, a.Labels["alertname"]+" "+a.Labels["daemon"])
		}
		slices.Sort(got)
		return len(got) >= len(want)
	})
	if !slices.Equal(got, want) {
		t.Errorf("the alerts are %q, not %q", got, want)
	}
	var data struct {
		Groups []struct {
			Rules []struct{ Name, Health, LastError string }
		}
	}
	get(t, m, "rules", nil, &data)
	n := 0
	for _, g := range data.Groups {
		for _, r := range g.Rules {
			n++
			if r.Health != "ok" || r.LastError != "" {
				t.Errorf("the rule %s is %s: %s", r.Name, r.Health, r.LastError)
			}
		}
	}
	if n != 11 {
		t.Errorf("Prometheus has %d rules", n)
	}
}
