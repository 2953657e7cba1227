package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/words"
)

var written = time.Date(2026, 11, 29, 3, 12, 0, 0, time.UTC)

// files are the sources of the samples.
func files(t testing.TB, paths ...string) []Source {
	t.Helper()
	var list []Source
	for _, path := range paths {
		data, err := os.ReadFile("testdata/" + path)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, Source{Host: HostOf(path), Path: path, Data: data})
	}
	return list
}

func TestGolden(t *testing.T) {
	for name, sources := range map[string][]Source{
		"one":   files(t, "mail1.json", "mail1.history.json"),
		"fleet": append(files(t, "web1.json", "mail1.json", "mail1.history.json", "cut.json", "db1.json"), Source{Host: "lost", Path: "lost.json", Err: errors.New("no such file or directory")}),
		"none":  nil,
	} {
		t.Run(name, func(t *testing.T) {
			got, _, err := Page{Written: written, Limit: 15 * time.Minute, Sources: sources}.Make()
			if err != nil {
				t.Fatal(err)
			}
			golden.File(t, "testdata/"+name+".html", string(got))
		})
	}
}

// Whatever a name holds, it is text in the page, and nothing else.
func TestHostileNamesAreText(t *testing.T) {
	const evil = `"'><script>alert(1)</script><img src=x onerror=alert(1)></title></style>javascript:alert(1)` + "`{{.}}&#0;"
	d := daemon{Name: evil, Result: evil, Reason: evil, Hint: evil, Blame: words.Blame{Cause: evil, Sender: evil, Certainty: words.Certainty(evil), Source: evil}, Paused: evil, Trouble: evil, Notices: []string{evil}}
	r, err := json.Marshal(map[string]any{"version": 1, "command": evil, "time": written, "daemons": []daemon{d}, "mistakes": []mistake{{evil, evil}}})
	if err != nil {
		t.Fatal(err)
	}
	h, err := json.Marshal(map[string]any{"version": 1, "command": "history", "from": written, "to": written, "daemons": []past{{Name: evil, Incidents: []incident{{Down: written, Blame: words.Blame{Cause: evil, Sender: evil}, Outcome: evil}}}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, more := range [][]Source{nil, {{Host: "other" + evil, Path: evil, Err: errors.New(evil)}}} {
		got, _, err := Page{Written: written, Limit: time.Minute, Sources: append([]Source{{Host: evil, Path: evil, Data: r}, {Host: evil, Path: evil, Data: h}}, more...)}.Make()
		if err != nil {
			t.Fatal(err)
		}
		text := string(got)
		if n := strings.Count(text, "<script"); n != 1 {
			t.Errorf("%d scripts, want ours alone", n)
		}
		for _, no := range []string{"<img", "alert(1)</script>", " onerror=alert(1)>"} {
			if strings.Contains(text, no) {
				t.Errorf("%q is in the page as it was", no)
			}
		}
	}
}

// A page needs nothing but itself.
func TestNothingIsFetched(t *testing.T) {
	got, err := os.ReadFile("testdata/fleet.html")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile(`(?:src|href|action|url\()=?"?([^"> )]*)`).FindAllStringSubmatch(string(got), -1) {
		if m[1] != "" && !strings.HasPrefix(m[1], "#") && m[1] != "data:," {
			t.Errorf("the page refers to %q", m[1])
		}
	}
}

func TestBrokenReports(t *testing.T) {
	deep := strings.Repeat("[", mostDepth+1) + strings.Repeat("]", mostDepth+1)
	for name, c := range map[string]struct{ data, want string }{
		"empty":       {"", "it is empty"},
		"cut":         {`{"version": 1, "comm`, "it may be cut off"},
		"behind":      {`{"version": 1} x`, "it is not JSON from byte 16 on"},
		"a list":      {`[1]`, "it is JSON, but not an object"},
		"another":     {`{"a": 1}`, "not a report or a history of daemon-keeper"},
		"no time":     {`{"version": 1, "command": "run", "daemons": []}`, "not a report or a history of daemon-keeper"},
		"later":       {`{"version": 2, "command": "run", "daemons": []}`, "another version"},
		"deep":        {`{"version": 1, "command": "run", "daemons": ` + deep + `}`, "nested too deeply"},
		"long":        {strings.Repeat(" ", MostBytes+1), "longer than 8 MiB"},
		"wrong type":  {`{"version": 1, "command": "run", "time": "2026-11-29T03:12:00Z", "daemons": [{"name": 7}]}`, "daemons.name is not a string"},
		"wrong cause": {`{"version": 1, "command": "run", "time": "2026-11-29T03:12:00Z", "daemons": [{"cause": 7}]}`, "daemons.cause is not a string"},
		"wrong sure":  {`{"version": 1, "command": "run", "time": "2026-11-29T03:12:00Z", "daemons": [{"certainty": 7}]}`, "daemons.certainty is not a string"},
		"wrong time":  {`{"version": 1, "command": "run", "time": "yesterday", "daemons": []}`, "a value is not as in a report"},
		"a text only": {`"` + strings.Repeat("[", 100) + `"`, "it is JSON, but not an object"},
	} {
		t.Run(name, func(t *testing.T) {
			html, broken, err := Page{Written: written, Sources: []Source{{Host: "web1", Path: "web1.json", Data: []byte(c.data)}}}.Make()
			if err != nil || len(broken) != 1 || !strings.Contains(broken[0].Error(), c.want) || !strings.HasPrefix(broken[0].Error(), "cannot use web1.json: ") {
				t.Errorf("broken %v, error %v; want %q", broken, err, c.want)
			}
			if !strings.Contains(string(html), "Broken report: cannot use web1.json: ") {
				t.Error("the page does not name the broken report")
			}
		})
	}
}

// Two reports of one name are both shown.
func TestNothingIsLost(t *testing.T) {
	a := files(t, "web1.json")[0]
	b := a
	b.Path = "old/web1.json"
	hosts, broken := Page{Sources: []Source{a, b}}.hosts()
	if len(hosts) != 2 || len(broken) != 0 || hosts[1].name != "web1 (old/web1.json)" || hosts[1].report == nil {
		t.Errorf("%d hosts, broken %v", len(hosts), broken)
	}
}

func TestAge(t *testing.T) {
	p := Page{Written: written, Limit: 15 * time.Minute}
	for ago, want := range map[time.Duration]string{
		0: "", 15 * time.Minute: "", 16 * time.Minute: "was 16 min old", 72 * time.Hour: "was 3 days old", -time.Hour: "from the future", -time.Minute: "",
	} {
		if got := p.age(written.Add(-ago)); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%v ago: %q, want %q", ago, got, want)
		}
	}
}

// A host whose report is new while its history is from last week must not show last week as
// today.
func TestAgeOfHistory(t *testing.T) {
	told := files(t, "mail1.json", "mail1.history.json")
	told[1].Data = []byte(strings.Replace(strings.Replace(string(told[1].Data), `"to": "2026-11-29`, `"to": "2026-11-22`, 1), `"unreadable_lines": 0`, `"unreadable_lines": 2`, 1))
	html, broken, err := Page{Written: written, Limit: 15 * time.Minute, Sources: told}.Make()
	if err != nil || len(broken) > 0 {
		t.Fatal(broken, err)
	}
	for _, want := range []string{"This history was 7 days old when the page was written", "2 lines of the ledger cannot be read"} {
		if !strings.Contains(string(html), want) {
			t.Errorf("the page lacks %q", want)
		}
	}
}

func TestHostOf(t *testing.T) {
	for path, want := range map[string]string{
		"web1.json": "web1", "a/b/web1.history.json": "web1", "web1": "web1", ".json": ".json", "mx.example.org.json": "mx.example.org", "web1.history": "web1",
	} {
		if got := HostOf(path); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
	}
}

func TestMarks(t *testing.T) {
	at := func(ago float64) time.Time { return written.Add(-time.Duration(ago * float64(day))) }
	p := past{KnownFrom: at(9.5), KnownTo: written, Incidents: []incident{
		{Down: at(3.2), Seconds: 1, Death: true},
		{Down: at(5.5), Seconds: 86400, Death: false},
		{Down: at(0.1), UnderWay: true, Death: true},
		{Down: at(200), Seconds: 5, Death: true},
		{Down: at(-5), Seconds: 5, Death: true},
	}}
	got := ""
	for _, m := range p.marks(written) {
		got += " =.X"[m : m+1]
	}
	if want := strings.Repeat(" ", days-10) + "====..X==X"; got != want {
		t.Errorf("got  %q\nwant %q", got, want)
	}
	empty := past{}
	if n := len(newBar(empty, written).Runs); n != 1 {
		t.Errorf("%d runs of nothing, want 1", n)
	}
}

func TestPercent(t *testing.T) {
	for p, want := range map[float64]string{100: "100 %", 99.999: "99.99 %", 0: "0.00 %", -1: "?", 101: "?"} {
		if got := percent(p); got != want {
			t.Errorf("%v: %s, want %s", p, got, want)
		}
	}
}

func TestWorstFirst(t *testing.T) {
	hosts := []hostView{{Name: "b", State: stateOf("up")}, {Name: "c", State: stateOf("down"), ill: 1}, {Name: "d", State: stateOf("x")}, {Name: "a", State: stateOf("up")}, {Name: "e", State: stateOf("wrong"), ill: 2}, {Name: "f", State: stateOf("held")}}
	worstFirst(hosts)
	got := ""
	for _, h := range hosts {
		got += h.Name
	}
	if got != "ecdfab" {
		t.Errorf("the order is %s", got)
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range files(f, "mail1.json", "mail1.history.json", "cut.json") {
		f.Add(s.Data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		page, broken, err := Page{Written: written, Limit: time.Minute, Sources: []Source{{Host: "h", Path: "h.json", Data: data}}}.Make()
		if err != nil || len(broken) > 1 || !strings.HasSuffix(strings.TrimSpace(string(page)), "</html>") {
			t.Errorf("%v, broken %v", err, broken)
		}
	})
}

// What 500 hosts cost: BenchmarkFleet is to be under a second.
func BenchmarkFleet(b *testing.B) {
	one, past := files(b, "mail1.json")[0], files(b, "mail1.history.json")[0]
	var sources []Source
	for i := range 500 {
		name := fmt.Sprintf("host%03d", i)
		sources = append(sources, Source{Host: name, Path: name + ".json", Data: one.Data}, Source{Host: name, Path: name + ".history.json", Data: past.Data})
	}
	b.ReportAllocs()
	for b.Loop() {
		html, _, err := Page{Written: written, Limit: time.Hour, Sources: sources}.Make()
		if err != nil {
			b.Fatal(err)
		}
		b.SetBytes(int64(len(html)))
	}
}
