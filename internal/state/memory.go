package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"io/fs"
	"slices"

	"daemon-keeper/internal/words"
)

// largestMemory is a MiB for each thousand of a lot of daemons.
const largestMemory = 8 << 20

// mostThreads and mostChildren of a process are remembered, and mostLeft processes of
// earlier main ones.
const (
	mostThreads  = 64
	mostChildren = 64
	mostLeft     = 64
)

type memoryFile struct {
	header
	Daemons map[string]Daemon `json:"daemons"`
}

// plainIncident has the fields of Incident without its methods.
type plainIncident Incident

// MarshalJSON defers the costly reflection of package json on an incident until there is
// one, which is seldom.
func (i *Incident) MarshalJSON() ([]byte, error) { return json.Marshal((*plainIncident)(i)) }

// UnmarshalJSON does the same.
func (i *Incident) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, (*plainIncident)(i)) }

// memoryName is the file for a key: "" is the configuration, any other a daemon that
// was named on the command line.
func memoryName(key string) string {
	if key == "" {
		return "memory.json"
	}
	return "memory-" + escape(key) + ".json"
}

// Read tells what is remembered of each daemon, by name. The map is never nil: what
// cannot be read counts as empty, and the error says why, mostly with a Hint.
func (s *Store) Read(key string) (map[string]Daemon, error) {
	return s.readMemory(key, func(data []byte) (map[string]Daemon, error) {
		m, err := parseMemory(data)
		if err != nil {
			return nil, err
		}
		clone := cloneAll(m) // before somebody else may change it
		s.seen.keep(data, m)
		return clone, nil
	})
}

func (s *Store) readMemory(key string, parse func([]byte) (map[string]Daemon, error)) (map[string]Daemon, error) {
	m, err := load(s, memoryName(key), "memory", largestMemory, parse)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return map[string]Daemon{}, nil
	case err != nil:
		return map[string]Daemon{}, err
	}
	return m, nil
}

// Update changes what is remembered, while no other run does, and from what others
// have remembered since the last Read. With sync it is on the disk when Update
// returns; without, a crash of the machine may lose it. A file that cannot be
// believed counts as empty. On an error the old file stays.
func (s *Store) Update(key string, sync bool, change func(map[string]Daemon)) error {
	unlockStore, err := s.lock()
	if err != nil {
		return err
	}
	defer unlockStore()
	daemons, err := s.readMemory(key, s.seen.parse)
	if err != nil && !isBad(err) {
		return err // what is not seen must not be overwritten
	}
	change(daemons)
	data, err := encodeMemory(s.file(memoryName(key)), daemons)
	if err != nil {
		return err
	}
	return s.replace(memoryName(key), data, sync)
}

// encodeMemory cuts what is too long in the map itself.
func encodeMemory(path string, daemons map[string]Daemon) ([]byte, error) {
	for name, d := range daemons {
		daemons[name] = bounded(d)
	}
	data, err := encodeFormat(path, memoryFile{header{formatVersion}, daemons}, largestMemory)
	if !errors.Is(err, errTooLarge) {
		return data, err
	}
	for _, d := range daemons {
		if d.Incident != nil { // bounded has made it ours
			d.Incident.Death = nil // thousands are down: they are kept, and not explained
		}
	}
	return encodeFormat(path, memoryFile{header{formatVersion}, daemons}, largestMemory)
}

// bounded keeps the first threads and children, the last steps, and the beginnings of texts: a
// service may print whatever it likes.
func bounded(d Daemon) Daemon {
	tooMany := func(p Process) bool { return len(p.Threads) > mostThreads || len(p.Children) > mostChildren }
	if slices.ContainsFunc(d.Processes, tooMany) {
		d.Processes = slices.Clone(d.Processes) // the caller's may stay as they are
		for i, p := range d.Processes {
			d.Processes[i].Threads = p.Threads[:min(len(p.Threads), mostThreads)]
			d.Processes[i].Children = p.Children[:min(len(p.Children), mostChildren)]
		}
	}
	if d.Incident != nil {
		i := *d.Incident
		i.Seconds, i.Held = seconds(i.Seconds), seconds(i.Held)
		i.Steps = slices.Clone(i.Steps[max(len(i.Steps)-mostSteps, 0):])
		shorten(&i, longestText)
		d.Incident = &i
	}
	if d.Died != nil {
		died := *d.Died
		died.Seconds, died.Cause = seconds(died.Seconds), words.Cut(words.Printable(died.Cause), longestDeath)
		d.Died = &died
	}
	d.Left = d.Left[:min(len(d.Left), mostLeft)]
	d.Held, d.HeldWhy, d.OldImage = start(d.Held, longestText), start(d.HeldWhy, longestText), start(d.OldImage, longestText)
	return d
}

// parseMemory reads a file that may hold anything. What it returns can be written
// and read again.
func parseMemory(data []byte) (map[string]Daemon, error) {
	var file memoryFile
	if len(bytes.Trim(data, "\x00")) == 0 {
		return nil, errors.New("it is empty: the machine went down before it was on the disk")
	}
	if err := parseFormat(data, &file); err != nil {
		return nil, err
	}
	for _, d := range file.Daemons {
		if d.Tally.Tries < 0 || d.Tally.Told < 0 {
			return nil, errDamaged
		}
	}
	if file.Daemons == nil {
		file.Daemons = map[string]Daemon{}
	}
	return file.Daemons, nil
}
