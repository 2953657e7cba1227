package app

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/inspect"
	"daemon-keeper/internal/keeper"

	"golang.org/x/sys/unix"
)

// showing is a real process of which something is to be said.
type showing struct {
	id     string
	steps  string // DIR is a folder of its own
	change func(t *testing.T, dir string, cmd *exec.Cmd)
	after  func(t *testing.T, dir string, pid int) // once it is up
	unit   map[string]string                       // what its unit asks for
	says   string                                  // a piece of the evidence
}

const (
	nobody  = 65534
	program = "toyd" // a copy of the toy in DIR
)

// shownFindings: for each finding there is a process that shows it. One that shows none is
// the toy "daemon" alone.
func shownFindings() []showing {
	unit := func(pairs ...string) map[string]string {
		m := map[string]string{"Id": "toy.service"}
		for i := 0; i < len(pairs); i += 2 {
			m[pairs[i]] = pairs[i+1]
		}
		return m
	}
	as := func(id int, steps string) string {
		return fmt.Sprintf("daemon setgroups setgid=%d setuid=%d %s", id, id, steps)
	}
	return []showing{
		{id: "user_differs", steps: "daemon", unit: unit("User", "nobody"), says: "User=nobody"},
		{id: "group_differs", steps: "daemon", unit: unit("Group", "nogroup"), says: "Group=nogroup"},
		{id: "groups_missing", steps: "daemon setgroups=4", unit: unit("SupplementaryGroups", "4 tty"), says: "tty"},
		{id: "never_dropped", steps: "daemon", change: named("nginx"), says: "nginx runs as root"},
		{id: "root_group", steps: "daemon setgroups setuid=65534", says: "effective root"},
		{id: "root_groups_left", steps: "daemon setgroups=0,4 setgid=65534 setuid=65534", says: "root(0), adm(4)"},
		{id: "root_again", steps: "daemon setgroups setgid=65534 seteuid=65534", says: "real root(0)"},
		{id: "fsuid_differs", steps: "daemon setfsuid=65534", says: "file system"},
		{id: "powers", steps: "daemon", change: both(named(program), withCaps), says: "sys_ptrace"},
		{id: "powers_missing", steps: as(nobody, ""), unit: unit("AmbientCapabilities", "cap_net_bind_service"), says: "net_bind_service"},
		{id: "bounds_differ", steps: "daemon", unit: unit("CapabilityBoundingSet", "cap_chown"), says: "beyond CapabilityBoundingSet="},
		{id: "new_privileges", steps: "daemon", unit: unit("NoNewPrivileges", "yes")},
		{id: "no_filter", steps: "daemon", unit: unit("SystemCallFilter", "read write")},
		{id: "cwd_deleted", steps: "daemon chdir=DIR/gone rmdir=DIR/gone", change: folder("gone")},
		{id: "cwd_network", steps: "daemon fuse=DIR/served chdir=DIR/served", change: both(folder("served"), ownMounts), says: "fuse"},
		{id: "cwd_removable", steps: "daemon tmpfs=/media chdir=/media", change: ownMounts, says: "/media"},
		{id: "cwd_home", steps: "daemon chdir=/root", says: "/root"},
		{id: "cwd_differs", steps: "daemon chdir=/usr", unit: unit("WorkingDirectory", "/srv"), says: "it is in /usr"},
		{id: "outside_root", steps: "daemon chdir=/usr chroot=DIR/jail", change: folder("jail")},
		{id: "root_writable", steps: "daemon chroot=DIR/jail chdir=/ setgroups setgid=65534 setuid=65534", change: openedFolder("jail")},
		{id: "not_hidden", steps: "daemon", unit: unit("PrivateNetwork", "yes"), says: "net namespace"},
		{id: "umask_open", steps: "daemon umask=0000", says: "umask 0000"},
		{id: "umask_differs", steps: "daemon", unit: unit("UMask", "0077"), says: "0022"},
		{id: "terminal", steps: "daemon terminal=0", says: "/dev/pts/"},
		{id: "login_session", steps: "daemon group=GROUP", change: group("systemd", "session-99.scope", nil), says: "session-99.scope"},
		{id: "cron_group", steps: "daemon group=GROUP", change: group("systemd", "cron.service", nil), says: "cron.service"},
		{id: "others_session", steps: "chdir=/", change: byShell("0 setsid"), says: "session of sh("},
		{id: "others_group", steps: "chdir=/", change: byShell("group"), says: "process group of sh("},
		{id: "by_hand", steps: "daemon login=65534", says: "login of"},
		{id: "stdio_terminal", steps: "daemon terminal=1", says: "standard output: /dev/pts/"},
		{id: "stdio_dead_pipe", steps: "daemon", change: deadPipe, says: "standard error: pipe:["},
		{id: "stdio_closed", steps: "daemon close=0", says: "standard input"},
		{id: "stdio_taken", steps: "daemon close=1 open-data=DIR/x.db", says: "standard output: "},
		{id: "stdio_deleted", steps: "daemon open-out=DIR/x remove=DIR/x", says: "standard output: "},
		{id: "deleted_space", steps: "daemon open-space=DIR/x remove=DIR/x", says: "200 MiB in 1 file"},
		{id: "log_rotated", steps: "daemon open=DIR/x.log rename=DIR/x.log", says: "x.log.1"},
		{id: "log_rotated", steps: "daemon open=DIR/x.log remove=DIR/x.log", says: "was removed"},
		{id: "socket_shared", steps: "daemon", change: sharedSocket, says: "tcp 127.0.0.1:"},
		{id: "leaked", steps: "daemon terminal=70", says: "descriptor 70 is /dev/pts/"},
		{id: "open_to_all", steps: "daemon open=DIR/x", after: mode("x", 0o666), says: "mode 0666"},
		{id: "files_near", steps: "daemon files=60 limit-files=80", says: " of 80"},
		{id: "processes_near", steps: as(54321, "limit-tasks"), says: "of user 54321"},
		{id: "tasks_near", steps: "daemon group=GROUP", change: group("pids", "toy", nil), after: fullGroup, says: "/toy"},
		{id: "memory_near", steps: "daemon group=GROUP eat=110", change: group("memory", "toy", map[string]string{"memory.limit_in_bytes": "125829120", "memory.max": "125829120"}), says: " of 120 MiB"},
		{id: "oom_killed", steps: "daemon group=GROUP eat-child=400", change: group("memory", "toy", map[string]string{"memory.limit_in_bytes": "83886080", "memory.max": "83886080", "memory.swap.max": "0", "memory.memsw.limit_in_bytes": "83886080"}), says: " in /toy"},
		{id: "locked_near", steps: as(nobody, "lock=60 limit-locked=64"), says: "60.0 KiB of 64.0 KiB"},
		{id: "address_near", steps: "daemon limit-address"},
		{id: "limit_differs", steps: "daemon", unit: unit("LimitCORE", "infinity"), change: lowCore, says: "LimitCORE=infinity"},
		{id: "core_lost", steps: "limit-cores=1000000 " + as(nobody, ""), after: coresHere, says: "working folder / as"},
		{id: "oom_differs", steps: "daemon", unit: unit("OOMScoreAdjust", "-500"), says: "it is 0"},
		{id: "oom_inherited", steps: "daemon oom=600", says: "600"},
		{id: "program_replaced", steps: "daemon", change: named(program), after: removeProgram, says: program},
		{id: "libraries_replaced", steps: "daemon map=DIR/libtoy.so.1 remove=DIR/libtoy.so.1", change: library, says: "libtoy.so.1"},
		{id: "program_writable", steps: "daemon", change: named(program), after: mode(program, 0o777), says: "everybody can change"},
		{id: "pidfile", steps: "daemon", after: stalePIDFile, unit: unit("PIDFile", "DIR/toy.pid"), says: "toy.pid"},
		{id: "config_newer", steps: "daemon", change: withConfig, after: later("toy.conf"), says: "toy.conf was changed"},
		{id: "unit_newer", steps: "daemon", unit: unit("FragmentPath", "DIR/toy.service"), after: later("toy.service"), says: "toy.service was changed"},
		{id: "unit_unread", steps: "daemon", unit: unit("NeedDaemonReload", "yes"), says: "toy.service"},
		{id: "log_fast", steps: "daemon open-space=DIR/x.log", says: "a day"},
		{id: "log_nowhere", steps: "quiet"},
	}
}

// notShownHere are findings of which no process can be made on every machine, and why; tables
// in internal/inspect hold them.
var notShownHere = map[string]string{
	"unconfined": "needs a security module in the kernel",
	"complains":  "needs AppArmor in the kernel",
}

// Each finding has a real process that shows it, and the one that is as it should be shows
// none.
func TestInspectRealProcesses(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make them")
	}
	shows := make(map[string]bool)
	for _, tt := range shownFindings() {
		shows[tt.id] = true
		t.Run(tt.id, func(t *testing.T) {
			t.Parallel()
			dir := diskDir(t)
			openWay(t, dir)
			steps := strings.ReplaceAll(tt.steps, "DIR", dir)
			pid := startToy(t, steps, func(cmd *exec.Cmd) {
				if tt.change != nil {
					tt.change(t, dir, cmd)
				}
			})
			if tt.after != nil {
				tt.after(t, dir, pid)
			}
			list := findings(t, pid, tt.unit, dir)
			i := slices.IndexFunc(list, func(f inspect.Finding) bool { return f.ID == tt.id && strings.Contains(f.Evidence, tt.says) })
			if i < 0 {
				t.Fatalf("it is not said; but %s", told(list))
			}
			t.Logf("%v: %s: %s", list[i].Severity, list[i].What, list[i].Evidence)
		})
	}
	for _, id := range inspect.AllIDs() {
		if !shows[id] && notShownHere[id] == "" {
			t.Errorf("no process shows %s", id)
		}
	}
}

// Of a daemon that is as it should be, nothing is said, whatever its unit asks for that is so.
func TestInspectNothing(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can make them")
	}
	around := []string{"login_session", "cron_group"} // it has these from whoever runs the test
	for _, tt := range []struct {
		name, steps string
		unit        map[string]string
	}{
		{"root", "daemon", nil},
		{"unit of root", "daemon", map[string]string{
			"UMask": "0022", "OOMScoreAdjust": "0", "NoNewPrivileges": "no", "LimitNOFILE": "64", "WorkingDirectory": "/", "User": "root", "Group": "root",
			"PrivateTmp": "no", "NeedDaemonReload": "no", "AppArmorProfile": "", "CapabilityBoundingSet": allCaps,
		}},
		{"a user", "daemon setgroups setgid=65534 setuid=65534", map[string]string{"User": "nobody", "Group": "nogroup", "UMask": "0022"}},
		{"a user whom root's unit has become", "daemon setgroups setgid=65534 setuid=65534", map[string]string{"User": "root"}},
		{"no new privileges", "daemon no-new-privileges", map[string]string{"NoNewPrivileges": "yes"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			pid := startToy(t, tt.steps, func(cmd *exec.Cmd) { named("sound")(t, diskDir(t), cmd) })
			list := slices.DeleteFunc(findings(t, pid, tt.unit, ""), func(f inspect.Finding) bool {
				return slices.Contains(around, f.ID) || f.ID == "core_lost" // as the machine is set
			})
			if len(list) > 0 {
				t.Errorf("said %s", told(list))
			}
		})
	}
}

// allCaps is what systemd prints of a unit that forbids none.
const allCaps = "cap_chown cap_dac_override cap_dac_read_search cap_fowner cap_fsetid cap_kill cap_setgid cap_setuid cap_setpcap cap_linux_immutable " +
	"cap_net_bind_service cap_net_broadcast cap_net_admin cap_net_raw cap_ipc_lock cap_ipc_owner cap_sys_module cap_sys_rawio cap_sys_chroot cap_sys_ptrace " +
	"cap_sys_pacct cap_sys_admin cap_sys_boot cap_sys_nice cap_sys_resource cap_sys_time cap_sys_tty_config cap_mknod cap_lease cap_audit_write " +
	"cap_audit_control cap_setfcap cap_mac_override cap_mac_admin cap_syslog cap_wake_alarm cap_block_suspend cap_audit_read cap_perfmon cap_bpf cap_checkpoint_restore"

// findings inspects a process, as if its unit asked for this.
func findings(t *testing.T, pid int, unit map[string]string, dir string) []inspect.Finding {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	x, err := newInspector(ctx)
	if err != nil {
		t.Fatal(err)
	}
	x.unit = func(context.Context, *inspect.Facts) (none inspect.Fact[inspect.Unit]) {
		if unit == nil {
			return none
		}
		props := make(map[string]string)
		for k, v := range unit {
			props[k] = strings.ReplaceAll(v, "DIR", dir)
		}
		return inspect.Know(inspect.Unit{Name: "toy.service", Props: props}, nil)
	}
	f, err := x.facts(ctx, keeper.Daemon{Name: "toy"}, check.Match{Process: proctable.Process{PID: pid}})
	if err != nil {
		t.Fatal(err)
	}
	return inspect.Judge(f)
}

func told(list []inspect.Finding) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "\n%v %s: %s", f.Severity, f.ID, f.Evidence)
	}
	return b.String()
}

type change = func(t *testing.T, dir string, cmd *exec.Cmd)

func both(a, b change) change {
	return func(t *testing.T, dir string, cmd *exec.Cmd) { a(t, dir, cmd); b(t, dir, cmd) }
}

// diskDir is a folder on a disk: what is in memory is neither a log nor a library, and so may
// t.TempDir be.
func diskDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/var/tmp", "inspect-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// openWay lets users through to a test's folder.
func openWay(t *testing.T, dir string) {
	t.Helper()
	for at := dir; strings.HasPrefix(at, os.TempDir()+"/"); at = filepath.Dir(at) {
		if err := os.Chmod(at, 0o755); err != nil {
			t.Fatal(err)
		}
	}
}

// named has the toy run as a program of this name.
func named(name string) change {
	return func(t *testing.T, dir string, cmd *exec.Cmd) {
		t.Helper()
		openWay(t, dir)
		to := filepath.Join(dir, name)
		// Were it written here, a child that is just being started would hold it open: ETXTBSY.
		if out, err := exec.Command("cp", cmd.Path, to).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
		cmd.Path = to
	}
}

func folder(name string) change { return folderOf(name, 0o755) }

func openedFolder(name string) change { return folderOf(name, 0o777) }

func folderOf(name string, mode os.FileMode) change {
	return func(t *testing.T, dir string, _ *exec.Cmd) {
		t.Helper()
		if err := os.Mkdir(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
}

func ownMounts(_ *testing.T, _ string, cmd *exec.Cmd) {
	cmd.SysProcAttr.Unshareflags = unix.CLONE_NEWNS
}

func withCaps(_ *testing.T, _ string, cmd *exec.Cmd) {
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: nobody, Gid: nobody}
	cmd.SysProcAttr.AmbientCaps = []uintptr{unix.CAP_SYS_PTRACE}
}

// byShell has a shell start the toy: in the shell's session, or, from a leader that is none,
// in the shell's group.
func byShell(how string) change {
	return func(t *testing.T, _ string, cmd *exec.Cmd) {
		t.Helper()
		if _, err := exec.LookPath("perl"); err != nil && how == "group" {
			t.Skip(err)
		}
		exe := cmd.Path
		if how == "group" { // sh leads the group, and a program that is not a shell the session
			cmd.Path, cmd.Args = "/usr/bin/env", []string{"env", "-u", "NONE", "setsid", "perl", "-e", "$p = fork; if (!$p) { setpgrp(0, 0); exec('/bin/sh', '-c', '" + exe + " & wait'); } waitpid($p, 0);"}
			return
		}
		cmd.Path, cmd.Args = "/bin/sh", []string{"sh", "-c", exe + " & wait"}
		cmd.SysProcAttr.Setsid = true
	}
}

// deadPipe gives it a pipe for standard error whose other end nobody has.
func deadPipe(t *testing.T, _ string, cmd *exec.Cmd) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	cmd.Stderr = w
	t.Cleanup(func() { w.Close() })
}

// sharedSocket gives a listening socket to the toy, and to another process.
func sharedSocket(t *testing.T, _ string, cmd *exec.Cmd) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	file, err := l.(*net.TCPListener).File()
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	other := exec.Command("sleep", "300")
	other.ExtraFiles = []*os.File{file}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait(); file.Close() })
	cmd.ExtraFiles = append(cmd.ExtraFiles, file)
}

// lowCore lowers a limit that process 1 has not.
func lowCore(_ *testing.T, _ string, cmd *exec.Cmd) {
	cmd.Env = []string{strings.Replace(cmd.Env[0], "daemon", "daemon limit-cores=0", 1)}
}

func mode(name string, mode os.FileMode) func(*testing.T, string, int) {
	return func(t *testing.T, dir string, _ int) {
		t.Helper()
		if err := os.Chmod(filepath.Join(dir, name), mode); err != nil {
			t.Fatal(err)
		}
	}
}

func coresHere(t *testing.T, _ string, _ int) {
	t.Helper()
	pattern, err := os.ReadFile("/proc/sys/kernel/core_pattern")
	if err != nil || len(pattern) == 0 || strings.ContainsAny(string(pattern[:1]), "/|@") {
		t.Skipf("cores do not go to the working folder here: %s", pattern)
	}
}

// group makes a control group for it, which "group=GROUP" enters: in the hierarchy of this
// name of version 1, else in version 2.
func group(controller, name string, files map[string]string) change {
	return func(t *testing.T, _ string, cmd *exec.Cmd) {
		t.Helper()
		at := ""
		for _, root := range []string{"/sys/fs/cgroup/" + controller, "/sys/fs/cgroup/unified", "/sys/fs/cgroup"} {
			dir := filepath.Join(root, fmt.Sprintf("toy%d-%s", os.Getpid(), filepath.Base(t.Name())), name)
			if os.MkdirAll(dir, 0o755) != nil {
				continue
			}
			t.Cleanup(func() { removeGroup(dir) })
			if _, err := os.Stat(filepath.Join(dir, "cgroup.procs")); err == nil {
				at = dir
				break
			}
		}
		if at == "" {
			t.Skip("no control group can be made here")
		}
		written := 0
		for file, text := range files {
			if os.WriteFile(filepath.Join(at, file), []byte(text), 0) == nil {
				written++
			}
		}
		if len(files) > 0 && written == 0 {
			t.Skip("memory is not counted by control groups here")
		}
		cmd.Env = []string{strings.ReplaceAll(cmd.Env[0], "GROUP", at)}
	}
}

// removeGroup waits for the toy to have left it.
func removeGroup(dir string) {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		if unix.Rmdir(dir) == nil || !exists(dir) {
			break
		}
	}
	_ = unix.Rmdir(filepath.Dir(dir))
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// fullGroup allows no more tasks in its group than there are.
func fullGroup(t *testing.T, _ string, pid int) {
	t.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/cgroup", pid))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		_, path, ok := strings.Cut(strings.TrimSpace(line), ":pids:")
		root := "/sys/fs/cgroup/pids"
		if _, v2, isV2 := strings.Cut(strings.TrimSpace(line), "0::"); isV2 && !ok {
			path, ok, root = v2, strings.Contains(v2, "toy"), "/sys/fs/cgroup"
		}
		if !ok {
			continue
		}
		now, err := os.ReadFile(filepath.Join(root, path, "pids.current"))
		if err != nil {
			continue
		}
		if err := os.WriteFile(filepath.Join(root, path, "pids.max"), now, 0); err != nil {
			t.Fatal(err)
		}
		return
	}
	t.Skip("tasks are not counted by control groups here")
}

func removeProgram(t *testing.T, dir string, _ int) {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, program)); err != nil {
		t.Fatal(err)
	}
}

func library(t *testing.T, dir string, _ *exec.Cmd) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, "libtoy.so.1"), make([]byte, 4096), 0o755); err != nil {
		t.Fatal(err)
	}
}

func stalePIDFile(t *testing.T, dir string, _ int) {
	t.Helper()
	dead := exec.Command("sleep", "0")
	if err := dead.Run(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "toy.pid"), []byte(fmt.Sprintln(dead.Process.Pid)), 0o644); err != nil {
		t.Fatal(err)
	}
}

func withConfig(_ *testing.T, dir string, cmd *exec.Cmd) {
	cmd.Args = append(cmd.Args, "-c", filepath.Join(dir, "toy.conf"))
}

// later is a file that was changed after the start.
func later(name string) func(*testing.T, string, int) {
	return func(t *testing.T, dir string, _ int) {
		t.Helper()
		path, then := filepath.Join(dir, name), time.Now().Add(time.Minute)
		err := os.WriteFile(path, nil, 0o644)
		if err == nil {
			err = os.Chtimes(path, then, then)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}
