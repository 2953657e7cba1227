package inspect

import (
	"fmt"
	"path"
	"slices"

	"daemon-keeper/check/proctable"
)

// The percentages of a limit from which on there is a finding, and a critical one.
const (
	nearPercent  = 80
	closePercent = 95
	// memoryPercent is for memory that the kernel cannot reclaim.
	memoryPercent = 90
)

func limitRules() []rule {
	return []rule{
		{
			"files_near", Limits, Warning, "it has nearly as many files open as it may",
			"at the limit it can accept no connection and open no file or log any more, and many daemons then spin or end",
			"raise LimitNOFILE= in the unit (or the limit where it is started) and restart it; if the number only grows, it leaks them", filesNear,
		},
		{
			"processes_near", Limits, Warning, "its user has nearly as many processes and threads as it may",
			"at the limit it can start none any more: fork(2) fails with EAGAIN",
			"raise LimitNPROC= in the unit, or see what else the user runs", processesNear,
		},
		{
			"tasks_near", Limits, Warning, "its control group has nearly as many tasks as it may",
			"at the limit nothing in it can start a process or a thread any more",
			"raise TasksMax= in the unit", tasksNear,
		},
		{
			"memory_near", Limits, Warning, "its control group has nearly as much memory as it may",
			"at the limit the kernel kills a process of it",
			"raise MemoryMax= in the unit, or see what it needs so much for", memoryNear,
		},
		{
			"oom_killed", Limits, Warning, "processes of its control group were killed for want of memory",
			"this one has survived, but its workers have not: what they did is lost, and it will happen again",
			"raise MemoryMax= in the unit; journalctl -k -g oom tells which", oomKilled,
		},
		{
			"locked_near", Limits, Warning, "it keeps nearly as much memory locked as it may",
			"at the limit mlock(2) fails; a daemon that keeps keys there often ends then",
			"raise LimitMEMLOCK= in the unit", lockedNear,
		},
		{
			"address_near", Limits, Warning, "it has nearly as much address space as it may",
			"at the limit malloc(3) fails, and it ends",
			"raise LimitAS= in the unit", addressNear,
		},
		{
			"limit_differs", Limits, Notice, "a limit is lower than its unit asks for",
			"it has lowered it by itself, or was started before that was written, or by somebody else; it comes to its limit sooner than you think",
			"restart the service, if the program does not lower it by itself", limitDiffers,
		},
		{
			"core_lost", Limits, Notice, "it may write a core, and cannot",
			"when it crashes there will be nothing to look at",
			"set kernel.core_pattern to an absolute path or to a collector, or WorkingDirectory= to a folder that it can write", coreLost,
		},
		{
			"oom_differs", Limits, Notice, "the kernel prefers it otherwise than its unit asks for when memory runs out",
			"OOMScoreAdjust= does not hold for it",
			"restart the service, if the program does not set it by itself", oomDiffers,
		},
		{
			"oom_inherited", Limits, Notice, "it has the memory priority of whoever started it",
			"-1000 keeps the kernel from ever killing it, whatever it eats; a large number has it killed first",
			"restart it through its service, or set OOMScoreAdjust= in the unit", oomInherited,
		},
	}
}

// near is the evidence that a number is near to its limit.
func near(now, most uint64, text string) []evidence {
	if most == 0 || most == proctable.Unlimited || now < percent(most, nearPercent) {
		return nil
	}
	e := evidence{text: text}
	if now >= percent(most, closePercent) {
		e.severity = Critical
	}
	return []evidence{e}
}

func percent(n, hundredths uint64) uint64 { return n/100*hundredths + n%100*hundredths/100 }

func filesNear(f Facts) []evidence {
	l, ok := f.Limits.Value[OpenFiles]
	if !f.Files.Known || !ok {
		return nil
	}
	n := f.open()
	return near(n, l.Soft, fmt.Sprintf("%d of %d", n, l.Soft))
}

// processesNear leaves out root, which has no limit, setrlimit(2).
func processesNear(f Facts) []evidence {
	l, ok := f.Limits.Value[Processes]
	if !ok || !f.UserTasks.Known || !f.IDs.Known || f.IDs.Value.Users[proctable.Real] == 0 {
		return nil
	}
	return near(f.UserTasks.Value, l.Soft, fmt.Sprintf("%d of %d, of user %s", f.UserTasks.Value, l.Soft, f.user(f.IDs.Value.Users[proctable.Real])))
}

func tasksNear(f Facts) []evidence {
	t := f.Tasks.Value
	if !f.Tasks.Known {
		return nil
	}
	return near(t.Now, t.Max, fmt.Sprintf("%d of %d in %s", t.Now, t.Max, t.Group))
}

// memoryNear does not count memory that the kernel can reclaim before it kills anybody.
func memoryNear(f Facts) []evidence {
	m := f.Memory.Value
	if !f.Memory.Known || m.Max == proctable.Unlimited || m.Max == 0 {
		return nil
	}
	used := m.Now - min(m.Cache, m.Now)
	text := fmt.Sprintf("%s of %s", size(used), size(m.Max))
	if m.Most > 0 {
		text += fmt.Sprintf(", and it has been %s with what can be given back", size(m.Most))
	}
	return saw(used >= percent(m.Max, memoryPercent), text+", in "+m.Group)
}

// oomKilled is only a notice if the group is not that of a service: processes of others may have
// been killed.
func oomKilled(f Facts) []evidence {
	m := f.Memory.Value
	if !f.Memory.Known || !m.Counted || m.Killed == 0 {
		return nil
	}
	e := evidence{text: fmt.Sprintf("%d in %s, since that was made", m.Killed, m.Own)}
	if !isService(m.Own) {
		e.severity = Notice
	}
	return []evidence{e}
}

// lockedNear leaves out processes with CAP_IPC_LOCK, which have no limit.
func lockedNear(f Facts) []evidence {
	l, ok := f.Limits.Value[LockedMem]
	if !ok || !f.Locked.Known || !f.IDs.Known || f.IDs.Value.user() == 0 || f.Caps.Value.Effective&capsOf([]string{"ipc_lock"}) != 0 {
		return nil
	}
	return near(f.Locked.Value, l.Soft, fmt.Sprintf("%s of %s", size(f.Locked.Value), size(l.Soft)))
}

func addressNear(f Facts) []evidence {
	l, ok := f.Limits.Value[Address]
	if !ok || !f.Virtual.Known {
		return nil
	}
	return near(f.Virtual.Value, l.Soft, fmt.Sprintf("%s of %s", size(f.Virtual.Value), size(l.Soft)))
}

// limitKeys are the limits of a unit; the soft ones have names with Soft at the end.
var limitKeys = []struct {
	key      string
	resource Resource
}{
	{"LimitNOFILE", OpenFiles}, {"LimitNPROC", Processes}, {"LimitCORE", CoreSize}, {"LimitMEMLOCK", LockedMem}, {"LimitAS", Address},
}

// limitDiffers compares the hard limits: many programs change their soft one. Some lower the hard
// one, too (memcached, unbound), so it is a warning only if half of the limit is used. A manager
// cannot give more than it has itself.
func limitDiffers(f Facts) []evidence {
	if !f.Limits.Known || !f.Unit.Known {
		return nil
	}
	var list []evidence
	for _, k := range limitKeys {
		want, asked := f.Unit.Value.number(k.key)
		have, told := f.Limits.Value[k.resource]
		most, known := f.Machine.Value[k.resource]
		if !asked || !told || have.Hard >= want || known && have.Hard >= most.Hard {
			continue
		}
		e := evidence{text: fmt.Sprintf("%s=%s, and it is %s", k.key, f.Unit.Value.Props[k.key], count(have.Hard))}
		if k.resource == OpenFiles && f.Files.Known && f.open() >= percent(have.Soft, 50) {
			e.severity = Warning
		}
		list = append(list, e)
	}
	return list
}

// coreLost is about patterns with a relative path: it leads to the working folder, core(5).
func coreLost(f Facts) []evidence {
	l, ok := f.Limits.Value[CoreSize]
	pattern := f.Cores.Value
	if !ok || !f.Cores.Known || !f.Cwd.Known || l.Soft == 0 || pattern == "" || pattern[0] == '/' || pattern[0] == '|' || pattern[0] == '@' {
		return nil
	}
	if !f.Cwd.Value.Deleted && f.Cwd.Value.Writable {
		return nil
	}
	return saw(true, fmt.Sprintf("cores go to its working folder %s as %q", f.Cwd.Value.Path, pattern))
}

func oomDiffers(f Facts) []evidence {
	text := f.Unit.Value.Props["OOMScoreAdjust"]
	var want int
	if _, err := fmt.Sscan(text, &want); err != nil || !f.OOMAdjust.Known || slices.Contains(guarded, path.Base(f.Exe)) {
		return nil
	}
	return saw(want != f.OOMAdjust.Value, fmt.Sprintf("OOMScoreAdjust=%d, and it is %d", want, f.OOMAdjust.Value))
}

// guarded are programs that set their oom_score_adj themselves.
var guarded = []string{"sshd", "systemd-udevd", "udevd", "auditd", "dmeventd", "multipathd", "iscsid", "earlyoom", "postgres", "dbus-daemon", "systemd", "firefox", "chrome"}

// alwaysFirst is the oom_score_adj from which on a process is killed before nearly all others.
const alwaysFirst = 500

func oomInherited(f Facts) []evidence {
	n := f.OOMAdjust.Value
	if !f.OOMAdjust.Known || slices.Contains(guarded, path.Base(f.Exe)) || f.Unit.Value.has("OOMScoreAdjust") {
		return nil
	}
	return saw(n == -1000 || n >= alwaysFirst, fmt.Sprintf("oom_score_adj is %d", n))
}
