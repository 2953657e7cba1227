package completions

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"

	"daemon-keeper/internal/realtest"
)

// terminal is a shell that runs on a terminal of a machine. At Control-T it
// writes the line and the candidates that the last TAB has found, and forgets both.
type terminal struct {
	m      *realtest.Machine
	keys   io.Writer
	answer string // the file in which it does
	screen *screen
}

// screen is what has been written to the terminal.
type screen struct {
	mutex sync.Mutex
	text  bytes.Buffer
}

func (s *screen) Write(p []byte) (int, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.Write(p)
}

func (s *screen) String() string {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.text.String()
}

// open starts a shell, for which rc, with ANSWER in the place of the answer's file,
// is what it reads first.
func open(t *testing.T, m *realtest.Machine, shell, name, rc string) *terminal {
	t.Helper()
	home := "/srv/home/" + name
	file := home + "/.zshrc" // where zsh looks by itself
	term := &terminal{m: m, answer: "/tmp/answer-" + name, screen: new(screen)}
	ctx, cancel := context.WithCancel(context.Background())
	m.Must(t, "mkdir", "-p", home)
	write(t, m, file, strings.ReplaceAll(rc, "ANSWER", term.answer))
	write(t, m, home+"/keeper.yaml", "daemons:\n  athome: {executable: /bin/true, services: [x]}\n")
	// Columns and rows enough that no shell asks before it lists candidates.
	cmd := m.Command(ctx, "env", "HOME="+home, "TERM=xterm", "LC_ALL=C.UTF-8",
		"script", "--quiet", "--flush", "--command", "stty rows 200 cols 200; cd /srv; exec "+strings.ReplaceAll(shell, "RC", file), "/dev/null")
	keys, err := cmd.StdinPipe()
	if err == nil {
		cmd.Stdout, cmd.Stderr = term.screen, term.screen
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("the terminal of %s:\n%q", name, term.screen.String())
		}
	})
	term.keys = keys
	term.wait(t, "it is ready")
	return term
}

func openBash(t *testing.T, m *realtest.Machine, name, rc string) *terminal {
	t.Helper()
	return open(t, m, "bash --noprofile --rcfile RC -i", name, rc)
}

func openZsh(t *testing.T, m *realtest.Machine) *terminal {
	t.Helper()
	return open(t, m, "zsh -i", "zsh", zshRC)
}

func openFish(t *testing.T, m *realtest.Machine) *terminal {
	t.Helper()
	return open(t, m, "fish -i -C 'source RC'", "fish", fishRC)
}

// press types keys, and TAB if it is not among them.
func (term *terminal) press(t *testing.T, keys string) (line string, candidates []string) {
	t.Helper()
	if !strings.Contains(keys, "\t") {
		keys += "\t"
	}
	if _, err := io.WriteString(term.keys, keys+"\x14"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(term.wait(t, "an answer to "+keys), "\n"), "\n")
	return lines[0], lines[1:]
}

func (term *terminal) wait(t *testing.T, what string) string {
	t.Helper()
	var text []byte
	realtest.Until(t, what, func() bool {
		var err error
		text, err = os.ReadFile(term.m.Path(term.answer))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
		return err == nil
	})
	if err := os.Remove(term.m.Path(term.answer)); err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func write(t *testing.T, m *realtest.Machine, path, text string) {
	t.Helper()
	if err := os.WriteFile(m.Path(path), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// bashRC captures what the completion function answers to readline.
const bashRC = `
capture() { _daemon_keeper "$@"; candidates=("${COMPREPLY[@]}"); }
report() {
	{ printf '%s\n' "$READLINE_LINE"; [[ -z ${candidates-} ]] || printf '%s\n' "${candidates[@]}"; } >ANSWER.new
	mv ANSWER.new ANSWER
	READLINE_LINE= candidates=()
}
bind -x '"\C-t": report'
bind 'set show-all-if-ambiguous on'
bind 'set completion-query-items 0'
PS1='$ '
candidates=()
>ANSWER
`

// zshRC captures what the completion system takes for matches.
const zshRC = `
autoload -Uz compinit
compinit -u -D
typeset -ga candidates
compadd() {
	if [[ ${@[1,(i)(-|--)]} == *-(O|A|D)\ * ]]; then
		builtin compadd "$@"
		return
	fi
	local -a hits
	local -A prefix hidden
	builtin compadd -A hits "$@"
	zparseopts -E P:=prefix p:=hidden
	candidates+=("$IPREFIX$prefix[-P]$hidden[-p]"${^hits})
	builtin compadd "$@"
}
report() {
	{ print -r -- "$BUFFER"; (( $#candidates )) && print -rl -- $candidates } >ANSWER.new
	mv ANSWER.new ANSWER
	BUFFER= candidates=()
}
zle -N report
bindkey -e
bindkey '^T' report
zstyle ':completion:*:warnings' format 'no candidate'
PS1='$ '
zle-line-init() { # what is typed before it is lost
	>ANSWER
	zle -D zle-line-init
}
zle -N zle-line-init
`

const fishRC = `
set -g fish_autosuggestion_enabled 0
function fish_prompt; echo '$ '; end
function report
    commandline >ANSWER.new
    mv ANSWER.new ANSWER
    commandline ''
end
bind \ct report
echo >ANSWER
`
