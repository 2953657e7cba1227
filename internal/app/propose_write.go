package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"daemon-keeper/internal/draft"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/trust"
	"daemon-keeper/internal/words"
)

// existsError says that there is a configuration already.
type existsError struct {
	path  string
	blank bool // it holds comments alone: a package has laid it down, say
}

func (e *existsError) Error() string {
	return "cannot write " + e.path + ": it is there already, and was left as it is"
}

// Hint is the way out.
func (e *existsError) Hint() string {
	if e.blank {
		return "it has only comments; to replace it: daemon-keeper init > " + words.Printable(e.path)
	}
	return "take over by hand what is missing in it, or write elsewhere with -c FILE"
}

// writeProposal makes the configuration, or prints how one that is there differs.
func writeProposal(out io.Writer, path string, proposed []byte, isDefault bool) error {
	err := makeConfig(path, proposed)
	if errors.Is(err, fs.ErrExist) {
		text, err := differ(out, path, proposed)
		if err != nil {
			return err
		}
		return &existsError{path, isBlank(text)}
	}
	if err != nil {
		return fmt.Errorf("cannot write %s: %w", path, err)
	}
	option := ""
	if !isDefault {
		option = " -c " + words.Printable(path)
	}
	fmt.Fprintf(out, `%s is written. Read and prune it; then:
  daemon-keeper validate%s   # what it means
  daemon-keeper status%s     # what is up
  daemon-keeper run -n -v%s  # what a run would do; cron then runs it without -n -v
`, words.Printable(path), option, option, option)
	return nil
}

// makeConfig makes a file as a whole where there is none, not even a link.
func makeConfig(path string, data []byte) error {
	folder, err := trust.Folder(filepath.Dir(path))
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	const readable = 0o644
	name := filepath.Base(path)
	if _, err := root.Lstat(name); err == nil { // who may not write there is told the difference, too
		return fs.ErrExist
	}
	whole := osutil.NewFile{Name: "." + name + "." + strconv.Itoa(os.Getpid()), Temporary: "." + name + ".new" + strconv.Itoa(os.Getpid()), Data: data, Mode: readable, Sync: true}
	if err := osutil.Replace(root, whole); err != nil {
		return err
	}
	err = root.Link(whole.Name, name) // unlike rename(2) it replaces nothing
	if removed := root.Remove(whole.Name); err == nil {
		err = removed
	}
	if err != nil {
		return err
	}
	return osutil.SyncFolder(folder)
}

// isBlank reports whether a text has only comments.
func isBlank(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return false
		}
	}
	return true
}

// differ shows how the configuration, which it returns, differs from the one that is proposed.
func differ(out io.Writer, path string, proposed []byte) (string, error) {
	const largest = 1 << 20
	f, err := osutil.Open(path)
	if err != nil {
		return "", fmt.Errorf("cannot compare %s: %w", path, osutil.Cause(err))
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is no regular file")
	}
	var text []byte
	if err == nil {
		text, err = io.ReadAll(io.LimitReader(f, largest))
	}
	if err != nil {
		return "", fmt.Errorf("cannot compare %s: %w", path, err)
	}
	draft.Diff(out, path, "proposed", string(text), string(proposed))
	return string(text), nil
}
