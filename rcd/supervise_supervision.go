package rcd

import (
	"context"
	"errors"
	"io/fs"
	"path"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// Supervision is what a supervisor says of a service that it starts again by itself.
type Supervision struct {
	By      string    // its program: supervise, runsv, s6-supervise
	Scanner string    // the program that starts that one: svscan, runsvdir, s6-svscan
	Folder  string    // of the service
	Watched bool      // it runs
	Up      bool      // a process of the service runs, the finish script's left aside
	Once    bool      // it was started once, and is not started again
	WantUp  bool      // it starts the service again when that ends
	Down    bool      // the folder has a down file: it is not started by itself
	Paused  bool      // its process is stopped
	PID     int       // of the process, 0 if there is none
	At      time.Time // of the last start or end
	Deaths  []time.Time
	Word    string // daemontools-encore's own
	Written string // the file that its log service writes to; "" if none was found
	Log     string // what is wrong with its log service; "" if nothing is, or it has none
}

// Supervision is that of the service's manager. Each healthy run asks, so it looks at files only: for
// a name without a prefix at the folders of all supervisors. It is nil if two of them have the name,
// which Find refuses.
func (r *Router) Supervision(_ context.Context, service string) (*Supervision, error) {
	prefix, inner := words.CutService(service)
	var list []supervisors
	for _, route := range r.routes {
		if d, ok := route.dialect.(supervisors); ok && (prefix == "" || prefix == route.prefix) {
			if _, found := d.folder(inner); found {
				list = append(list, d)
			}
		}
	}
	if len(list) != 1 {
		return nil, nil
	}
	return list[0].Supervision(inner)
}

func (d supervisors) Supervision(service string) (*Supervision, error) {
	dir, _ := d.folder(service)
	watched, err := hasSupervisor(dir)
	if err != nil {
		return nil, err
	}
	v := &Supervision{By: d.family.watcher(), Scanner: d.family.scanner(), Folder: dir, Watched: watched}
	s, err := readSupervised(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return v, nil
	}
	if err != nil {
		return nil, err
	}
	v.Up, v.WantUp, v.Once, v.Paused, v.At = s.isUp(), s.wantUp, !s.wantUp && !s.wantDown, s.paused, s.at
	if v.Up {
		v.PID = s.pid
	}
	if s.encore {
		v.Word = s.text()
	}
	if v.Down, err = isThere(dir + "/down"); err != nil {
		return nil, err
	}
	if d.family == s6 {
		v.Deaths = readTally(dir)
	}
	v.Log = d.logTrouble(dir, time.Now())
	v.Written = writtenTo(d.root, dir)
	return v, nil
}

// logTrouble is what is wrong with a log service; "" if nothing is. While it does not run, what the
// daemon writes fills a pipe, and then the daemon waits for ever.
func (d supervisors) logTrouble(dir string, now time.Time) string {
	log := dir + "/log"
	if has, err := isThere(log + "/run"); err != nil || !has || d.family == s6 {
		return ""
	}
	s, err := readSupervised(log)
	watched, watchedErr := hasSupervisor(log)
	switch {
	case watchedErr != nil, errors.Is(err, fs.ErrNotExist), err != nil && watched: // of encore, both are one
		return ""
	case !watched:
		return "its log service has no " + d.family.watcher() + " (" + log + "): once the pipe to it is full, the daemon stands still"
	case err == nil && !s.isUp() && now.Sub(s.at) > restartTime:
		return "its log service does not run (" + log + "): once the pipe to it is full, the daemon stands still"
	}
	return ""
}

// writtenTo is where the log service of a folder writes to by custom: multilog t ./main,
// svlogd ./main, or a folder of its name in /var/log.
func writtenTo(root, dir string) string {
	for _, path := range []string{dir + "/log/main/current", root + "/var/log/" + path.Base(dir) + "/current"} {
		if is, err := isThere(path); err == nil && is {
			return path
		}
	}
	return ""
}

// Title is the end of the last line that services without a log service have written. A scanner, or
// readproctitle beside it, shows that in its arguments.
//
//	readproctitle service errors: ...cannot find my shoes
//	runsvdir -P /etc/service log: ...cannot find my shoes
func (v *Supervision) Title(args []string) (last string, ok bool) {
	if len(args) == 0 || path.Base(args[0]) != "readproctitle" && !v.IsScanner(args) {
		return "", false
	}
	line := strings.Join(args, " ")
	for _, before := range []string{" service errors: ", " log: "} {
		if _, text, found := strings.Cut(line, before); found {
			text = strings.TrimRight(text, "\n\x00 .")
			return strings.TrimLeft(text[strings.LastIndexByte(text, '\n')+1:], ". "), true
		}
	}
	return "", false
}

// IsScanner reports whether a process with these arguments starts the supervisors of services
// in a folder that could be the service's.
func (v *Supervision) IsScanner(args []string) bool {
	return len(args) > 0 && path.Base(args[0]) == v.Scanner
}
