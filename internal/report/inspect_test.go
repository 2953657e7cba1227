package report

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"daemon-keeper/internal/golden"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

const inspectSchema = "../../docs/daemon-keeper.inspect.schema.json"

func compiledInspect(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(inspectSchema)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func inspectedText(i Inspect, list []Inspection) string {
	var b bytes.Buffer
	i.Out, i.Now = &b, dusk
	i.Write(list)
	return b.String()
}

// someInspections are one that has something of everything, one that is well, and one that is
// down.
func someInspections() []Inspection {
	return []Inspection{
		{Name: "nginx", State: "up", Processes: []InspectedProcess{{
			PID: 812, Name: "nginx", Executable: "/usr/sbin/nginx", Unit: "nginx.service", User: "root", Started: dusk,
			Findings: []InspectFinding{
				{"stdio_dead_pipe", "descriptors", "critical", "it writes to a pipe that nobody reads", "standard error: pipe:[4711] has no reader", "its next line there ends it with SIGPIPE, or fails if it ignores that", "restart it through its service; let it log to a file or to syslog"},
				{"files_near", "limits", "warning", "it has nearly as many files open as it may", "870 of 1024", "at the limit it can accept no connection and open no file or log any more, and many daemons then spin or end", "raise LimitNOFILE= in the unit (or the limit where it is started) and restart it; if the number only grows, it leaks them"},
				{"umask_open", "where", "notice", "files that it makes can be written by others", "umask 0000", "its umask takes nothing from others: only the modes that the program itself gives protect its files", "set UMask=0027 in the unit, or umask 027 where it is started"},
			},
			Lines: []InspectLine{
				{Section: "who", Name: "users", Text: "root(0)"},
				{Section: "who", Name: "security label", Why: "no security module gives processes a label here", Never: true},
				{Section: "where", Name: "working folder", Why: "permission denied"},
				{Section: "descriptors", Name: "open", Text: "870 of 1024"},
			},
		}}},
		{Name: "named", State: "up", Processes: []InspectedProcess{{PID: 5, Name: "named", User: "bind"}}},
		{Name: "sshd", State: "up", Processes: []InspectedProcess{{PID: 6, Name: "sshd", User: "root"}}},
		{Name: "clamd", State: "down", Reason: "not running"},
	}
}

func TestInspectForEyes(t *testing.T) {
	for name, i := range map[string]Inspect{
		"inspect80.txt": {Width: 80, Only: "notice"}, "inspect80-warning.txt": {Width: 80, Only: "warning"}, "inspect80-all.txt": {Width: 80, Only: "critical", All: true},
		"inspect40.txt": {Width: 40, Only: "notice"}, "inspect.txt": {Only: "notice"}, "inspect80-colour.txt": {Width: 80, Only: "notice", Color: true},
		"inspect.json": {JSON: true, Only: "notice"},
	} {
		golden.File(t, "testdata/"+name, inspectedText(i, someInspections()))
	}
}

// When all is well there is one line, however many there are.
func TestInspectNothing(t *testing.T) {
	got := inspectedText(Inspect{Only: "notice"}, someInspections()[1:3])
	if want := "nothing to say of 'named', 'sshd'\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	got = inspectedText(Inspect{Only: "critical"}, someInspections()[1:2])
	if want := "nothing critical to say of 'named'\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// Whatever was found, the schema describes it, nothing in it is hostile, and no line is longer
// than the terminal is wide.
func TestRandomInspections(t *testing.T) {
	s := compiledInspect(t)
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 19))
		list := randomInspections(random)
		got := inspectedText(Inspect{JSON: true, Only: "notice"}, list)
		validate(t, s, []byte(got))
		hostile := func(r rune) bool { return r == '\u2028' || r < ' ' && r != '\n' || r == 0x7f }
		if strings.ContainsFunc(got, hostile) || strings.Contains(got, `\u`) {
			t.Errorf("seed %d: something hostile in %q", seed, got)
		}
		for _, width := range []int{0, 40, 80, 200} {
			got := inspectedText(Inspect{Width: width, All: true, Only: "notice"}, list)
			if strings.ContainsFunc(got, hostile) {
				t.Errorf("seed %d: something hostile in %q", seed, got)
			}
		}
		if t.Failed() {
			return
		}
	}
}

func randomInspections(random *rand.Rand) []Inspection {
	sections := []string{"who", "where", "detached", "descriptors", "limits", "files", "log"}
	var list []Inspection
	for range random.IntN(4) {
		d := Inspection{Name: randomText(random), State: []string{"up", "down", "unknown"}[random.IntN(3)], Reason: randomText(random), More: random.IntN(3)}
		for range random.IntN(3) {
			p := InspectedProcess{PID: 1 + random.IntN(100), Name: randomText(random), Executable: randomText(random), Unit: randomText(random), User: randomText(random), Started: randomMoment(random)}
			for range random.IntN(3) {
				p.Findings = append(p.Findings, InspectFinding{"some_id", sections[random.IntN(7)], inspectSeverities()[random.IntN(3)], "what", randomText(random), "why", randomText(random)})
			}
			for range random.IntN(4) {
				p.Lines = append(p.Lines, InspectLine{sections[random.IntN(7)], randomText(random), randomText(random), randomText(random), random.IntN(2) == 0})
			}
			d.Processes = append(d.Processes, p)
		}
		list = append(list, d)
	}
	return list
}
