package importer

import (
	"fmt"
	"strings"
	"testing"

	"daemon-keeper/internal/golden"
)

func TestTokens(t *testing.T) {
	for _, test := range []struct{ text, want string }{
		{"check process x with pidfile /y", "check process x with pidfile /y"},
		{`start program = "/a b" 'c "d"'`, `start program = "/a b" "c "d""`},
		{`start="/a b"`, `start = "/a b"`},
		{"cpu>60% cpu >= 60 %", "cpu > 60% cpu >= 60 %"},
		{"loadavg (5min) a,b;c", "loadavg 5min a ,b c"},
		{"a # b\nc", "a c"},
		{"a#b", "a#b"},
		{"on { a, b } with mail-format { subject: isn't }", "on { a, b } with mail-format { subject: isn't }"},
		{"http headers [Host: a, B: \"c\"] x", `http headers {Host: a, B: "c"} x`},
		{"request /a?b=c", "request /a?b=c"},
		{"\"a\nb\" c", "\"a\nb\" c"},
		{"}] )", ""},
		{"{ } [", "{ } {}"},
	} {
		var got []string
		for _, tok := range tokens(test.text, func(int) {}) {
			text := tok.text
			switch {
			case tok.form == quotedWord:
				text = `"` + text + `"`
			case tok.form == braces:
				text = "{" + text + "}"
			case tok.isAfter:
				text = "," + text
			}
			got = append(got, text)
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %s", test.text, strings.Join(got, " "))
		}
	}
}

// What is not closed is told, and takes only its line with it.
func TestTokensUnclosed(t *testing.T) {
	const text = "a \"b\nstart \"c\"\nd 'e\nf"
	var lines []int
	var got []string
	for _, tok := range tokens(text, func(line int) { lines = append(lines, line) }) {
		got = append(got, fmt.Sprintf("%s:%d", tok.text, tok.line))
	}
	if fmt.Sprint(got, lines) != "[a:1 b:1 start:2 c:2 d:3 e:3 f:4] [1 3]" {
		t.Error(got, lines)
	}
}

func TestReadMonit(t *testing.T) {
	f := readMonit("t", `
set daemon 60 with start delay 240
set httpd port 2812 and
  allow admin:monit   # start stop alert
CHECK PROCESS start WITH PIDFILE "/run/a b"
  start program = "/bin/x start" as uid "u" and gid g with timeout 60 seconds
  stop = '/bin/x stop'
  restart program "/bin/x restart" every 2 cycles
  if failed host a port 80 protocol http and request "/x" then restart else if recovered for 2 cycles then alert
  if 5 restarts within 5 cycles then exec "/bin/y" as uid u and gid g repeat every 3 cycles
  if cpu > 5% then stop if changed pid then alert
  depends on a, "b" , c
  group www group x
  not every "* 0-3 * * 0"
  mode passive onreboot nostart
  alert a@b on { timeout, nonexist } with reminder on 10 cycles
  noalert c@d
  what is this
check file b path /usr/bin/../bin/b if failed checksum then unmonitor
include /x/*
check process
`)
	var got []string
	for _, b := range f.blocks {
		got = append(got, fmt.Sprintf("%d %s %q pidfile=%s matching=%s path=%s", b.line, b.kind, b.name, b.pidfile, b.matching, b.path))
		for _, s := range b.statements {
			var words []string
			for _, w := range s.words {
				words = append(words, w.text)
			}
			got = append(got, fmt.Sprintf("  %d %s %s [%s]", s.line, s.verb, strings.Join(words, " "), s.action))
		}
	}
	const want = `5 process "start" pidfile=/run/a b matching= path=
  6 start = /bin/x start uid u gid g timeout 60 seconds []
  7 stop = /bin/x stop []
  8 restart /bin/x restart []
  8 every 2 cycles []
  9 if failed host a port 80 protocol http request /x then restart else if recovered 2 cycles then alert [restart]
  10 if 5 restarts 5 cycles then exec /bin/y uid u gid g repeat every 3 cycles [exec]
  11 if cpu > 5% then stop [stop]
  11 if changed pid then alert [alert]
  12 depends a b c []
  13 group www []
  13 group x []
  14 every every * 0-3 * * 0 []
  15 mode passive []
  15 onreboot nostart []
  16 alert a@b  timeout, nonexist  reminder 10 cycles []
  17 noalert c@d what this []
19 file "b" pidfile= matching= path=/usr/bin/b
  19 if failed checksum then unmonitor [unmonitor]
21 process "" pidfile= matching= path=`
	if text := strings.Join(got, "\n"); text != want {
		t.Errorf("got:\n%s\nwant:\n%s", text, want)
	}
	if len(f.sets) != 2 || len(f.includes) != 1 || f.includes[0].text != "include /x/*" {
		t.Errorf("%d sets, %+v", len(f.sets), f.includes)
	}
}

// carry makes an entry of a block with a pidfile, a program and a service, and writes
// what has become of a statement.
func carry(t *testing.T, statement string) string {
	t.Helper()
	d, problems := Read([]File{{"t", []byte("set daemon 30\ncheck process x matching /usr/sbin/x\nstart program = \"/etc/init.d/x start\"\n" + statement)}}, nil)
	if len(problems) > 0 || len(d.Daemons) != 1 {
		t.Fatalf("%s: %+v, %v", statement, d.Daemons, problems)
	}
	var out []string
	if d.Daemons[0].Off {
		out = append(out, "off")
	}
	for _, k := range d.Daemons[0].Keys {
		if k.Name != "executable" && (k.Name != "services" || fmt.Sprint(k.Value) != "[x]") {
			text := fmt.Sprintf("%s: %q", k.Name, k.Value)
			if k.About != "" {
				text += " # " + k.About
			}
			out = append(out, text)
		}
	}
	for _, a := range d.Daemons[0].About[1:] {
		out = append(out, "# "+a)
	}
	return strings.Join(out, "\n")
}

func TestStatements(t *testing.T) {
	texts := golden.Open(t, "statements.txtar")
	for _, statement := range []string{
		// connections
		"if failed port 22 protocol ssh then restart",
		"if failed host localhost port 80 type tcp with timeout 15 seconds then start",
		"if failed host 192.0.2.1 port 80 then restart",
		"if failed host ::1 port 80 then restart",
		"if failed port 80 ipv6 then restart",
		"if failed unixsocket /run/x.sock then restart",
		"if failed unix \"/run/x.sock\" protocol redis then restart",
		"if failed port 80 for 3 cycles then restart",
		"if failed port 80 x cycles then restart",
		"if failed port 80 send \"\\t\\\\\" expect \"^(\" then restart",
		"if failed port 80 then restart else if succeeded for 2 cycles then alert every 2 cycles",
		"if failed port 80 for 3 times within 5 cycles then restart",
		"if failed port 80 protocol http then restart",
		"if failed port 80 protocol http request \"/a b\" then restart",
		"if failed port 443 protocol https then restart",
		"if failed port 993 type tcpssl protocol imap then restart",
		"if failed port 25 ssl with options {verify: enable} then restart",
		"if failed port 25 expect \"^220 .*\" send \"QUIT\\r\\n\" then restart",
		"if failed port 25 send \"A\\0x41\" expect \"^B(C|D)\" then restart",
		"if failed port 25 expect \"220\" then restart",
		"if failed port 25 expect \"^a|b\" then restart",
		"if failed port 25 send \"\\0xff\" expect \"^a\" then restart",
		"if failed port 25 send \"a\" then restart",
		"if failed host example.org port 80 then restart",
		"if failed port 53 type udp then restart",
		"if failed port 80 then alert",
		"if failed port 0 then restart",
		"if failed port 70000 then restart",
		"if failed unixsocket x then restart",
		"if succeeded port 80 then restart",
		"if failed port 80 then restart if failed port 81 then restart",
		"if failed port 80 then restart if failed unixsocket /x for 2 cycles then restart",
		"if failed port 80 then restart if failed port 80 for 9 cycles then restart",
		"if failed port 80 then alert\nif failed port 80 for 5 cycles then restart",
		"if failed port 80 with timeout 999999 seconds then restart",
		"if failed port 80 with timeout 10 seconds retry 3 then restart",
		"if failed port 1 proto spamassassin then restart\nif failed unix /x then restart",
		"if failed host \"fe80::1%lo\" port 80 then restart",

		// resources
		"if cpu > 60% for 2 cycles then alert",
		"if cpu usage is greater than 60 percent then restart",
		"if cpu > 0.5% for 1 cycles then alert",
		"if total cpu > 60% then restart",
		"if cpu > 60 then alert",
		"if cpu < 1% then alert",
		"if memory > 100 MB then alert",
		"if mem > 1.5 GB for 5 cycles then restart",
		"if totalmem > 2GB then restart",
		"if total memory usage > 1% then restart",
		"if memory > 100 MB then alert if memory > 200 MB then restart",
		"if memory > 200 MB then restart if memory > 100 MB then alert",
		"if filedescriptors >= 90% then alert",
		"if filedescriptors > 1000 then restart",
		"if total filedescriptors > 5000 then alert",
		"if filedescriptors > 0 then alert",
		"if uptime < 5 minutes then alert",
		"if uptime > 3 days then restart",
		"if uptime < 3 days then alert",
		"if children > 250 then restart",
		"if threads > 3 then alert",
		"if disk read > 500 kb/s for 10 cycles then alert",
		"if read activity > 1 MB/s then alert",

		"if mem > 1 GB for 5 cycles then stop",

		// the rest
		"if does not exist then restart",
		"if does not exist for 3 cycles then restart",
		"if not exist then exec \"/bin/y\"",
		"if does not exist then alert",
		"if failed uid root then restart",
		"if failed gid \"www\" then restart",
		"if failed euid root then unmonitor",
		"if failed uid \"a b\" then restart",
		"if changed pid then alert",
		"if 5 restarts within 5 cycles then timeout",
		"if 5 restarts with 5 cycles then exec \"/bin/y\"",

		// what Monit executed is a restart if it starts a service
		"if does not exist then exec \"/usr/sbin/service x restart\"",
		"if does not exist for 2 cycles then exec \"/bin/sh -c 'service x restart'\"",
		"if failed port 80 then exec \"/etc/init.d/x restart\"",
		"if memory > 1 GB then exec \"/usr/bin/systemctl restart x\" as uid root",
		"if does not exist then exec \"/usr/sbin/service y restart\"",
		"if does not exist then exec \"/usr/sbin/service x restart\" repeat every 2 cycles",
		"if failed port 80 then exec \"/usr/sbin/service x stop\"",
		"if failed port 80 then alert else if succeeded then restart",
		"if failed uid root for 3 cycles then restart",
		"if memory > 1 GB for 5 cycles then alert",
		"if uptime < 5 minutes for 2 cycles then alert",
		"depends on z check file z with path /etc/z",
		"start program = \"/etc/init.d/x start\" as gid g",
		"start program = \"/etc/init.d/x start a\"",
		"start program = \"/usr/sbin/service x start a b\"",
		"start program = \"/etc/init.d/x start --quiet\"",
		"start program = \"/bin/systemctl --user start x\"",
		"start program = \"/bin/systemctl --user start x\" as uid u and gid g",
		"start program = \"/bin/systemctl -H box start x\"",
		"start program = \"/bin/su - u -c 'XDG_RUNTIME_DIR=/x systemctl --user restart x'\"",
		"start program = \"/bin/systemctl start x\" if does not exist then exec \"/bin/kill 1\"",
		"if",
		"if then",
		"every 2 cycles",
		"onreboot start",
		"onreboot laststate",
		"mode active",
		"mode passive",
		"mode manual",
		"alert a@b",
		"depends on y",
		"depends on x",
		"frobnicate",
		"stop program = \"/etc/init.d/x stop\" with timeout 90 seconds",
		"stop program = \"/etc/init.d/y stop\"",
		"restart program = \"/etc/init.d/x restart\"",
		"stop program = \"/bin/kill x\"",
		"restart program = \"/bin/y\"",
		"start program = \"/etc/init.d/x start\" with timeout 10 seconds",
		"start program = \"/etc/init.d/x start\" timeout 60 seconds",
		"start program = \"/etc/init.d/x start\" as uid u and gid g",
		"start program = \"/bin/sh -c 'sleep 1; /etc/init.d/x start'\"",
		"start program = \"/bin/sh -c 'rm /y && /etc/init.d/x start'\"",
		"start program = /etc/init.d/x start",
		"start program = \"/bin/y\"",
		"start program = \"/bin/y 'z\"",
		"start program = \"/bin/y\" if memory > 1 MB then restart",
		"if failed port 80 then restart else if succeeded 2 cycles then exec \"y\"",
	} {
		texts.Check(t, statement, carry(t, statement))
	}
}

// A check without a name or a process is told, and the rest is read.
func TestMonitProblems(t *testing.T) {
	d, problems := Read([]File{
		{"monitrc", []byte("include /etc/monit.d/*\ninclude /etc/other\ncheck process\ncheck process x\nstart \"/bin/y\"\ncheck process z matching z\n")},
		{"/etc/monit.d/y", []byte("check process y matching y\nstart program = \"/bin/y\n")},
	}, nil)
	var told []string
	for _, p := range problems {
		told = append(told, p.Error())
	}
	const want = `monitrc:3: cannot read this check process: it has no name
monitrc:4: cannot read check process x: it has neither a pidfile nor matching
/etc/monit.d/y:2: cannot read on here: a quote or a brace is not closed`
	if strings.Join(told, "\n") != want || len(d.Daemons) != 2 {
		t.Errorf("%d daemons, %s", len(d.Daemons), strings.Join(told, "\n"))
	}
	if text := string(d.YAML()); strings.Contains(text, "monit.d/*") || !strings.Contains(text, "monitrc:2 includes /etc/other") {
		t.Errorf("which files are missing:\n%s", text)
	}
}

// Monit may know no program; then it is looked for in what the daemon depends on.
func TestProgram(t *testing.T) {
	const start = "\nstart program = \"/etc/init.d/x start\"\n"
	for text, want := range map[string]string{
		"check process x pidfile /run/x.pid" + start + "depends on x_bin check file x_bin path /usr/sbin/xd":                                 "/usr/sbin/xd",
		"check process x pidfile /run/x.pid" + start + "depends on X_BIN check file x_bin path /usr/sbin/xd":                                 "/usr/sbin/xd",
		"check process x pidfile /run/x.pid" + start + "depends on a, b check file a path /usr/bin/a check file b path /usr/sbin/x":          "/usr/sbin/x",
		"check process x pidfile /run/y.pid" + start + "depends on a, b check file a path /usr/bin/a check file b path /usr/sbin/y":          "/usr/sbin/y",
		"check process x pidfile /run/y.pid" + start + "depends on a, b check file a path /usr/bin/a check file b path /usr/sbin/b":          "off",
		"check process x pidfile /run/x.pid" + start + "depends on x_bin, a check file a path /usr/bin/a check file x_bin path /usr/sbin/xd": "/usr/sbin/xd",
		"check process x pidfile /run/x.pid" + start + "depends on a check file a path /etc/x.conf":                                          "off",
		"check process x pidfile /run/x.pid" + start + "depends on x_bin check file x_bin":                                                   "off",
		"check process x pidfile /run/x.pid" + start + "depends on x_bin check file x_bin path bin/x":                                        "off",
		"check process x pidfile /run/x.pid" + start + "depends on x_bin check file x_bin path /srv/x":                                       "/srv/x",
		"check process x pidfile /run/x.pid" + start + "depends on x_rc check file x_rc path /srv/x":                                         "off",
		"check process x pidfile /run/x.pid" + start + "depends on a check directory a path /usr/sbin":                                       "off",
		"check process x pidfile /run/x.pid" + start + "depends on java check file java path /usr/bin/java":                                  "/usr/bin/java off",
		"check process x pidfile /run/x.pid" + start:                                                                                         "off",
		"check process x pidfile /run/x.pid start program = \"/usr/sbin/x\"":                                                                 "/usr/sbin/x off",
		"check process x matching \"^/usr/sbin/x\"" + start:                                                                                  "/usr/sbin/x",
		"check process x matching x" + start + "depends on x_bin check file x_bin path /bin/x":                                               "/bin/x",
		"check process x matching \"/word\"" + start:                                                                                         "/word off",
		"check process x matching \"/srv/word\"" + start:                                                                                     "/srv/word off",
		"check process x matching \"/bin/x\"" + start:                                                                                        "/bin/x",
		"check process x matching \"/opt/x/run -d\"" + start:                                                                                 "/opt/x/run",
		"check process x matching \"/etc/x/x.conf\"" + start:                                                                                 "/etc/x/x.conf off",
		"check process x matching \"/usr/share/x/x.jar\"" + start:                                                                            "/usr/share/x/x.jar off",
		"check process x matching \"/var/lib/x/\"" + start:                                                                                   "/var/lib/x/ off",
		"check process x matching \"x.*y\"" + start:                                                                                          "off",
		"check process x matching /usr/sbin/x if exist then exec \"/bin/y\"":                                                                 "/usr/sbin/x off",
	} {
		d, _ := Read([]File{{"t", []byte(text)}}, nil)
		if len(d.Daemons) != 1 {
			t.Fatalf("%s: %+v", text, d)
		}
		got := ""
		for _, k := range d.Daemons[0].Keys {
			if k.Name == "executable" && k.Value != "/PATH" {
				got = fmt.Sprint(k.Value)
			}
		}
		if d.Daemons[0].Off {
			got = strings.TrimSpace(got + " off")
		}
		if got != want {
			t.Errorf("%s: %s, want %s", text, got, want)
		}
	}
}

// A daemon waits for another, but not for itself, nor in a circle, nor for a comment.
func TestAfter(t *testing.T) {
	block := func(name, more string) string {
		return "check process " + name + " matching /usr/sbin/" + name + "\nstart program = \"/etc/init.d/" + name + " start\"\n" + more + "\n"
	}
	d, _ := Read([]File{{"t", []byte(block("a", "depends on B, a, off") + block("b", "depends on c") + block("c", "depends on a") +
		"check process off pidfile /x\ndepends on a")}}, nil)
	got := ""
	for _, e := range d.Daemons {
		for _, k := range e.Keys {
			if k.Name == "after" {
				got += fmt.Sprint(e.Name, k.Value, " ")
			}
		}
	}
	if got != "a[b] b[c] " {
		t.Error(got)
	}
	text := string(d.YAML())
	for _, want := range []string{"after: [off], once that is not a comment", "Not carried over: depends on a (which waits for this one)"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}

// Monit may have restarted by exec alone, or in a check of something else than a process.
func TestExec(t *testing.T) {
	d, _ := Read([]File{{"t", []byte("set daemon 60 with start delay 90\nset alert a@b with reminder on 10 cycles\ncheck process x matching /usr/sbin/x\n" +
		"if does not exist then exec \"/usr/sbin/service x restart\"\ncheck host h with address 127.0.0.1\nif failed port 80 then exec \"/bin/systemctl restart web\"\n" +
		"check program p with path /bin/p\nstart program = \"/etc/init.d/p start\"\nif status != 0 then restart\ncheck file f with path /f if changed checksum then alert\n")}}, nil)
	text := strings.Join(strings.Fields(strings.ReplaceAll(string(d.YAML()), "#", " ")), " ")
	for _, want := range []string{
		"x: executable: /usr/sbin/x services: [x] ", "check file f (line 10), check host h (line 5, which restarted web), check program p (line 7, which restarted p).",
		"Monit first looked 90 seconds after its own start (start delay, line 1): boot_grace: 90s", "set alert a@b with reminder on 10 cycles (line 2): ",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}
