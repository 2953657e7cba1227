package check

import (
	"path/filepath"
	"strings"

	"daemon-keeper/check/proctable"
)

// programPath is the program that a process executes: as its manager calls it, if
// that is the same file, for a path such as /usr/bin/java outlives an upgrade.
func programPath(p proctable.Process, started string) string {
	if started != "" {
		e, err := Find(started)
		same := e.ID == p.File && p.File != (proctable.FileID{}) || p.Deleted && e.Resolved == p.Exe
		if err == nil && same && e.Interpreter == nil && e.Applet == "" {
			return started
		}
	}
	switch {
	case p.Exe != "":
		return p.Exe
	case len(p.Args) > 0 && filepath.IsAbs(p.Args[0]): // FreeBSD: the path is lost; Judge goes by the same
		return p.Args[0]
	}
	return ""
}

// scriptPath is the script that an interpreter executes, if it is one that can be
// looked for; "" if it executes none.
func scriptPath(p proctable.Process, started string) string {
	if p.Script == "" || p.ScriptFile == (proctable.FileID{}) {
		return ""
	}
	paths := []string{started, p.Script}
	if !filepath.IsAbs(p.Script) {
		if path, err := filepath.EvalSymlinks(proctable.SeenBy(p.PID, p.Script)); err == nil {
			paths = append(paths, path)
		}
	}
	for _, path := range paths {
		if e, err := Find(path); err == nil && e.ID == p.ScriptFile && e.Interpreter != nil {
			return path
		}
	}
	return ""
}

// appletPath is the link by which a multi-call program was called.
func appletPath(p proctable.Process, started string) string {
	for i, arg := range p.Args {
		if i > 1 {
			break
		}
		name := strings.TrimPrefix(filepath.Base(arg), "-")
		for _, path := range []string{started, "/sbin/" + name, "/usr/sbin/" + name, "/bin/" + name, "/usr/bin/" + name} {
			if e, err := Find(path); err == nil && e.ID == p.File && e.Applet == name {
				return path
			}
		}
	}
	return ""
}

// runsOthers reports whether a program executes what its arguments name, so that its
// own path says little: an interpreter, a virtual machine, a multi-call program.
func runsOthers(exe string) bool {
	name := filepath.Base(exe)
	if proctable.IsInterpreter(name) {
		return true
	}
	if strings.HasPrefix(name, "qemu-") {
		return true
	}
	switch strings.TrimRight(name, "-.0123456789") {
	case "java", "node", "nodejs", "deno", "bun", "mono", "mono-sgen", "dotnet", "lua", "luajit", "tclsh", "expect", "beam.smp", "beam",
		"erl", "guile", "Rscript", "R", "julia", "ocamlrun", "sbcl", "gjs", "awk", "gawk", "mawk", "wine", "socat", "busybox", "toybox":
		return true
	}
	return false
}

// pathLists are options whose value is a list of paths, which changes with each
// version of a program.
var pathLists = []string{"-cp", "-classpath", "--class-path", "-p", "--module-path"}
