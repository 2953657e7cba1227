package check

import (
	"errors"
	"io/fs"

	"daemon-keeper/check/proctable"
)

// Snapshot is what one look at the process table has shown: of all processes
// only those that could be a daemon that was asked for.
type Snapshot struct {
	Self      proctable.Self
	Processes []proctable.Process
	near      []neighbour        // all processes, where near misses are asked for
	files     map[string]*wanted // by Spec.Executable
	pidFiles  map[string]pidReading
}

// wanted is an executable as it was on disk when the snapshot was taken.
type wanted struct {
	Executable // if it is missing, only its path
	err        error
	unread     bool // see unchanged
}

// errFor is why a Spec cannot be judged: that the executable is missing is no
// mistake everywhere.
func (w *wanted) errFor(spec *Spec) error {
	if spec.mayBeMissing() && errors.Is(w.err, fs.ErrNotExist) {
		return nil
	}
	return w.err
}

// executable is what a Spec wants to be executed; nothing if it does not say.
func (s *Snapshot) executable(spec *Spec) *Executable {
	if w, ok := s.files[spec.Executable]; ok {
		return &w.Executable
	}
	return &Executable{}
}
