package report

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/words"
)

const reportSchema = "../../docs/daemon-keeper.report.schema.json"

func compiledSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(reportSchema)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func asJSON(j JSON, r Report) []byte {
	var b bytes.Buffer
	j.Out = &b
	j.Write(r)
	return b.Bytes()
}

func validate(t *testing.T, s *jsonschema.Schema, data []byte) {
	t.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(data))
	if err == nil {
		err = s.Validate(v)
	}
	if err != nil {
		t.Errorf("%v\n%s", err, data)
	}
}

var noon = time.Date(2026, 11, 21, 13, 0, 0, 123_456_789, time.FixedZone("CET", 3600))

// everything has something in each field.
var everything = Report{
	Command: "run", Began: noon, Took: 300 * time.Millisecond,
	Mistakes: []Mistake{{Text: "/etc/daemon-keeper.d/x.yaml:3:1: cannot find key \"servces\"", Hint: "did you mean services?"}, {Text: "b\xff: cannot read"}},
	Daemons: []Daemon{
		{
			Name: "clamd", Count: words.Count{Min: 1, Max: words.NoLimit}, Result: Up, Notices: []string{"process 723 is stopped"},
			Processes: []Process{{
				PID: 723, User: "clamav", Exe: "/usr/local/sbin/clamd", Started: noon.Add(-36 * time.Hour), CPU: 1100 * time.Millisecond,
				RSS: 1 << 30, VMS: 2 << 30, OldImage: true, Stopped: true,
			}, {PID: 724}},
			Details: []Detail{{PID: 723, User: "clamav", Exe: "/usr/local/sbin/clamd", Counts: true, Why: "it is"}, {PID: 725, Why: "a zombie"}},
		},
		{
			Name: "sshd", Count: words.Count{Min: 1, Max: 2}, Result: StillDown, Trouble: "tcp://127.0.0.1:22 says \"\u2028\"", Reason: "within 30s it did not get well", Hint: "look <there> & wait",
			Took:     31_234_567 * time.Microsecond,
			Services: []Service{{Name: "sshd", State: "stopped", Word: "failed"}, {Name: "b", State: "unknown", Err: "exit status 4"}, {Name: "c"}, {Name: "d", State: "running"}},
			Steps: []Step{
				{Verb: "stop", Service: "sshd", Took: 100 * time.Millisecond},
				{Verb: "start", Service: "sshd", Took: time.Second, Err: "exit status 1", Output: []string{"\x1b[31mred", "line 3"}},
				{Verb: "start", Service: "b", Took: time.Minute, Err: "time", Slow: true},
				{Verb: "start", Service: "c", Err: "it is masked", Skipped: true, Hint: "systemctl unmask c.service"},
			},
		},
		{Name: "named", Result: Held, Busy: true, Reason: "another run is at work", Count: words.Count{Min: 1, Max: words.NoLimit}},
		{Name: "cron", Result: StillDown, Reason: "dry run", Count: words.Count{Min: 1, Max: words.NoLimit}, Plan: []Plan{{[]string{"/usr/sbin/service", "cron", "start"}, 90 * time.Second}}},
		{Name: "nginx", Result: BroughtBack, Count: words.Count{Min: 0, Max: words.NoLimit}, Processes: []Process{{PID: 9, Started: noon.Add(time.Hour)}}, Took: 4 * time.Second, Blame: words.Blame{Cause: "its main process was killed by SIGKILL"}},
		{Name: "postfix", Result: Wrong, Count: words.Count{Min: 1, Max: 1}, Reason: "2 processes, and at most 1 may be"},
		{Name: "rpcbind", Result: Wrong, Reason: "1 process, and none may be"},
		{Name: "telnetd", Result: Clear},
		{Name: "ntpd", Count: words.Count{Min: 1, Max: words.NoLimit}, Reason: "cannot trust\nthe process table", Hint: "mount /proc"},
		{Name: "one-init", Rule: true, Result: Clear, Count: words.Count{Min: 0, Max: 1}},
		{Name: "gid0", Rule: true, Result: Wrong, Reason: "1 process, and none may be (pid 7)"},
		{Name: "uid0", Rule: true, Reason: "clouded"},
	},
}

// What programs read. Who changes it changes the version too, unless a field is
// only added.
func TestJSONOfEverything(t *testing.T) {
	got := asJSON(JSON{Verbose: true}, everything)
	golden.File(t, "testdata/everything.json", string(got))
	validate(t, compiledSchema(t), got)
}

// A program need not ask whether a list is there; what was looked at is only
// there for -v.
func TestJSONOfNothing(t *testing.T) {
	const want = `{
  "version": 1,
  "command": "",
  "time": "0001-01-01T00:00:00.000Z",
  "seconds": 0,
  "status": 3,
  "changed": false,
  "mistakes": [],
  "daemons": [
    {
      "name": "",
      "kind": "daemon",
      "result": "unknown",
      "up": null,
      "status": 3,
      "changed": false,
      "busy": false,
      "count": {
        "min": 0,
        "max": 0
      },
      "processes": [],
      "notices": [],
      "services": [],
      "steps": [],
      "plan": []
    }
  ]
}
`
	got := asJSON(JSON{}, of(Daemon{}))
	if string(got) != want {
		t.Errorf("got %s, want %s", got, want)
	}
	s := compiledSchema(t)
	validate(t, s, got)
	validate(t, s, asJSON(JSON{}, Report{}))
	if verbose := asJSON(JSON{Verbose: true}, of(Daemon{})); !bytes.Contains(verbose, []byte(`"looked_at": []`)) {
		t.Errorf("verbose, it is not said that nothing was looked at: %s", verbose)
	}
}

func TestJSONResults(t *testing.T) {
	limits := words.Count{Min: 1, Max: words.NoLimit}
	for _, tc := range []struct {
		daemon Daemon
		want   string // kind, result, up
	}{
		{Daemon{Result: CannotTell, Count: limits}, "daemon unknown null"},
		{Daemon{Result: 99, Count: limits}, "daemon unknown null"},
		{Daemon{Result: Up, Count: limits}, "daemon up true"},
		{Daemon{Result: Held, Count: limits}, "daemon held false"},
		{Daemon{Result: BroughtBack, Count: limits}, "daemon brought_back true"},
		{Daemon{Result: StillDown, Count: limits}, "daemon down false"},
		{Daemon{Result: Wrong, Count: words.Count{Min: 1, Max: 2}}, "daemon wrong true"},
		{Daemon{Result: Wrong, Count: limits}, "daemon wrong true"},
		{Daemon{Result: Wrong}, "daemon wrong null"},
		{Daemon{Result: Clear}, "daemon not_running null"},
		{Daemon{Result: Clear, Rule: true}, "rule kept null"},
		{Daemon{Result: Wrong, Rule: true, Count: limits}, "rule broken null"},
		{Daemon{Rule: true}, "rule unknown null"},
	} {
		var got struct {
			Daemons []struct{ Kind, Result, Up any }
		}
		if err := json.Unmarshal(asJSON(JSON{}, of(tc.daemon)), &got); err != nil {
			t.Fatal(err)
		}
		d := got.Daemons[0]
		if text := strings.ReplaceAll(fmt.Sprint(d.Kind, " ", d.Result, " ", d.Up), "<nil>", "null"); text != tc.want {
			t.Errorf("%+v: %s, want %s", tc.daemon, text, tc.want)
		}
	}
}

func TestJSONNumbersAreWholeMilliseconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0: "0", -time.Second: "0", 499 * time.Microsecond: "0", 500 * time.Microsecond: "0.001", 300 * time.Millisecond: "0.3",
		time.Second: "1", 3*100*time.Millisecond + 5*time.Nanosecond: "0.3", 1<<63 - 1: "9223372036.854",
		87600*time.Hour + time.Millisecond: "315360000.001", 90 * time.Second: "90",
	} {
		got, err := json.Marshal(inSeconds(d))
		if err != nil || string(got) != want {
			t.Errorf("%v: %s, want %s (%v)", d, got, want, err)
		}
	}
	for ms := range 100_000 {
		got, _ := json.Marshal(inSeconds(time.Duration(ms) * time.Millisecond))
		if _, places, _ := strings.Cut(string(got), "."); len(places) > 3 {
			t.Fatalf("%d ms: %s", ms, got)
		}
	}
}

// Whatever a report holds, the schema describes it, and nothing in it is hostile
// or was lost on the way.
func TestRandomReportsAreDescribedByTheSchema(t *testing.T) {
	s := compiledSchema(t)
	for seed := range uint64(200) {
		r := rand.New(rand.NewPCG(seed, 0))
		var report Report
		fill(r, reflect.ValueOf(&report).Elem())
		got := asJSON(JSON{Verbose: seed%2 == 0}, report)
		validate(t, s, got)
		if bad := strings.IndexFunc(string(got), func(r rune) bool { return r == '\u2028' || r == '\ufffd' || r < ' ' && r != '\n' }); bad >= 0 || strings.Contains(string(got), `\u`) {
			t.Errorf("seed %d: something hostile in %q", seed, got)
		}
		if t.Failed() {
			return
		}
	}
}

// fill makes up a value, such as could be in a report.
func fill(r *rand.Rand, v reflect.Value) {
	switch v.Interface().(type) {
	case time.Time:
		if r.IntN(3) > 0 {
			v.Set(reflect.ValueOf(noon.Add(time.Duration(r.Int64N(1e18) - 5e17))))
		}
		return
	case words.Count:
		v.Set(reflect.ValueOf(words.Count{Min: r.IntN(3), Max: r.IntN(4) - 1}))
		return
	case Result:
		v.SetInt(int64(r.IntN(8)))
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString([]string{"", "running", "stopped", "a b", "\x1b[2J", "bad\xff", "\u2028", "\u202e", "<&>\"'\\|=", "über", "\r\n\x00"}[r.IntN(11)])
	case reflect.Int:
		v.SetInt(int64(r.IntN(1 << 22)))
	case reflect.Int64:
		v.SetInt(r.Int64() >> r.IntN(63))
	case reflect.Uint64:
		v.SetUint(r.Uint64() >> r.IntN(64))
	case reflect.Bool:
		v.SetBool(r.IntN(2) > 0)
	case reflect.Slice:
		n := r.IntN(4)
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			fill(r, v.Index(i))
		}
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		for range r.IntN(4) {
			key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
			fill(r, key)
			fill(r, value)
			v.SetMapIndex(key, value)
		}
	case reflect.Pointer:
		if r.IntN(2) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(r, v.Elem())
		}
	case reflect.Struct:
		for i := range v.NumField() {
			fill(r, v.Field(i))
		}
	default:
		panic(v.Kind())
	}
}

// node is a part of the schema.
type node map[string]any

func (n node) child(key string) node {
	c, _ := n[key].(map[string]any)
	return c
}

func same(t *testing.T, what string, got, want []string) {
	t.Helper()
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%s: the schema has %v, the types have %v", what, got, want)
	}
}

// The schema is strict, at each level.
func TestSchemaOfReportsIsStrict(t *testing.T) {
	s := compiledSchema(t)
	whole := asJSON(JSON{Verbose: true}, everything)
	for _, change := range []string{
		`"version": 1 -> "version": 2`,
		`"version": 1, -> "version": 1, "colour": "red",`,
		`"kind": "daemon", -> "kind": "daemon", "colour": "red",`,
		`"pid": 723, -> "pid": 723, "colour": "red",`,
		`"verb": "stop", -> "verb": "stop", "colour": "red",`,
		`"counts": true, -> "counts": true, "colour": "red",`,
		`"state": "stopped" -> "state": "stopped", "colour": "red"`,
		`"timeout_seconds": 90 -> "timeout_seconds": 90, "colour": "red"`,
		`"hint": "did you mean services?" -> "colour": "red"`,
		`"min": 1, -> "min": 1, "colour": "red",`,
		`"min": 1, -> `,
		`"busy": false, -> `,
		`"result": "up" -> "result": "very well"`,
		`"state": "stopped" -> "state": "stopping"`,
		`"kind": "rule" -> "kind": "law"`,
		`"status": 2 -> "status": 4`,
		`"time": "2026-11-21T12:00:00.123Z" -> "time": "2026-11-21T13:00:00.123+01:00"`,
		`"time": "2026-11-21T12:00:00.123Z" -> "time": "2026-13-41T12:00:00.123Z"`,
		`"seconds": 0.3 -> "seconds": "0.3"`,
		`"seconds": 0.3 -> "seconds": -1`,
		`"up": null -> "up": "unknown"`,
		`"plan": [] -> "plan": null`,
		`"max": 2 -> "max": -1`,
	} {
		from, to, _ := strings.Cut(change, " -> ")
		changed := strings.Replace(string(whole), from, to, 1)
		if changed == string(whole) {
			t.Errorf("%s: not found", from)
		}
		v, err := jsonschema.UnmarshalJSON(strings.NewReader(changed))
		if err != nil {
			t.Errorf("%s: %v", change, err)
		} else if s.Validate(v) == nil {
			t.Errorf("taken: %s", change)
		}
	}
}
