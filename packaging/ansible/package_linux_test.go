package ansible

import (
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"daemon-keeper/internal/realtest"
)

var packages shared

// packaged is the package of this format, as make packages makes it for this machine.
func packaged(t *testing.T, pattern string) (path string) {
	t.Helper()
	dir := packages.get(t, func() (string, error) {
		dir := filepath.Join(folder, "packages")
		cmd := exec.Command("go", "run", "./packaging/dist", "-version", "1.2.3", "-target", "linux/"+runtime.GOARCH, "-out", dir, "packages")
		cmd.Dir = "../.."
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("make packages: %w\n%s", err, out)
		}
		return dir, nil
	})
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("packages named %s: %q, %v", pattern, found, err)
	}
	return found[0]
}

// packageInventory says where the program comes from with each call.
const packageInventory = `
all:
  hosts:
    toyhost:
      ansible_connection: local
      ansible_python_interpreter: /usr/bin/python3
      daemon_keeper_daemons:
        - {daemon: toy, executable: /usr/local/sbin/toy, services: [toy]}
`

// newer makes of the package a newer one, whose program is another one too.
const newer = `set -e
dpkg-deb -R /play/keeper.deb /play/newer
sed -i 's/^Version: .*/Version: 1.2.4-1/' /play/newer/DEBIAN/control
echo >>/play/newer/usr/sbin/daemon-keeper
dpkg-deb -b /play/newer /play/newer.deb
`

// A package takes the place of a program that was copied; it comes from a repository or
// from a file, is upgraded, and leaves nothing behind. There is one cron job, whatever
// the package brings along.
func TestPackage(t *testing.T) {
	realtest.Need(t)
	t.Parallel()
	l := quiet(t)
	toy(t, l, "toy", "")
	withAnsible(t, l)
	l.File("/usr/local/sbin/daemon-keeper", "#!/bin/sh\n", 0o755)
	l.Copy(packaged(t, "*.deb"), "/play/keeper.deb")
	l.File("/etc/apt/sources.list", "deb [trusted=yes] file:/play ./\n", 0o644)
	m := realtest.Boot(t, tree(t), l)
	write(t, m, "/play/hosts.yml", packageInventory)
	m.Must(t, "sh", "-c", "cd /play && dpkg-scanpackages . >Packages 2>/dev/null && apt-get -qq update && "+newer)

	play(t, m, site, "-e", "daemon_keeper_package=daemon-keeper").only(t, recap{Changed: 5})
	oneJob(t, m)
	if installed := m.Must(t, "dpkg-query", "-W", "-f", "${Status} ${Version}", "daemon-keeper"); installed != "install ok installed 1.2.3-1" {
		t.Errorf("dpkg says %q", installed)
	}
	// The same as a file would change nothing.
	play(t, m, "--check", site, "-e", "daemon_keeper_package_file=/play/keeper.deb").only(t, recap{})

	r := play(t, m, site, "-e", "daemon_keeper_binary=/play/daemon-keeper")
	r.only(t, recap{Failed: 1})
	if !strings.Contains(r.output, "cannot install /usr/local/sbin/daemon-keeper beside /usr/sbin/daemon-keeper of a package") {
		t.Errorf("the play said:\n%s", r.output)
	}

	play(t, m, site, "-e", "daemon_keeper_package_file=/play/newer.deb").only(t, recap{Changed: 1})
	oneJob(t, m)
	if installed := m.Must(t, "dpkg-query", "-W", "-f", "${Status} ${Version}", "daemon-keeper"); installed != "install ok installed 1.2.4-1" {
		t.Errorf("dpkg says %q", installed)
	}

	play(t, m, site, "-e", "daemon_keeper_state=absent").only(t, recap{Changed: 3})
	if left := remains(t, m); left != "" {
		t.Errorf("left:\n%s", left)
	}
	if known, status := m.Run(t, "dpkg-query", "-W", "daemon-keeper"); status != 1 {
		t.Errorf("dpkg still knows %s", known)
	}
}

// oneJob fails the test unless the role's cron job is the only one.
func oneJob(t *testing.T, m *realtest.Machine) {
	t.Helper()
	jobs, _ := m.Run(t, "sh", "-c", "grep -rh '^[^#].*daemon-keeper' /etc/crontab /etc/cron.* /var/spool/cron")
	if jobs != "* * * * * root /usr/sbin/daemon-keeper\n" {
		t.Errorf("the cron jobs are:\n%s", jobs)
	}
	if more := m.Must(t, "sh", "-c", "ls /etc/cron.d/*keeper* /etc/daemon-keeper*"); more != "/etc/cron.d/daemon-keeper\n/etc/daemon-keeper.yaml\n\n/etc/daemon-keeper.d:\nansible-toy.yaml\n" {
		t.Errorf("there are:\n%s", more)
	}
}

// remains are all files of daemon-keeper, but those of these tests.
func remains(t *testing.T, m *realtest.Machine) string {
	t.Helper()
	return m.Must(t, "sh", "-c", "find / -path /play -prune -o -path /proc -prune -o -path /sys -prune -o -path /usr/share/ansible -prune -o "+
		"-path /var/lib/apt/lists -prune -o -name '*daemon-keeper*' -print")
}

// The program is found in packages of other systems too; their managers are not here.
func TestUnpack(t *testing.T) {
	realtest.Need(t)
	t.Parallel()
	l := realtest.NewLayer(t)
	l.Copy("roles/daemon_keeper/files/unpack.sh", "/play/unpack.sh")
	formats := map[string]string{"apt": "*.deb", "dnf": "*.rpm", "apk": "*.apk", "pacman": "*.pkg.tar.zst"}
	for manager, pattern := range formats {
		l.Copy(packaged(t, pattern), "/play/"+manager)
	}
	m := realtest.Enter(t, tree(t), l)
	want := m.Must(t, "sh", "-c", "dpkg-deb --fsys-tarfile /play/apt | tar -xO ./usr/sbin/daemon-keeper | sha1sum | cut -d ' ' -f 1")
	for manager := range formats {
		dir := "/play/of-" + manager
		m.Must(t, "mkdir", dir)
		if sum := m.Must(t, "sh", "-c", `sh /play/unpack.sh "$@" 2>/dev/null`, "sh", manager, dir, "/play/"+manager); sum != want {
			t.Errorf("%s: %q, not %q", manager, sum, want)
		}
		if files := m.Must(t, "ls", dir); files != "daemon-keeper\n" {
			t.Errorf("%s: %q", manager, files)
		}
	}
}
