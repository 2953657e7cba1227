package state

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/past"
	"daemon-keeper/internal/words"
)

const (
	largestJournal = 64 << 10
	journalPrefix  = "journal-"
	journalSuffix  = ".json"
)

// Intent is what a run was about to do, and how far it came.
type Intent struct {
	Version      int           `json:"version"` // set by Begin
	Daemon       string        `json:"daemon"`
	PID          int           `json:"pid"`             // process ID of the run
	Start        uint64        `json:"start,omitempty"` // start time of that process, which tells it from others with its PID: ticks since boot on Linux, microseconds of wall clock on FreeBSD; 0: unknown
	Began        past.Stamp    `json:"began"`
	Manager      string        `json:"manager,omitempty"`
	Services     []string      `json:"services"` // in the order of the procedure
	StopTimeout  time.Duration `json:"stop_timeout,omitempty"`
	StartTimeout time.Duration `json:"start_timeout,omitempty"`
	Longest      time.Duration `json:"longest,omitempty"` // nanoseconds; no run needs more time for the whole procedure
	By           *past.Process `json:"by,omitempty"`      // the run that finishes the work, if it is another one
	Marks        []Mark        `json:"marks,omitempty"`   // the last mark of each verb and service, in the order in which they were begun

	file string // the file that it was read from; "" if it is not written yet
}

func (i *Intent) version() int { return i.Version }

// Mark is a step that was begun.
type Mark struct {
	Verb    words.Verb `json:"verb"` // Stop or Start
	Service string     `json:"service"`
	Ended   bool       `json:"ended,omitempty"`
}

// Run returns the process of the run that carries out the intent, or did so last; start is as
// in Intent.
func (i Intent) Run() (pid int, start uint64) {
	if i.By != nil {
		return i.By.PID, i.By.Start
	}
	return i.PID, i.Start
}

// UnderWay returns the step that was under way when the run died; ok is false if there was
// none.
func (i Intent) UnderWay() (m Mark, ok bool) {
	if len(i.Marks) == 0 || i.Marks[len(i.Marks)-1].Ended {
		return Mark{}, false
	}
	return i.Marks[len(i.Marks)-1], true
}

// Stopped lists the services whose stop was begun and whose start has not ended, in the order
// of the procedure: a run that has died may have left them stopped.
func (i Intent) Stopped() []string {
	stopped := map[string]bool{}
	for _, m := range i.Marks {
		switch {
		case m.Verb == words.Stop:
			stopped[m.Service] = true
		case m.Ended:
			delete(stopped, m.Service)
		}
	}
	return slices.DeleteFunc(slices.Clone(i.Services), func(service string) bool { return !stopped[service] })
}

// mark replaces the earlier mark of the same step, which is not needed any more. So a
// procedure with many tries needs no more room than one with one try.
func (i *Intent) mark(m Mark) {
	same := func(o Mark) bool { return o.Verb == m.Verb && o.Service == m.Service }
	i.Marks = append(slices.DeleteFunc(slices.Clone(i.Marks), same), m)
}

// name returns the name of the journal's file. It contains the services, because only the
// holder of their locks writes the file. The daemon's name alone would not do: two runs may
// know different services of it.
func (i Intent) name() string {
	if i.file != "" {
		return i.file
	}
	sum := sha256.Sum256([]byte(strings.Join(i.Services, "\x00")))
	return journalPrefix + escape(i.Daemon) + "." + hex.EncodeToString(sum[:8]) + journalSuffix
}

// Journal is the file with the intent of a procedure that is under way.
type Journal struct {
	store  *Store
	intent Intent
}

// Begin writes down what is about to be done, before the first stop. When it returns without
// an error, the journal is on the disk. The caller holds the locks of the services.
func (s *Store) Begin(i Intent) (*Journal, error) {
	i.Version, i.file, i.Marks = formatVersion, "", nil
	i.Services = slices.Clone(i.Services)
	if left, err := s.readJournal(i.name()); err == nil { // of a run that has died since unfinished journals were listed
		i.Marks = left.Marks
	}
	j := &Journal{s, i}
	return j, j.write()
}

// Continue takes over the journal of a run that has died, to finish its work. The caller
// holds the locks of the services. If the journal cannot be written, Continue returns an
// error together with the Journal; the next step writes it again.
func (s *Store) Continue(i Intent, by past.Process) (*Journal, error) {
	i.By = &by
	j := &Journal{s, i}
	return j, j.write()
}

// Begin records that a step is about to be run. If the journal cannot be written, Begin
// returns an error; the next step writes it again.
func (j *Journal) Begin(verb words.Verb, service string) error {
	j.intent.mark(Mark{Verb: verb, Service: service})
	return j.write()
}

// End records that a step has done what it can.
func (j *Journal) End(verb words.Verb, service string) error {
	j.intent.mark(Mark{Verb: verb, Service: service, Ended: true})
	return j.write()
}

// Close removes the journal: the procedure is over, and nothing is left for another run.
func (j *Journal) Close() error { return j.store.remove(j.intent.name()) }

func (j *Journal) write() error {
	name := j.intent.name()
	data, err := encodeFormat(j.store.file(name), j.intent, largestJournal)
	if err != nil {
		return err
	}
	return j.store.replace(name, data, true)
}

// Unfinished lists the procedures that are under way or whose runs have died, oldest first,
// and errors, each with a Hint, for journals that cannot be read. It also removes temporary
// files of killed runs. Before a procedure is finished, take the locks of its services, then
// read it again with Reread.
func (s *Store) Unfinished() ([]Intent, []error) {
	names, err := s.names()
	if err != nil {
		return nil, []error{failed("read", s.path, err)}
	}
	var intents []Intent
	var errs []error
	for _, name := range names {
		s.sweep(name, time.Now())
		if !strings.HasPrefix(name, journalPrefix) || !strings.HasSuffix(name, journalSuffix) {
			continue
		}
		switch i, err := s.readJournal(name); {
		case err == nil:
			intents = append(intents, i)
		case !errors.Is(err, fs.ErrNotExist): // otherwise its run has just ended
			errs = append(errs, err)
		}
	}
	slices.SortStableFunc(intents, func(a, b Intent) int {
		return cmp.Or(a.Began.Time.Compare(b.Began.Time), cmp.Compare(a.file, b.file))
	})
	return intents, errs
}

// names lists the files of the folder: a few for each daemon.
func (s *Store) names() ([]string, error) {
	folder, err := os.Open(s.path)
	if err != nil {
		return nil, err
	}
	defer folder.Close()
	return folder.Readdirnames(-1)
}

// Reread returns a journal's present state; fs.ErrNotExist if its run has ended in the
// meantime.
func (s *Store) Reread(i Intent) (Intent, error) { return s.readJournal(i.name()) }

func (s *Store) readJournal(name string) (Intent, error) {
	i, err := load(s, name, "journal", largestJournal, parseJournal)
	i.file = name
	if isBad(err) {
		e := err.(*FileError) //nolint:errorlint // see isBad
		e.hint += "; see that no service was left stopped"
	}
	return i, err
}

// Forget removes a journal once its procedure is finished.
func (s *Store) Forget(i Intent) error { return s.remove(i.name()) }

// parseJournal reads a file that may contain anything. What it returns can be written and
// read again.
func parseJournal(data []byte) (Intent, error) {
	var i Intent
	if err := parseFormat(data, &i); err != nil {
		return Intent{}, err
	}
	if !i.valid() {
		return Intent{}, errDamaged
	}
	return i, nil
}

// valid reports whether a run can have written the journal.
func (i Intent) valid() bool {
	strange := func(service string) bool {
		return service == "" || service[0] == '-' || strings.ContainsFunc(service, func(r rune) bool { return r <= ' ' || r == 0x7f || r == '/' })
	}
	unknown := func(m Mark) bool {
		return m.Verb != words.Stop && m.Verb != words.Start || !slices.Contains(i.Services, m.Service)
	}
	return i.Daemon != "" && i.PID >= 0 && i.StopTimeout >= 0 && i.StartTimeout >= 0 && i.Longest >= 0 && (i.By == nil || i.By.PID >= 0) &&
		len(i.Services) > 0 && !slices.ContainsFunc(i.Services, strange) && !slices.ContainsFunc(i.Marks, unknown)
}
