package rcd

import (
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"daemon-keeper/internal/words"
)

// FuzzProperties: a property is a line of the answer, and the answer means the same
// when it is written down again.
func FuzzProperties(f *testing.F) {
	for _, seed := range []string{"", "=", "A=b\nA=c\n", "LoadState=loaded\nActiveState=active\n", " A = b \r\n", "A\n=b", "A=b=c", "\xff=\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		props := properties(text)
		var again strings.Builder
		for key, value := range props {
			if strings.ContainsAny(key+value, "\n") || !strings.Contains(text, key+"="+value) {
				t.Errorf("property %q is %q in %q", key, value, text)
			}
			again.WriteString(key + "=" + value + "\n")
		}
		if got := properties(again.String()); !maps.Equal(got, props) {
			t.Errorf("%q became %q", props, got)
		}
	})
}

// FuzzDeathOf: a death is one of the causes that are counted, in words that are safe to
// print; who is up or whose status is not a number has none.
func FuzzDeathOf(f *testing.F) {
	for _, seed := range [][5]string{
		{"failed", "failed", "signal", "2", "9"},
		{"failed", "failed", "core-dump", "3", "11"},
		{"inactive", "dead", "success", "1", "0"},
		{"activating", "auto-restart", "exit-code", "1", "203"},
		{"failed", "failed", "oom-kill", "2", "9"},
		{"failed", "failed", "protocol", "0", "0"},
		{"active", "running", "success", "0", "0"},
		{"failed", "failed", "exit-code", "1", "-1"},
		{"failed", "failed", "signal", "2", "300"},
		{"failed", "failed", "exit-code", "1", "99999999999999999999"},
	} {
		f.Add(seed[0], seed[1], seed[2], seed[3], seed[4])
	}
	f.Fuzz(func(t *testing.T, active, sub, result, code, status string) {
		d := deathOf(map[string]string{"ActiveState": active, "SubState": sub, "Result": result, "ExecMainCode": code, "ExecMainStatus": status}, failedToStart("ExecStart={ path="+sub+" ; code="+code+" ; status="+status))
		causes := []words.Cause{CauseUnknown, words.Signalled, words.DumpedCore, words.Exited, words.OutOfMemory, words.TimedOut, words.NeverBegan}
		if !slices.Contains(causes, d.Cause) || (d.Cause == CauseUnknown) != (d.Text == "") {
			t.Errorf("%+v", d)
		}
		if n, err := strconv.Atoi(status); err == nil && (n < 0 || n > 255) && (d.Cause == words.Signalled || d.Cause == words.DumpedCore || d.Cause == words.Exited) {
			t.Errorf("status %q: %+v", status, d)
		}
		if len(d.Text) > 200 || strings.ContainsFunc(d.Text, func(r rune) bool { return r > unicode.MaxASCII || !unicode.IsPrint(r) }) {
			t.Errorf("text %q", d.Text)
		}
		if active == "active" && !strings.HasPrefix(sub, "auto-restart") && d.Cause != CauseUnknown {
			t.Errorf("of one that is up: %+v", d)
		}
		if n, err := strconv.Atoi(status); d.Cause == words.Exited && (err != nil || n < 0 || n > 255 || n >= 200 && n <= 245) {
			t.Errorf("status %q: %+v", status, d)
		}
	})
}

// FuzzRCVar: a variable is a name that sysrc(8) takes, and a value on the same line.
func FuzzRCVar(f *testing.F) {
	for _, seed := range []string{"", "# nginx\n#\nnginx_enable=\"NO\"\n#   (default: \"\")\n", "a=b", "=x", "a=\"", "a=\"b\"c\"\n", "a_b=YES\r\n", "1a=b\n_=c"} {
		f.Add(seed)
	}
	name := regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*$`)
	f.Fuzz(func(t *testing.T, text string) {
		variable, value, ok := rcVar(text)
		switch {
		case !ok && variable+value != "":
			t.Errorf("%q, %q of none", variable, value)
		case ok && (!name.MatchString(variable) || strings.ContainsAny(value, "\"\n") || !strings.Contains(text, variable+"=")):
			t.Errorf("%q is %q in %q", variable, value, text)
		}
		if again, same, _ := rcVar(variable + `="` + value + `"` + "\n"); ok && (again != variable || same != value) {
			t.Errorf("%q=%q became %q=%q", variable, value, again, same)
		}
	})
}

// FuzzScriptNames: each is a service's name once, of a path that was printed.
func FuzzScriptNames(f *testing.F) {
	for _, seed := range []string{"", "/etc/rc.d/cron\n/usr/local/etc/rc.d/nginx\n", "/", "//\n", "/a/../b\n", "/a/-x", "a/b", "/a b\n/a\n/x/a\r\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		names := scriptNames(text)
		for i, name := range names {
			if words.CheckName(name) != nil || slices.Contains(names[:i], name) || !strings.Contains(text, name) {
				t.Errorf("script %q in %q", name, text)
			}
		}
		if again := scriptNames("/etc/rc.d/" + strings.Join(names, "\n/etc/rc.d/")); !slices.Equal(again, names) {
			t.Errorf("%q became %q", names, again)
		}
	})
}

// FuzzRunningAs: each number is a process's, and was printed.
func FuzzRunningAs(f *testing.F) {
	for _, seed := range []string{"", "nginx is running as pid 123.\n", "x is running as pid 1 2 3.", " is running as pid 0.", " is running as pid 99999999999.", " is running as pid 2147483648 7 ."} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		pids := runningAs(text)
		words := make([]string, len(pids))
		for i, pid := range pids {
			if words[i] = strconv.Itoa(pid); pid <= 0 || pid > 1<<31-1 || !strings.Contains(text, words[i]) {
				t.Errorf("process %d in %q", pid, text)
			}
		}
		if again := runningAs("x is running as pid " + strings.Join(words, " ") + "."); len(pids) > 0 && !slices.Equal(again, pids) {
			t.Errorf("%d became %d", pids, again)
		}
	})
}

// FuzzScript: of whatever is a script few paths are read, which are whole ones, and a
// pidfile holds a number that a process can have.
func FuzzScript(f *testing.F) {
	for _, seed := range []string{
		"", "# pidfile: /run/x.pid\nPIDFILE=\"/run/$NAME.pid\"\n", "PID_FILE=/a;b", "pidfile='/x y'", " pidfile=/\n", "123\n", " 7 \n8\n", "-1", "+5", "99999999999", "0x10",
		"A=$A$A$A$A\nA=${A:-${A:-$A}}\nPID=/$A\n", ". /etc/default/x\nfor i in 1 2 3 4 5; do PID=/run/$i$i$i$i; done", "X=${X:+${X:+${", "PID=`echo $PID`/$(echo /x)\\\n/run/x.pid'",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		opened := 0
		facts := readScript("x", text, func(path string) (string, bool) {
			if opened++; !strings.HasPrefix(path, "/etc/") && !strings.HasPrefix(path, "/usr/") || strings.Contains(path, "..") {
				t.Errorf("it opens %q", path)
			}
			return text, true
		})
		if opened > maxSourced {
			t.Errorf("%d files", opened)
		}
		for _, list := range [][]string{facts.pidFiles, facts.daemons} {
			if len(list) > maxPaths {
				t.Errorf("%d paths", len(list))
			}
			for _, path := range list {
				if !filepath.IsAbs(path) || filepath.Clean(path) != path || strings.ContainsAny(path, " \n\x00"+unknown+dollar) || len(path) > maxValue {
					t.Errorf("path %q", path)
				}
			}
		}
		if pid := pidOnLine([]byte(text)); pid < 0 || pid > 1<<31-1 || pid > 0 && !strings.Contains(text, strconv.Itoa(pid)) {
			t.Errorf("process %d in %q", pid, text)
		}
	})
}
