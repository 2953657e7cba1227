package inspect

import (
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/check/proctable"
)

// Of what is not known, nothing is said.
func TestJudgeNothing(t *testing.T) {
	if list := Judge(Facts{}); len(list) > 0 {
		t.Errorf("said %+v", list)
	}
	for _, l := range Anatomy(Facts{}) {
		t.Errorf("%+v is told of what nobody has asked for", l)
	}
}

// Each finding says all that a person needs, and has a name of its own.
func TestRulesAreWhole(t *testing.T) {
	sections := []Section{Who, Where, Detached, Descriptors, Limits, Files, Log}
	seen := make(map[string]bool)
	at := 0
	for _, r := range rules() {
		if r.id == "" || r.severity == Fine || r.what == "" || r.why == "" || r.do == "" || r.see == nil || seen[r.id] {
			t.Errorf("%+v", r)
		}
		seen[r.id] = true
		i := slices.Index(sections, r.section)
		if i < at {
			t.Errorf("%s stands after a later section", r.id)
		}
		at = i
	}
	if len(seen) < 42 {
		t.Errorf("there are only %d", len(seen))
	}
}

func has(f Facts, id string) (e Finding, ok bool) {
	list := Judge(f)
	i := slices.IndexFunc(list, func(x Finding) bool { return x.ID == id })
	if i < 0 {
		return Finding{}, false
	}
	return list[i], true
}

// These need a kernel with a security module, or are a matter of numbers.
func TestJudge(t *testing.T) {
	now := time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC)
	unit := func(pairs ...string) Fact[Unit] {
		u := Unit{Name: "x.service", Props: map[string]string{}}
		for i := 0; i < len(pairs); i += 2 {
			u.Props[pairs[i]] = pairs[i+1]
		}
		return known(u)
	}
	file := func(n uint64) Fact[[]File] { return known(make([]File, n)) }
	limit := func(r Resource, soft uint64) Fact[map[Resource]Limit] {
		return known(map[Resource]Limit{r: {soft, soft}})
	}
	user := known(IDs{Users: [4]uint32{33, 33, 33, 33}, Groups: [4]uint32{33, 33, 33, 33}})
	log := func(name string, born time.Time) Fact[[]File] {
		return known([]File{{Kind: Regular, Write: true, Append: true, Path: name, Born: born}})
	}
	data := func(n int, inode uint64, name string) File {
		return File{Number: n, Kind: Regular, Inode: inode, Path: name, Read: true, Write: true}
	}
	forAll := func(way Way) Fact[[]File] {
		return known([]File{{Number: 5, Kind: Regular, Write: true, Path: "/x", Mode: 0o666, Way: way}})
	}
	number := func(name string) (uint32, bool) {
		n, ok := map[string]uint32{"www-data": 33, "web": 33, "mail": 8}[name]
		return n, ok
	}
	for _, tt := range []struct {
		name string
		f    Facts
		id   string
		want Severity // Fine: it is not said
	}{
		{"confined", Facts{Label: known("x (enforce)"), Unit: unit("AppArmorProfile", "x")}, "unconfined", Fine},
		{"not confined", Facts{Label: known("unconfined"), Unit: unit("AppArmorProfile", "x")}, "unconfined", Warning},
		{"need not be", Facts{Label: known("unconfined"), Unit: unit("AppArmorProfile", "-x")}, "unconfined", Fine},
		{"no module", Facts{Label: never[string]("none"), Unit: unit("AppArmorProfile", "x")}, "unconfined", Fine},
		{"only complains", Facts{Label: known("x (complain)")}, "complains", Notice},
		{"enforces", Facts{Label: known("x (enforce)")}, "complains", Fine},

		{"79 of 100 files", Facts{Files: file(79), Limits: limit(OpenFiles, 100)}, "files_near", Fine},
		{"80 of 100 files", Facts{Files: file(80), Limits: limit(OpenFiles, 100)}, "files_near", Warning},
		{"95 of 100 files", Facts{Files: file(95), Limits: limit(OpenFiles, 100)}, "files_near", Critical},
		{"no limit", Facts{Files: file(80), Limits: limit(OpenFiles, proctable.Unlimited)}, "files_near", Fine},
		{"more than are looked at", Facts{Files: file(10), Open: 96, Limits: limit(OpenFiles, 100)}, "files_near", Critical},
		{"killed in its service", Facts{Memory: known(Memory{Own: "/system.slice/x.service", Counted: true, Killed: 1})}, "oom_killed", Warning},
		{"killed in a slice", Facts{Memory: known(Memory{Own: "/user.slice", Counted: true, Killed: 1})}, "oom_killed", Notice},
		{"root has no limit", Facts{UserTasks: known(uint64(100)), IDs: known(IDs{}), Limits: limit(Processes, 100)}, "processes_near", Fine},
		{"a user has", Facts{UserTasks: known(uint64(100)), IDs: user, Limits: limit(Processes, 100)}, "processes_near", Critical},
		{"only cache", Facts{Memory: known(Memory{Now: 100, Cache: 50, Max: 100})}, "memory_near", Fine},
		{"no cache", Facts{Memory: known(Memory{Now: 100, Cache: 5, Max: 100})}, "memory_near", Warning},
		{"no memory limit", Facts{Memory: known(Memory{Now: 100, Max: proctable.Unlimited})}, "memory_near", Fine},
		{"the manager has no more", Facts{Limits: limit(OpenFiles, 10), Machine: limit(OpenFiles, 10), Unit: unit("LimitNOFILE", "20")}, "limit_differs", Fine},
		{"lowered", Facts{Limits: limit(OpenFiles, 10), Machine: limit(OpenFiles, 30), Unit: unit("LimitNOFILE", "20")}, "limit_differs", Notice},
		{"lowered, and needed", Facts{Files: file(5), Limits: limit(OpenFiles, 10), Machine: limit(OpenFiles, 30), Unit: unit("LimitNOFILE", "20")}, "limit_differs", Warning},
		{"may lock what it likes", Facts{Locked: known(uint64(99)), IDs: user, Caps: known(Caps{Effective: capsOf([]string{"ipc_lock"})}), Limits: limit(LockedMem, 100)}, "locked_near", Fine},

		{"an own group of root", Facts{IDs: known(IDs{Users: user.Value.Users}), Account: known(Account{Group: 0})}, "root_group", Fine},
		{"root's group is left", Facts{IDs: known(IDs{Users: user.Value.Users}), Account: known(Account{Group: 33})}, "root_group", Warning},
		{"root's group is asked for", Facts{IDs: known(IDs{Users: user.Value.Users}), Account: known(Account{Group: 33}), Unit: unit("Group", "0")}, "root_group", Fine},
		{"nobody knows the account", Facts{IDs: known(IDs{Users: user.Value.Users})}, "root_group", Fine},
		{"a dynamic user", Facts{IDs: user, Unit: unit("User", "x", "DynamicUser", "yes")}, "user_differs", Fine},
		{"workers have dropped", Facts{Exe: "/usr/sbin/nginx", IDs: known(IDs{}), Relatives: known([]Relative{{PID: 2, User: 33}})}, "never_dropped", Fine},
		{"no worker has", Facts{Exe: "/usr/sbin/nginx", IDs: known(IDs{}), Relatives: known([]Relative{{PID: 2}})}, "never_dropped", Warning},
		{"it need not", Facts{Exe: "/usr/sbin/sshd", IDs: known(IDs{}), Relatives: known([]Relative{})}, "never_dropped", Fine},

		{"a scope of a login", Facts{Cgroup: known("/user.slice/user-0.slice/session-3.scope")}, "login_session", Warning},
		{"a service", Facts{Cgroup: known("/system.slice/session-x.service")}, "login_session", Fine},
		{"cron itself", Facts{Exe: "/usr/sbin/cron", Cgroup: known("/system.slice/cron.service")}, "cron_group", Fine},
		{"a supervisor's session", Facts{PID: 5, Session: known(Leader{PID: 4, Name: "svscan"})}, "others_session", Fine},
		{"a wrapper of its own unit", Facts{PID: 5, Session: known(Leader{PID: 4, Name: "sh", Family: true})}, "others_session", Fine},
		{"a leader that has ended", Facts{PID: 5, Session: known(Leader{PID: 4})}, "others_session", Fine},

		{"old configuration", Facts{Started: known(now), Configs: known([]Changed{{"/x", now.Add(time.Second)}})}, "config_newer", Fine},
		{"new configuration", Facts{Started: known(now), Configs: known([]Changed{{"/x", now.Add(time.Minute)}}), Unit: unit()}, "config_newer", Warning},
		{"of no unit", Facts{Started: known(now), Configs: known([]Changed{{"/x", now.Add(time.Minute)}})}, "config_newer", Notice},
		{"new workers since", Facts{Started: known(now), Booted: now, Relatives: known([]Relative{{PID: 2, Start: time.Hour}}), Configs: known([]Changed{{"/x", now.Add(time.Minute)}}), Unit: unit()}, "config_newer", Notice},
		{"old workers", Facts{Started: known(now), Booted: now, Relatives: known([]Relative{{PID: 2, Start: time.Second}}), Configs: known([]Changed{{"/x", now.Add(time.Minute)}}), Unit: unit()}, "config_newer", Warning},
		{"reloaded since", Facts{Started: known(now), Configs: known([]Changed{{"/x", now.Add(time.Minute)}}), Unit: unit("ExecReload", "{ path=/bin/kill ; argv[]=/bin/kill ; ignore_errors=no ; start_time=[Sun 2026-11-29 12:05:00 UTC] ; stop_time=[n/a] ; pid=0 }")}, "config_newer", Fine},
		{"reloaded before", Facts{Started: known(now), Configs: known([]Changed{{"/x", now.Add(time.Hour)}}), Unit: unit("ExecReload", "{ path=/bin/kill ; argv[]=/bin/kill ; start_time=[Sun 2026-11-29 12:05:00 UTC] ; stop_time=[n/a] }")}, "config_newer", Warning},
		{"never reloaded", Facts{Started: known(now), Configs: known([]Changed{{"/x", now.Add(time.Hour)}}), Unit: unit("ExecReload", "{ path=/bin/kill ; start_time=[n/a] ; stop_time=[n/a] }")}, "config_newer", Warning},
		{"a unit that a generator has made", Facts{Started: known(now), UnitFiles: known([]Changed{{"/run/systemd/generator.late/x.service", now.Add(time.Hour)}})}, "unit_newer", Fine},

		{"root's program", Facts{IDs: known(IDs{}), Writers: known([]Writer{{"everybody", "/x"}})}, "program_writable", Critical},
		{"a user's own program", Facts{IDs: user, Writers: known([]Writer{{"user 33", "/x"}})}, "program_writable", Notice},
		{"another's program", Facts{IDs: user, Writers: known([]Writer{{"user 34", "/x"}})}, "program_writable", Warning},

		{"a slow log", Facts{Now: now, Files: known([]File{{Kind: Regular, Write: true, Append: true, Path: "/var/log/x", Size: 1 << 30, Held: 1 << 30, Born: now.Add(-25 * time.Hour)}})}, "log_fast", Fine},
		{"a fast log", Facts{Now: now, Files: known([]File{{Kind: Regular, Write: true, Append: true, Path: "/var/log/x", Size: 1 << 30, Held: 1 << 30, Born: now.Add(-23 * time.Hour)}})}, "log_fast", Warning},
		{"a small log", Facts{Now: now, Files: known([]File{{Kind: Regular, Write: true, Append: true, Path: "/var/log/x", Size: 50 << 20, Held: 50 << 20, Born: now.Add(-time.Minute)}})}, "log_fast", Fine},
		{"a log with a hole", Facts{Now: now, Files: known([]File{{Kind: Regular, Write: true, Append: true, Path: "/var/log/x", Size: 200 << 30, Held: 4096, Born: now.Add(-23 * time.Hour)}})}, "log_fast", Fine},
		{"a log that has its day from the beginning", Facts{Files: log("/var/log/ntpsec/peerstats.20261129", now)}, "log_rotated", Fine},
		{"one of a day before it was made", Facts{Files: log("/var/log/x-20261128", now)}, "log_rotated", Fine},
		{"one whose age is not known", Facts{Files: log("/var/log/x-20261128", time.Time{})}, "log_rotated", Fine},
		{"a log that was rotated the day after", Facts{Files: log("/var/log/x-20261129", now.Add(-36*time.Hour))}, "log_rotated", Warning},
		{"two that are one file", Facts{Files: known([]File{data(0, 1, "/x.in"), data(1, 7, "/x.log"), data(2, 7, "/x.log")})}, "stdio_taken", Fine},
		{"two files", Facts{Files: known([]File{data(0, 1, "/x.in"), data(1, 7, "/x.log"), data(2, 8, "/x.log")})}, "stdio_taken", Critical},
		{"everybody's, and reached", Facts{Files: forAll(Open)}, "open_to_all", Warning},
		{"everybody's, in a closed folder", Facts{Files: forAll(Closed)}, "open_to_all", Fine},
		{"everybody's, and nobody knows", Facts{Files: forAll(NotKnown)}, "open_to_all", Notice},
		{"a serial line", Facts{Files: known([]File{{Number: 5, Kind: Terminal, Path: "/dev/ttyS0"}})}, "leaked", Fine},
		{"two names of a user", Facts{IDs: user, UserName: func(uint32) string { return "www-data" }, UserNumber: number, Unit: unit("User", "web")}, "user_differs", Fine},
		{"a user whom nobody knows", Facts{IDs: user, UserNumber: number, Unit: unit("User", "none")}, "user_differs", Fine},
		{"another user", Facts{IDs: user, UserNumber: number, Unit: unit("User", "mail")}, "user_differs", Warning},
		{"two names of a group", Facts{IDs: user, GroupNumber: number, Unit: unit("Group", "web")}, "group_differs", Fine},
		{"another group", Facts{IDs: user, GroupNumber: number, Unit: unit("Group", "mail")}, "group_differs", Warning},
		{"groups that it has, and that nobody knows", Facts{IDs: user, Groups: known([]uint32{8}), GroupNumber: number, Unit: unit("SupplementaryGroups", "mail none web")}, "groups_missing", Fine},
		{"a group that it lacks", Facts{IDs: user, Groups: known([]uint32{}), GroupNumber: number, Unit: unit("SupplementaryGroups", "mail none")}, "groups_missing", Warning},
		{"much that is removed", Facts{Files: known([]File{{Kind: Regular, Deleted: true, Held: 2 << 30, Path: "/x"}})}, "deleted_space", Critical},
		{"the same file twice", Facts{Files: known([]File{{Kind: Regular, Deleted: true, Held: 40 << 20, Inode: 1}, {Kind: Regular, Deleted: true, Held: 40 << 20, Inode: 1}})}, "deleted_space", Fine},
		{"in memory", Facts{Files: known([]File{{Kind: Regular, Deleted: true, Held: 2 << 30, Memory: true}})}, "deleted_space", Fine},
	} {
		got, said := has(tt.f, tt.id)
		if said != (tt.want != Fine) || said && got.Severity != tt.want {
			t.Errorf("%s: %v %v (%s), want %v", tt.name, said, got.Severity, got.Evidence, tt.want)
		}
	}
}

func TestRotatedNames(t *testing.T) {
	for name, want := range map[string]bool{
		"/var/log/x.log.1": true, "/var/log/syslog.1": true, "/var/log/x.log-20261129": true, "/srv/x.log.0": true, "/var/log/x.old": true,
		"/var/log/x.log": false, "/var/lib/db/data.1": false, "/var/log/x-2": false, "/var/log/journal/a-1234": false, "/srv/x.log.2026x": false,
	} {
		if isRotatedName(name) != want {
			t.Errorf("%s: %v", name, !want)
		}
	}
}

// What cannot be read is told with its reason, and what this system never tells is nobody's
// fault.
func TestUnseen(t *testing.T) {
	f := Facts{Groups: Fact[[]uint32]{Why: "permission denied"}, Caps: never[Caps]("none here"), Umask: known(uint32(0o22))}
	lines := Anatomy(f)
	unseen := slices.DeleteFunc(slices.Clone(lines), func(l Line) bool { return l.Why == "" || l.Never })
	if len(lines) != 3 || len(unseen) != 1 || unseen[0].Why != "permission denied" {
		t.Errorf("%+v, %+v", lines, unseen)
	}
}

func TestSize(t *testing.T) {
	var got []string
	for _, n := range []uint64{0, 1023, 1024, 1536, 100 << 20, 3 << 40, proctable.Unlimited} {
		got = append(got, size(n))
	}
	if text := strings.Join(got, ", "); text != "0 B, 1023 B, 1.0 KiB, 1.5 KiB, 100 MiB, 3.0 TiB, no limit" {
		t.Error(text)
	}
}
