package page

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"daemon-keeper/internal/page"
)

// needs installs Chromium, and the checks for accessibility; it returns the script of these.
func needs(t *testing.T) string {
	t.Helper()
	if os.Getenv("DAEMON_KEEPER_REAL") == "" {
		t.Skip("make test-packages looks at the page with Chromium")
	}
	run(t, "../..", "sh", ".ci/need", "chromium:chromium", "npm:npm")
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json"} {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	run(t, dir, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	axe, err := os.ReadFile(filepath.Join(dir, "node_modules/axe-core/axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(axe)
}

func run(t *testing.T, dir, name string, args ...string) {
	t.Helper()
	c := exec.CommandContext(t.Context(), name, args...)
	c.Dir = dir
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v\n%s", name, strings.Join(args, " "), err, out)
	}
}

// evil is a name that would be a script if it were not text.
const evil = `"'><script>console.error("evil")</script><img src=/evil.png onerror=console.error(1)></title></style>`

// pages are the pages that are looked at: those of the golden files, written now, an old
// one, and one of evil names.
func pages(t *testing.T) map[string]string {
	t.Helper()
	source := func(host, file string) page.Source {
		data, err := os.ReadFile("../../internal/page/testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		return page.Source{Host: host, Path: file, Data: data}
	}
	spoilt := func(s page.Source) page.Source {
		name, err := json.Marshal(evil)
		if err != nil {
			t.Fatal(err)
		}
		s.Data = regexp.MustCompile(`"(name|reason|cause|sender)": "[^"]*"`).ReplaceAllFunc(s.Data, func(field []byte) []byte {
			key, _, _ := strings.Cut(string(field), ":")
			return append([]byte(key+": "), name...)
		})
		return s
	}
	mail, past := source("mail1", "mail1.json"), source("mail1", "mail1.history.json")
	fleet := []page.Source{mail, past, source("web1", "web1.json"), source("db1", "db1.json"), source("cut", "cut.json"), {Host: "lost", Path: "lost.json", Err: errors.New("no such file")}}
	all := make(map[string]string)
	for name, p := range map[string]page.Page{
		"one":   {Written: time.Now(), Limit: time.Hour, Sources: []page.Source{mail, past}},
		"old":   {Written: time.Now().Add(-2 * time.Hour), Limit: time.Hour, Sources: []page.Source{mail, past}},
		"fleet": {Written: time.Now(), Limit: time.Hour, Sources: fleet},
		"evil":  {Written: time.Now(), Limit: time.Hour, Sources: []page.Source{spoilt(mail), spoilt(past), {Host: evil, Path: evil, Err: errors.New(evil)}}},
		"none":  {Written: time.Now(), Limit: time.Hour},
	} {
		text, _, err := p.Make()
		if err != nil {
			t.Fatal(err)
		}
		all[name] = string(text)
	}
	return all
}

// server serves one page, and notes what is asked for.
type server struct {
	*httptest.Server
	mu    sync.Mutex
	asked []string
}

func serve(t *testing.T, text string) *server {
	s := new(server)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.asked = append(s.asked, r.URL.Path)
		s.mu.Unlock()
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, text)
	}))
	t.Cleanup(s.Close)
	return s
}

// look opens a page, and returns what has become of it, and what the console says.
func look(t *testing.T, url string, width int, dark bool, more ...string) (dom string, console []string) {
	t.Helper()
	scheme := 1 // as blink's PreferredColorScheme counts
	if dark {
		scheme = 0
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Minute)
	defer cancel()
	args := []string{
		"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--disable-background-networking",
		"--enable-logging=stderr", "--user-data-dir=" + t.TempDir(), fmt.Sprintf("--window-size=%d,1600", width),
		fmt.Sprintf("--blink-settings=preferredColorScheme=%d", scheme), "--virtual-time-budget=2000",
	}
	c := exec.CommandContext(ctx, "chromium", append(append(args, more...), url)...)
	var errors strings.Builder
	c.Stderr = &errors
	out, err := c.Output()
	if err != nil {
		t.Fatalf("chromium: %v\n%s", err, errors.String())
	}
	for line := range strings.Lines(errors.String()) {
		if strings.Contains(line, "CONSOLE") {
			console = append(console, line)
		}
	}
	return string(out), console
}

func TestBrowser(t *testing.T) {
	axe := needs(t)
	all := pages(t)
	for name, text := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := serve(t, text)
			dom, console := look(t, s.URL, 1280, false, "--dump-dom")
			if len(console) > 0 {
				t.Errorf("the console is not empty: %q", console)
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if !slices.Equal(s.asked, []string{"/"}) {
				t.Errorf("fetched were %q, want the page alone", s.asked)
			}
			if warns := regexp.MustCompile(`<p id="old"[^>]* role="alert">`).MatchString(dom); warns != (name == "old") {
				t.Errorf("it warns of its age: %v", warns)
			}
		})
	}
	for name, schemes := range map[string][]bool{"fleet": {false, true}, "evil": {false}} { // there is nothing else in the others
		for _, dark := range schemes {
			t.Run(fmt.Sprintf("%s accessible, dark %v", name, dark), func(t *testing.T) {
				t.Parallel()
				accessible(t, axe, all[name], dark)
			})
		}
	}
}

// probe has axe-core judge the page in a frame as wide as a telephone.
const probe = `<!DOCTYPE html><html lang="en"><head><title>probe</title></head><body style="margin:0">
<iframe id="f" title="page" style="border:0;width:390px;height:1600px"></iframe><pre id="answer"></pre>
<script>
const f = document.getElementById("f");
f.onload = () => {
  const w = f.contentWindow, s = w.document.createElement("script");
  s.textContent = AXE;
  w.document.head.append(s);
  w.axe.run(w.document, {iframes: false}).then(r => {
    document.getElementById("answer").textContent = "ANSWER" + JSON.stringify({
      bad: r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.slice(0, 3).map(n => n.html + " " + n.failureSummary).join("; ")),
      passed: r.passes.length, dark: w.matchMedia("(prefers-color-scheme: dark)").matches,
      width: w.innerWidth, needs: w.document.documentElement.scrollWidth}) + "END";
  });
};
f.srcdoc = PAGE;
</script></body></html>`

// accessible looks with axe-core, which the page's own policy would not let in.
func accessible(t *testing.T, axe, text string, dark bool) {
	t.Helper()
	text = regexp.MustCompile(`<meta http-equiv="Content-Security-Policy"[^>]*>`).ReplaceAllString(text, "")
	literal := func(s string) string {
		b, err := json.Marshal(s) // it writes < as an escape, so that no script ends early
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	s := serve(t, strings.NewReplacer("AXE", literal(axe), "PAGE", literal(text)).Replace(probe))
	dom, _ := look(t, s.URL, 1280, dark, "--dump-dom", "--virtual-time-budget=20000")
	m := regexp.MustCompile(`(?s)ANSWER(\{.*\})END`).FindStringSubmatch(dom)
	if m == nil {
		t.Fatal("axe-core has said nothing")
	}
	var answer struct {
		Bad                  []string
		Passed, Width, Needs int
		Dark                 bool
	}
	if err := json.Unmarshal([]byte(html.UnescapeString(m[1])), &answer); err != nil {
		t.Fatal(err)
	}
	if answer.Passed < 15 || answer.Dark != dark {
		t.Errorf("only %d checks were passed, dark: %v", answer.Passed, answer.Dark)
	}
	for _, bad := range answer.Bad {
		t.Error(bad)
	}
	if answer.Width != 390 || answer.Needs > answer.Width {
		t.Errorf("it needs %d of %d pixels", answer.Needs, answer.Width)
	}
}

// The pictures are for people, who name a folder for them.
func TestPictures(t *testing.T) {
	folder := os.Getenv("DAEMON_KEEPER_PICTURES")
	if folder == "" {
		t.Skip("DAEMON_KEEPER_PICTURES names no folder to put pictures into")
	}
	for name, text := range pages(t) {
		for _, width := range []int{390, 1280} {
			for _, dark := range []bool{false, true} {
				frame := fmt.Sprintf(`<!DOCTYPE html><body style="margin:0"><iframe style="border:0;width:%dpx;height:1600px" srcdoc="%s"></iframe>`, width, html.EscapeString(text))
				file := filepath.Join(folder, fmt.Sprintf("%s-%d-%v.png", name, width, map[bool]string{false: "light", true: "dark"}[dark]))
				look(t, serve(t, frame).URL, max(width, 500), dark, "--screenshot="+file)
			}
		}
	}
}
