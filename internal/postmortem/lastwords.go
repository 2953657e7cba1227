package postmortem

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// LastWords is the witness of what the daemon itself has written before its end: to the unit's
// journal, to the output of its start or to the file of its log service. That is a hint: a
// daemon may write anything, and need not write about its end.
const LastWords = "last words"

// The most that is read.
const (
	mostEntries = 60      // of the journal: some may be of the next start
	mostUnit    = 1 << 20 // bytes of it
	mostOutput  = 8 << 10 // bytes of a file
)

// askLastWords reads the ends of all these. After a reboot it reads nothing: there are only lines
// that are newer, or about a shutdown.
func askLastWords(ctx context.Context, d Dead) ([]Finding, error) {
	if d.Rebooted {
		return nil, nil
	}
	entries, err := readUnit(ctx, d)
	list := []*Finding{journalWords(entries, d)}
	for _, file := range [...]struct{ path, what string }{{d.Output, "the last output of its start"}, {d.Log, "the last lines of its log"}} {
		if !filepath.IsAbs(file.path) {
			continue
		}
		end, readErr := osutil.ReadEnd(file.path, mostOutput)
		if readErr != nil && !errors.Is(readErr, fs.ErrNotExist) {
			err = errors.Join(err, readErr)
		}
		list = append(list, fileWords(file.what, file.path, wholeLines(end), end.Modified, d))
	}
	var said []Finding
	for _, f := range append(list, titleWords(d)) {
		if f != nil {
			said = append(said, *f)
		}
	}
	return said, err
}

// readUnit reads the last entries of the journal of the daemon's unit, the oldest first.
func readUnit(ctx context.Context, d Dead) ([]map[string]string, error) {
	if d.Manager != "systemd" || d.Service == "" {
		return nil, nil
	}
	_, last, _ := d.span()
	out, _, err := osutil.Output(ctx, mostUnit, "journalctl", "-r", "-q", "-o", "json", "--no-pager", "--unit="+d.Service, fmt.Sprint("--lines=", mostEntries),
		fmt.Sprintf("--until=@%d", last.Add(2*slack).Unix()), "--output-fields=MESSAGE,MESSAGE_ID,_PID,_SOURCE_REALTIME_TIMESTAMP")
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	entries := journalEntries(out)
	slices.Reverse(entries)
	return entries, err
}

// The most that is told of last words.
const (
	mostWords    = 3                // lines
	mostWord     = 160              // bytes of each
	wordsBelong  = time.Minute      // lines older than this before the last one are about something else
	wordsEarlier = 10 * time.Minute // if nothing was written since this long before it was seen up, the output is about the start
)

// spoken is a line of a journal.
type spoken struct {
	text string
	at   time.Time
}

// journalWords are the last lines that the processes of a dead daemon have written, else
// the last ones of its unit at that time, before its manager has started it again.
func journalWords(entries []map[string]string, d Dead) *Finding {
	first, last, _ := d.span()
	var own, others []spoken
	for _, entry := range entries {
		at, ok := journalTime(entry)
		if !ok || at.After(last.Add(slack)) {
			continue
		}
		if isManagers(entry) {
			if isStart(entry) && at.After(first) {
				break // what follows is of the next start
			}
			continue
		}
		pid := number(entry["_PID"])
		switch _, ours := d.process(pid); {
		case ours:
			own = append(own, spoken{entry["MESSAGE"], at})
		case pid > 0 && !at.Before(first.Add(-slack)):
			others = append(others, spoken{entry["MESSAGE"], at})
		}
	}
	if len(own) == 0 {
		own = others
	}
	if len(own) == 0 {
		return nil
	}
	end := own[len(own)-1].at
	own = slices.DeleteFunc(own, func(s spoken) bool { return s.at.Before(end.Add(-wordsBelong)) })
	var lines []string
	for _, s := range own {
		lines = append(lines, strings.Split(s.text, "\n")...)
	}
	text := quoted(lines)
	if text == "" {
		return nil
	}
	f := hint("its last words" + before(end, last) + ": " + text)
	f.When, f.Next = end, "journalctl -u "+shellWord(d.Service)+" -n 50"
	return &f
}

// isManagers reports whether an entry is systemd's own. Those are left out: the manager is asked
// how the main process has ended.
func isManagers(entry map[string]string) bool { return entry["_PID"] == "1" }

// isStart reports whether systemd says that it starts the unit, or has started it,
// sd-messages.h.
func isStart(entry map[string]string) bool {
	return entry["MESSAGE_ID"] == "7d4958e842da4a758f6c1cdc7b36dcc5" || entry["MESSAGE_ID"] == "39f53479d3a045ac8e11786248231fbf"
}

// fileWords are the last lines of a file, if something was written to it at that time.
func fileWords(what, path string, text []byte, at time.Time, d Dead) *Finding {
	first, last, _ := d.span()
	lines := quoted(strings.Split(string(text), "\n"))
	if lines == "" || at.Before(first.Add(-wordsEarlier)) || at.After(last.Add(slack)) {
		return nil
	}
	f := hint(what + before(at, last) + ": " + lines)
	f.When, f.Next = at, "tail -n 50 "+shellWord(path)
	return &f
}

// titleWords is the last line that readproctitle or runsvdir shows, of any service.
func titleWords(d Dead) *Finding {
	text := quoted([]string{d.Title})
	if text == "" {
		return nil
	}
	f := hint("the last line that its supervisor shows of all services without a log: " + text)
	f.Next = "ps -ef | grep -e readproctitle -e runsvdir"
	return &f
}

// hint is a remark that may be unrelated to the end.
func hint(text string) Finding {
	return Finding{Text: text, Main: true, Aside: true, Sure: Hint, Source: LastWords}
}

// before says how long before it was found dead something was written, if that matters.
func before(at, found time.Time) string {
	ago := found.Sub(at)
	if ago < 2*time.Minute {
		return ""
	}
	return fmt.Sprintf(", %s before it was found dead", age(ago))
}

// quoted are the last lines that are not empty, made printable and cut.
func quoted(lines []string) string {
	var list []string
	for _, line := range slices.Backward(lines) {
		if line = strings.TrimSpace(line); line == "" || len(list) == mostWords {
			continue
		}
		list = append(list, `"`+words.ASCII(words.Cut(line, mostWord))+`"`)
	}
	slices.Reverse(list)
	return strings.Join(list, ", ")
}
