package packaging

import (
	"regexp"
	"strings"
	"testing"

	"daemon-keeper/internal/realtest"
)

// makeOlder makes an older package, whose configuration files differ.
const makeOlder = `set -e
dpkg-deb -R /srv/new.deb /srv/older
cd /srv/older
sed -i 's/^Version: .*/Version: 1.2.2-1/' DEBIAN/control
for file in etc/daemon-keeper.yaml etc/cron.d/daemon-keeper; do
	echo '# of the older version' >>$file
done
dpkg-deb -Znone -b . /srv/older.deb
`

// priorities has rsyslog write a second file, which tells how urgent a line is.
const priorities = `template(name="priorities" type="string" string="%syslogseverity-text% %syslogtag%%msg%\n")
*.* action(type="omfile" file="/var/log/priorities" template="priorities")
`

// A package is installed, upgraded, removed, installed again and purged, while cron runs.
func TestDeb(t *testing.T) {
	l := realtest.NewLayer(t)
	addToy(t, l)
	l.Copy(packageFile(t, debs), "/srv/new.deb")
	l.File("/usr/sbin/sendmail", "#!/bin/sh\ncat >>/var/tmp/mail\n", 0o755)
	l.File("/etc/rsyslog.d/priorities.conf", priorities, 0o644)
	l.FastCron(12)
	m := realtest.Boot(t, realtest.Tree(t), l)
	m.Must(t, "sh", "-c", makeOlder)

	for _, step := range []struct {
		what string
		do   func(*testing.T, *realtest.Machine)
	}{
		{"installed, it does nothing", installed},
		{"configured, it brings back what has died", configured},
		{"upgraded, it keeps what was written and what it knew", upgraded},
		{"removed, it leaves a silent cron", removed},
		{"installed again, it goes on", installedAgain},
		{"purged, it leaves only what the administrator wrote", purged},
	} {
		if !t.Run(step.what, func(t *testing.T) { step.do(t, m) }) {
			return
		}
	}
}

// silent fails the test if somebody was told anything since the machine was booted, or
// since forget.
func silent(t *testing.T, m *realtest.Machine) {
	t.Helper()
	if mail := read(t, m, "/var/tmp/mail"); mail != "" {
		t.Errorf("cron has mailed:\n%s", mail)
	}
	for _, line := range regexp.MustCompile(`(?m)^.* DAEMON-KEEPER\[.*$`).FindAllString(read(t, m, "/var/log/priorities"), -1) {
		if !strings.HasPrefix(line, "info ") {
			t.Errorf("syslog has %q", line)
		}
	}
}

func forget(t *testing.T, m *realtest.Machine) {
	t.Helper()
	m.Must(t, "sh", "-c", "rm -f /var/tmp/mail; : >/var/log/priorities")
}

func installed(t *testing.T, m *realtest.Machine) {
	m.Must(t, "dpkg", "-i", "/srv/older.deb")
	if out := m.Must(t, "stat", "-c", "%a %U %n", "/var/lib/daemon-keeper", "/etc/daemon-keeper.d", "/etc/cron.d/daemon-keeper"); out !=
		"700 root /var/lib/daemon-keeper\n755 root /etc/daemon-keeper.d\n644 root /etc/cron.d/daemon-keeper\n" {
		t.Error(out)
	}
	twoMinutes(t, m)
	silent(t, m)
	if out, status := m.Run(t, "daemon-keeper"); out != "" || status != 0 {
		t.Errorf("by hand: %d, %q", status, out)
	}
}

func configured(t *testing.T, m *realtest.Machine) {
	write(t, m, "/etc/daemon-keeper.d/toy.yaml", toyKept)
	m.Must(t, "daemon-keeper", "validate")
	killed(t, m, toy)
	comesBack(t, m, toy)
	realtest.Until(t, "cron has mailed", func() bool {
		return strings.Contains(read(t, m, "/var/tmp/mail"), "'toy' was down and is up again")
	})
}

func upgraded(t *testing.T, m *realtest.Machine) {
	const changed = "remind: 1h # ours\n"
	write(t, m, "/etc/daemon-keeper.yaml", changed)
	m.Must(t, "dpkg", "--force-confold", "-i", "/srv/new.deb")
	if text := read(t, m, "/etc/daemon-keeper.yaml"); text != changed {
		t.Errorf("the configuration is %q", text)
	}
	if text := read(t, m, "/etc/cron.d/daemon-keeper"); strings.Contains(text, "older") {
		t.Error("what nobody has changed was not upgraded")
	}
	if text := read(t, m, "/etc/daemon-keeper.d/toy.yaml"); text != toyKept {
		t.Errorf("the drop-in is %q", text)
	}
	if out := m.Must(t, "daemon-keeper", "history", "toy"); !strings.Contains(out, "1 incident") {
		t.Errorf("the history is:\n%s", out)
	}
	killed(t, m, toy)
	comesBack(t, m, toy)
	twoMinutes(t, m) // so that all has been told
}

func removed(t *testing.T, m *realtest.Machine) {
	m.Must(t, "dpkg", "-r", "daemon-keeper")
	if found := has(t, m, "/usr/sbin/daemon-keeper", "/etc/daemon-keeper.yaml", "/etc/daemon-keeper.d/toy.yaml", "/etc/cron.d/daemon-keeper"); len(found) != 3 {
		t.Errorf("there are %q", found)
	}
	forget(t, m)
	twoMinutes(t, m)
	silent(t, m)
}

func installedAgain(t *testing.T, m *realtest.Machine) {
	m.Must(t, "dpkg", "-i", "/srv/new.deb")
	killed(t, m, toy)
	comesBack(t, m, toy)
	twoMinutes(t, m) // or a run would be at work when its folders go
	if out := m.Must(t, "daemon-keeper", "history", "toy"); !strings.Contains(out, "3 incidents") {
		t.Errorf("the history is:\n%s", out)
	}
}

func purged(t *testing.T, m *realtest.Machine) {
	const left = `find / \( -path /proc -o -path /sys -o -path /srv \) -prune -o -name '*daemon-keeper*' -print`
	m.Must(t, "dpkg", "-P", "daemon-keeper")
	if out := m.Must(t, "sh", "-c", left+"; ls /etc/daemon-keeper.d"); out != "/etc/daemon-keeper.d\ntoy.yaml\n" {
		t.Errorf("there are\n%s", out)
	}
	m.Must(t, "rm", "/etc/daemon-keeper.d/toy.yaml")
	m.Must(t, "dpkg", "-i", "/srv/new.deb")
	m.Must(t, "dpkg", "-P", "daemon-keeper")
	if out := m.Must(t, "sh", "-c", left); out != "" {
		t.Errorf("there are\n%s", out)
	}
}
