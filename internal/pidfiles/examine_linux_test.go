package pidfiles

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// place is a folder that stands for /run.
type place struct {
	t   *testing.T
	dir string
}

func newPlace(t *testing.T) place {
	t.Helper()
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return place{t, dir}
}

func (p place) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p place) path(name string) string { return filepath.Join(p.dir, name) }

func (p place) write(name, text string) string {
	p.t.Helper()
	p.must(os.MkdirAll(filepath.Dir(p.path(name)), 0o755))
	p.must(os.WriteFile(p.path(name), []byte(text), 0o644))
	return p.path(name)
}

// examiner knows one process, 731, an hour old. Numbers above 1000 cannot be told.
func (p place) examiner() Examiner {
	return Examiner{
		Machine:   Machine{Now: time.Now(), Most: 4194304, UserName: name},
		GroupName: name,
		Places:    []string{p.dir},
		Patience:  time.Minute,
		Holder: func(number int) Holder {
			h := Holder{Known: true}
			if number == 731 {
				h.PID, h.Name, h.Exe, h.Started = 731, "nginx", "/usr/sbin/nginx", time.Now().Add(-time.Hour)
			}
			return h
		},
	}
}

// ours leaves out that the test's user, and its folder, may be anybody's.
func ours(r Report) string {
	var list []string
	for _, f := range r.Findings {
		if f.Verdict != Writable && f.Verdict != Persistent {
			list = append(list, string(f.Verdict))
		}
	}
	return strings.Join(list, " ")
}

// verdicts are those of all files, by the names that they have in the folder.
func (p place) verdicts(r Result) map[string]string {
	p.t.Helper()
	list := make(map[string]string)
	for _, x := range r.Reports {
		name, ok := strings.CutPrefix(x.File.Path, p.dir+"/")
		if _, twice := list[name]; twice || !ok {
			p.t.Errorf("%s is told twice, or is elsewhere", x.File.Path)
		}
		list[name] = ours(x)
	}
	return list
}

func (p place) want(r Result, want map[string]string) {
	p.t.Helper()
	if got := p.verdicts(r); fmt.Sprint(got) != fmt.Sprint(want) {
		p.t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}

// What lies in /run and one level below is found; what is not a pidfile is left alone, whatever
// it holds.
func TestExamine(t *testing.T) {
	p := newPlace(t)
	p.write("nginx.pid", "731\n")
	p.write("x/pid", "7\n")
	p.write("x/y/deeper.pid", "0\n")
	p.write("utmp", "\x00\x01")
	p.write("motd", "731\n")
	p.write("stupid", "no number")
	p.write("nginxpid", "731")
	p.write("empty.pid", "")
	p.must(os.Mkdir(p.path("folder.pid"), 0o755))
	p.must(os.Mkdir(p.path("x/pidfile"), 0o755))
	p.must(unix.Mkfifo(p.path("fifo.pid"), 0o644))
	p.must(os.Symlink("nginx.pid", p.path("link.pid")))
	p.must(os.Symlink("/etc", p.path("linked")))
	p.write("new\nline\x1b[2J.pid", "731")
	elsewhere := newPlace(t)
	outside := elsewhere.write("app.pid", "731\n")
	unusual := elsewhere.write("no-name", "8\n")
	elsewhere.write("a/b.pid", "9\n")

	x := p.examiner()
	p.must(os.Symlink(p.dir, elsewhere.path("run")))
	x.Places = append(x.Places, elsewhere.path("run")) // as /var/run leads to /run
	want := map[string]string{
		"nginx.pid": "right", "x/pid": "stale", "nginxpid": "right", "empty.pid": "empty", "folder.pid": "not_a_file", "fifo.pid": "not_a_file",
		"link.pid": "link", "new\nline\x1b[2J.pid": "other_program",
	}
	r := x.Examine(t.Context())
	p.want(r, want)
	if len(r.Limits) > 0 || r.Unseen > 0 {
		t.Errorf("%v, %d", r.Limits, r.Unseen)
	}
	if !slices.IsSortedFunc(r.Reports, func(a, b Report) int { return int(b.Severity() - a.Severity()) }) {
		t.Error("the worst is not the first")
	}

	p.must(os.Symlink("a", elsewhere.path("to-a"))) // who names it means the folder
	x.Also = []string{outside, unusual, elsewhere.path("a"), elsewhere.path("to-a"), p.path("nginx.pid"), p.path("gone.pid")}
	r = x.Examine(t.Context())
	got := make(map[string]string)
	for _, f := range r.Reports {
		if name, ok := strings.CutPrefix(f.File.Path, elsewhere.dir+"/"); ok {
			got[name] = ours(f)
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(map[string]string{"app.pid": "other_program", "no-name": "stale", "a/b.pid": "stale"}) {
		t.Errorf("also: %v", got)
	}
	if len(r.Limits) != 1 || !strings.Contains(r.Limits[0], "gone.pid: no such file") {
		t.Errorf("%q", r.Limits)
	}
	seen := 0
	for _, f := range r.Reports {
		if f.File.Path == p.path("nginx.pid") {
			seen++
		}
	}
	if seen != 1 {
		t.Errorf("nginx.pid is told %d times", seen)
	}
}

// Whoever names a pidfile is asked, by whatever path it is named.
func TestExamineNamed(t *testing.T) {
	p := newPlace(t)
	p.write("run/nginx.pid", "731\n")
	p.write("run/app/state", "731\n")
	p.write("run/app/PIDDIR/x", "")
	p.write("srv/app.number", "7")
	p.must(os.Symlink("run", p.path("var")))
	unit := func(pid int) []Expected { return []Expected{{By: "x.service", PIDs: []int{pid}, Running: true}} }
	guess := []Expected{{By: "/etc/init.d/x", Guessed: true, Programs: []string{"/usr/sbin/nginx"}}}
	x := p.examiner()
	x.Places = []string{p.path("run")}
	x.Named = map[string][]Expected{
		p.path("var/nginx.pid"):    unit(800),
		p.path("run/app/state"):    unit(731),
		p.path("run/app/PIDDIR"):   guess,
		p.path("srv/app.number"):   unit(800),
		p.path("srv/missing.pid"):  unit(800),
		p.path("none/missing.pid"): unit(800),
		p.path("srv/stopped.pid"):  {{By: "stopped.service"}},
		p.path("srv/guessed.pid"):  guess,
	}
	p.want(x.Examine(t.Context()), map[string]string{
		"run/nginx.pid": "other_process", "run/app/state": "right", "srv/app.number": "stale", "srv/missing.pid": "missing", "none/missing.pid": "missing",
	})
}

// A lock of either kind is seen, with its holder, and none is taken.
func TestExamineLocks(t *testing.T) {
	p := newPlace(t)
	flock, err := os.OpenFile(p.write("flock.pid", "731"), os.O_RDWR, 0)
	p.must(err)
	defer flock.Close()
	p.must(unix.Flock(int(flock.Fd()), unix.LOCK_EX))
	fcntl, err := os.OpenFile(p.write("fcntl.pid", "731"), os.O_RDWR, 0)
	p.must(err)
	defer fcntl.Close()
	p.must(unix.FcntlFlock(fcntl.Fd(), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK}))
	p.write("none.pid", "731")
	got := make(map[string]string)
	for _, r := range p.examiner().Examine(t.Context()).Reports {
		if !r.File.Locks {
			t.Skipf("the locks of %s cannot be told", r.File.System)
		}
		got[filepath.Base(r.File.Path)] = fmt.Sprint(r.File.Holders)
	}
	us := fmt.Sprint([]int{os.Getpid()})
	if fmt.Sprint(got) != fmt.Sprint(map[string]string{"flock.pid": us, "fcntl.pid": us, "none.pid": "[]"}) {
		t.Errorf("%v", got)
	}
}

// Who else can write it is told: an owner, everybody, an access list that the mode hides.
func TestExamineWriters(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files away")
	}
	p := newPlace(t)
	p.must(os.Chown(p.write("owned.pid", "731"), 33, 0))
	p.must(os.Chmod(p.write("open.pid", "731"), 0o666))
	p.must(os.Chown(filepath.Dir(p.write("theirs/x.pid", "731")), 33, 33))
	p.must(os.Lchown(p.write("link.pid", ""), 0, 0))
	p.must(os.Remove(p.path("link.pid")))
	p.must(os.Symlink("owned.pid", p.path("link.pid")))
	p.must(os.Lchown(p.path("link.pid"), 33, 33))
	p.write("fine.pid", "731")
	want := map[string]string{
		"owned.pid": "user u33", "open.pid": "everybody", "theirs/x.pid": "user u33", "link.pid": "user u33", "fine.pid": "",
	}
	if err := unix.Setxattr(p.write("acl.pid", "731"), "system.posix_acl_access", accessList(33), 0); err == nil {
		want["acl.pid"] = "who is in its access list"
	} else {
		p.must(os.Remove(p.path("acl.pid")))
	}
	got := make(map[string]string)
	for _, r := range p.examiner().Examine(t.Context()).Reports {
		var who []string
		for _, w := range r.File.Writers {
			if strings.HasPrefix(w.At, p.dir) {
				who = append(who, w.Who)
			}
		}
		got[strings.TrimPrefix(r.File.Path, p.dir+"/")] = strings.Join(who, ", ")
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got\n%v\nwant\n%v", got, want)
	}
}

// accessList lets a user write, acl(5), linux/posix_acl_xattr.h.
func accessList(user uint32) []byte {
	var b bytes.Buffer
	entry := func(tag, perm uint16, id uint32) {
		for _, v := range []any{tag, perm, id} {
			_ = binary.Write(&b, binary.LittleEndian, v)
		}
	}
	const none = 1<<32 - 1
	_ = binary.Write(&b, binary.LittleEndian, uint32(2))
	entry(0x01, 6, none) // the owner
	entry(0x02, 6, user)
	entry(0x04, 4, none) // the group
	entry(0x10, 6, none) // the mask
	entry(0x20, 4, none) // others
	return b.Bytes()
}

// A file in memory is gone after a reboot, and one on a disk is not.
func TestExamineFileSystems(t *testing.T) {
	shm, err := os.MkdirTemp("/dev/shm", "daemon-keeper")
	if err != nil {
		t.Skip("there is no /dev/shm: ", err)
	}
	defer os.RemoveAll(shm)
	var s unix.Statfs_t
	if err := unix.Statfs(shm, &s); err != nil || s.Type != unix.TMPFS_MAGIC {
		t.Skip("/dev/shm is not a tmpfs")
	}
	here, err := os.MkdirTemp(".", "disk") // the folder for temporary files may be in memory, too
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(here)
	if here, err = filepath.Abs(here); err != nil {
		t.Fatal(err)
	}
	if err := unix.Statfs(here, &s); err != nil || s.Type == unix.TMPFS_MAGIC {
		t.Skip("the sources are in memory")
	}
	memory, disk := place{t, shm}, place{t, here}
	memory.write("nginx.pid", "731")
	disk.write("nginx.pid", "731")
	x := memory.examiner()
	x.Places = []string{memory.dir, disk.dir}
	for _, r := range x.Examine(t.Context()).Reports {
		inMemory := strings.HasPrefix(r.File.Path, shm)
		persistent := slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Verdict == Persistent })
		if r.File.System == "" || inMemory != (r.File.System == "tmpfs") || persistent != r.File.Stays || inMemory && persistent {
			t.Errorf("%s: %s, %v", r.File.Path, r.File.System, r.Findings)
		}
	}
}

// A folder of a hundred thousand files costs little memory and time, and hides no other one.
func TestExamineManyFiles(t *testing.T) {
	p := newPlace(t)
	p.must(os.Mkdir(p.path("many"), 0o755))
	const many = 20_000
	for i := range many {
		p.must(os.WriteFile(p.path(fmt.Sprintf("many/%d.pid", i)), nil, 0o644))
	}
	p.write("many/zero.pid", "0")
	p.write("other/nginx.pid", "731")
	r := p.examiner().Examine(t.Context())
	got := p.verdicts(r)
	if len(got) != mostReports+1 || got["many/zero.pid"] != "signals_all" || got["other/nginx.pid"] != "right" {
		t.Errorf("%d are told", len(got))
	}
	sum := 0
	for _, n := range r.Sums {
		sum += n
	}
	if sum != many+2 || len(r.Limits) != 1 || !strings.Contains(r.Limits[0], "holds 20001 pidfiles, of which only the 1000 worst are told") {
		t.Errorf("%d in all, %q", sum, r.Limits)
	}
}

// A folder that does not answer in time is named, and the others are looked at.
func TestExamineInTime(t *testing.T) {
	p := newPlace(t)
	p.write("hangs/x.pid", "7")
	p.write("nginx.pid", "731")
	x := p.examiner()
	x.Patience = 500 * time.Millisecond
	holder, wait := x.Holder, make(chan struct{})
	defer close(wait)
	x.Holder = func(number int) Holder {
		if number == 7 {
			<-wait
		}
		return holder(number)
	}
	r := x.Examine(t.Context())
	p.want(r, map[string]string{"nginx.pid": "right"})
	if len(r.Limits) != 1 || r.Limits[0] != p.path("hangs")+" has not answered in time" {
		t.Errorf("%q", r.Limits)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r := x.Examine(ctx); len(r.Reports) > 0 || len(r.Limits) == 0 {
		t.Errorf("%+v", r)
	}
}

// What may not be read is counted.
func TestExamineDenied(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can become another user")
	}
	p := newPlace(t)
	p.must(os.Chmod(p.write("hidden.pid", "731"), 0o600))
	p.must(os.Chmod(filepath.Dir(p.write("closed/x.pid", "731")), 0o700))
	p.write("nginx.pid", "731")
	p.must(os.Chmod(filepath.Dir(p.dir), 0o755))
	r := asUser(t, 33, func() Result { return p.examiner().Examine(t.Context()) })
	if r.Unseen != 2 || len(r.Reports) > 1 {
		t.Errorf("%d unseen, %v", r.Unseen, p.verdicts(r))
	}
}

// asUser is done by a thread that is another user, for good. What it starts, the folders'
// goroutines, run on others; so all of the process becomes that user meanwhile.
func asUser[T any](t *testing.T, user int, do func() T) T {
	t.Helper()
	if err := syscall.Setresuid(-1, user, 0); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := syscall.Setresuid(-1, 0, 0); err != nil {
			t.Fatal(err)
		}
	}()
	return do()
}

// A link that takes the place of a file or a folder after the first look is not followed.
func TestReplacedMeanwhile(t *testing.T) {
	p := newPlace(t)
	p.write("run/x.pid", "731")
	secret := p.write("secret", "7")
	f, err := openFolder(p.path("run"))
	p.must(err)
	defer f.close()
	e, err := f.look("x.pid")
	p.must(err)
	p.must(os.Remove(p.path("run/x.pid")))
	p.must(os.Symlink(secret, p.path("run/x.pid")))
	if file := f.read(e, nil); file.Denied != "too many levels of symbolic links" || file.Content.Sort == Number {
		t.Errorf("a link: %+v", file)
	}
	p.must(os.Remove(p.path("run/x.pid")))
	p.must(os.Rename(secret, p.path("run/x.pid")))
	if file := f.read(e, nil); file.Denied == "" || file.Content.Sort == Number {
		t.Errorf("another file: %+v", file)
	}
	p.must(os.Symlink("run", p.path("linked")))
	if _, err := openFolder(p.path("linked")); err == nil {
		t.Error("a folder that is a link was opened")
	}
}

// Naming finds the files that hold one of the numbers, and no others.
func TestNaming(t *testing.T) {
	p := newPlace(t)
	p.write("nginx.pid", "731\n")
	p.write("other/pid", "29791\n")
	p.write("other/deeper/pid", "29791\n")
	p.write("other/29791", "29791\n")
	p.write("first.pid", "29791 29792\n")
	p.write("huge.pid", "4294996087\n") // 2^32 more
	p.must(os.Symlink("nginx.pid", p.path("link.pid")))
	p.must(unix.Mkfifo(p.path("fifo.pid"), 0o644))
	for i := range 100 {
		p.write(fmt.Sprintf("many/%d.pid", i), "731")
	}
	files, err := Naming(t.Context(), []string{p.dir, p.path("gone")}, []int{731, 29791})
	p.must(err)
	var got []string
	for _, f := range files {
		if name := strings.TrimPrefix(f.Path, p.dir+"/"); !strings.HasPrefix(name, "many/") {
			got = append(got, fmt.Sprint(name, " ", f.Content.Number))
		}
		if f.Written.IsZero() {
			t.Errorf("%s: when it was written is not told", f.Path)
		}
	}
	slices.Sort(got)
	if want := []string{"first.pid 29791", "nginx.pid 731", "other/pid 29791"}; !slices.Equal(got, want) || len(files) != len(want)+mostNaming {
		t.Errorf("%q, %d in all", got, len(files))
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Naming(ctx, []string{p.dir}, []int{731}); err == nil {
		t.Error("it has not said that its time was over")
	}
}
