package check

import (
	"errors"
	"os"
	"path/filepath"
	"slices"

	"daemon-keeper/check/proctable"
)

// unchanged is the program at a path, by one stat(2), if it is what a remembered process
// executed. It may have been written anew since that process has ended, but not while it
// runs, ETXTBSY in execve(2): so only a look that finds that process again believes this.
func unchanged(path string, remembered []Remembered) (Executable, error) {
	if len(remembered) == 0 || remembered[0].Exe == "" || remembered[0].Script != (proctable.FileID{}) || !filepath.IsAbs(path) {
		return Executable{}, errChanged
	}
	r := remembered[0]
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode().Perm()&0o111 == 0 || proctable.FileIDOf(info) != r.File || r.File == (proctable.FileID{}) {
		return Executable{}, errChanged
	}
	if appletOf(path, r.Exe) != "" || isMailwrapper(r.Exe) {
		return Executable{}, errChanged
	}
	return Executable{Path: path, Resolved: r.Exe, ID: r.File, Links: linksOf(info)}, nil
}

var errChanged = errors.New("it is not what was remembered")

// unchangedFile is unchanged, but leaves alone the files that others serve.
func unchangedFile(f *proctable.Files, path string, remembered []Remembered) (Executable, bool) {
	if f.Leads(path) {
		return Executable{}, false
	}
	e, err := proctable.Own(f, path, func() (Executable, error) { return unchanged(path, remembered) })
	return e, err == nil
}

// hurry finds an executable without reading it, where enough of its processes are remembered.
func (l *looker) hurry(spec *Spec) (Executable, bool) {
	if !l.hasty || l.full || l.seesAll(spec) || spec.Bounds().Min > len(spec.Remembered) {
		return Executable{}, false
	}
	return unchangedFile(l.files, spec.Executable, spec.Remembered)
}

// wasRash reports whether the program of a target should have been read: it was not, and too
// few of the remembered processes count.
func (l *looker) wasRash() bool {
	return slices.ContainsFunc(l.targets, func(t *target) bool { return t.file.unread && l.leaves(t) })
}
