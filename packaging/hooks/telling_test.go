package hooks

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"daemon-keeper/internal/config"
	"daemon-keeper/internal/executable"
)

// blocks are those of docs/telling.md in a language.
func blocks(t *testing.T, language string) (list []string) {
	t.Helper()
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```\n").FindAllStringSubmatch(read(t, "../../docs/telling.md"), -1) {
		list = append(list, m[1])
	}
	return list
}

// build makes the program, for the first test that needs it.
var build = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "daemon-keeper")
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "daemon-keeper")
	return path, executable.Build(path, "daemon-keeper")
})

func TestMain(m *testing.M) {
	status := m.Run()
	if path, err := build(); err == nil {
		os.RemoveAll(filepath.Dir(path))
	}
	os.Exit(status)
}

// host is a folder that stands for a machine on which the documents are followed.
type host struct {
	*testing.T
	server *server
	dir    string
	keeper string
	env    []string
	paths  *strings.Replacer // the documents' and ours
	daemon *exec.Cmd
}

func newHost(t *testing.T) *host {
	t.Helper()
	keeper, err := build()
	if err != nil {
		t.Fatal(err)
	}
	h := &host{T: t, server: serve(t), dir: t.TempDir(), keeper: keeper}
	hooks := filepath.Join(h.dir, "hooks")
	if err := os.Mkdir(hooks, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range programs { // the sources may be another user's
		if err := executable.WriteFile(filepath.Join(hooks, name), []byte(read(t, name)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	h.env = []string{
		"PATH=" + os.Getenv("PATH"), "HOME=/", "DAEMON_KEEPER_CONFIG=" + h.dir + "/daemon-keeper.yaml",
		"DAEMON_KEEPER_RUN_DIR=" + h.dir + "/run", "DAEMON_KEEPER_STATE_DIR=" + h.dir + "/state",
	}
	h.paths = strings.NewReplacer(
		"/etc/daemon-keeper.", h.dir+"/daemon-keeper.", "/usr/sbin/daemon-keeper", keeper, "/usr/share/daemon-keeper/hooks", hooks,
		"https://ntfy.sh", h.server.URL, "https://hc-ping.com", h.server.URL,
	)
	return h
}

// configure writes a configuration with a daemon, which is a copy of sleep.
func (h *host) configure(top, services string) {
	h.Helper()
	sleep, err := exec.LookPath("sleep")
	if err != nil {
		h.Fatal(err)
	}
	h.write("mydaemon", read(h.T, sleep), 0o755)
	h.write("daemon-keeper.yaml", h.paths.Replace(top)+"defaults: {boot_grace: 0s, recheck: 20ms, verify: 20s, settle: 100ms, backoff: [0s]}\n"+
		"daemons: {mydaemon: {executable: "+h.dir+"/mydaemon, services: ["+services+"]}}\n", 0o600)
}

func (h *host) write(name, text string, mode os.FileMode) {
	h.Helper()
	if err := executable.WriteFile(filepath.Join(h.dir, name), []byte(text), mode); err != nil {
		h.Fatal(err)
	}
}

// start starts the daemon, and kill kills it.
func (h *host) start() {
	h.Helper()
	h.daemon = exec.Command(filepath.Join(h.dir, "mydaemon"), "600")
	if err := h.daemon.Start(); err != nil {
		h.Fatal(err)
	}
	h.Cleanup(func() { h.kill() })
}

func (h *host) kill() {
	if h.daemon.ProcessState == nil {
		_ = h.daemon.Process.Kill()
		_ = h.daemon.Wait()
	}
}

// paste runs a block of a document. It returns the exit status, what was printed, and
// the requests that came.
func (h *host) paste(text string, env ...string) (status int, out, paths string) {
	h.Helper()
	before := len(h.server.requests())
	cmd := exec.Command("sh", "-c", h.paths.Replace(text))
	cmd.Env = append(h.env, env...)
	printed, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		h.Fatal(err)
	}
	paths = h.server.paths()
	if before > 0 {
		paths = strings.Join(strings.Split(paths, ", ")[before:], ", ")
	}
	return cmd.ProcessState.ExitCode(), string(printed), paths
}

// What docs/telling.md says to paste works.
func TestTellingBlocks(t *testing.T) {
	needCurl(t)
	t.Parallel()
	h := newHost(t)
	sh := blocks(t, "sh")
	if len(sh) != 3 {
		t.Fatalf("%d blocks of sh", len(sh))
	}
	if status, out, paths := h.paste(sh[0]); status != 0 || out != "" || paths != "POST /" {
		t.Fatalf("status %d, %q, %s", status, out, paths)
	}
	if o := h.server.requests()[0].object(t); o["title"] != "This is a test" || o["topic"] != "a-topic-that-nobody-guesses" {
		t.Errorf("%v", o)
	}
	h.write("daemon-keeper.pagerduty", "url = "+h.server.URL+"/pager\nrouting_key = x\n", 0o600)
	status, out, paths := h.paste(sh[1], incident("begin")...)
	if status != 0 || out != "" || paths != "POST /, POST /pager" && paths != "POST /pager, POST /" {
		t.Errorf("two at once: status %d, %q, %s", status, out, paths)
	}
	h.write("daemon-keeper.ntfy", "", 0o600)
	if status, out, paths := h.paste(sh[1], incident("begin")...); status != 1 || !strings.HasPrefix(out, "ntfy: cannot ") || paths != "POST /pager" {
		t.Errorf("two at once, and one fails: status %d, %q, %s", status, out, paths)
	}
	if text := strings.Join(blocks(t, "yaml"), ""); text != "" {
		path := filepath.Join(t.TempDir(), "daemon-keeper.yaml")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, mistakes, err := config.Load(path, config.Options{})
		if err != nil || len(mistakes) > 0 || len(c.Daemons) != 1 || c.Notify.Mail != "ops@example.org" || len(c.Notify.OnIncident) != 2 {
			t.Errorf("%+v, %v, %v", c, mistakes, err)
		}
	}
}

// The lines of the crontab, with real runs: of a daemon that is up, and that is down.
func TestTellingCrontab(t *testing.T) {
	needCurl(t)
	t.Parallel()
	h := newHost(t)
	h.configure("", "") // without services it is only watched
	h.start()
	var lines []string
	for _, b := range blocks(t, "crontab") {
		for line := range strings.Lines(b) {
			if command, ok := strings.CutPrefix(line, "* * * * * "); ok {
				lines = append(lines, strings.TrimSpace(command))
			}
		}
	}
	if unit := blocks(t, "ini"); len(lines) != 3 || len(unit) != 1 || !strings.HasSuffix(unit[0], "\nExecStart=\nExecStart="+lines[2]+"\n") {
		t.Fatalf("%q, %q", lines, unit)
	}
	if status, out, _ := h.paste(blocks(t, "sh")[2]); status != 0 || out != "" {
		t.Fatalf("%d, %q", status, out)
	}
	const ping = "POST /00000000-0000-0000-0000-000000000000"
	get := strings.Replace(ping, "POST", "GET", 1)
	expect := func(what string, line, wantStatus int, wantOut, wantPaths string) {
		t.Helper()
		status, out, paths := h.paste(lines[line])
		// Without a syslog daemon its lines are printed, too.
		if status != wantStatus || paths != wantPaths || !strings.Contains(out, wantOut) {
			t.Errorf("%s, line %d: status %d, %s\n%s", what, line, status, paths, out)
		}
	}
	expect("up", 0, 0, "", "")
	expect("up", 1, 0, "", get)
	expect("up", 2, 0, "", ping+"/start, "+ping)
	h.kill()
	expect("down", 2, 2, "'mydaemon' is down", ping+"/start, "+ping+"/2")
	expect("down", 1, 2, "", "")
	h.write("daemon-keeper.yaml", "daemons: 1\n", 0o600)
	expect("a mistake", 2, 3, "", ping+"/start, "+ping+"/3")
}

// A daemon is killed, and the keeper itself has a hook tell of it and of its end.
func TestKeeperTells(t *testing.T) {
	needCurl(t)
	t.Parallel()
	h := newHost(t)
	h.configure("on_incident: [/usr/share/daemon-keeper/hooks/webhook, /etc/daemon-keeper.webhook]\n", "mydaemon")
	h.write("daemon-keeper.webhook", "url = "+h.server.URL+"/hook\n", 0o600)
	h.write("svc", "#!/bin/sh\ncd \"${0%/*}\" || exit\ncase $2 in\nstart) ./mydaemon 600 >/dev/null 2>&1 & echo $! >pid ;;\nstop) exit 1 ;;\nstatus) exit 3 ;;\nesac\n", 0o755)
	run := "/usr/sbin/daemon-keeper --no-syslog --service-command " + h.dir + "/svc"
	h.start()
	if status, out, paths := h.paste(run); status != 0 || paths != "" {
		t.Fatalf("up: status %d, %s\n%s", status, paths, out)
	}
	h.kill()
	t.Cleanup(func() { _ = exec.Command("sh", "-c", "kill -9 $(cat "+h.dir+"/pid)").Run() })
	if status, out, paths := h.paste(run); status != 1 || paths != "POST /hook, POST /hook" || strings.Contains(out, "cannot tell") {
		t.Fatalf("killed: status %d, %s\n%s", status, paths, out)
	}
	var told []string
	for _, r := range h.server.requests() {
		o := r.object(t)
		told = append(told, o["event"].(string)+" "+o["state"].(string)+" "+o["reason"].(string)+" / "+o["done"].(string))
		daemons := o["report"].(map[string]any)["daemons"].([]any)
		if o["daemon"] != "mydaemon" || o["since"] == "" || len(daemons) != 1 {
			t.Errorf("%s", r.body)
		}
	}
	want := regexp.MustCompile(`^begin down not running /  \| end up .*/ stop mydaemon( \(.*\))?, start mydaemon$`)
	if got := strings.Join(told, " | "); !want.MatchString(got) {
		t.Errorf("it told %q", got)
	}
}
