package check

import (
	"path/filepath"
	"slices"
	"strings"

	"daemon-keeper/check/proctable"
)

const counts Reason = -1 // match's answer for a process that counts

// match decides about one process. The order matters: what the process is comes
// first, then whether it is one of ours, then what else is asked of it.
func match(s *Snapshot, spec *Spec, m *Match) Reason {
	if reason := candidate(s, spec, m); reason != counts {
		return reason
	}
	switch {
	case m.Ended && spec.readings()&^m.Taken != 0:
		return unrelated
	case m.Moved && m.Taken&proctable.TimesReading == 0: // it may have been given the number of one that has ended
		return m.otherwise
	}
	if reason := meetsCostly(spec, &m.Process); reason != counts {
		return orUnrelated(spec, reason)
	}
	doubt := counts
	for i := range spec.Exempt {
		switch reason := match(s, &spec.Exempt[i], &Match{Process: m.Process}); reason {
		case counts:
			return orUnrelated(spec, Exempt)
		case Unreadable, Unlabelled: // a process that has wiped out its arguments proves no exemption
			doubt = reason
		}
	}
	if reason := breaks(spec, &m.Process); reason != counts {
		return orUnrelated(spec, reason)
	}
	return doubt
}

// isOther reports whether a process executes another program altogether, as nearly all do:
// match, which looks at all of it, says unrelated then.
func (s *Snapshot) isOther(spec *Spec, p *proctable.Process) bool {
	file := s.executable(spec)
	return spec.Executable != "" && file.Interpreter == nil && p.File != file.ID && !p.Denied && !p.Zombie && !p.Deleted &&
		!spec.knows(p.PID) && proctable.BaseName(p.Exe) != proctable.BaseName(file.Resolved)
}

// breaks reports whether a process breaks all limits that a rule is about. A daemon's
// limits are not criteria.
func breaks(spec *Spec, p *proctable.Process) Reason {
	files := spec.Files != FilesLimit{}
	switch {
	case !spec.Rule:
		return counts
	case spec.Memory != MemoryLimit{} && spec.Memory.broken(*p) == "":
		return Within
	case files && p.Usage.FilesErr != nil:
		return Unreadable
	case files && spec.Files.broken(*p) == "":
		return Within
	}
	return counts
}

// orUnrelated: where a rule is about any process, most do not meet it, and none
// of them nearly does. Arguments that are wiped out tell nothing there; a context
// that cannot be read may still be the wanted one.
func orUnrelated(spec *Spec, reason Reason) Reason {
	if spec.named() || reason == Unlabelled || reason == Unreadable {
		return reason
	}
	return unrelated
}

// candidate is match without what is expensive to read.
func candidate(s *Snapshot, spec *Spec, m *Match) Reason {
	reason := identify(s.executable(spec), spec, m)
	switch {
	case reason != counts && reason != Obscured && reason != Unreadable:
		return reason
	case m.Foreign:
		return orUnrelated(spec, Foreign)
	case s.Self.Is(&m.Process):
		return orUnrelated(spec, Own)
	}
	if failed := meetsCheap(spec, &m.Process); failed != counts {
		return orUnrelated(spec, failed)
	}
	return reason
}

// meetsCheap reports whether a process meets the criteria that cost nothing more.
func meetsCheap(spec *Spec, p *proctable.Process) Reason {
	switch {
	case spec.User != nil && !p.IsOf(*spec.User), spec.NotUser != nil && p.IsOf(*spec.NotUser):
		return OtherUser
	case spec.Group != nil && !p.IsOfGroup(*spec.Group), spec.NotGroup != nil && p.IsOfGroup(*spec.NotGroup):
		return OtherGroup
	case spec.Parent != 0 && p.Parent != spec.Parent:
		return OtherParent
	}
	return counts
}

// meetsCostly reports whether a process meets the criteria that are read only of
// candidates. Arguments that a process has wiped out tell nothing.
func meetsCostly(spec *Spec, p *proctable.Process) Reason {
	isCut := spec.nameIsCut() && filepath.Base(p.Exe) != spec.Called && len(p.Name) < len(spec.Called)
	switch {
	case isCut && len(p.Args) == 0:
		return Obscured
	case spec.Args != nil && p.Trouble != "" && !slices.ContainsFunc(p.Args, spec.Args.MatchString):
		return Unreadable // also of a rule about any process: what is not read is not wiped out
	case isCut && !isTitle(p.Args[0], spec.Called) && !slices.ContainsFunc(p.Args, func(arg string) bool { return filepath.Base(arg) == spec.Called }):
		return OtherFile
	case spec.Args != nil && len(p.Args) == 0:
		return Obscured
	case spec.Args != nil && !slices.ContainsFunc(p.Args, spec.Args.MatchString):
		return OtherArgs
	case spec.Label != "" && p.Usage.Label == "":
		return Unlabelled
	case spec.Label != "" && !hasLabel(p.Usage.Label, spec.Label):
		return OtherLabel
	}
	return counts
}

// identify reports whether the process executes the wanted file, or has the wanted
// name. Without either it is any process.
func identify(file *Executable, spec *Spec, m *Match) Reason {
	switch {
	case spec.Executable == "" && spec.Called == "":
		return identifyAny(m)
	case spec.Executable == "":
		return identifyName(spec, m)
	}
	reason := identifyRemembered(file, spec, m, identifyFile(file, spec, m))
	if spec.Called != "" && reason == counts {
		return identifyName(spec, m)
	}
	return reason
}

// identifyAny: a zombie does not count. What a process executes does not matter,
// so it does not matter either that it may not be looked at.
func identifyAny(m *Match) Reason {
	switch {
	case m.Zombie:
		return unrelated
	case m.Nowhere:
		return Unreadable
	}
	return counts
}

// identifyFile reports whether the process executes the wanted file.
func identifyFile(file *Executable, spec *Spec, m *Match) Reason {
	switch {
	case (m.Denied || m.Zombie) && !file.couldBe(m.Process):
		return unrelated
	case m.Denied:
		return Unreadable
	case m.Zombie:
		return Zombie
	case file.Interpreter != nil:
		return identifyScript(file, spec, m)
	}
	reason := identifyImage(image{file.Path, file.Resolved, file.ID}, spec, m)
	if reason == counts && file.Applet != "" && !isApplet(file.Applet, m.Args) {
		if len(m.Args) == 0 && m.Trouble != "" {
			return Obscured
		}
		return NoScript
	}
	return reason
}

// isApplet reports whether a multi-call program was called by this name, or with
// it as its first argument.
func isApplet(applet string, args []string) bool {
	for i, arg := range args {
		if i < 2 && strings.TrimPrefix(filepath.Base(arg), "-") == applet {
			return true
		}
	}
	return false
}

// image is a program that a process may be executing.
type image struct {
	asked string // as the user or the script's first line names it
	path  string // symbolic links followed
	id    proctable.FileID
}

// hasComm reports whether it is what the kernel would call its process.
func (i image) hasComm(name string) bool {
	return proctable.IsComm(name, i.path) || proctable.IsComm(name, i.asked)
}

// isCalled reports whether a first argument is its name, or a title that
// setproctitle(3) has made of it: "sshd: /usr/sbin/sshd [listener]".
func (i image) isCalled(arg string) bool {
	for _, path := range []string{i.path, i.asked} {
		name := filepath.Base(path)
		if filepath.Base(arg) == name || strings.HasPrefix(arg, name+": ") {
			return true
		}
	}
	return false
}

// identifyImage compares what a process executes with a file. An equal path
// proves nothing: a container's processes show the same paths.
func identifyImage(want image, spec *Spec, m *Match) Reason {
	switch {
	case m.File == want.id && m.File != (proctable.FileID{}):
		return counts
	case m.Deleted && m.Exe == "":
		return identifyLost(want, m)
	case m.Deleted && m.Exe == want.path && (m.File.Dev == want.id.Dev || m.SameMount):
		return identifyDeleted(spec, m)
	case filepath.Base(m.Exe) == filepath.Base(want.path):
		return OtherFile
	}
	return unrelated
}

// identifyDeleted decides about a file that was the wanted one before an
// upgrade, by its path and its filesystem. Both can be made up by any user in
// namespaces of their own (unshare -Ur -m), and from outside of them such a file
// can be executed through /proc/PID/root. What cannot be made up is the user, or
// our user namespace together with a mount that the process itself sees.
func identifyDeleted(spec *Spec, m *Match) Reason {
	if m.OwnUserNS && !m.Smuggled || m.IsOf(0) || spec.User != nil && m.IsOf(*spec.User) {
		m.OldImage = true
		return counts
	}
	return Forgeable
}

// identifyLost decides where the kernel has lost the path of a file that is
// gone (FreeBSD: kern.proc.pathname gives ENOENT): the kernel's name for the
// process and its first argument must agree on the wanted name.
func identifyLost(want image, m *Match) Reason {
	switch {
	case !want.hasComm(m.Name):
		return unrelated
	case len(m.Args) == 0:
		return Obscured
	case !want.isCalled(m.Args[0]):
		return unrelated
	}
	m.OldImage = true
	return counts
}

// identifyScript reports whether an interpreter runs the wanted script.
func identifyScript(file *Executable, spec *Spec, m *Match) Reason {
	reason := file.Interpreter.identify(spec, m)
	switch {
	case reason == OtherFile && m.Exe == file.Interpreter.Resolved && (file.named(m.Script) || file.titled(m.Process)):
		return OtherFile // a container's
	case reason != counts:
		return unrelated
	case m.ScriptFile == file.ID && m.ScriptFile != (proctable.FileID{}):
		return counts
	case m.ScriptFile == (proctable.FileID{}) && m.Trouble != "":
		return Obscured // of its arguments, or of the script that they name, nothing is known
	case m.ScriptFile == (proctable.FileID{}) && (file.named(m.Script) || file.titled(m.Process)):
		return Obscured // it has left the folder or root of its start, or rewritten its arguments
	case file.named(m.Script):
		return NoScript
	}
	return unrelated
}
