package check

import (
	"encoding/json"
	"errors"
	"io/fs"
	"os"

	"daemon-keeper/check/proctable"
)

// What a peek can do with a file, besides stat(2).
const (
	peekFind    = "find"
	peekPIDFile = "pidfile"
)

// peekFound is what Find has found.
type peekFound struct {
	Executable
	Error     string // of Find; "" if there was none
	Hint      string
	IsMissing bool
}

func (p peekFound) executable() (Executable, error) {
	switch {
	case p.Error == "":
		return p.Executable, nil
	case p.IsMissing:
		return Executable{}, &FindError{p.Path, fs.ErrNotExist, p.Hint}
	}
	return Executable{}, &FindError{p.Path, errors.New(p.Error), p.Hint}
}

// Peek touches the file that the arguments name, tells what it has seen, and ends; it
// may be that it never returns. Its result is the exit status.
func Peek(argv []string) int {
	var answer any
	switch how, path := argv[2], argv[3]; how {
	case peekFind:
		answer = findForOthers(path)
	case peekPIDFile:
		answer = readPIDText(path)
	default:
		answer = proctable.PeekStat(path)
	}
	if json.NewEncoder(os.Stdout).Encode(answer) != nil {
		return 1
	}
	return 0
}

func findForOthers(path string) peekFound {
	e, err := findIf(path, func(string) bool { return true })
	p := peekFound{Executable: e}
	if err != nil {
		p.Path, p.Error, p.IsMissing = path, err.Error(), errors.Is(err, fs.ErrNotExist)
		var find *FindError
		if errors.As(err, &find) {
			p.Error, p.Hint = find.Err.Error(), find.hint
		}
	}
	return p
}
