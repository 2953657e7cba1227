package postmortem

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/internal/words"
)

// corePattern is where images are written. In its name there are marks for what is not known.
type corePattern struct {
	folder string // "" if it is the one in which the process works
	name   string // with corePID for the number of the process, and coreAny for all else
}

const (
	corePID = "\x01"
	coreAny = "\x02"
)

// linuxCorePattern reads kernel.core_pattern, core(5); false if images go to a program, or
// nowhere. Folders may have marks, too: then they are not looked for.
func linuxCorePattern(text string, usesPID bool) (corePattern, bool) {
	text = strings.TrimSuffix(text, "\n")
	if text == "" || text[0] == '|' || text[0] == '@' {
		return corePattern{}, false
	}
	if usesPID && !strings.Contains(text, "%p") {
		text += ".%p" // kernel.core_uses_pid
	}
	return splitCorePattern(text, 'p')
}

// splitCorePattern reads a pattern in which %p, or another letter, is the number of the
// process. FreeBSD's kern.corefile is one, core(5).
func splitCorePattern(text string, pid byte) (corePattern, bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] != '%':
			b.WriteByte(text[i])
			continue
		case i+1 == len(text):
			continue // the kernel drops it
		case text[i+1] == '%':
			b.WriteByte('%')
		case text[i+1] == pid:
			b.WriteString(corePID)
		default:
			b.WriteString(coreAny)
		}
		i++
	}
	folder, name := filepath.Split(b.String())
	if folder = filepath.Clean(folder); folder == "." {
		folder = ""
	}
	isPlace := folder == "" || filepath.IsAbs(folder) && !strings.ContainsAny(folder, corePID+coreAny)
	return corePattern{folder, name}, isPlace && name != ""
}

// matches reports whether a file may be, by its name, the image of one of these processes. Only
// the text between the marks is compared; what is in the image decides.
func (p corePattern) matches(name string, processes []words.Process) bool {
	return slices.ContainsFunc(processes, func(one words.Process) bool {
		return matchMarks(strings.ReplaceAll(p.name, corePID, strconv.Itoa(one.PID)), name)
	})
}

// matchMarks compares a name with one in which a mark stands for anything.
func matchMarks(pattern, name string) bool {
	parts := strings.Split(pattern, coreAny)
	name, ok := strings.CutPrefix(name, parts[0])
	if !ok || len(parts) == 1 {
		return ok && name == ""
	}
	last := parts[len(parts)-1]
	if name, ok = strings.CutSuffix(name, last); !ok {
		return false
	}
	for _, part := range parts[1 : len(parts)-1] {
		_, after, found := strings.Cut(name, part)
		if !found {
			return false
		}
		name = after
	}
	return true
}
