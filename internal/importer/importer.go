// Package importer reads what has kept daemons until now, crontab lines of the old
// shell script and Monit's control file, and makes a draft of a configuration of it.
// It touches nothing.
package importer

import (
	"fmt"

	"daemon-keeper/internal/draft"
)

// Problem is a line that could not be read. The rest was read all the same.
type Problem struct {
	File string
	Line int // from 1
	What string
	hint string
}

func (p Problem) Error() string { return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.What) }

// Hint is the way out.
func (p Problem) Hint() string { return p.hint }

// File is one that was read.
type File struct {
	Name string // for people
	Text []byte
}

// Read makes a draft of the files together; which kind each of them is, its own text
// tells.
func Read(files []File) (draft.Draft, []Problem) {
	return draft.Draft{}, nil
}
