package importer

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Whatever is read: it ends soon, what is told has a place and a way out, and the
// draft is a configuration without a mistake.
func FuzzCrontab(f *testing.F) {
	seed(f, "crontab")
	for _, s := range []string{
		"* * * * * keep -e /x -s y", "* * * * * keep -d 'a\tb' -e y", "* * * * * keep -e \"/x\\\" -s y", "A=$A\n* * * * * $A$A -e $A",
		"* * * * * keep -e /\xff -s y", "* * * * * keep -e '/x: #y' -s y", "* * * * * keep -d '*a' -e y\n* * * * * keep -d '{' -e y",
		"* * * * * daemon-keeper -e /x -s y -u 007 --recheck 1e9h --backoff ,", "* * * * * keep -d yes -e no", "@1 keep -d 1 -e 1", "* * * * * keep -e /opt/*a/x* -s y", "* * * * * pidof /opt/x* || service y start",
		"* * * * * pgrep x || service y start", "* * * * * [ -z \"$(pidof x)\" ] && service y start", "* * * * * if ! ps ax|grep [x]; then service y start; fi",
		"* * * * * for s in a b; do pgrep $s || service $s start; done", "* * * * * [ 1 -gt `pgrep -c '\t'` ] && service y start", "* * * * * kill -0 $(cat /a\xff) || service y start",
		"* * * * * pgrep a && pgrep b || pgrep c || service y start; [ $? -ne 0 ] && { ( sh -c 'pgrep d || service z start' ) ; }",
		"* * * * * keep -d '^(a|b){1000}$' -e y", "* * * * * sh -c 'sh -c \"sh -c x -e /y -s z\"'",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) { reads(t, append([]byte("0 0 1 1 0 true\n"), text...)) })
}

func FuzzMonit(f *testing.F) {
	seed(f, "monitrc")
	for _, s := range []string{
		"check process x with pidfile /y", "check process \"a\nb\" matching \"c: #d\"", "check process x matching \"(\" start \"a", "if if then then else",
		"check process x pidfile /run/\x01 depends on x, x if failed port 1 send \"\\0x00\" expect \"^\\0x07\" then restart",
		"check process x matching /usr/bin/a* start \"/etc/init.d/x start\"", "check process x matching /a if memory > 0.0001 kB then restart if cpu > 0.0004% then alert if cpu > 99999999% then restart",
		"check process x matching /a start \"service x start\" timeout 9999999 seconds if failed uid 007 then restart if failed port 08 then restart",
		"check file", "set alert", "set daemon", "depends on", "not every", "start", "include", "if failed port", "check process x matching",
		"check process x pidfile /a depends on y check process y matching /b start \"/etc/init.d/y start\" depends on x",
		"check process x matching 'x' if failed host ::ffff:1.2.3.4 port 1 then restart if uptime < 99999999 days then alert",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) { reads(t, append([]byte("set daemon 60\n"), text...)) })
}

func seed(f *testing.F, name string) {
	f.Helper()
	files, err := filepath.Glob("testdata/*/*" + name + "*")
	if err != nil || len(files) == 0 {
		f.Fatal(files, err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
}

// reads imports a file, next to one with a daemon, so that there is always one.
func reads(t *testing.T, text []byte) {
	t.Helper()
	began := time.Now()
	d, problems := Read([]File{{"first", []byte("* * * * * keep -e /usr/sbin/first -s first\n")}, {"t", text}}, nil)
	out := string(d.YAML())
	if took := time.Since(began); took > 20*time.Second { // mostly it is a tenth
		t.Errorf("it took %v", took)
	}
	lines := strings.Count(string(text), "\n") + 1
	for _, p := range problems {
		if p.File != "t" || p.Line < 0 || p.Line > lines || p.What == "" || p.Hint() == "" {
			t.Errorf("%+v", p)
		}
	}
	loads(t, out)
}

// 1 MiB is what is read at most; it takes a minute with the race detector.
var size = flag.Int("size", 1<<16, "bytes of the files of TestHostile")

// Files that would take a plain reader long, or make a draft that the configuration
// refuses.
func TestHostile(t *testing.T) {
	fill := func(piece string) string {
		var b strings.Builder
		for i := 0; b.Len() < *size-2*len(piece)-100; i++ {
			b.WriteString(strings.ReplaceAll(piece, "%d", fmt.Sprint(i)))
		}
		return b.String()
	}
	const cron, control = "* * * * * true\n", "set daemon 60\n"
	for name, text := range map[string]string{
		"one line":          cron + "* * * * * keep -e /" + fill("x") + " -s y",
		"one word":          control + fill("x"),
		"quotes":            cron + "* * * * * keep " + fill("'\""),
		"quotes of Monit":   control + fill("\"'"),
		"lines of quotes":   control + fill("\"\n"),
		"unclosed":          control + fill("start '\n"),
		"braces":            control + fill("{"),
		"open":              control + fill("{ [ \" '\n"),
		"checks":            control + fill("check process a%d matching /a\n"),
		"same names":        control + fill("check process a matching /a\n"),
		"waiting":           control + fill("check process a%d matching /a start \"service a start\" depends on a1, a2, a3, a4, a5, a6, a7, a8, a9\n"),
		"dependencies":      control + "check process a matching /a\ndepends on " + fill("a%d, "),
		"statements":        control + "check process a matching /a\n" + fill("if a then b\n"),
		"connections":       control + "check process a matching /a\n" + fill("if failed port 1 then restart\n"),
		"if":                control + fill("if "),
		"else":              control + "check process a matching /a if b then c " + fill("else if "),
		"sets":              control + fill("set a%d b\n"),
		"alerts":            control + fill("set alert a%d\n"),
		"includes":          control + fill("include /%d\n"),
		"groups":            control + "check process a matching /a\n" + fill("group a%d\n"),
		"patterns":          control + fill("check process a%d matching \"[[:word:]]+x\"\n"),
		"services":          control + "check process a matching /a start = \"/bin/sh -c '" + fill("service a%d start;") + "'\"",
		"names":             control + "check process a matching /a\nstart \"systemctl start " + fill("a%d ") + "\"",
		"daemons":           cron + fill("* * * * * keep -e /a%d -s b\n"),
		"marks":             cron + fill("* * * * * keep -d '[]{},:%d' -e b\n"),
		"one daemon":        cron + fill("* * * * * keep -e /a -s b%d\n"),
		"flags":             cron + fill("* * * * * keep -e /a%d -s b -z '{}{}{}{}{}' -y\n"),
		"variables":         cron + "A='" + strings.Repeat("x ", 400) + "'\n" + fill("* * * * * keep -e /a -s b "+strings.Repeat("$A", 3000)+"\n"),
		"shells":            cron + fill("* * * * * "+strings.Repeat("sh -c ", 1000)+"x\n"),
		"broken":            cron + fill("keep -e /a%d\n"),
		"other lines":       cron + fill("* * * * * a\n"),
		"nothing":           fill("\n"),
		"comments":          fill("# * * * * * keep -e /a -s b\n") + "\n* * * * * keep -e /a -s b\n",
		"not UTF-8":         control + fill("check process \xff\xfe matching \"\xff\"\n"),
		"control":           control + fill("check process \x01 matching \"/\x1b\"\n"),
		"right to left":     control + fill("check process \u202e matching \"/\u202e\"\n"),
		"YAML":              control + fill("check process \"a: b\" matching \"/a: b #c\" start \"x'\\\"\"\n"),
		"watches":           cron + fill("* * * * * pgrep a%d || service b start\n"),
		"looks":             cron + "* * * * * " + fill("pgrep a%d || ") + "service b start\n",
		"long looks":        cron + fill("* * * * * "+strings.Repeat("pgrep a%d || ", 35)+"service b start\n"),
		"tests":             cron + fill("* * * * * "+strings.Repeat("[ x ] && ", 35)+"service b start\n"),
		"brackets":          cron + fill("* * * * * "+strings.Repeat("( ", 4000)+"\n"),
		"ifs":               cron + fill("* * * * * "+strings.Repeat("if ! ", 900)+"\n"),
		"nested":            cron + fill("* * * * * [ "+strings.Repeat("$(", 3000)+" ]\n"),
		"substitutions":     cron + fill("* * * * * [ "+strings.Repeat("$([ ", 1000)+" -eq 0 ]\n"),
		"loops":             cron + fill("* * * * * for a in "+strings.Repeat("b ", 900)+"; do "+strings.Repeat("$a ", 900)+"; done\n"),
		"continued":         cron + fill("* * * * * keep -d a\\\n"),
		"zeroes":            control + fill("\x00"),
		"backslashes":       cron + "* * * * * keep -e /a -s b " + fill("\\"),
		"percent":           cron + "* * * * * keep -e /a -s b " + fill("%%"),
		"parts of a socket": control + fill("check process a%d matching /a if failed unixsocket /"+strings.Repeat("y", 200)+" then restart\n"),
	} {
		t.Run(name, func(t *testing.T) { reads(t, []byte(text)) })
	}
}
