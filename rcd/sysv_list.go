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

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// scripted is a dialect whose services are scripts. It does not know their processes.
type scripted interface {
	dialect
	// script is the path of the service's script; "" if there is none.
	script(service string) string
}

func (s sysv) script(service string) string {
	if path := s.root + "/etc/init.d/" + service; isExecutable(path) {
		return path
	}
	return ""
}

func (s sysv) list(ctx context.Context) ([]Listed, error) {
	return listScripts(ctx, s, s.root, startedScripts(s.root))
}

// listScripts asks each script that a boot starts.
func listScripts(ctx context.Context, d scripted, root string, names []string) ([]Listed, error) {
	var list []Listed
	for _, name := range names {
		script := d.script(name)
		if words.CheckName(name) != nil || script == "" {
			continue
		}
		r, err := d.query(ctx, d.Argv(Status, name))
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		text, readErr := readRegular(script, 0, maxScript)
		if readErr != nil {
			list = append(list, Listed{Name: name, Omit: "its script may not be read, which says where its pidfile is"})
			continue
		}
		l := Listed{Name: name, About: shortDescription(string(text))}
		doubt := ""
		switch state := d.state(r); {
		case err != nil: // it hangs, and the others may not
			doubt = err.Error()
		case state == Stopped:
			l.Omit = "it says that it does not run"
		case state != Running:
			doubt = "it does not say whether it runs"
		}
		if l.Omit == "" {
			l.Hints = hintsOf(root, name, string(text))
			l.Hints.Doubt = doubt
		}
		list = append(list, l)
	}
	return list, nil
}

// hintsOf reads a script, and the pidfiles that it names.
func hintsOf(root, name, text string) *Hints {
	facts := readScript(name, text, scriptsIn(root))
	h := &Hints{Daemons: executables(root, facts.daemons), Many: facts.loops, text: facts.text}
	for _, path := range append(facts.pidFiles, "/run/"+name+".pid", "/run/"+name+"/"+name+".pid") {
		if text, err := readRegular(root+path, osutil.NoFollow, maxScript); err == nil { // others may write there
			if pid := pidOnLine(text); pid > 0 && !slices.Contains(h.PIDs, pid) {
				h.PIDs = append(h.PIDs, pid)
			}
		}
	}
	return h
}

// scriptsIn reads the scripts of a machine.
func scriptsIn(root string) func(path string) (text string, ok bool) {
	return func(path string) (string, bool) {
		text, err := readRegular(root+path, 0, maxScript)
		return string(text), err == nil
	}
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
		if kind, name := rcLink(filepath.Dir(link), filepath.Base(link)); kind != 0 {
			names = append(names, name)
		}
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

func (s sysv) names(context.Context) ([]string, error) {
	entries, err := os.ReadDir(s.root + "/etc/init.d")
	var list []string
	for _, e := range entries {
		if !e.IsDir() && e.Name() != "README" {
			list = append(list, e.Name())
		}
	}
	return list, err
}
