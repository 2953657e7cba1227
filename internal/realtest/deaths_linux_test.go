package realtest

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"
)

// The cause of each of these deaths is told, and who did it, and how sure that is: on a
// booted systemd, with the signal trace. docs/deaths.md says what the keeper said.
func TestDeaths(t *testing.T) {
	t.Parallel()
	Need(t)
	rows := deaths()
	l := deathsLayer(t, append(rows, rebooted()))
	l.FastCron(20)
	c := newChamber(t, rows, func() *Machine { return BootHybrid(t, deathsTree(t), l) })
	c.sh("systemctl start " + rebooted().daemon)
	Until(t, "it runs", func() bool { return len(c.m.Pids(t, "/usr/local/sbin/"+rebooted().daemon)) == 1 })
	c.m.Must(t, "chmod", "0644", "/usr/sbin/service") // systemctl alone takes half the time
	c.begin()
	c.judge(func(d death) *fate { return &d.with })
	c.reboot(func(l *Layer) *Machine { return Boot(t, deathsTree(t), l) })
	c.judge(func(d death) *fate { return &d.with })
}

// The same without systemd: who waits for a process then tells nobody how it has ended, so
// process accounting does.
func TestDeathsWithout(t *testing.T) {
	t.Parallel()
	Need(t)
	var rows []death
	for _, d := range deaths() {
		if d.without != nil {
			rows = append(rows, d)
		}
	}
	l := deathsLayer(t, append(rows, rebooted()))
	c := newChamber(t, rows, func() *Machine { return Enter(t, deathsTree(t), l) })
	c.m.Must(t, "perl", "-e", `
		mkdir "/var/log/account"; open(F, ">", "/var/log/account/pacct"); close F;
		my $path = "/var/log/account/pacct"; syscall(163, $path) == 0 or die $!`) // acct(2)
	c.m.Start(t, "env", append(FastClock(60), "cron", "-f")...)
	c.sh("for s in /etc/init.d/d-*; do $s start; done")
	c.begin()
	c.judge(func(d death) *fate { return d.without })
	c.reboot(func(l *Layer) *Machine { return Enter(t, deathsTree(t), l) })
	c.judge(func(d death) *fate { return d.without })
}

// newChamber has the kernel record what happens from now on.
func newChamber(t *testing.T, rows []death, start func() *Machine) *chamber {
	t.Helper()
	c := &chamber{t: t, rows: rows, trace: tracing(t), began: uptime(t), numbers: make(numbers)}
	record(t, c.trace)
	c.m = start()
	c.m.Must(t, "mkdir", "-m", "0777", "-p", "/run/go", "/run/mute")
	return c
}

// begin has a run see all daemons up, which is the last time that they are.
func (c *chamber) begin() {
	c.t.Helper()
	c.areUp()
	c.give() // else the run would set up a trace of its own
	if a := c.run(); a.status != 0 || a.stdout+a.stderr != "" {
		c.t.Fatal(a)
	}
	c.kill()
	c.give()
}

// reboot ends the machine as a loss of power does, and starts another one with its memory, in which only
// one daemon is kept, and is not started.
func (c *chamber) reboot(start func(*Layer) *Machine) {
	c.t.Helper()
	c.rows = []death{rebooted()}
	l := deathsLayer(c.t, c.rows)
	for name, text := range c.memory {
		l.File(name, text, 0o600)
	}
	if err := syscall.Kill(c.m.pid, syscall.SIGKILL); err != nil { // its PID 1, which the test has started
		c.t.Fatal(err)
	}
	Until(c.t, "the machine has ended", c.m.Ended)
	c.m = start(l)
	reboot(c.t, c.m, 1)
	c.m.Must(c.t, "mkdir", "-p", "/run/go", "/run/mute")
}

// remember keeps the memory of the runs for the next boot.
func (c *chamber) remember() {
	c.t.Helper()
	c.memory = make(map[string]string)
	const folder = "/var/lib/daemon-keeper"
	err := filepath.WalkDir(c.m.Path(folder), func(path string, entry os.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		text, err := os.ReadFile(path)
		c.memory[folder+strings.TrimPrefix(path, c.m.Path(folder))] = string(text)
		return err
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// senderNumbers are of no interest: they differ.
var senderNumbers = regexp.MustCompile(`\([0-9]+\)`)

// spoken is what a run has said of a daemon.
type spoken struct {
	Name, Result, Reason, Hold, Cause, Sender, Certainty, Source string
	kind                                                         string
}

// judge runs the keeper and compares what it says of each death with what is true.
func (c *chamber) judge(want func(death) *fate) map[string]spoken {
	c.t.Helper()
	c.sh("rm -rf /run/go/* /run/mute/*") // so that they live on this time
	began := time.Now()
	a := c.run("--at-once", "100", "-o", "json", "--prometheus", "/run/deaths.prom")
	c.t.Logf("the run took %v, status %d\n%s", time.Since(began), a.status, a.stderr)
	c.remember()
	var r struct{ Daemons []spoken }
	if err := json.Unmarshal([]byte(a.stdout), &r); err != nil {
		c.t.Fatalf("%v\n%v", err, a)
	}
	all := make(map[string]spoken)
	for _, d := range r.Daemons {
		all[d.Name] = d
	}
	sample := regexp.MustCompile(`(?m)^daemon_keeper_deaths_total\{.*daemon="([^"]+)".*cause="([a-z_]+)".*\} 1$`)
	for _, m := range sample.FindAllStringSubmatch(read(c.t, c.m, "/run/deaths.prom"), -1) {
		d := all[m[1]]
		d.kind = m[2]
		all[m[1]] = d
	}
	for _, d := range c.rows {
		if wrong := want(d).differs(all[d.daemon]); wrong != "" {
			c.t.Errorf("%s: %s\n%+v", d.how, wrong, all[d.daemon])
		}
	}
	return all
}

// differs is what is wrong in what was said, "" if nothing is.
func (f fate) differs(d spoken) string {
	sender := senderNumbers.ReplaceAllString(d.Sender, "")
	first, more, _ := strings.Cut(sender, ": ")
	if strings.HasPrefix(first, "process ") { // the kernel keeps few names, but its program is known
		program, _, _ := strings.Cut(more, ",")
		first = filepath.Base(program)
	}
	switch {
	case d.kind != f.kind:
		return fmt.Sprintf("the cause is %q, not %q", d.kind, f.kind)
	case !strings.HasPrefix(d.Hold, f.hold) || f.hold == "" && d.Hold != "":
		return fmt.Sprintf("it is left alone: %q, not %q", d.Hold, f.hold)
	case !strings.Contains(d.Cause, f.text):
		return fmt.Sprintf("%q is missing", f.text)
	case first != f.sender || !strings.Contains(sender, f.also):
		return fmt.Sprintf("the sender is %q, not %q (%s)", sender, f.sender, f.also)
	case d.Certainty != f.sure || !strings.HasPrefix(d.Source, f.source):
		return fmt.Sprintf("it is %s by %s, not %s by %s", d.Certainty, d.Source, f.sure, f.source)
	}
	return ""
}
