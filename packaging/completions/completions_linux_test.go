package completions

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"daemon-keeper/internal/realtest"
)

// Where Debian's packages have the completions.
var places = map[string]string{
	"daemon-keeper.bash": "/usr/share/bash-completion/completions/daemon-keeper",
	"_daemon-keeper":     "/usr/share/zsh/vendor-completions/_daemon-keeper",
	"daemon-keeper.fish": "/usr/share/fish/vendor_completions.d/daemon-keeper.fish",
}

const program = "/usr/local/sbin/daemon-keeper"

func layer(t *testing.T) *realtest.Layer {
	t.Helper()
	realtest.Need(t)
	l := realtest.NewLayer(t)
	l.AddKeeper(program)
	for name, place := range places {
		l.Copy(name, place)
	}
	daemon := ": {executable: /bin/true, services: [toy]}\n"
	l.File("/etc/daemon-keeper.yaml", "defaults:\n  recheck: 3s\ndaemons:\n  clamd"+daemon+"  dovecot@1"+daemon+`  "yes"`+daemon+
		"forbid:\n  no-telnetd: {name: telnetd}\n", 0o600)
	l.File("/srv/a dir/other.yaml", "daemons:\n  webapp"+daemon, 0o600)
	l.File("/srv/broken.yaml", "daemons: [\n", 0o600)
	l.File("/srv/a dir/notes.txt", "", 0o600)
	l.File("/srv/a dir/sub/x.yaml", "", 0o600)
	l.File("/srv/metrics/x.prom", "", 0o600)
	l.File("/srv/metrics/y.txt", "", 0o600)
	l.File("/srv/crontab.txt", "", 0o600)
	l.File("/srv/evil/daemon-keeper", "#!/bin/sh\ncat <<'E'\n$(touch /tmp/owned)\n`touch /tmp/owned`\nkept\n;touch /tmp/owned\n:none 0\nE\n", 0o755)
	l.File("/srv/old/daemon-keeper", "#!/bin/sh\necho usage\necho 'error: usage' >&2\nexit 3\n", 0o755)
	l.File("/usr/local/sbin/toy", "#!/bin/sh\nexec sleep infinity\n", 0o755)
	l.File("/etc/init.d/inittoy-1", "#!/bin/sh\n", 0o755)
	l.File("/usr/local/sbin/readme.txt", "", 0o644)
	for _, noise := range []string{"exim4", "mon", "nagios4", "prometheus", "prometheus-node-exporter"} {
		l.Mask(noise + ".service")
	}
	l.Unit("toy.service", "[Service]\nExecStart=/usr/local/sbin/toy\n")
	l.Unit("plant@.service", "[Service]\nExecStart=/usr/local/sbin/toy %i\n")
	return l
}

// The same is offered by each shell at the same line, asked by a TAB on a terminal.
func TestShells(t *testing.T) {
	tree, l := realtest.Tree(t, realtest.Consumers()...), layer(t)
	t.Run("systemd", func(t *testing.T) {
		m := realtest.Boot(t, tree, l)
		m.Must(t, "useradd", "keepertest")
		m.Must(t, "systemctl", "start", "plant@one")
		m.Must(t, program, "pause", "yes")
		t.Run("shells", func(t *testing.T) { testShells(t, m) })
		if _, err := os.Lstat(m.Path("/tmp/owned")); err == nil {
			t.Error("a name was run")
		}
	})
	t.Run("System V", func(t *testing.T) {
		m := realtest.Enter(t, tree, l)
		m.Must(t, "bash", "-n", places["daemon-keeper.bash"])
		m.Must(t, "zsh", "-n", places["_daemon-keeper"])
		m.Must(t, "fish", "-n", places["daemon-keeper.fish"])
		m.Must(t, "useradd", "keepertest")
		t.Run("shells", func(t *testing.T) { testInitScripts(t, m) })
	})
}

const withoutPackage = ". /usr/share/bash-completion/completions/daemon-keeper\ncomplete -F capture daemon-keeper\n" + bashRC

func testShells(t *testing.T, m *realtest.Machine) {
	t.Run("bash", func(t *testing.T) {
		t.Parallel()
		term := openBash(t, m, "bash", "set -uf -o posix\n"+withoutPackage)
		walk(t, term, nil)
	})
	t.Run("bash with bash-completion", func(t *testing.T) {
		t.Parallel()
		// Some have their line broken at white space alone.
		term := openBash(t, m, "bash-completion", ". /usr/share/bash-completion/bash_completion\nCOMP_WORDBREAKS=${COMP_WORDBREAKS//[=:@]/}\n"+bashRC)
		if line, _ := term.press(t, "daemon-keeper hist"); line != "daemon-keeper history " {
			t.Errorf("it is not loaded: %q", line)
		}
		afterSudo(t, term)
		term.press(t, "complete -F capture daemon-keeper\r")
		walk(t, term, nil)
	})
	t.Run("zsh", func(t *testing.T) {
		t.Parallel()
		term := openZsh(t, m)
		afterSudo(t, term)
		walk(t, term, nil)
	})
	t.Run("fish", func(t *testing.T) {
		t.Parallel()
		term := openFish(t, m)
		afterSudo(t, term)
		walk(t, term, fishCandidates(t, m))
	})
}

func afterSudo(t *testing.T, term *terminal) {
	t.Helper()
	for keys, want := range map[string]string{
		"sudo -u root daemon-keeper --output=j": "sudo -u root daemon-keeper --output=json ",
		"sudo daemon-keeper pause cl":           "sudo daemon-keeper pause clamd ",
	} {
		term.completes(t, keys, want)
	}
}

// Without systemd, services are init scripts.
func testInitScripts(t *testing.T, m *realtest.Machine) {
	offers := func(t *testing.T, term *terminal) {
		t.Helper()
		term.completes(t, "daemon-keeper -s inittoy", "daemon-keeper -s inittoy-1 ")
	}
	t.Run("bash", func(t *testing.T) {
		t.Parallel()
		offers(t, openBash(t, m, "bash", withoutPackage))
	})
	t.Run("zsh", func(t *testing.T) {
		t.Parallel()
		offers(t, openZsh(t, m))
	})
	t.Run("fish", func(t *testing.T) {
		t.Parallel()
		offers(t, openFish(t, m))
	})
	// As bash 3 is, which has no compopt: there readline itself offers files.
	t.Run("bash without compopt", func(t *testing.T) {
		t.Parallel()
		term := openBash(t, m, "bash-3", "enable -n compopt\n. "+places["daemon-keeper.bash"]+"\n"+bashRC)
		for _, r := range table {
			if r.after == "" || strings.Contains(r.keys, "plant") {
				continue
			}
			term.completes(t, r.keys, r.after)
		}
	})
}

// fishCandidates asks fish for the candidates of all lines of the table.
func fishCandidates(t *testing.T, m *realtest.Machine) map[string][]string {
	t.Helper()
	args := []string{"HOME=/srv/home/fish", "fish", "-c", `cd /srv; for line in $argv; echo =$line; complete -C $line; end`}
	for _, r := range table {
		args = append(args, r.keys)
	}
	candidates := make(map[string][]string)
	line := ""
	for text := range strings.Lines(m.Must(t, "env", args...)) {
		text = strings.TrimSuffix(text, "\n")
		if begins, ok := strings.CutPrefix(text, "="); ok {
			line = begins
		} else {
			candidates[line] = append(candidates[line], text)
		}
	}
	return candidates
}

// mostPresses bounds how often TAB is pressed for a line: an answer that does not come within a
// second is none, and on a busy machine it may not.
const mostPresses = 20

// completes fails the test unless a line becomes another one.
func (term *terminal) completes(t *testing.T, keys, want string) {
	t.Helper()
	line := ""
	for range mostPresses {
		if line, _ = term.press(t, keys); line == want {
			return
		}
	}
	t.Errorf("%q becomes %q, not %q", keys, line, want)
}

// walk goes through the table. What the candidates are is told by known, or, if
// that is nil, by the terminal.
func walk(t *testing.T, term *terminal, known map[string][]string) {
	t.Helper()
	for _, r := range table {
		var wrong []string
		for range mostPresses {
			line, candidates := "", slices.Clone(known[r.keys])
			if known == nil {
				line, candidates = term.press(t, r.keys)
			} else if r.after != "" {
				line, _ = term.press(t, r.keys)
			}
			if wrong = r.compare(line, candidates); len(wrong) == 0 {
				break
			}
		}
		for _, text := range wrong {
			t.Error(text)
		}
	}
	if text := term.screen.String(); regexp.MustCompile(`error|not found|unbound`).MatchString(text) {
		t.Errorf("not silent: %q", text)
	}
}

// compare returns what differs from the row.
func (r row) compare(line string, candidates []string) (wrong []string) {
	note := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	line = strings.ReplaceAll(line, "  ", " ") // zsh adds a space before one that is there
	if r.after != "" && line != r.after {
		note("%q becomes %q, not %q", r.keys, line, r.after)
	}
	for i, c := range candidates {
		candidates[i] = plain(c, r.flag)
	}
	if strings.HasSuffix(r.keys, " ") { // zsh offers flags where there is nothing else
		candidates = slices.DeleteFunc(candidates, func(c string) bool { return r.none && strings.HasPrefix(c, "-") })
	}
	if r.none && len(candidates) > 0 {
		note("%q offers %q", r.keys, candidates)
	}
	for _, want := range r.has {
		if !slices.Contains(candidates, want) {
			note("%q offers %q, without %s", r.keys, candidates, want)
		}
	}
	for _, not := range r.lacks {
		if slices.Contains(candidates, not) {
			note("%q offers %s: %q", r.keys, not, candidates)
		}
	}
	return wrong
}

// plain is a candidate as the table has it.
func plain(candidate, flag string) string {
	candidate, _, _ = strings.Cut(candidate, "\t") // fish: a description follows
	candidate = strings.TrimPrefix(strings.ReplaceAll(candidate, `\`, ""), flag)
	if strings.HasPrefix(candidate, "-") {
		return strings.TrimSuffix(candidate, "=")
	}
	candidate = strings.TrimSuffix(candidate, "/")
	return candidate[strings.LastIndex(candidate, "/")+1:]
}
