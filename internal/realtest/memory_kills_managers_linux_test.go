package realtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// What differs between the managers of TestMemoryKillsInside.

// beginAll starts all services once. No run has seen them up, and a boot would have.
func (k *killer) beginAll() {
	if k.manager == "" {
		k.run("other")
		return
	}
	for _, name := range killNames {
		if k.pid(name) > 0 { // from the part before
			continue
		}
		if out, err := exec.Command("service", name, "start").CombinedOutput(); err != nil {
			k.t.Fatalf("%v: %s", err, out)
		}
	}
	k.run("")
	if err := os.RemoveAll(killsDir + "/starts"); err != nil {
		k.t.Fatal(err)
	}
}

// marks are in the arguments of runs and of the commands for services.
func (k *killer) marks() []string {
	if k.manager == "" {
		return []string{"/usr/local/sbin/manage"}
	}
	return []string{"daemon-keeper", "/etc/init.d/", "/usr/sbin/service", "systemctl"}
}

// hasNoticed reports whether the manager knows that a service has ended; what it does
// about that is work under way, which a run waits for.
func (k *killer) hasNoticed(name string) bool {
	if k.manager != "systemd" {
		return true
	}
	out, err := exec.Command("systemctl", "show", "--value", "-p", "ActiveState", name).Output()
	if err != nil {
		k.t.Fatal(err)
	}
	state := strings.TrimSpace(string(out))
	return state == "failed" || state == "inactive"
}

// onlyOne is the process of a program, 0 if none executes it. Two fail the test.
func (k *killer) onlyOne(name string) (pid int) {
	k.t.Helper()
	links, err := filepath.Glob("/proc/[0-9]*/exe")
	if err != nil {
		k.t.Fatal(err)
	}
	for _, link := range links {
		exe, err := os.Readlink(link)
		if err != nil || exe != "/usr/local/sbin/"+name {
			continue
		}
		if pid != 0 {
			k.t.Fatalf("two instances of %s run: pid %d and %s", name, pid, link)
		}
		pid, _ = strconv.Atoi(strings.Split(link, "/")[2])
	}
	return pid
}

// wellManaged fails the test unless each service runs once, and has been started at most
// once since the last time.
func (k *killer) wellManaged() {
	k.t.Helper()
	if k.manager == "" {
		return
	}
	for _, name := range killNames {
		// A script may return before the process that it has started executes the program.
		Until(k.t, "service "+name+" runs", func() bool { return k.onlyOne(name) != 0 })
	}
	if k.manager != "systemd" {
		return
	}
	if out, err := exec.Command("systemctl", append([]string{"is-active"}, killNames...)...).Output(); err != nil {
		k.t.Errorf("%s are %q", killNames, out)
	}
	const file = killsDir + "/starts"
	text, err := os.ReadFile(file)
	if err != nil && !os.IsNotExist(err) {
		k.t.Fatal(err)
	}
	for _, name := range killNames {
		if n := strings.Count(string(text), name+"\n"); n > 1 {
			k.t.Errorf("%s was started %d times", name, n)
		}
	}
	if err := os.Truncate(file, 0); err != nil && !os.IsNotExist(err) {
		k.t.Fatal(err)
	}
}
