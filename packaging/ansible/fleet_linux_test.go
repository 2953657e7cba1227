package ansible

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/realtest"
)

// fleetInventory has four hosts. Three of them are machines; nothing answers for the
// fourth.
const fleetInventory = `
all:
  hosts:
    fine:
    back:
    gone:
    stays:
  vars:
    ansible_ssh_executable: /play/ssh
    ansible_ssh_args: -q
    ansible_ssh_transfer_method: piped
    ansible_python_interpreter: /usr/bin/python3
    daemon_keeper_binary: '{{ inventory_dir }}/daemon-keeper'
    daemon_keeper_evidence_timeout: 1m
    daemon_keeper_defaults: {boot_grace: 0s, recheck: 100ms, verify: 20s, settle: 100ms, backoff: [0s]}
    daemon_keeper_daemons:
      - {daemon: toy, executable: /usr/local/sbin/toy, services: [toy]}
`

// One call of ansible-playbook takes several hosts from nothing to kept. Another one has
// all of them looked after, and tells how each of them is: also the one that failed, and
// the one that was not reached.
func TestFleet(t *testing.T) {
	realtest.Need(t)
	t.Parallel()
	dir := t.TempDir()
	machines := make(map[string]*realtest.Machine)
	for _, host := range []string{"fine", "back", "stays"} {
		l := quiet(t)
		l.Mask("cron.service") // only the play is to run it
		toy(t, l, "toy", "")
		machines[host] = realtest.Boot(t, tree(t), l)
	}
	fleetFolder(t, dir, machines)

	r := fleetPlay(t, dir, "site", "--limit", "!gone")
	for _, host := range []string{"fine", "back", "stays"} {
		if r.hosts[host] != (recap{Changed: 5}) {
			t.Errorf("%s: %+v", host, r.hosts[host])
		}
	}
	if t.Failed() {
		t.Fatal(r.output)
	}

	pids := make(map[string]int)
	for host, m := range machines {
		pids[host] = m.Pids(t, "/usr/local/sbin/toy")[0]
	}
	write(t, machines["stays"], "/run/systemd/system/toy.service.d/fails.conf", "[Service]\nExecStartPre=/usr/bin/false\n")
	machines["stays"].Must(t, "systemctl", "daemon-reload")
	for _, host := range []string{"back", "stays"} {
		machines[host].Kill(t, pids[host], syscall.SIGKILL)
		realtest.Until(t, "systemd knows", func() bool {
			state, _ := machines[host].Run(t, "systemctl", "is-active", "toy")
			return state == "failed\n"
		})
	}
	r = fleetPlay(t, dir, "run")
	want := map[string]recap{"fine": {}, "back": {Changed: 1}, "stays": {Failed: 1}, "gone": {Unreachable: 1}}
	for host, w := range want {
		if r.hosts[host] != w {
			t.Errorf("%s: %+v", host, r.hosts[host])
		}
	}
	summary := regexp.MustCompile(`(?s)"msg": \[\n *"fine: 0, well or left alone",\n` +
		` *"back: 1, brought back",\n *"back: toy brought back after [0-9.]+ s",\n` +
		` *"gone: not reached: [^\n]+",\n` +
		` *"stays: 2, still down or wrong",\n *"stays: toy down[^"]*: its service has failed again: its unit's start command /usr/bin/false has failed[^"]*"\n *\]`)
	if !summary.MatchString(r.output) || t.Failed() {
		t.Errorf("the play said:\n%s", r.output)
	}
	// If there is nobody who is well, one that failed tells it.
	if r = fleetPlay(t, dir, "run", "--limit", "stays,gone", "-e", "only=toy", "--check"); !strings.Contains(r.output, `"stays: toy down`) {
		t.Errorf("the play said:\n%s", r.output)
	}
	if now := machines["back"].Pids(t, "/usr/local/sbin/toy"); len(now) != 1 || now[0] == pids["back"] {
		t.Errorf("toy is %v on back", now)
	}
	fleetPage(t, dir)
}

// The reports of all hosts are gathered for a page, in which the host that was not reached
// has its last one.
func fleetPage(t *testing.T, dir string) {
	t.Helper()
	reports := filepath.Join(dir, "reports")
	last := []byte(`{"version":1,"command":"status","time":"2026-11-29T04:00:00Z","daemons":[]}`)
	if err := errors.Join(os.Mkdir(reports, 0o755), os.WriteFile(filepath.Join(reports, "gone.json"), last, 0o644)); err != nil {
		t.Fatal(err)
	}
	r := fleetPlay(t, dir, "page", "-e", "folder=/play/reports")
	changed := recap{Changed: 1} // the loop that gathers
	for host, w := range map[string]recap{"fine": changed, "back": changed, "stays": changed, "gone": {Unreachable: 1}} {
		if r.hosts[host] != w {
			t.Errorf("%s: %+v\n%s", host, r.hosts[host], r.output)
		}
	}
	if got, err := os.ReadFile(filepath.Join(reports, "gone.json")); !bytes.Equal(got, last) {
		t.Errorf("the last report of a host that was not reached: %s, %v", got, err)
	}
	files, err := filepath.Glob(filepath.Join(reports, "*.json"))
	if err != nil || len(files) != 7 {
		t.Errorf("gathered %v, %v", files, err)
	}
	page, err := exec.Command(keeper(t), append([]string{"page", "--max-age", "876000h"}, files...)...).Output()
	if err != nil {
		t.Fatalf("%v, %s", err, page)
	}
	at := -1
	for _, host := range []string{"stays", "back", "fine"} { // the worst first
		i := bytes.Index(page, []byte(`-name">`+host+"</h2>"))
		if i <= at {
			t.Errorf("%s is at %d, after %d, in\n%s", host, i, at, page)
		}
		at = i
	}
}

// fleetFolder fills the folder that Ansible runs in.
func fleetFolder(t *testing.T, dir string, machines map[string]*realtest.Machine) {
	t.Helper()
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	check(os.CopyFS(filepath.Join(dir, "ansible_collections/daemon_keeper/fleet"), os.DirFS(fleet(t))))
	check(os.Link(keeper(t), filepath.Join(dir, "daemon-keeper")))
	check(os.WriteFile(filepath.Join(dir, "hosts.yml"), []byte(fleetInventory), 0o644))
	ssh, err := os.ReadFile("testdata/ssh")
	check(err)
	check(os.WriteFile(filepath.Join(dir, "ssh"), ssh, 0o755))
	check(os.Mkdir(filepath.Join(dir, "machines"), 0o755))
	for host, m := range machines {
		pid := filepath.Base(filepath.Dir(m.Path("/"))) // /proc/PID/root
		check(os.WriteFile(filepath.Join(dir, "machines", host), []byte(pid+"\n"), 0o644))
	}
}

// fleetPlay runs one of the collection's plays over all hosts.
func fleetPlay(t *testing.T, dir, name string, arg ...string) result {
	t.Helper()
	began := time.Now()
	args := append([]string{
		"env", "ANSIBLE_COLLECTIONS_PATH=/play", "ansible-playbook", "-i", "hosts.yml", "daemon_keeper.fleet." + name,
	}, arg...)
	out, _ := control(t, dir, args...) // the recap tells
	t.Logf("%.1f s: %s", time.Since(began).Seconds(), strings.Join(args, " "))
	return resultOf(t, out)
}
