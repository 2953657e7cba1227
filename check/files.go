package check

import (
	"errors"

	"daemon-keeper/check/proctable"
)

// beginLook begins a look, and begins to touch at once all files that others serve.
func beginLook(f *proctable.Files, specs []Spec) {
	f.Begin()
	for i := range specs {
		askAhead(f, &specs[i])
	}
}

func askAhead(f *proctable.Files, spec *Spec) {
	if spec.Executable != "" {
		f.Ahead(peekFind, spec.Executable)
	}
	for i := range spec.Exempt {
		askAhead(f, &spec.Exempt[i])
	}
	if spec.PIDFile != nil {
		f.Ahead(peekPIDFile, spec.PIDFile.Path)
	}
}

// errUnsafe says that a file is not to be touched directly.
var errUnsafe = errors.New("it is on a file system that others serve")

// findFile is Find of a file that may not answer.
func findFile(f *proctable.Files, path string) (Executable, error) {
	isSafe := func(path string) bool { return !f.Leads(path) }
	if isSafe(path) {
		e, err := proctable.Own(f, path, func() (Executable, error) { return findIf(path, isSafe) })
		switch {
		case errors.Is(err, proctable.ErrSilent):
			return Executable{}, silent(path, err)
		case !errors.Is(err, errUnsafe):
			return e, err
		}
	}
	var found peekFound
	if err := f.Ask(peekFind, path, &found); err != nil {
		return Executable{}, silent(path, err)
	}
	return found.executable()
}

func silent(path string, err error) error {
	return &FindError{path, err, "look at its file system: findmnt -T " + path}
}

// pidTextOf reads a pidfile that may not answer.
func pidTextOf(f *proctable.Files, path string) (text pidText, err error) {
	if f.Leads(path) {
		err = f.Ask(peekPIDFile, path, &text)
		return text, err
	}
	return proctable.Own(f, path, func() (pidText, error) { return readPIDText(path), nil })
}
