package pidfiles

import (
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/golden"
)

func sprint(v any) string { return fmt.Sprint(v) }

var (
	noon   = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)
	host   = Machine{Now: noon, Booted: noon.Add(-24 * time.Hour), Most: 4194304, UserName: name}
	nginx  = Holder{Known: true, PID: 731, Name: "nginx", Exe: "/usr/sbin/nginx", Parent: 1, Started: noon.Add(-time.Hour)}
	nobody = Holder{Known: true}
)

func name(id uint32) string {
	if id == 0 {
		return "root"
	}
	return "u" + strconv.Itoa(int(id))
}

// with changes a value.
func with[T any](v T, change func(*T)) T {
	change(&v)
	return v
}

// pidFile holds a text, and was written a moment after nginx was started.
func pidFile(text string) File {
	return File{
		Path: "/run/nginx.pid", Kind: Regular, Content: parse([]byte(text), false), Mode: 0o644, System: "tmpfs",
		Written: nginx.Started.Add(100 * time.Millisecond), Locks: true,
	}
}

// said is what was found: severity, verdict, text.
func said(r Report) string {
	var list []string
	for _, f := range r.Findings {
		list = append(list, fmt.Sprintf("%v %s: %s", f.Severity, f.Verdict, f.Text))
	}
	return strings.Join(list, "\n")
}

// Each verdict, and what is near to it.
func TestJudge(t *testing.T) {
	is := pidFile("731\n")
	of := func(text string) File { return pidFile(text) }
	at := func(path string) File { return with(is, func(f *File) { f.Path = path }) }
	written := func(ago time.Duration) File {
		return with(is, func(f *File) { f.Written = noon.Add(-ago) })
	}
	unit := Expected{By: "nginx.service", PIDs: []int{731}, Running: true}
	other := Expected{By: "nginx.service", PIDs: []int{800}, Running: true}
	script := Expected{By: "/etc/init.d/nginx", Guessed: true, Programs: []string{"/usr/sbin/nginx"}}
	sshd := with(nginx, func(h *Holder) { h.Name, h.Exe, h.Unit = "sshd", "/usr/sbin/sshd", "ssh.service" })
	texts := golden.Open(t, "judge.txtar")
	for _, tc := range []struct {
		name     string
		file     File
		holder   Holder
		expected []Expected
	}{
		{"right", is, nginx, nil},
		{"right, by its unit", is, nginx, []Expected{unit}},
		{"right, by its unit, though it was written before", written(3 * time.Hour), nginx, []Expected{unit}},
		{"right, by its lock, though it was written before", with(written(3*time.Hour), func(f *File) { f.Holders = []int{731} }), nginx, nil},
		{"right, by its script", is, nginx, []Expected{script}},
		{"right, by one of two", is, nginx, []Expected{other, unit}},
		{"written in the same tick", written(time.Hour + time.Second), nginx, nil},
		{"its age is not known", written(5 * time.Hour), with(nginx, func(h *Holder) { h.Started = time.Time{} }), nil},

		{"stale", is, nobody, nil},
		{"stale, and it runs", is, nobody, []Expected{other}},
		{"stale, and somebody has locked it", with(is, func(f *File) { f.Holders = []int{800} }), nobody, nil},
		{"a zombie", is, with(nginx, func(h *Holder) { h.Zombie = true }), nil},
		{
			"a thread", is, with(nginx, func(h *Holder) { h.PID, h.Name, h.Thread, h.Comm = 700, "clamd", true, "worker-7" }), nil,
		},
		{
			"a thread of the daemon itself", is, with(nginx, func(h *Holder) { h.PID, h.Thread, h.Comm = 700, true, "nginx" }),
			[]Expected{{By: "nginx.service", PIDs: []int{700}}},
		},
		{
			"a thread with a hostile name", is, with(nginx, func(h *Holder) { h.PID, h.Thread, h.Comm = 700, true, "\x1b[2J\n" }), nil,
		},
		{"reused", written(3 * time.Hour), nginx, nil},
		{
			"reused since the last boot", with(written(48*time.Hour), func(f *File) { f.Stays, f.System = true, "ext4" }), nginx, nil,
		},
		{
			"older than the boot in memory: the clock was set", written(48 * time.Hour), nginx, nil,
		},
		{"written in the future", written(-time.Hour), nginx, nil},

		{"another process than the unit's", is, nginx, []Expected{other}},
		{"another program than the script's", is, sshd, []Expected{script}},
		{"another program than its name", is, sshd, nil},
		{"the kernel", is, with(nginx, func(h *Holder) { h.Name, h.Exe, h.Kernel = "kthreadd", "", true }), nil},
		{"cron's", at("/run/crond.pid"), with(nginx, func(h *Holder) { h.Name, h.Exe = "cron", "/usr/sbin/cron" }), nil},
		{"in a folder of its name", at("/run/nginx/master.pid"), nginx, nil},
		{"pid in a folder of its name", at("/run/nginx/pid"), nginx, nil},
		{"pid in another one", at("/run/dbus/pid"), nginx, nil},
		{"of a script", at("/run/fail2ban/fail2ban.pid"), with(nginx, func(h *Holder) {
			h.Name, h.Exe, h.Script = "python3", "/usr/bin/python3", "/usr/bin/fail2ban-server"
		}), nil},
		{"an upgraded program", is, with(nginx, func(h *Holder) { h.Exe = "/usr/sbin/nginx (deleted)" }), []Expected{script}},
		{"another user than the configuration's", is, nginx, []Expected{{By: "daemon web", User: new(uint32(33))}}},
		{"the configuration's user", is, with(nginx, func(h *Holder) { h.User = 33 }), []Expected{{By: "daemon web", User: new(uint32(33))}}},
		{"a user's file that names another's process", with(is, func(f *File) { f.Owner = 1000 }), nginx, nil},
		{"locked by another", with(is, func(f *File) { f.Holders = []int{800} }), nginx, nil},
		{"locked by its supervisor", with(is, func(f *File) { f.Holders = []int{1} }), nginx, nil},
		{"locked by somebody", with(is, func(f *File) { f.Holders = []int{proctable.SomeHolder} }), nginx, nil},

		{"process 1", of("1"), with(nginx, func(h *Holder) { h.PID, h.Name, h.Exe = 1, "systemd", "/usr/lib/systemd/systemd" }), nil},
		{"process 1 of a container", of("1"), with(nginx, func(h *Holder) { h.PID = 1 }), nil},
		{"zero", of("0"), Holder{}, nil},
		{"all", of("-1"), Holder{}, nil},
		{"a group", of("-731"), Holder{}, nil},
		{"two numbers", of("731 732"), nginx, nil},
		{"too large", of("4194305"), nobody, nil},
		{"much too large", of("99999999999999999999"), Holder{}, nil},
		{"negative, and much too large", of("-99999999999"), Holder{}, nil},
		{"empty", of(""), Holder{}, nil},
		{"garbage", of("\x1b[2J"), Holder{}, nil},
		{"the whole buffer", of("731\x00\x00"), nginx, nil},
		{"a number and a word", of("731 host"), nginx, nil},
		{"long", with(is, func(f *File) { f.Content.Long = true }), nginx, nil},

		{"a link", File{Path: "/run/x.pid", Kind: Link, Mode: fs.ModeSymlink}, Holder{}, nil},
		{"a folder", File{Path: "/run/x.pid", Kind: Folder, Mode: fs.ModeDir}, Holder{}, nil},
		{"a FIFO", File{Path: "/run/x.pid", Kind: Other, Mode: fs.ModeNamedPipe}, Holder{}, nil},
		{"a socket", File{Path: "/run/x.pid", Kind: Other, Mode: fs.ModeSocket}, Holder{}, nil},
		{"a device", File{Path: "/run/x.pid", Kind: Other, Mode: fs.ModeDevice}, Holder{}, nil},
		{"it cannot be read", with(is, func(f *File) { f.Denied = "permission denied" }), Holder{}, nil},
		{"it cannot be told who has the number", is, Holder{}, nil},
		{"missing", File{Path: "/run/nginx.pid"}, Holder{}, []Expected{unit}},

		{
			"others can write it", with(is, func(f *File) { f.Writers = []Writer{{"user u33", "/run/nginx.pid"}} }), nginx,
			[]Expected{unit},
		},
		{
			"others can write its folder", with(of(""), func(f *File) { f.Writers = []Writer{{"everybody", "/run/nginx"}} }),
			Holder{},
			nil,
		},
		{
			"on a disk", with(is, func(f *File) { f.Stays, f.System = true, "ext4" }), nginx, nil,
		},
		{
			"stale, on a disk, from before the last boot", with(written(48*time.Hour), func(f *File) { f.Stays, f.System = true, "ext4" }), nobody, nil,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := Judge(host, tc.file, tc.holder, tc.expected)
			texts.Check(t, tc.name, strings.ReplaceAll(said(r), noon.Add(-time.Hour).Local().Format("2006-01-02 15:04:05"), "2026-11-28 11:00:00"))
			if r.Severity() != slices.MaxFunc(r.Findings, func(a, b Finding) int { return int(a.Severity - b.Severity) }).Severity || len(r.Named) != len(tc.expected) {
				t.Errorf("%+v", r)
			}
		})
	}
}

// Who can change what a path leads to.
func TestWriters(t *testing.T) {
	root := func(path string, mode fs.FileMode) Step { return Step{Path: path, Mode: fs.ModeDir | mode} }
	file := Step{Path: "/run/x/y.pid", Mode: 0o644, Last: true}
	group := func(id uint32) string { return "g" + strconv.Itoa(int(id)) }
	for _, tc := range []struct {
		name  string
		steps []Step
		want  string
	}{
		{"nobody", []Step{root("/", 0o755), root("/run", 0o755), file}, "[]"},
		{"root's group", []Step{root("/run", 0o775), with(file, func(s *Step) { s.Mode = 0o664 })}, "[]"},
		{"its owner", []Step{root("/run", 0o755), with(file, func(s *Step) { s.Owner = 33 })}, "[{user u33 /run/x/y.pid}]"},
		{"the folder's owner", []Step{root("/run", 0o755), with(root("/run/x", 0o755), func(s *Step) { s.Owner = 33 }), file}, "[{user u33 /run/x}]"},
		{"both, once", []Step{with(root("/run/x", 0o755), func(s *Step) { s.Owner = 33 }), with(file, func(s *Step) { s.Owner = 33 })}, "[{user u33 /run/x/y.pid}]"},
		{"its group", []Step{with(file, func(s *Step) { s.Mode, s.Group = 0o664, 8 })}, "[{group g8 /run/x/y.pid}]"},
		{"its group may read", []Step{with(file, func(s *Step) { s.Group = 8 })}, "[]"},
		{"everybody", []Step{with(file, func(s *Step) { s.Mode = 0o666 })}, "[{everybody /run/x/y.pid}]"},
		{"everybody, far up", []Step{root("/srv", 0o777), root("/srv/run", 0o755), file}, "[{everybody /srv}]"},
		{"a sticky folder", []Step{root("/tmp", 0o777|fs.ModeSticky), file}, "[]"},
		{"a sticky folder, and the file is another's", []Step{root("/tmp", 0o777|fs.ModeSticky), with(file, func(s *Step) { s.Owner = 33 })}, "[{user u33 /run/x/y.pid}]"},
		{"a sticky folder of another's", []Step{with(root("/tmp", 0o777|fs.ModeSticky), func(s *Step) { s.Owner = 33 }), file}, "[{user u33 /tmp}]"},
		{"a sticky file", []Step{with(file, func(s *Step) { s.Mode = 0o666 | fs.ModeSticky })}, "[{everybody /run/x/y.pid}]"},
		{"root's link", []Step{{Path: "/var/run", Mode: fs.ModeSymlink | 0o777}, file}, "[]"},
		{"another's link", []Step{{Path: "/var/run", Mode: fs.ModeSymlink | 0o777, Owner: 33}, file}, "[{user u33 /var/run}]"},
		{"an access list", []Step{with(file, func(s *Step) { s.Mode, s.ACL = 0o664, true })}, "[{who is in its access list /run/x/y.pid}]"},
		{"an access list of readers", []Step{with(file, func(s *Step) { s.ACL = true })}, "[]"},
	} {
		if got := sprint(Writers(tc.steps, name, group)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
	}
}
