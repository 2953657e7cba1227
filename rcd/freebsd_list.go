package rcd

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/internal/words"
)

// list asks service(8) for what rc.conf(5) enables, and each of these whether it runs.
func (f freebsd) list(ctx context.Context) ([]Listed, error) {
	enabled, err := printed(ctx, f, f.service, "-e")
	if err != nil {
		return nil, err
	}
	var list []Listed
	for _, name := range scriptNames(enabled) {
		r, err := f.query(ctx, f.Argv(Status, name))
		if err != nil && ctx.Err() != nil {
			return nil, err
		}
		if err != nil { // it hangs, and the others may not
			list = append(list, Listed{Name: name, Omit: err.Error()})
			continue
		}
		l := Listed{Name: name, Processes: runningAs(r.output)}
		switch {
		case len(l.Processes) == 1:
			l.Main = l.Processes[0]
		case len(l.Processes) > 1: // only their parents tell which is the main one
		case r.status == 0:
			l.Omit = "rc.d says that it runs, but not as which process"
		case f.state(r) == Stopped: // true of a daemon below daemon(8) -P while it runs
			l.Omit = "rc.d says that it does not run; of a daemon that daemon(8) supervises it may say so in error"
		case strings.Contains(r.output, "unknown directive"): // it has no status, for it only sets something up
			continue
		default:
			l.Omit = "rc.d does not say whether it runs"
		}
		list = append(list, l)
	}
	return list, nil
}

// scriptNames reads the paths that service -e prints.
func scriptNames(text string) []string {
	var names []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		name := line[strings.LastIndexByte(line, '/')+1:] // none, of a folder
		if strings.HasPrefix(line, "/") && words.CheckName(name) == nil && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

const asPID = `(?m) is running as pid ((?:[0-9]+ ?)+)\.`

// runningAs reads "nginx is running as pid 123.", which may name several, rc.subr(8).
func runningAs(text string) []int {
	m := regexp.MustCompile(asPID).FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	var pids []int
	for word := range strings.FieldsSeq(m[1]) {
		if pid, err := strconv.ParseInt(word, 10, 32); err == nil && pid > 0 {
			pids = append(pids, int(pid))
		}
	}
	return pids
}

func (f freebsd) names(ctx context.Context) ([]string, error) {
	text, err := printed(ctx, f, f.service, "-l")
	return strings.Fields(text), err
}
