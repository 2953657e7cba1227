package inspect

import (
	"fmt"
	"slices"
	"strings"

	"daemon-keeper/check/proctable"
)

// Line is one thing that was read, for people.
type Line struct {
	Section Section
	Name    string
	Text    string // "" if it is not known
	Why     string // the reason why it is not known
	Never   bool   // this system never tells it
}

// Anatomy is all that was read of a daemon, in the order of the sections.
func Anatomy(f Facts) []Line {
	var list []Line
	at := Who
	add := func(l Line) {
		l.Section = at
		list = append(list, l)
	}
	line(add, "users", f.IDs, func(i IDs) string { return ids(i.Users, f.user) })
	line(add, "groups", f.IDs, func(i IDs) string { return ids(i.Groups, f.group) })
	line(add, "supplementary groups", f.Groups, func(l []uint32) string { return orNone(f.groups(l)) })
	line(add, "capabilities", f.Caps, func(c Caps) string {
		return fmt.Sprintf("%s; may gain: %s", orNone(capNames(c.Effective)), orNone(capNames(c.Bounding)))
	})
	line(add, "no new privileges", f.NoNewPrivs, yesNo)
	line(add, "system calls", f.Seccomp, func(n int) string {
		return map[int]string{0: "not filtered", 1: "strict", 2: "filtered"}[n]
	})
	line(add, "security label", f.Label, orNone)
	at = Where
	line(add, "root folder", f.Root, Folder.text)
	line(add, "jail", f.Jail, orNone)
	line(add, "own namespaces", f.Namespaces, func(l []string) string { return orNone(strings.Join(l, ", ")) })
	line(add, "working folder", f.Cwd, Folder.text)
	line(add, "umask", f.Umask, func(n uint32) string { return fmt.Sprintf("%04o", n) })
	at = Detached
	line(add, "session", f.Session, f.leads)
	line(add, "process group", f.Group, f.leads)
	line(add, "terminal", f.Terminal, orNone)
	line(add, "control group", f.Cgroup, orNone)
	line(add, "login", f.Login, func(l Login) string {
		if !l.Some {
			return "none"
		}
		return f.user(l.By)
	})
	at = Descriptors
	for n, name := range stdio {
		line(add, name, f.Files, func([]File) string { return f.standardText(n) })
	}
	line(add, "open", f.Files, func(l []File) string {
		text := fmt.Sprintf("%d of %s", f.open(), count(f.Limits.Value[OpenFiles].Soft))
		if n := uint64(len(l)); f.open() > n {
			text += fmt.Sprintf("; %d of them were looked at", n)
		}
		return text
	})
	line(add, "listens at", f.Listening, func(l []Listening) string {
		var names []string
		for _, x := range l {
			names = append(names, x.Socket)
		}
		return orNone(strings.Join(names, ", "))
	})
	at = Limits
	for _, r := range []Resource{OpenFiles, Processes, CoreSize, LockedMem} {
		line(add, string(r), f.Limits, func(m map[Resource]Limit) string { return m[r].text(r) })
	}
	line(add, "memory", f.Memory, Memory.text)
	line(add, "tasks", f.Tasks, func(c Counted) string { return fmt.Sprintf("%d of %s", c.Now, count(c.Max)) })
	line(add, "when memory runs out", f.OOMAdjust, func(n int) string { return fmt.Sprintf("oom_score_adj %d", n) })
	at = Files
	line(add, "program", f.Deleted, func(deleted bool) string {
		if deleted {
			return f.Exe + ", replaced or removed"
		}
		return f.Exe
	})
	line(add, "replaced libraries", f.Libraries, func(l []string) string { return orNone(strings.Join(l, ", ")) })
	line(add, "configuration", f.Configs, func(l []Changed) string {
		var names []string
		for _, c := range l {
			names = append(names, c.Path)
		}
		return orNone(strings.Join(names, ", "))
	})
	line(add, "pidfiles", f.PIDFiles, func(l []PIDFile) string {
		var names []string
		for _, p := range l {
			if !slices.Contains(names, p.Path) {
				names = append(names, p.Path)
			}
		}
		return orNone(strings.Join(names, ", "))
	})
	at = Log
	line(add, "writes to", f.Files, func([]File) string { return f.logs() })
	return list
}

// line adds a fact, or the reason why it is not known; nothing if it was not asked for.
func line[T any](add func(Line), name string, fact Fact[T], text func(T) string) {
	switch {
	case fact.Known:
		add(Line{Name: name, Text: text(fact.Value)})
	case fact.Why != "":
		add(Line{Name: name, Why: fact.Why, Never: fact.Never})
	}
}

// ids are the real, effective, saved and file-system ids; a single one if they are all the same.
func ids(list [4]uint32, name func(uint32) string) string {
	if list[0] == list[1] && list[1] == list[2] && list[2] == list[3] {
		return name(list[0])
	}
	return fmt.Sprintf("real %s, effective %s, saved %s, file system %s", name(list[0]), name(list[1]), name(list[2]), name(list[3]))
}

func orNone(s string) string {
	if s == "" {
		return "none"
	}
	return s
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

func (d Folder) text() string {
	switch {
	case d.Deleted:
		return d.Path + ", removed"
	case d.Changed && d.Path == "/":
		return "another one than the machine's"
	case d.System != "":
		return fmt.Sprintf("%s (%s)", d.Path, d.System)
	}
	return d.Path
}

func (f Facts) leads(l Leader) string {
	switch {
	case l.PID == f.PID:
		return "its own"
	case l.Name == "":
		return fmt.Sprintf("of process %d, which has ended", l.PID)
	}
	return fmt.Sprintf("of %s(%d)", l.Name, l.PID)
}

// standardText is what a standard descriptor leads to.
func (f Facts) standardText(n int) string {
	x, ok := f.standard()[n]
	switch {
	case !ok:
		return "closed"
	case x.Deleted:
		return x.Path + ", removed"
	case x.Peer != "":
		return fmt.Sprintf("%s to %s", x.Path, x.Peer)
	}
	return x.Path
}

func (l Limit) text(r Resource) string {
	show := count
	if r == CoreSize || r == LockedMem || r == Address {
		show = size
	}
	if l.Soft == l.Hard {
		return show(l.Soft)
	}
	if l.Hard == proctable.Unlimited {
		return show(l.Soft) + ", may be raised without limit"
	}
	return fmt.Sprintf("%s, may be raised to %s", show(l.Soft), show(l.Hard))
}

func (m Memory) text() string {
	text := size(m.Now)
	if m.Max != proctable.Unlimited {
		text += " of " + size(m.Max)
	}
	if m.Most > 0 {
		text += ", at most it was " + size(m.Most)
	}
	text += "; in " + m.Group
	switch {
	case m.Counted && m.Own != m.Group:
		text += fmt.Sprintf("; %d killed in %s", m.Killed, m.Own)
	case m.Counted:
		text += fmt.Sprintf("; %d killed", m.Killed)
	}
	return text
}
