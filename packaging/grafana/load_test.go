package grafana

import (
	"encoding/json"
	"os"
	"testing"
)

// dashboard is what the tests look at of daemon-keeper.json.
type dashboard struct {
	UID           string
	SchemaVersion int
	Templating    struct{ List []variable }
	Panels        []panel
}

type variable struct {
	Type, Name, AllValue string
	Query                any
	Definition           string
	Multi, IncludeAll    bool
}

// question is what a variable asks Prometheus. Grafana reads the one in query, its
// older versions the definition.
func (v variable) question(t *testing.T) string {
	t.Helper()
	object, _ := v.Query.(map[string]any)
	if object["query"] != v.Definition {
		t.Errorf("%s has the query %v, and the definition %s", v.Name, object["query"], v.Definition)
	}
	return v.Definition
}

type panel struct {
	ID              int
	Type, Title     string
	Description     string
	Interval        string // the least step of its range queries
	GridPos         struct{ X, Y, W, H int }
	Targets         []target
	Transformations []struct {
		ID      string
		Options struct {
			ExcludeByName map[string]bool
			IndexByName   map[string]int
			RenameByName  map[string]string
		}
	}
	FieldConfig struct {
		Overrides []struct{ Matcher struct{ ID, Options string } }
	}
}

type target struct {
	RefID, Expr, Format, LegendFormat string
	Instant, Range                    bool
}

// load reads the dashboard, also as plain values.
func load(t *testing.T) (d dashboard, tree any) {
	t.Helper()
	text, err := os.ReadFile("daemon-keeper.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, into := range []any{&d, &tree} {
		if err := json.Unmarshal(text, into); err != nil {
			t.Fatal(err)
		}
	}
	return d, tree
}
