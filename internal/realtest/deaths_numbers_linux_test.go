package realtest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// numbers are what processes and threads of a machine are called there, by what the kernel
// calls them. Its records have only the latter.
type numbers map[int]int

// stranger is added to what nobody in the machine was called when it was looked: whoever
// runs for an instant, and whoever is not in it.
const stranger = 100_000_000

// learn looks at all processes of a machine and shows each by its program and number there.
func (n numbers) learn(t testing.TB, init int, show func(exe string, pid int)) {
	t.Helper()
	namespace, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/pid", init))
	if err != nil {
		t.Fatal(err)
	}
	links, err := filepath.Glob("/proc/[0-9]*/ns/pid")
	if err != nil {
		t.Fatal(err)
	}
	for _, link := range links {
		if is, err := os.Readlink(link); err != nil || is != namespace {
			continue
		}
		proc := filepath.Dir(filepath.Dir(link))
		tasks, _ := filepath.Glob(proc + "/task/[0-9]*")
		for _, task := range tasks {
			outside, _ := strconv.Atoi(filepath.Base(task))
			status, err := os.ReadFile(task + "/status")
			if err != nil { // it has ended
				continue
			}
			_, list, _ := strings.Cut(string(status), "\nNSpid:\t")
			list, _, _ = strings.Cut(list, "\n")
			inside, err := strconv.Atoi(list[strings.LastIndexByte(list, '\t')+1:])
			if err != nil {
				t.Fatalf("%s: %v", task, err)
			}
			n[outside] = inside
			if exe, err := os.Readlink(proc + "/exe"); err == nil && filepath.Base(task) == filepath.Base(proc) {
				show(exe, inside)
			}
		}
	}
}

// kernels is the kernel's number of a process.
func (n numbers) kernels(inside int) int {
	for outside, is := range n {
		if is == inside {
			return outside
		}
	}
	return 0
}

func (n numbers) of(text string) string {
	outside, err := strconv.Atoi(text)
	if err != nil || outside == 0 {
		return text
	}
	if inside, ok := n[outside]; ok {
		return strconv.Itoa(inside)
	}
	return strconv.Itoa(outside + stranger)
}

// Where the kernel's records have numbers.
var (
	traceNumbers = regexp.MustCompile(`(?m)(^ *.{1,15}?-)([0-9]+)( +\[[0-9]+\] )|([ _]pid=)([0-9]+)`)
	logNumbers   = regexp.MustCompile(`(;\[ *|\[)([0-9]+)(\] +[0-9]|\]: segfault|\] trap)|(,pid=|Killed process )([0-9]+)`)
)

// translate puts the machine's numbers into records of the kernel's.
func (n numbers) translate(text []byte, where *regexp.Regexp) []byte {
	return where.ReplaceAllFunc(text, func(found []byte) []byte {
		m := where.FindSubmatch(found)
		if m == nil { // it is one only where it stood
			return found
		}
		return fmt.Appendf(nil, "%s%s%s%s%s", m[1], n.maybe(m[2]), m[3], m[4], n.maybe(m[5]))
	})
}

func (n numbers) maybe(text []byte) string {
	if len(text) == 0 {
		return ""
	}
	return n.of(string(text))
}

// give gives the machine the records of the kernel, with its own numbers in them: those of
// the signal trace and of its second buffer, and the kernel's log.
func (c *chamber) give() {
	c.t.Helper()
	const folder = "/sys/kernel/tracing"
	c.look()
	c.m.Must(c.t, "sh", "-e", "-c", `
		! mountpoint -q `+folder+` || exit 0
		mount -t tmpfs tmpfs `+folder+`
		mkdir -m 700 -p `+folder+`/instances/daemon-keeper
		mkdir -m 750 `+folder+`/instances/daemon-keeper-programs`)
	for _, instance := range []string{"", "-programs"} {
		text, err := os.ReadFile(filepath.Join(c.trace.Folder, "instances", c.trace.Instance+instance, "trace"))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err == nil {
			err = os.WriteFile(c.m.Path(folder+"/instances/daemon-keeper"+instance+"/trace"), c.numbers.translate(text, traceNumbers), 0o600)
		}
		if err != nil {
			c.t.Fatal(err)
		}
	}
	if err := os.WriteFile(c.m.Path("/dev/kmsg"), c.kernelLog(), 0o600); err != nil {
		c.t.Fatal(err)
	}
}

// longest is the size of a record of /dev/kmsg: who reads asks for so much.
const longest = 8 << 10

// kernelLog has the records since the test began, and one from before, each as long as the longest one can be,
// so that a read(2) of a plain file gives one, as it does of /dev/kmsg.
func (c *chamber) kernelLog() []byte {
	c.t.Helper()
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		c.t.Fatal(err)
	}
	defer unix.Close(fd)
	var all, before []byte
	buf := make([]byte, longest)
	for {
		n, err := unix.Read(fd, buf)
		switch {
		case errors.Is(err, unix.EPIPE), errors.Is(err, unix.EINTR):
			continue
		case err != nil:
			return append(before, all...)
		}
		record := c.numbers.translate(buf[:n], logNumbers)
		fields := bytes.SplitN(record, []byte(","), 4)
		at, err := strconv.ParseInt(string(fields[2]), 10, 64)
		if err != nil {
			continue
		}
		record = append(bytes.TrimSuffix(record, []byte("\n")), "\n FILL="...)
		record = append(record, bytes.Repeat([]byte("x"), longest-1-len(record))...)
		record = append(record, '\n')
		if time.Duration(at)*time.Microsecond < c.began-time.Second {
			before = record
		} else {
			all = append(all, record...)
		}
	}
}
