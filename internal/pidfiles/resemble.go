package pidfiles

import (
	"path"
	"strings"
)

// looksLike reports whether the process and the file have a name in common. If they do not, it is
// only a hint: cron's file is crond.pid.
func (j judge) looksLike() bool {
	h, want := j.holder, j.program()
	if want == "" {
		return true
	}
	folder := strings.ToLower(path.Base(path.Dir(j.subject.Path)))
	for _, name := range []string{path.Base(h.Exe), path.Base(h.Script), path.Base(h.First), h.Name, strings.TrimSuffix(h.Unit, ".service")} {
		if name = strings.ToLower(name); resemble(name, want) || folder != "run" && resemble(name, folder) {
			return true
		}
	}
	return false
}

// program is the program that the name of the file tells.
func (j judge) program() string {
	return programIn(path.Base(path.Dir(j.subject.Path)), path.Base(j.subject.Path))
}

// resemble reports whether two names have the same beginning, or one is a part of the other.
func resemble(a, b string) bool {
	const few = 3
	if len(a) < few || len(b) < few {
		return a != "" && a == b
	}
	return strings.Contains(a, b) || strings.Contains(b, a) || commonPrefix(a, b) >= 4
}

func commonPrefix(a, b string) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}
