package check

import (
	"path/filepath"
	"strings"
)

const counts Reason = -1 // match's answer for a process that counts

// match decides about one process. The order matters: what the process is comes
// first, then whether it is one of ours.
func match(self Self, file Executable, spec Spec, p Process) (Match, Reason) {
	m := Match{Process: p}
	reason := identify(file, spec, &m)
	switch {
	case reason != counts && reason != Obscured && reason != Unreadable:
		return m, reason
	case p.Foreign:
		return m, Foreign
	case p.PID == self.PID, p.File == self.File && p.File != (FileID{}):
		return m, Own
	case spec.User != nil && p.User != *spec.User:
		return m, OtherUser
	}
	return m, reason
}

// identify tells whether the process executes the wanted file.
func identify(file Executable, spec Spec, m *Match) Reason {
	named := file.couldBe(m.Process)
	switch {
	case m.Denied && named:
		return Unreadable
	case m.Zombie && named:
		return Zombie
	case m.Denied, m.Zombie:
		return unrelated
	case file.Interpreter != nil:
		return identifyScript(file, spec, m)
	}
	reason := identifyImage(image{file.Path, file.Resolved, file.ID}, spec, m)
	if reason == counts && file.Applet != "" && !isApplet(file.Applet, m.Args) {
		return NoScript
	}
	return reason
}

// isApplet tells whether a multi-call program was called by this name, or with
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
	id    FileID
}

// hasComm tells whether it is what the kernel would call its process.
func (i image) hasComm(name string) bool { return isComm(name, i.path) || isComm(name, i.asked) }

// isCalled tells whether a first argument is its name, or a title that
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
func identifyImage(want image, spec Spec, m *Match) Reason {
	switch {
	case m.File == want.id && m.File != (FileID{}):
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
func identifyDeleted(spec Spec, m *Match) Reason {
	if m.OwnUserNS && !m.Smuggled || m.User == 0 || spec.User != nil && m.User == *spec.User {
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

// identifyScript tells whether an interpreter runs the wanted script.
func identifyScript(file Executable, spec Spec, m *Match) Reason {
	reason := file.Interpreter.identify(spec, m)
	switch {
	case reason == OtherFile && m.Exe == file.Interpreter.Resolved && (file.named(m.Script) || file.titled(m.Process)):
		return OtherFile // a container's
	case reason != counts:
		return unrelated
	case m.ScriptFile == file.ID && m.ScriptFile != (FileID{}):
		return counts
	case m.ScriptFile == (FileID{}) && (file.named(m.Script) || file.titled(m.Process)):
		return Obscured // it has left the folder or root of its start, or rewritten its arguments
	case file.named(m.Script):
		return NoScript
	}
	return unrelated
}
