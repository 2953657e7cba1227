package rcd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// list asks each script that a boot starts.
func (s sysv) list(ctx context.Context, run runner) ([]Listed, error) {
	var list []Listed
	for _, name := range startedScripts(s.root) {
		if CheckName(name) != nil || s.find(ctx, run, name) != nil {
			continue
		}
		r, err := run.query(ctx, s.Argv(Status, name))
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		if err != nil { // it hangs, and the others may not
			list = append(list, Listed{Name: name, Omit: err.Error()})
			continue
		}
		text, err := os.ReadFile(s.root + "/etc/init.d/" + name)
		if err != nil {
			list = append(list, Listed{Name: name, Omit: "its script may not be read, which says where its pidfile is"})
			continue
		}
		l := Listed{Name: name, About: shortDescription(string(text)), script: string(text)}
		switch s.state(r) {
		case Running:
			if l.Main = s.fromPIDFile(name, string(text)); l.Main == 0 {
				l.Omit = "it says that it runs, and there is no pidfile that names its process"
			}
		case Stopped:
			l.Omit = "it says that it does not run"
		default:
			l.Omit = "it does not say whether it runs"
		}
		list = append(list, l)
	}
	return list, nil
}

// startedScripts are the names of the scripts that a boot starts into one of the
// runlevels for many users: /etc/rc2.d/S01cron leads to /etc/init.d/cron.
func startedScripts(root string) []string {
	links, err := filepath.Glob(root + "/etc/rc[2-5].d/S[0-9][0-9]*")
	if err != nil {
		return nil // of a wrong pattern only
	}
	var names []string
	for _, link := range links {
		name := filepath.Base(link)[len("S00"):]
		if target, err := os.Readlink(link); err == nil {
			name = filepath.Base(target)
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// shortDescription is a line in the head of an LSB script, Linux Standard Base 5.0, 22.3.
func shortDescription(script string) string {
	for line := range strings.Lines(script) {
		if text, ok := strings.CutPrefix(line, "# Short-Description:"); ok {
			return strings.TrimSpace(text)
		}
	}
	return ""
}

// pidFileIn finds "PIDFILE=/run/x.pid" and "# pidfile: /run/x.pid".
const pidFileIn = `(?im)^\s*(?:# *pidfile: *|pid_?file=["']?)(/[^"'\s;$]+)`

// fromPIDFile is the number in the pidfile that the script names, or else in the
// one where it would be; 0 if there is none. It is a hint: see Listed.MayRun.
func (s sysv) fromPIDFile(name, script string) int {
	for _, path := range pidFilesOf(name, script) {
		text, err := readSmall(s.root + path)
		if err != nil {
			continue
		}
		if pid := pidOnLine(text); pid > 0 {
			return pid
		}
	}
	return 0
}

// pidFilesOf are the first pidfiles that a script names, and those where its service's
// would be.
func pidFilesOf(name, script string) []string {
	const most = 3
	var paths []string
	for _, m := range regexp.MustCompile(pidFileIn).FindAllStringSubmatch(script, most) {
		paths = append(paths, m[1])
	}
	return append(paths, "/run/"+name+".pid", "/run/"+name+"/"+name+".pid")
}

// pidOnLine is the number on the first line of a pidfile; 0 if there is none.
func pidOnLine(text []byte) int {
	line, _, _ := bytes.Cut(bytes.TrimSpace(text), []byte("\n"))
	pid, err := strconv.ParseUint(string(bytes.TrimSpace(line)), 10, 31)
	if err != nil {
		return 0
	}
	return int(pid)
}

// mentions reports whether a script speaks of a program: by its name, which is not
// part of another one.
func mentions(script, program string) bool {
	name := regexp.QuoteMeta(filepath.Base(program))
	return regexp.MustCompile(`(?:^|[^A-Za-z0-9_.-])` + name + `(?:[^A-Za-z0-9_.-]|$)`).MatchString(script)
}
