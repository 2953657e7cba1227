package importer

import (
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// watch is what a line of a crontab does about a daemon that is down.
type watch struct {
	look
	known  bool        // by a look; otherwise by some command that fails
	starts []*pipeline // calls of a service manager
	others []*pipeline // other commands that it runs then
	sure   bool        // it does so whatever the other outcomes are
}

// telling matches commands that send or print a message.
var telling = words.Pattern{Text: `^(mail|mailx|s-nail|sendmail|msmtp|logger|wall|write|curl|wget|echo|printf|tee)$`}

// fetching matches those of them that may also test a server.
var fetching = words.Pattern{Text: `^(curl|wget)$`}

const (
	mostRuns   = 40 // nobody writes a longer line; at most 64, the bits of a uint64
	mostProbes = 6  // all combinations of their outcomes are tried: 2^6 runs
)

// part is a pipeline of a line, and what it does.
type part struct {
	*pipeline
	look  *look
	call  call
	calls bool // it calls a service manager
}

func partsOf(l *list, vars map[string]string) []part {
	reader := lookReader{vars, mostNested}
	var parts []part
	for i, run := range l.runs {
		if i == mostRuns {
			return nil
		}
		run.bit = 1 << i
		p := part{pipeline: run}
		if k, ok := reader.pipeline(run); ok {
			p.look = &k
		} else if k, ok := lastOutcome(run, parts); ok {
			p.look = &k
		} else {
			p.call, p.calls = serviceCall(texts(run.run[0].words))
		}
		parts = append(parts, p)
	}
	return parts
}

// lastOutcome reads [ $? -ne 0 ] after a look.
func lastOutcome(l *pipeline, before []part) (look, bool) {
	words := l.run[0].words
	if len(before) == 0 || before[len(before)-1].look == nil || len(words) < 4 || words[1].unread != "$?" || !(part{pipeline: l}).isTest() {
		return look{}, false
	}
	k := *before[len(before)-1].look
	isZero := words[3].text == "0"
	switch words[2].text {
	case "-eq", "=", "==":
		k.ifDown = k.ifDown == isZero
	case "-ne", "!=", "-gt", "-ge":
		k.ifDown = k.ifDown != isZero
	default:
		return look{}, false
	}
	return k, true
}

// isIdle reports whether a part need not be carried over and its outcome means nothing.
func (p part) isIdle() bool { return idle.Get().MatchString(p.run[len(p.run)-1].base()) }

// isTelling reports whether it only sends or prints a message.
func (p part) isTelling() bool { return telling.Get().MatchString(p.run[len(p.run)-1].base()) }

// isTest reports whether it is a test, but not a look.
func (p part) isTest() bool {
	return p.look == nil && slices.Contains([]string{"[", "test", "[["}, p.run[0].base())
}

// isProbe reports whether what follows may depend on the outcome of the part.
func (p part) isProbe() bool {
	asks := fetching.Get().MatchString(p.run[0].base())
	return p.look != nil || !p.calls && !p.isIdle() && (asks || !p.isTelling())
}

// watchReader finds the watches of a line. It simulates the line with each combination of
// outcomes of its probes, and so finds the commands that run only while a daemon is down.
type watchReader struct {
	line   *list
	parts  []part
	probes []int // indexes of parts
}

// watchesOf prepares a line. The number of probes is limited, so looks are chosen before
// other commands.
func watchesOf(l *list, vars map[string]string) *watchReader {
	r := &watchReader{line: l, parts: partsOf(l, vars)}
	for _, isLook := range []bool{true, false} { // looks first
		for i, p := range r.parts {
			if p.isProbe() && (p.look != nil) == isLook && len(r.probes) < mostProbes {
				r.probes = append(r.probes, i)
			}
		}
	}
	return r
}

// ran returns the parts that the line runs if the probes with these bits find nothing or
// fail.
func (r *watchReader) ran(down int) uint64 {
	var t trial
	for bit, i := range r.probes {
		p := r.parts[i]
		if isDown := down>>bit&1 == 1; isDown != (p.look != nil && p.look.ifDown) {
			t.failing |= p.bit
		}
	}
	r.line.all.run(&t)
	return t.ran
}

// depends returns for each probe the parts that run only if it is down, and those that run
// only if it is up, for some outcome of the other probes.
func (r *watchReader) depends() (down, up []uint64) {
	all := make([]uint64, 1<<len(r.probes))
	for i := range all {
		all[i] = r.ran(i)
	}
	down, up = make([]uint64, len(r.probes)), make([]uint64, len(r.probes))
	for i := range all {
		for bit := range r.probes {
			if i>>bit&1 == 1 {
				with, without := all[i], all[i&^(1<<bit)]
				down[bit] |= with &^ without
				up[bit] |= without &^ with
			}
		}
	}
	return down, up
}

// watches returns the watches by a known look, then those by another command that fails.
func (r *watchReader) watches() []watch {
	if !slices.ContainsFunc(r.parts, func(p part) bool { return p.look != nil || p.calls }) {
		return nil
	}
	down, up := r.depends()
	var watched uint64 // the parts that a look decides about
	var all []watch
	for bit, i := range r.probes {
		if r.parts[i].look == nil {
			continue
		}
		w := watch{look: *r.parts[i].look, known: true, sure: true}
		alone := r.ran(1<<bit) | r.ran(1<<bit|r.unknown())
		for _, p := range r.parts {
			if p.look == nil && !p.isTest() && down[bit]&p.bit != 0 {
				watched |= p.bit
				w.add(p)
				w.sure = w.sure && (!p.calls || alone&p.bit != 0)
			}
		}
		if len(w.starts)+len(w.others) > 0 {
			all = append(all, w)
		}
	}
	for bit, i := range r.probes {
		if p := r.parts[i]; p.look == nil && watched&p.bit == 0 {
			all = append(all, r.byOutcome(p, down[bit]&^watched, up[bit]&^watched)...)
		}
	}
	return all
}

// byOutcome returns the watch by a command that is not a look: the commands that run only if
// it fails. If it tests something that only the shell knows, it may be meant either way.
func (r *watchReader) byOutcome(p part, down, up uint64) []watch {
	w := watch{look: look{command: written(p.pipeline)}, sure: true}
	outcome, decides := "failed", down&^up
	if p.isTest() && up != 0 && p.run[0].hasUnread() {
		outcome, decides = "succeeded", up
	}
	w.doubt = "it was restarted when \"" + w.command + "\" " + outcome + ", and that tells no program"
	for _, next := range r.parts {
		if next.calls && decides&next.bit != 0 {
			w.add(next)
		}
	}
	if len(w.starts) == 0 {
		return nil
	}
	return []watch{w}
}

// unknown returns the bits of the probes that are not looks.
func (r *watchReader) unknown() int {
	bits := 0
	for bit, probe := range r.probes {
		if r.parts[probe].look == nil {
			bits |= 1 << bit
		}
	}
	return bits
}

func (b bare) hasUnread() bool {
	return slices.ContainsFunc(b.words, func(w word) bool { return w.unread != "" })
}

func (w *watch) add(p part) {
	switch {
	case p.calls && p.call.stops:
	case p.calls:
		w.starts = append(w.starts, p.pipeline)
	default:
		w.others = append(w.others, p.pipeline)
	}
}

// besides lists the commands of a line that are neither a look nor a call of a service
// manager, and that matter.
func (r *watchReader) besides() string {
	var out []string
	for _, p := range r.parts {
		if p.look == nil && !p.calls && !p.isIdle() && !p.isTelling() {
			out = append(out, written(p.pipeline))
		}
	}
	return strings.Join(out, "; ")
}

// isWatching matches a line that could not be read and that may watch a daemon.
var isWatching = words.Pattern{Text: `(^|[^A-Za-z0-9_.-])(pgrep|pidof|ps|systemctl|service)[ \t].*(service|systemctl|/init\.d/|/rc\.d/)`}
