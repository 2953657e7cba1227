package grafana

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

// A bookmark leads to it for ever, and Grafana 10.4 can read it.
func TestDashboard(t *testing.T) {
	d, _ := load(t)
	if d.UID != "daemon-keeper" || d.SchemaVersion != 39 {
		t.Errorf("uid %q, schemaVersion %d", d.UID, d.SchemaVersion)
	}
	seen := make(map[string]bool)
	for _, p := range d.Panels {
		for _, name := range []string{fmt.Sprint("id ", p.ID), "title " + p.Title} {
			if seen[name] {
				t.Errorf("two panels have the %s", name)
			}
			seen[name] = true
		}
		if p.Type != "row" && (p.Description == "" || len(p.Targets) == 0) {
			t.Errorf("panel %q lacks a description or a query", p.Title)
		}
		for _, q := range p.Targets {
			if ref := fmt.Sprint(p.ID, " ", q.RefID); q.RefID == "" || seen[ref] {
				t.Errorf("panel %q has the query %q twice", p.Title, q.RefID)
			} else {
				seen[ref] = true
			}
			if q.Instant == q.Range || (q.Format == "table") != (p.Type == "table") {
				t.Errorf("panel %q asks %s for instant %v, range %v, format %s", p.Title, q.RefID, q.Instant, q.Range, q.Format)
			}
		}
	}
}

// No panel covers another, or leaves the 24 columns.
func TestPanelsPlaces(t *testing.T) {
	d, _ := load(t)
	taken := make(map[[2]int]string)
	for _, p := range d.Panels {
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, is := taken[[2]int{x, y}]; is || x >= 24 {
					t.Fatalf("%q lies on %q at %d, %d", p.Title, other, x, y)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// Whoever imports it has a Prometheus of another name.
func TestDatasourceIsTheVariable(t *testing.T) {
	_, tree := load(t)
	n := 0
	walk(tree, func(key string, value any) {
		if key != "datasource" {
			return
		}
		n++
		if got := fmt.Sprint(value); got != "map[type:prometheus uid:${datasource}]" {
			t.Errorf("a datasource is %s", got)
		}
	})
	if n < 50 {
		t.Errorf("only %d datasources were looked at", n)
	}
}

// walk shows all keys of all objects.
func walk(tree any, see func(key string, value any)) {
	switch node := tree.(type) {
	case map[string]any:
		for key, value := range node {
			see(key, value)
			walk(value, see)
		}
	case []any:
		for _, value := range node {
			walk(value, see)
		}
	}
}

// selector is a metric, perhaps with what is asked of its labels.
var selector = regexp.MustCompile(`\b((?:daemon_keeper|node)_\w+)(\{[^}]*\})?`)

// Every query shows what was chosen at the top, and names no host itself.
func TestQueriesFollowTheVariables(t *testing.T) {
	d, _ := load(t)
	for _, p := range d.Panels {
		for _, q := range p.Targets {
			found := selector.FindAllStringSubmatch(q.Expr, -1)
			if len(found) == 0 {
				t.Errorf("panel %q asks for nothing of ours: %s", p.Title, q.Expr)
			}
			for _, f := range found {
				host := `job=~"$job", instance=~"$instance"`
				if f[2] != "{"+host+"}" && f[2] != "{"+host+`, daemon=~"$daemon"}` {
					t.Errorf("panel %q asks for %s", p.Title, f[0])
				}
				if _, hasDaemon := ofRun[f[1]]; hasDaemon == strings.Contains(f[2], "daemon=") {
					t.Errorf("panel %q asks for %s, of a daemon or of a host?", p.Title, f[0])
				}
			}
		}
	}
}

// The lists at the top offer what there is of what was chosen left of them, on no
// host by name.
func TestVariables(t *testing.T) {
	d, _ := load(t)
	narrowed := ""
	for _, v := range d.Templating.List {
		if v.Type != "query" {
			continue
		}
		if !v.Multi || !v.IncludeAll || v.AllValue != ".+" {
			t.Errorf("of %s, one cannot choose several, or all", v.Name)
		}
		f := selector.FindStringSubmatch(v.question(t))
		if f == nil || strings.Trim(f[2], "{}") != narrowed {
			t.Errorf("the query of %s is %s, and should ask for {%s}", v.Name, v.question(t), narrowed)
		}
		narrowed = strings.TrimPrefix(fmt.Sprintf("%s, %s=~\"$%s\"", narrowed, v.Name, v.Name), ", ")
	}
	if narrowed != `job=~"$job", instance=~"$instance", daemon=~"$daemon"` {
		t.Errorf("one can choose %s", narrowed)
	}
}

// ofRun are the metrics that are not about one daemon.
var ofRun = map[string]struct{}{
	"daemon_keeper_mistakes": {}, "daemon_keeper_last_run_timestamp_seconds": {}, "daemon_keeper_last_run_duration_seconds": {},
	"daemon_keeper_last_run_status": {}, "node_textfile_scrape_error": {},
}

// A column is called Value, or Value #A if there are more queries, until it has a
// name of its own; what is said of it goes by that.
func TestColumns(t *testing.T) {
	d, _ := load(t)
	tables := 0
	for _, p := range d.Panels {
		if p.Type != "table" {
			continue
		}
		tables++
		columns := []string{"Time", "job", "instance", "daemon", "reason", "cause", "Value"}
		if len(p.Targets) > 1 {
			columns = columns[:6]
			for _, q := range p.Targets {
				columns = append(columns, "Value #"+q.RefID)
			}
		}
		o := p.Transformations[len(p.Transformations)-1].Options
		named := make([]string, 0, len(o.RenameByName))
		for column, name := range o.RenameByName {
			named = append(named, name)
			if _, placed := o.IndexByName[column]; !placed || !slices.Contains(columns, column) {
				t.Errorf("table %q: column %q has no place, or is none", p.Title, column)
			}
		}
		for _, q := range columns[6:] {
			if o.RenameByName[q] == "" && !o.ExcludeByName[q] {
				t.Errorf("table %q shows a column %q", p.Title, q)
			}
		}
		for _, f := range p.FieldConfig.Overrides {
			if f.Matcher.ID != "byName" || !slices.Contains(named, f.Matcher.Options) {
				t.Errorf("table %q says how %q looks, which it does not have", p.Title, f.Matcher.Options)
			}
		}
	}
	if tables != 2 {
		t.Errorf("%d tables were looked at", tables)
	}
}

// The files of provisioning are YAML, and what Grafana requires stands in them.
func TestProvisioning(t *testing.T) {
	for _, kind := range []struct{ file, list, keys string }{
		{"provisioning/dashboards/daemon-keeper.yml", "providers", "allowUiUpdates name options path type"},
		{"provisioning/datasources/prometheus.yml", "datasources", "access isDefault jsonData name timeInterval type url"},
	} {
		text, err := os.ReadFile(filepath.FromSlash(kind.file))
		if err != nil {
			t.Fatal(err)
		}
		var content map[string]any
		if err := yaml.Unmarshal(text, &content); err != nil {
			t.Fatalf("%s: %v", kind.file, err)
		}
		list, ok := content[kind.list].([]any)
		if !ok || len(list) != 1 || fmt.Sprint(content["apiVersion"]) != "1" {
			t.Fatalf("%s: %v", kind.file, content)
		}
		var keys []string
		walk(list[0], func(key string, _ any) { keys = append(keys, key) })
		slices.Sort(keys)
		if got := strings.Join(keys, " "); got != kind.keys {
			t.Errorf("%s has the keys %s", kind.file, got)
		}
	}
}
