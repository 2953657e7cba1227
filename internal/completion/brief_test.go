package completion

import "testing"

func TestBrief(t *testing.T) {
	for help, want := range map[string]string{
		"The configuration (/etc/x.yaml).":         "The configuration",
		"Print less: only what needs a person.":    "Print less",
		"Say why; every report shows it.":          "Say why",
		"Print what was matched, and why.":         "Print what was matched, and why",
		"Limit for each stop command (${default})": "Limit for each stop command",
	} {
		if got := brief(help); got != want {
			t.Errorf("%q: %q", help, got)
		}
	}
}
