package hooks

import (
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// nasty is in each variable that a process can have a hand in.
const nasty = "\"\\\n\x01 $(id) `id` %s 'x' \xff grüße 😀 </b> & <!channel> @all @Channel"

// legible is what remains of it.
var legible = string([]rune(nasty))

// incident is the environment of an event.
func incident(event string, more ...string) []string {
	return append([]string{
		"KEEPER_EVENT=" + event, "KEEPER_HOST=mx" + nasty, "KEEPER_SUBJECT=clamd is down on mx" + nasty, "KEEPER_COUNT=1", "KEEPER_DAEMONS=clamd",
		"KEEPER_DAEMON=clamd", "KEEPER_STATE=down", "KEEPER_REASON=r" + nasty, "KEEPER_CAUSE=c" + nasty, "KEEPER_SENDER=s" + nasty,
		"KEEPER_CERTAINTY=likely", "KEEPER_SOURCE=signal trace",
		"KEEPER_SINCE=2026-11-21T20:49:02Z", "KEEPER_DONE=d" + nasty, "KEEPER_DOWNTIME=61",
		"KEEPER_PAGE=https://status.example.org/" + nasty,
	}, more...)
}

// story is what each of them tells besides the subject.
const story = "since: 2026-11-21T20:49:02Z\nfound: r§\ncause: c§\nsent by: s§ (likely)\ndone: d§\npage: https://status.example.org/§"

// contract is what one of the services wants to hear.
type contract struct {
	program  string
	settings string // URL stands for the server's, s3cret for what nobody may see
	what     string // method and path, a regular expression
	header   map[string]string
	want     map[string]string // by event, JSON in which § stands for the nasty text
}

func contracts() []contract {
	expand := func(text string) string { return strings.ReplaceAll(text, "\n", `\n`) }
	slackish := strings.NewReplacer("§", "§§").Replace(expand(story))
	slack := func(colour string) string {
		return `{"attachments":[{"color":"` + colour + `","mrkdwn_in":[],"fallback":"clamd is down on mx§§","title":"clamd is down on mx§§","text":"` + slackish + `"}]}`
	}
	ntfy := func(priority, tag string) string {
		return `{"topic":"s3cret-topic","title":"clamd is down on mx§","message":"` + expand(story) + `","priority":` + priority + `,"tags":["` + tag + `"]}`
	}
	matrix := func(kind string) string {
		return `{"msgtype":"` + kind + `","m.mentions":{},"body":"clamd is down on mx§\n` + expand(story) + `"}`
	}
	telegram := func(silent string) string {
		return `{"chat_id":"-100123","text":"clamd is down on mx§\n` + expand(story) + `","disable_notification":` + silent + `,"link_preview_options":{"is_disabled":true}}`
	}
	const trigger = `{"routing_key":"s3cret0123456789","event_action":"trigger","dedup_key":"daemon-keeper/mx§/clamd","client":"daemon-keeper","client_url":"https://status.example.org/§",
		"payload":{"summary":"clamd is down on mx§","source":"mx§","severity":"critical","component":"clamd",
		"custom_details":{"since":"2026-11-21T20:49:02Z","found":"r§","cause":"c§","sent_by":"s§","certainty":"likely","done":"d§"}}}`
	webhook := func(event string) string {
		return `{"version":1,"event":"` + event + `","host":"mx§","subject":"clamd is down on mx§","daemon":"clamd","daemons":"clamd","state":"down",
			"reason":"r§","cause":"c§","sender":"s§","certainty":"likely","source":"signal trace","since":"2026-11-21T20:49:02Z","done":"d§","page":"https://status.example.org/§","count":1,"downtime":61,
			"report":{"version":1,"daemons":[{"name":"clamd  x"}]}}`
	}
	return []contract{
		{
			"ntfy", "url = URL/sub/s3cret-topic\ntoken = tk_s3cret\n", "POST /sub/",
			map[string]string{"Authorization": "Bearer tk_s3cret"},
			map[string]string{"begin": ntfy("4", "rotating_light"), "reminder": ntfy("3", "warning"), "end": ntfy("2", "white_check_mark")},
		},
		{
			"slack", "url = \"URL/services/T0/B0/s3cret\"\n", "POST /services/T0/B0/s3cret", nil,
			map[string]string{"begin": slack("danger"), "reminder": slack("warning"), "end": slack("good")},
		},
		{
			"matrix", "url = URL/\nroom = !a/b:example.org\ntoken = syt_s3cret\n",
			`PUT /_matrix/client/v3/rooms/%21%61%2F%62%3A%65%78%61%6D%70%6C%65%2E%6F%72%67/send/m\.room\.message/keeper-\d+-\d+`,
			map[string]string{"Authorization": "Bearer syt_s3cret"},
			map[string]string{"begin": matrix("m.text"), "reminder": matrix("m.notice"), "end": matrix("m.notice")},
		},
		{
			"telegram", "url = URL\ntoken = 1234:s3cret\nchat = -100123\n", "POST /bot1234:s3cret/sendMessage", nil,
			map[string]string{"begin": telegram("false"), "reminder": telegram("true"), "end": telegram("true")},
		},
		{
			"pagerduty", "url = URL/v2/enqueue\nrouting_key = s3cret0123456789\n", "POST /v2/enqueue", nil,
			map[string]string{"begin": trigger, "reminder": trigger, "end": `{"routing_key":"s3cret0123456789","event_action":"resolve","dedup_key":"daemon-keeper/mx§/clamd"}`},
		},
		{
			"webhook", "url = URL/hook?key=s3cret\nheader = X-Key: \"s3cret\\\n", `POST /hook\?key=s3cret`,
			map[string]string{"X-Key": `"s3cret\`},
			map[string]string{"begin": webhook("begin"), "reminder": webhook("reminder"), "end": webhook("end")},
		},
	}
}

const report = "{\n  \"version\": 1,\n  \"daemons\": [\n    {\n      \"name\": \"clamd  x\"\n    }\n  ]\n}\n"

// Each service is told what it wants to hear, in its own words, of each event; hostile
// texts arrive as they are, and no program that any user can see has the secret among
// its arguments or in its environment.
func TestContracts(t *testing.T) {
	needCurl(t)
	t.Parallel()
	inEachShell(t, func(t *testing.T, shell []string) {
		for _, c := range contracts() {
			for event, want := range c.want {
				if event != "begin" && !isFirst(shell) {
					continue
				}
				t.Run(c.program+"/"+event, func(t *testing.T) {
					t.Parallel()
					s := serve(t)
					file := secret(t, strings.ReplaceAll(c.settings, "URL", s.URL))
					path, notes := watched(t)
					got := tell(t, shell, incident(event, path), report, c.program, file)
					if got.status != 0 || got.out+got.errors != "" {
						t.Fatalf("%+v", got)
					}
					c.check(t, s.requests(), want)
					if seen := read(t, filepath.Join(notes, "args")); !strings.Contains(seen, "--config") || strings.Contains(seen, "s3cret") {
						t.Errorf("others can see\n%s", seen)
					}
				})
			}
		}
	})
}

// check holds the one request against the contract.
func (c contract) check(t *testing.T, requests []heard, want string) {
	t.Helper()
	if len(requests) != 1 {
		t.Fatalf("%d requests", len(requests))
	}
	r := requests[0]
	if !regexp.MustCompile("^" + c.what + "$").MatchString(r.what) {
		t.Errorf("it was %s, not %s", r.what, c.what)
	}
	for name, value := range c.header {
		if r.header.Get(name) != value {
			t.Errorf("%s: %q", name, r.header.Get(name))
		}
	}
	if r.header.Get("Content-Type") != "application/json" {
		t.Errorf("%v", r.header)
	}
	inJSON := func(text string) string {
		encoded, err := json.Marshal(text)
		if err != nil {
			t.Fatal(err)
		}
		return string(encoded[1 : len(encoded)-1])
	}
	// Slack takes these for mentions and mark-up otherwise.
	plain := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", "@all", "@\u200ball", "@Channel", "@\u200bChannel").Replace(legible)
	want = strings.NewReplacer("§§", inJSON(plain), "§", inJSON(legible)).Replace(want)
	if got := r.object(t); string(marshal(t, got)) != string(marshal(t, heard{body: []byte(want)}.object(t))) {
		t.Errorf("it was\n%s\nnot\n%s", r.body, want)
	}
}

func marshal(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// hook is a webhook's run with a server that answers so.
func hook(t *testing.T, shell []string, statuses ...int) (told, *server, string) {
	t.Helper()
	s := serve(t, statuses...)
	file := secret(t, "url = "+s.URL+"/s3cret-path\nheader = Authorization: Bearer s3cret-token\n")
	path, notes := watched(t)
	return tell(t, shell, incident("begin", path), "", "webhook", file), s, notes
}

// What may be over in a second is tried once more, with the same body; what will not
// help is not. What is told of it is one line, without the secret.
func TestAgain(t *testing.T) {
	needCurl(t)
	t.Parallel()
	inEachShell(t, func(t *testing.T, shell []string) {
		for name, c := range map[string]struct {
			statuses []int
			requests int
			errors   string // after "webhook: cannot tell anybody: 127.0.0.1:PORT "
		}{
			"accepted":          {[]int{204}, 1, ""},
			"once 500":          {[]int{500, 200}, 2, ""},
			"once 503":          {[]int{503, 202}, 2, ""},
			"twice 500":         {[]int{500, 500, 200}, 2, "answers 500 (tried twice)"},
			"500 and then 404":  {[]int{500, 404, 200}, 2, "answers 404 (tried twice)"},
			"400":               {[]int{400, 200}, 1, "answers 400"},
			"401":               {[]int{401, 200}, 1, "answers 401"},
			"429":               {[]int{429, 200}, 1, "answers 429"},
			"sent to elsewhere": {[]int{http.StatusMovedPermanently}, 1, "answers 301"},
		} {
			if name != "twice 500" && !isFirst(shell) {
				continue
			}
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				got, s, _ := hook(t, shell, c.statuses...)
				list := s.requests()
				if len(list) != c.requests || string(list[0].body) != string(list[len(list)-1].body) {
					t.Errorf("%d requests", len(list))
				}
				want := ""
				if c.errors != "" {
					want = "webhook: cannot tell anybody: " + strings.TrimPrefix(s.URL, "http://") + " " + c.errors + "\n"
				}
				if (got.status != 0) != (want != "") || got.errors != want || got.out != "" {
					t.Errorf("%+v, not %q", got, want)
				}
			})
		}
	})
}

// What the server says is told, in one line and without what would move a cursor.
func TestWhatTheServerSays(t *testing.T) {
	needCurl(t)
	t.Parallel()
	inEachShell(t, func(t *testing.T, shell []string) {
		s := serve(t, 400)
		got := tell(t, shell, incident("begin"), "", "webhook", secret(t, "url = "+s.URL+"/\n"))
		if want := ` answers 400: {"error":[31m  "no such room"} asked: /` + "\n"; got.status != 1 || !strings.HasSuffix(got.errors, want) {
			t.Errorf("%+v", got)
		}
	})
}

// nowhere is a server that is not there: no test's server is given this port.
const nowhere = "http://127.0.0.1:1"

// A server that never answers, or that is not there, costs 10 seconds at most.
func TestTime(t *testing.T) {
	needCurl(t)
	t.Parallel()
	limit := regexp.MustCompile(`(?m)^max-time = (\d+)$`)
	inEachShell(t, func(t *testing.T, shell []string) {
		t.Run("hangs", func(t *testing.T) {
			t.Parallel()
			got, _, notes := hook(t, shell, 0, 0, 0)
			t.Logf("it took %v", got.took)
			if got.status != 1 || !strings.Contains(got.errors, "curl: (28)") || !strings.HasSuffix(got.errors, " (tried twice)\n") {
				t.Errorf("%+v", got)
			}
			sum := 1 // the pause
			configs, err := filepath.Glob(filepath.Join(notes, "config.*"))
			if err != nil || len(configs) != 2 {
				t.Fatal(configs, err)
			}
			for _, c := range configs {
				sum += int(limit.FindStringSubmatch(read(t, c))[1][0] - '0')
			}
			if sum > 10 {
				t.Errorf("it may take %d seconds", sum)
			}
		})
		t.Run("is not there", func(t *testing.T) {
			t.Parallel()
			got := tell(t, shell, incident("begin"), "", "webhook", secret(t, "url = "+nowhere+"/s3cret-path\n"))
			if got.status != 1 || !strings.Contains(got.errors, " does not answer: curl: (7) ") || !strings.HasSuffix(got.errors, " (tried twice)\n") || strings.Count(got.errors, "\n") != 1 {
				t.Errorf("%+v", got)
			}
		})
	})
}

// A file that others may read, or that is another's, is not used.
func TestSecretOfOthers(t *testing.T) {
	needCurl(t)
	t.Parallel()
	inEachShell(t, func(t *testing.T, shell []string) {
		s := serve(t)
		file := secret(t, "url = "+s.URL+"/\n")
		refused := func(what, path, want string) {
			t.Helper()
			got := tell(t, shell, incident("begin"), "", "webhook", path)
			if got.status != 1 || !strings.HasPrefix(got.errors, "webhook: cannot ") || !strings.Contains(got.errors, want) || strings.Count(got.errors, "\n") != 1 {
				t.Errorf("%s: %+v, not %q", what, got, want)
			}
		}
		for _, mode := range []os.FileMode{0o640, 0o604, 0o620, 0o602, 0o610, 0o601} {
			if err := os.Chmod(file, mode); err != nil {
				t.Fatal(err)
			}
			refused(mode.String(), file, "cannot trust "+file+": others than its owner may use it ("+mode.String()+"); do: chmod 600 "+file)
		}
		if err := os.Chmod(file, 0o400); err != nil {
			t.Fatal(err)
		}
		refused("a folder", filepath.Dir(file), "cannot read ")
		refused("none", file+"x", "cannot read "+file+"x: there is no such file")
		refused("none with a name like a flag", "-x", "cannot read -x: ")
		refused("empty", secret(t, ""), "it has no line 'url = ...'")
		refused("no url", secret(t, "url = example.org\n"), "a url begins with https:// or http://")
		refused("another scheme", secret(t, "url = file:///etc/passwd\n"), "a url begins with https:// or http://")
		if os.Geteuid() == 0 {
			if err := os.Chown(file, 12345, 0); err != nil {
				t.Fatal(err)
			}
			refused("another's", file, "cannot trust "+file+": it belongs to user 12345; do: chown 0 "+file)
			if err := os.Chown(file, 0, 0); err != nil {
				t.Fatal(err)
			}
		}
		if n := len(s.requests()); n != 0 {
			t.Errorf("%d requests", n)
		}
		link := file + "-link"
		if err := os.Symlink(file, link); err != nil {
			t.Fatal(err)
		}
		if got := tell(t, shell, incident("begin"), "", "webhook", link); got.status != 0 || len(s.requests()) != 1 {
			t.Errorf("through a link: %+v", got)
		}
	})
}

// Somebody who calls it by hand is told how.
func TestByHand(t *testing.T) {
	needCurl(t)
	t.Parallel()
	inEachShell(t, func(t *testing.T, shell []string) {
		s := serve(t)
		file := secret(t, "url = "+s.URL+"/\n")
		for want, args := range map[string][]string{
			"webhook: cannot tell anybody: usage: webhook FILE":            nil,
			"webhook: cannot tell anything: KEEPER_EVENT is not begin, re": {file},
		} {
			if got := tell(t, shell, nil, "", "webhook", args...); got.status != 1 || !strings.HasPrefix(got.errors, want) {
				t.Errorf("%q: %+v", args, got)
			}
		}
		got := tell(t, shell, []string{"KEEPER_EVENT=begin", "KEEPER_SUBJECT=a test"}, "", "webhook", file)
		if list := s.requests(); got.status != 0 || len(list) != 1 || list[0].object(t)["subject"] != "a test" || list[0].object(t)["downtime"] != nil {
			t.Errorf("%+v", got)
		}
		if got := tell(t, shell, incident("begin", "PATH=/nonexistent"), "", "webhook", file); got.status == 0 {
			t.Errorf("without a PATH: %+v", got)
		}
	})
}

// A report that is too long for old versions of curl, or none, is left out.
func TestLongReport(t *testing.T) {
	needCurl(t)
	t.Parallel()
	long := "{\n  \"x\": \"" + strings.Repeat("\\\"", 30000) + "\"\n}\n"
	inEachShell(t, func(t *testing.T, shell []string) {
		s := serve(t)
		file := secret(t, "url = "+s.URL+"/\n")
		for _, report := range []string{long, strings.Repeat(long, 50), "", "{", "text"} {
			if got := tell(t, shell, incident("begin"), report, "webhook", file); got.status != 0 {
				t.Errorf("%+v", got)
			}
		}
		if len(s.requests()) != 5 {
			t.Fatalf("%d requests", len(s.requests()))
		}
		for i, r := range s.requests() {
			if o := r.object(t); o["report"] != nil || o["daemon"] != "clamd" {
				t.Errorf("%d: %.200s", i, r.body)
			}
		}
	})
}

// Several daemons are one message, but for PagerDuty, where each has an incident.
func TestSeveral(t *testing.T) {
	needCurl(t)
	t.Parallel()
	names := "clamd"
	for c := 'a'; c < 'a'+24; c++ {
		names += " d" + string(c)
	}
	many := []string{"KEEPER_HOST=mx", "KEEPER_COUNT=25", "KEEPER_DAEMONS=" + names, "KEEPER_SUBJECT=25 daemons are down on mx: clamd, da, db and 22 more"}
	inEachShell(t, func(t *testing.T, shell []string) {
		s := serve(t)
		file := secret(t, "url = "+s.URL+"/\nrouting_key = k\n")
		if got := tell(t, shell, incident("begin", append(many, "KEEPER_COUNT=3", "KEEPER_DAEMONS=clamd da db")...), "", "pagerduty", file); got.status != 0 || got.errors != "" {
			t.Errorf("%+v", got)
		}
		summaries := make(map[string]bool)
		for _, r := range s.requests() {
			o := r.object(t)
			payload := o["payload"].(map[string]any)
			summaries[o["dedup_key"].(string)+": "+payload["summary"].(string)] = payload["custom_details"].(map[string]any)["since"] != nil
		}
		if len(summaries) != 3 || !summaries["daemon-keeper/mx/clamd: clamd is down on mx"] || summaries["daemon-keeper/mx/da: da is down on mx"] {
			t.Errorf("%v", summaries)
		}
		got := tell(t, shell, incident("end", many...), "", "pagerduty", file)
		if len(s.requests()) != 23 || got.status != 1 || got.errors != "pagerduty: cannot tell of 5 more daemons: it sends 20 events at most\n" {
			t.Errorf("%d requests, %+v", len(s.requests()), got)
		}
		got = tell(t, shell, incident("begin", many...), "", "webhook", secret(t, "url = "+s.URL+"/\n"))
		if list := s.requests(); got.status != 0 || len(list) != 24 || list[23].object(t)["daemons"] != names || list[23].object(t)["count"] != 25.0 {
			t.Errorf("%+v", got)
		}
		s = serve(t, 400, 400, 400)
		got = tell(t, shell, incident("begin", append(many, "KEEPER_COUNT=3", "KEEPER_DAEMONS=clamd da db")...), "", "pagerduty",
			secret(t, "url = "+s.URL+"/\nrouting_key = k\n"))
		if got.status != 1 || strings.Count(got.errors, "answers 400") != 3 {
			t.Errorf("%+v", got)
		}
	})
}
