package ansible

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/executable"
	"daemon-keeper/internal/realtest"
)

// folder is for what the tests share. It goes when all have ended.
var folder string

func TestMain(m *testing.M) {
	var err error
	if folder, err = os.MkdirTemp("", "daemon-keeper-ansible-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	status := m.Run()
	os.RemoveAll(folder)
	os.Exit(status)
}

// shared is something that is made once, by the first test that needs it.
type shared struct {
	once sync.Once
	path string
	err  error
}

func (s *shared) get(t *testing.T, how func() (path string, err error)) string {
	t.Helper()
	s.once.Do(func() { s.path, s.err = how() })
	if s.err != nil {
		t.Fatal(s.err)
	}
	return s.path
}

var program, collection shared

// keeper is daemon-keeper, built for the machines.
func keeper(t *testing.T) (path string) {
	t.Helper()
	return program.get(t, func() (string, error) {
		path := filepath.Join(folder, "daemon-keeper")
		return path, executable.Build(path, "daemon-keeper")
	})
}

// fleet is the collection as its users have it: built from this folder, and installed.
func fleet(t *testing.T) (path string) {
	t.Helper()
	return collection.get(t, func() (string, error) {
		play := filepath.Join(folder, "galaxy")
		if err := os.CopyFS(filepath.Join(play, "source"), os.DirFS(".")); err != nil {
			return "", err
		}
		out, err := control(t, play, "sh", "-c",
			"ansible-galaxy collection build source && ansible-galaxy collection install --offline -p . ./*.tar.gz")
		if err != nil {
			return "", fmt.Errorf("ansible-galaxy: %w\n%s", err, out)
		}
		return filepath.Join(play, "ansible_collections/daemon_keeper/fleet"), nil
	})
}

func tree(t *testing.T) string {
	t.Helper()
	return realtest.Tree(t, realtest.Consumers()...)
}

// playTimeout is for one call of Ansible.
const playTimeout = 10 * time.Minute

// settings are Ansible's, and all that it has of an environment.
func settings() []string {
	return []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/root", "LC_ALL=C.UTF-8",
		"ANSIBLE_NOCOLOR=1", "ANSIBLE_PIPELINING=1", "ANSIBLE_LOCALHOST_WARNING=0",
	}
}

// control runs a command of the tree outside of all machines, in the folder play, which
// it sees as /play.
func control(t *testing.T, play string, arg ...string) (output string, err error) {
	t.Helper()
	place, err := os.MkdirTemp(folder, "control-")
	if err != nil {
		return "", err
	}
	script, err := filepath.Abs("testdata/control.sh")
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(t.Context(), playTimeout)
	defer cancel()
	args := []string{"--mount", "--propagation", "private", "sh", script, tree(t), place, play}
	cmd := exec.CommandContext(ctx, "unshare", append(args, arg...)...)
	cmd.Env = settings()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	// The signal comes when the thread that forked ends, not the process.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// toy puts a daemon there that nothing else is, and its service.
func toy(t *testing.T, l *realtest.Layer, name, service string) {
	t.Helper()
	l.Copy(filepath.Join(tree(t), "usr/bin/sleep"), "/usr/local/sbin/"+name)
	l.Unit(name+".service", "[Unit]\nStartLimitIntervalSec=0\n[Service]\nExecStart=/usr/local/sbin/"+name+
		" infinity\n"+service+"[Install]\nWantedBy=multi-user.target\n")
}

// quiet is a layer without those services of the tree that only cost time here.
func quiet(t *testing.T) *realtest.Layer {
	t.Helper()
	l := realtest.NewLayer(t)
	for _, unit := range []string{"apache2", "exim4", "mon", "nagios4", "prometheus", "prometheus-node-exporter"} {
		l.Mask(unit + ".service")
	}
	return l
}

// withAnsible adds the collection, and the program for it to install as
// /play/daemon-keeper.
func withAnsible(t *testing.T, l *realtest.Layer) {
	t.Helper()
	l.Copy(keeper(t), "/play/daemon-keeper")
	from := fleet(t)
	err := filepath.WalkDir(from, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.Type().IsRegular() {
			l.Copy(path, "/usr/share/ansible/collections/ansible_collections/daemon_keeper/fleet"+strings.TrimPrefix(path, from))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// write puts a file into the machine.
func write(t *testing.T, m *realtest.Machine, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(m.Path(path)), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(m.Path(path), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// read is a file of the machine, "" if it is not there.
func read(t *testing.T, m *realtest.Machine, path string) string {
	t.Helper()
	content, err := os.ReadFile(m.Path(path))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(content)
}

// result is what came of a call of ansible-playbook.
type result struct {
	output string
	hosts  map[string]recap
}

// recap is a host's line at the end.
type recap struct {
	Changed, Unreachable, Failed int
}

var recapLine = regexp.MustCompile(`(?m)^(\S+) +: ok=\d+ +changed=(\d+) +unreachable=(\d+) +failed=(\d+) `)

func resultOf(t *testing.T, output string) result {
	t.Helper()
	r := result{output, make(map[string]recap)}
	number := func(text string) int {
		n, err := strconv.Atoi(text)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for _, f := range recapLine.FindAllStringSubmatch(output, -1) {
		r.hosts[f[1]] = recap{number(f[2]), number(f[3]), number(f[4])}
	}
	if len(r.hosts) == 0 {
		t.Fatalf("there is no recap:\n%s", output)
	}
	return r
}

// play runs a playbook within the machine, over its inventory /play/hosts.yml.
func play(t *testing.T, m *realtest.Machine, arg ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), playTimeout)
	defer cancel()
	began := time.Now()
	cmd := playbook(ctx, m, arg...)
	out, _ := cmd.CombinedOutput() // the recap tells
	t.Logf("%.1f s: ansible-playbook %s", time.Since(began).Seconds(), strings.Join(arg, " "))
	return resultOf(t, string(out))
}

func playbook(ctx context.Context, m *realtest.Machine, arg ...string) *exec.Cmd {
	args := append(settings(), "sh", "-c", `cd /play && exec ansible-playbook -i hosts.yml "$@"`, "sh")
	cmd := m.Command(ctx, "env", append(args, arg...)...)
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// only fails the test unless this is what came of the only host.
func (r result) only(t *testing.T, want recap) {
	t.Helper()
	for _, got := range r.hosts {
		if len(r.hosts) == 1 && got == want {
			return
		}
	}
	t.Fatalf("%+v was expected, not %+v:\n%s", want, r.hosts, r.output)
}

// snapshot is every file of the machine that a play might change, a line for each.
func snapshot(t *testing.T, m *realtest.Machine) []string {
	t.Helper()
	// Without Ansible's own folder, that which Debian's rpm makes when Ansible asks it
	// whether it is in charge, what the machine itself writes, and mail.
	out := m.Must(t, "sh", "-c", `find /etc /home /opt /root /srv /tmp /usr /var /run/daemon-keeper 2>/dev/null \
		\( -path /root/.ansible -o -path /root/.rpmdb -o -path /var/log -o -path /var/lib/systemd -o -path /var/mail -o -path /var/spool/exim4 -o -name 'systemd-private-*' -o -path /usr/lib/python3 \) -prune -o \
		-type d -printf '%p/ %m %U %G\n' -o -printf '%p %m %U %G %s %T@ %l\n' | sort`)
	return strings.Split(strings.TrimSpace(out), "\n")
}

// differences are the lines that only one of the two has.
func differences(before, after []string) (list []string) {
	count := make(map[string]int)
	for _, line := range before {
		count[line]--
	}
	for _, line := range after {
		count[line]++
	}
	for line, n := range count {
		if n != 0 {
			list = append(list, fmt.Sprintf("%+d %s", n, line))
		}
	}
	slices.Sort(list)
	return list
}

// paths are the files of such lines.
func paths(differences []string) (list []string) {
	for _, d := range differences {
		list = append(list, strings.Fields(d)[1])
	}
	slices.Sort(list)
	return slices.Compact(list)
}
