package grafana

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/realtest"
)

// shown is the time range of the dashboard, unless somebody has chosen another.
const shown = 24 * time.Hour

// query is one that Grafana would send.
type query struct {
	expr    string
	instant bool
	step    time.Duration
}

// sample is the last value of a series.
type sample struct {
	labels map[string]string
	value  string
}

type answer []sample

func (a answer) values() (list []string) {
	for _, s := range a {
		list = append(list, s.value)
	}
	return list
}

// by are the values by a label, or by several in a row.
func (a answer) by(labels ...string) map[string]string {
	values := make(map[string]string)
	for _, s := range a {
		var key []string
		for _, l := range labels {
			key = append(key, s.labels[l])
		}
		values[strings.Join(key, " ")] = s.value
	}
	return values
}

// chosen are the variables as Grafana puts them in: all, or some that were ticked,
// which it escapes for a regular expression.
type chosen struct{ job, instance, daemon string }

var (
	all    = chosen{".+", ".+", ".+"}
	ticked = chosen{"node", `127\\.0\\.0\\.1:9100`, "(up|down|held|unknown|many|dies|forbidden)"}
)

// expand is the query with Grafana's variables, for a Prometheus that scrapes each
// second.
func expand(q target, p panel, c chosen) (query, error) {
	step := time.Minute // what 24 hours are cut into, at the least
	if p.Interval != "" {
		d, err := time.ParseDuration(p.Interval)
		if err != nil {
			return query{}, err
		}
		step = d
	}
	window := max(step+time.Second, 4*time.Second)
	seconds := func(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) }
	expr := strings.NewReplacer(
		"$__rate_interval", seconds(window)+"s", "$__range_s", seconds(shown), "$__range", seconds(shown)+"s", "$__interval", seconds(step)+"s",
		"$job", c.job, "$instance", c.instance, "$daemon", c.daemon,
	).Replace(q.Expr)
	if strings.Contains(expr, "$") {
		return query{}, fmt.Errorf("a variable is left: %s", expr)
	}
	return query{expr, q.Instant, step}, nil
}

// ask asks Prometheus. Of each series of a range it tells the last value, if that
// is of now.
func ask(t *testing.T, m *realtest.Machine, q query) answer {
	t.Helper()
	now := time.Now()
	form := []string{"query=" + q.expr, "time=" + unix(now)}
	path := "query"
	if !q.instant {
		path = "query_range"
		form = []string{"query=" + q.expr, "start=" + unix(now.Add(-shown)), "end=" + unix(now), "step=" + fmt.Sprint(q.step.Seconds())}
	}
	var data struct {
		Result []struct {
			Metric map[string]string
			Value  []any
			Values [][]any
		}
	}
	get(t, m, path, form, &data)
	var a answer
	for _, r := range data.Result {
		last := r.Value
		if len(r.Values) > 0 {
			last = r.Values[len(r.Values)-1]
			if at, ok := last[0].(float64); !ok || now.Sub(time.UnixMilli(int64(1000*at))).Abs() > time.Second {
				continue
			}
		}
		if len(last) != 2 || last[1] == "NaN" {
			t.Errorf("%s: a sample is %v", q.expr, last)
			continue
		}
		a = append(a, sample{r.Metric, fmt.Sprint(last[1])})
	}
	return a
}

// get fetches something of Prometheus's HTTP API.
func get(t *testing.T, m *realtest.Machine, path string, form []string, into any) {
	t.Helper()
	args := []string{"--silent", "--show-error", "--get", "http://127.0.0.1:9090/api/v1/" + path}
	for _, field := range form {
		args = append(args, "--data-urlencode", field)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	var stdout, stderr bytes.Buffer
	cmd := m.Command(ctx, "curl", args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	var reply struct {
		Status, Error string
		Data          json.RawMessage
	}
	if err == nil {
		err = json.Unmarshal(stdout.Bytes(), &reply)
	}
	if err == nil && reply.Status == "success" {
		err = json.Unmarshal(reply.Data, into)
	}
	if err != nil || reply.Status != "success" {
		t.Fatalf("Prometheus does not answer %s %q: %v %s\n%s%s", path, form, err, reply.Error, stdout.String(), stderr.String())
	}
}

func unix(t time.Time) string { return strconv.FormatFloat(float64(t.UnixMilli())/1000, 'f', 3, 64) }

// sorted are the keys and values of a map in a line, to be compared.
func sorted(values map[string]string) string {
	var list []string
	for key, value := range values {
		list = append(list, strings.TrimSpace(key+" "+value))
	}
	slices.Sort(list)
	return strings.Join(list, ", ")
}
