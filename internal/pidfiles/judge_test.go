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
	const right = "right right: names nginx(731), which was started before it was written"
	for _, tc := range []struct {
		name     string
		file     File
		holder   Holder
		expected []Expected
		want     string
	}{
		{"right", is, nginx, nil, right},
		{"right, by its unit", is, nginx, []Expected{unit}, "right right: names nginx(731), as nginx.service has it"},
		{"right, by its unit, though it was written before", written(3 * time.Hour), nginx, []Expected{unit}, "right right: names nginx(731), as nginx.service has it"},
		{"right, by its lock, though it was written before", with(written(3*time.Hour), func(f *File) { f.Holders = []int{731} }), nginx, nil, "right right: names nginx(731), which holds its lock"},
		{"right, by its script", is, nginx, []Expected{script}, right},
		{"right, by one of two", is, nginx, []Expected{other, unit}, "right right: names nginx(731), as nginx.service has it"},
		{"written in the same tick", written(time.Hour + time.Second), nginx, nil, right},
		{"its age is not known", written(5 * time.Hour), with(nginx, func(h *Holder) { h.Started = time.Time{} }), nil, right},

		{"stale", is, nobody, nil, "wrong stale: holds 731, and there is no such process"},
		{"stale, and it runs", is, nobody, []Expected{other}, "wrong stale: holds 731, and there is no such process; nginx.service runs as process 800"},
		{"stale, and somebody has locked it", with(is, func(f *File) { f.Holders = []int{800} }), nobody, nil, "wrong stale: holds 731, and there is no such process; process 800 holds its lock"},
		{"a zombie", is, with(nginx, func(h *Holder) { h.Zombie = true }), nil, "wrong stale: holds 731, which has ended and is a zombie"},
		{
			"a thread", is, with(nginx, func(h *Holder) { h.PID, h.Name, h.Thread, h.Comm = 700, "clamd", true, "worker-7" }), nil,
			`dangerous thread: holds 731, which is not a process but a thread of clamd(700), "worker-7": who signals that, signals clamd(700)`,
		},
		{
			"a thread of the daemon itself", is, with(nginx, func(h *Holder) { h.PID, h.Thread, h.Comm = 700, true, "nginx" }),
			[]Expected{{By: "nginx.service", PIDs: []int{700}}},
			`dangerous thread: holds 731, which is not a process but a thread of nginx(700): who signals that, signals nginx(700)`,
		},
		{
			"a thread with a hostile name", is, with(nginx, func(h *Holder) { h.PID, h.Thread, h.Comm = 700, true, "\x1b[2J\n" }), nil,
			`dangerous thread: holds 731, which is not a process but a thread of nginx(700), "\\x1b[2J\\x0a": who signals that, signals nginx(700)`,
		},
		{"reused", written(3 * time.Hour), nginx, nil, "dangerous reused: names nginx(731), which was started 2026-11-28 11:00:00, after the file was written: its number has been given away anew"},
		{
			"reused since the last boot", with(written(48*time.Hour), func(f *File) { f.Stays, f.System = true, "ext4" }), nginx, nil,
			"dangerous reused: names nginx(731), which was started 2026-11-28 11:00:00, after the file was written; that was before the last boot",
		},
		{
			"older than the boot in memory: the clock was set", written(48 * time.Hour), nginx, nil,
			"note reused: names nginx(731), which was started 2026-11-28 11:00:00, after the file was written; but the clock was set meanwhile, so it may be right",
		},
		{"written in the future", written(-time.Hour), nginx, nil, right},

		{"another process than the unit's", is, nginx, []Expected{other}, "dangerous other_process: names nginx(731), and nginx.service runs as process 800"},
		{"another program than the script's", is, sshd, []Expected{script}, "dangerous other_program: names sshd(731), which executes /usr/sbin/sshd and not /usr/sbin/nginx, as /etc/init.d/nginx has it"},
		{"another program than its name", is, sshd, nil, "note other_program: names sshd(731), and by its name one would expect nginx"},
		{"the kernel", is, with(nginx, func(h *Holder) { h.Name, h.Exe, h.Kernel = "kthreadd", "", true }), nil, "dangerous other_program: names kthreadd(731), which is a part of the kernel"},
		{"cron's", at("/run/crond.pid"), with(nginx, func(h *Holder) { h.Name, h.Exe = "cron", "/usr/sbin/cron" }), nil, "right right: names cron(731), which was started before it was written"},
		{"in a folder of its name", at("/run/nginx/master.pid"), nginx, nil, right},
		{"pid in a folder of its name", at("/run/nginx/pid"), nginx, nil, right},
		{"pid in another one", at("/run/dbus/pid"), nginx, nil, "note other_program: names nginx(731), and by its name one would expect dbus"},
		{"of a script", at("/run/fail2ban/fail2ban.pid"), with(nginx, func(h *Holder) {
			h.Name, h.Exe, h.Script = "python3", "/usr/bin/python3", "/usr/bin/fail2ban-server"
		}), nil, "right right: names python3(731), which was started before it was written"},
		{"an upgraded program", is, with(nginx, func(h *Holder) { h.Exe = "/usr/sbin/nginx (deleted)" }), []Expected{script}, right},
		{"another user than the configuration's", is, nginx, []Expected{{By: "daemon web", User: new(uint32(33))}}, "dangerous other_user: names nginx(731), a process of root and not of u33, as daemon web has it"},
		{"the configuration's user", is, with(nginx, func(h *Holder) { h.User = 33 }), []Expected{{By: "daemon web", User: new(uint32(33))}}, right},
		{"a user's file that names another's process", with(is, func(f *File) { f.Owner = 1000 }), nginx, nil, "dangerous other_user: belongs to u1000, and names nginx(731), a process of root"},
		{"locked by another", with(is, func(f *File) { f.Holders = []int{800} }), nginx, nil, "note locked_by_other: names nginx(731), and process 800 holds its lock"},
		{"locked by its supervisor", with(is, func(f *File) { f.Holders = []int{1} }), nginx, nil, right},
		{"locked by somebody", with(is, func(f *File) { f.Holders = []int{proctable.SomeHolder} }), nginx, nil, right},

		{"process 1", of("1"), with(nginx, func(h *Holder) { h.PID, h.Name, h.Exe = 1, "systemd", "/usr/lib/systemd/systemd" }), nil, "dangerous process_1: names process 1, the first of all: it was perhaps written in a container"},
		{"process 1 of a container", of("1"), with(nginx, func(h *Holder) { h.PID = 1 }), nil, "right right: names nginx(1), which was started before it was written"},
		{"zero", of("0"), Holder{}, nil, "dangerous signals_all: holds 0: who signals that, signals the own process group"},
		{"all", of("-1"), Holder{}, nil, "dangerous signals_all: holds -1: who signals that, signals every process"},
		{"a group", of("-731"), Holder{}, nil, "dangerous signals_all: holds -731: who signals that, signals the whole process group 731"},
		{"two numbers", of("731 732"), nginx, nil, "wrong several_numbers: holds 2 numbers: a script that reads it with cat signals each of them\n" + right},
		{"too large", of("4194305"), nobody, nil, "wrong garbage: holds a number that no process can have"},
		{"much too large", of("99999999999999999999"), Holder{}, nil, "wrong garbage: holds a number that no process can have"},
		{"negative, and much too large", of("-99999999999"), Holder{}, nil, "wrong garbage: holds a number that no process can have"},
		{"empty", of(""), Holder{}, nil, "wrong empty: is empty"},
		{"garbage", of("\x1b[2J"), Holder{}, nil, "wrong garbage: holds no process id"},
		{"the whole buffer", of("731\x00\x00"), nginx, nil, "wrong garbage: holds bytes that are not text\n" + right},
		{"a number and a word", of("731 host"), nginx, nil, "note garbage: holds more than a number\n" + right},
		{"long", with(is, func(f *File) { f.Content.Long = true }), nginx, nil, "wrong garbage: is longer than 1024 bytes\n" + right},

		{"a link", File{Path: "/run/x.pid", Kind: Link, Mode: fs.ModeSymlink}, Holder{}, nil, "note link: is a symbolic link, which is not followed"},
		{"a folder", File{Path: "/run/x.pid", Kind: Folder, Mode: fs.ModeDir}, Holder{}, nil, "wrong not_a_file: is a folder"},
		{"a FIFO", File{Path: "/run/x.pid", Kind: Other, Mode: fs.ModeNamedPipe}, Holder{}, nil, "wrong not_a_file: is not a file: it is a FIFO"},
		{"a socket", File{Path: "/run/x.pid", Kind: Other, Mode: fs.ModeSocket}, Holder{}, nil, "wrong not_a_file: is not a file: it is a socket"},
		{"a device", File{Path: "/run/x.pid", Kind: Other, Mode: fs.ModeDevice}, Holder{}, nil, "wrong not_a_file: is not a file: it is a device"},
		{"it cannot be read", with(is, func(f *File) { f.Denied = "permission denied" }), Holder{}, nil, "unknown unreadable: cannot be read: permission denied"},
		{"it cannot be told who has the number", is, Holder{}, nil, "unknown unseen: holds 731, and what that is cannot be told"},
		{"missing", File{Path: "/run/nginx.pid"}, Holder{}, []Expected{unit}, "wrong missing: is missing, and nginx.service runs as process 731"},

		{
			"others can write it", with(is, func(f *File) { f.Writers = []Writer{{"user u33", "/run/nginx.pid"}} }), nginx,
			[]Expected{unit},
			"dangerous writable: user u33 can change it, and so choose which process is signalled\nright right: names nginx(731), as nginx.service has it",
		},
		{
			"others can write its folder", with(of(""), func(f *File) { f.Writers = []Writer{{"everybody", "/run/nginx"}} }),
			Holder{},
			nil,
			"dangerous writable: everybody can change /run/nginx, and so choose which process is signalled\nwrong empty: is empty",
		},
		{
			"on a disk", with(is, func(f *File) { f.Stays, f.System = true, "ext4" }), nginx, nil,
			"note persistent: is on ext4, which survives a reboot: then another process has its number\n" + right,
		},
		{
			"stale, on a disk, from before the last boot", with(written(48*time.Hour), func(f *File) { f.Stays, f.System = true, "ext4" }), nobody, nil,
			"wrong stale: holds 731, and there is no such process; it was written before the last boot",
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := Judge(host, tc.file, tc.holder, tc.expected)
			if got := strings.ReplaceAll(said(r), noon.Add(-time.Hour).Local().Format("2006-01-02 15:04:05"), "2026-11-28 11:00:00"); got != tc.want {
				t.Errorf("got\n%s\nwant\n%s", got, tc.want)
			}
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
