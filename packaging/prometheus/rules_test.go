package prometheus

import (
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

type rules struct {
	Groups []struct {
		Name  string
		Rules []struct {
			Alert, Expr, For    string
			Labels, Annotations map[string]string
		}
	}
}

type ruleTests struct {
	Tests []struct {
		Alerts []struct {
			Name     string `yaml:"alertname"`
			Expected []any  `yaml:"exp_alerts"`
		} `yaml:"alert_rule_test"`
	}
}

// Who is woken by an alert reads what has happened, where, and what to type.
func TestEveryAlertSaysWhatToDo(t *testing.T) {
	var all rules
	decode(t, "daemon-keeper.rules.yml", &all)
	manual := read(t, "README.md")
	n := 0
	for _, g := range all.Groups {
		for _, a := range g.Rules {
			if a.Alert == "" {
				continue
			}
			n++
			summary, description := a.Annotations["summary"], a.Annotations["description"]
			if s := a.Labels["severity"]; s != "critical" && s != "warning" {
				t.Errorf("%s has the severity %q", a.Alert, s)
			} else if !strings.Contains(manual, "\n| "+a.Alert+" | "+s+" | ") {
				t.Errorf("the README does not list %s as %s", a.Alert, s)
			}
			if !strings.Contains(summary, "$labels.instance") || g.Name == "daemons" && !strings.Contains(summary, "$labels.daemon") {
				t.Errorf("%s does not say where, or of whom: %s", a.Alert, summary)
			}
			if !strings.Contains(description, "{{ $labels.instance }}, as root") && !strings.Contains(description, "There, as root") || !strings.Contains(description, "'") {
				t.Errorf("%s has no command to type, or does not say where: %s", a.Alert, description)
			}
		}
	}
	if n != 10 {
		t.Errorf("%d alerts were looked at", n)
	}
}

// promtool does not say what it was not asked.
func TestEveryAlertIsTested(t *testing.T) {
	var all rules
	var tests ruleTests
	decode(t, "daemon-keeper.rules.yml", &all)
	decode(t, "daemon-keeper.rules.test.yml", &tests)
	fires, silent := make(map[string]int), make(map[string]int)
	for _, test := range tests.Tests {
		for _, a := range test.Alerts {
			if len(a.Expected) > 0 {
				fires[a.Name]++
			} else {
				silent[a.Name]++
			}
		}
	}
	for _, g := range all.Groups {
		for _, a := range g.Rules {
			// Before, and after.
			if a.Alert != "" && (fires[a.Alert] < 1 || silent[a.Alert] < 2) {
				t.Errorf("%s is tested to fire %d times, and to be silent %d times", a.Alert, fires[a.Alert], silent[a.Alert])
			}
		}
	}
}

func decode(t *testing.T, file string, into any) {
	t.Helper()
	if err := yaml.Unmarshal([]byte(read(t, file)), into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
