package importer

import (
	"cmp"
	"path"
	"slices"
	"strings"

	"daemon-keeper/internal/draft"
)

// addWatches makes entries of a line that itself looks for a daemon. It returns false if the
// line does not.
func (g *gathering) addWatches(j job) bool {
	if j.watch == nil {
		return false
	}
	kept := false
	for _, w := range j.watch.watches() {
		if !w.keeps(j) {
			continue
		}
		kept = true
		if unread := w.unreadOf(); unread != "" {
			g.problem(j.file, j.line, "cannot read this line: only a shell can tell what "+brief(unread)+" is", "write what it stands for, or the daemon into the configuration by hand")
			continue
		}
		g.addWatch(j, w)
	}
	return kept
}

// keeps reports whether a line keeps a daemon alive by a watch. A line that runs once a day
// does so only if it looks for a process and starts a service: other commands may fail before
// a restart for other reasons.
func (w *watch) keeps(j job) bool { return j.isOften() || w.known && len(w.starts) > 0 }

// keepsByItself reports whether a line would become an entry.
func (j job) keepsByItself() bool {
	return j.watch != nil && slices.ContainsFunc(j.watch.watches(), func(w watch) bool { return w.keeps(j) })
}

func (w *watch) unreadOf() string {
	unread := w.unread
	for _, l := range slices.Concat(w.starts, w.others) {
		for _, b := range l.run {
			if c, ok := serviceCall(texts(b.words)); ok && len(c.services) > 0 || strings.Contains(path.Base(b.program()), "service") || path.Base(b.program()) == "systemctl" {
				for _, word := range b.words {
					unread = cmp.Or(unread, word.unread)
				}
			}
		}
	}
	return unread
}

func (g *gathering) addWatch(j job, w watch) {
	e := entry{file: j.file, lines: []int{j.line}, process: w.process}
	g.limitPattern(&e.process)
	e.takeStarts(w)
	e.title = cmp.Or(w.called, w.service, strings.TrimSuffix(path.Base(w.pidfile), ".pid"))
	if w.executable != "" && !runsOthers(w.executable) {
		e.title = path.Base(w.executable)
	}
	if e.title == "." || e.title == "" {
		e.title = "daemon"
		if len(e.services) > 0 {
			e.title = e.services[0]
		}
	}
	switch {
	case w.pidfile == "":
	case isPIDFile(w.pidfile):
		e.addKey(draft.Key{Name: "pidfile", Value: w.pidfile})
		doubt := e.doubt // about its services
		if !g.takeFound(&e, w.pidfile) {
			e.byPIDFile(w.pidfile)
		}
		e.addDoubt(doubt)
	default:
		e.process = process{doubt: "its pidfile " + brief(w.pidfile) + " is not a full path"}
	}
	if w.user != "" {
		e.keys = append(e.keys, draft.Key{Name: "user", Value: w.user})
	}
	e.aboutJob(j, j.watch.line.runs[0].run[0])
	if beside := j.watch.besides(); beside != "" && w.known && !e.startsBy(w) {
		e.note("Not carried over of the same line: %s (daemon-keeper pause leaves a daemon alone for a time)", beside)
	}
	if w.itself && (w.user == "" || w.user == cmp.Or(j.user, "root")) {
		e.note("\"%s\" also finds the shell that cron runs the line by: as it stands it always finds something.", w.command)
	}
	if e.called != "" && e.doubt == "" {
		e.calledAbout = "better: executable: /PATH"
		g.bareNames = true
	}
	g.watches = true
	g.merge(&e)
}

// byPIDFile notes that the program is that of the process named by a pidfile.
func (e *entry) byPIDFile(file string) {
	e.doubt = "its program is not known"
	if safePath.Get().MatchString(file) {
		e.doubt += "; while it runs, this tells"
		e.example = "readlink /proc/$(cat " + file + ")/exe"
	}
}

// startsBy reports whether the daemon was started by a command other than a service
// manager's. Its comment names that command.
func (e *entry) startsBy(w watch) bool { return len(w.starts) == 0 && len(w.others) > 0 }

// takeStarts takes the services that were started.
func (e *entry) takeStarts(w watch) {
	for _, l := range w.starts {
		c, _ := serviceCall(texts(l.run[0].words))
		e.services = addServices(e.services, c.services)
		e.servicesAbout = cmp.Or(e.servicesAbout, c.about)
		e.addDoubt(c.doubt)
	}
	if len(w.starts) > 0 {
		if !w.sure {
			e.addDoubt("its services were restarted only if other things were the case, too")
		}
		return
	}
	var commands []string
	for _, l := range w.others {
		if p := (part{pipeline: l}); !p.isTelling() && !p.isIdle() {
			commands = append(commands, written(l))
		}
	}
	if len(commands) == 0 {
		e.servicesAbout = "only watches: the line only told somebody"
		return
	}
	e.addDoubt("it was started by \"" + strings.Join(commands, "; ") + "\", which does not call a service manager: write a unit or an rc.d script, and name it in services:")
}

// addDoubt adds a doubt. The first one stays last in the text, because a command may follow
// it.
func (e *entry) addDoubt(doubt string) {
	switch {
	case doubt == "":
	case e.doubt == "":
		e.doubt = doubt
	default:
		e.notes = append(e.notes, doubt)
	}
}
