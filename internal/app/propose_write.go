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

// errExists is wrapped by the error for a configuration that already exists.
var errExists = errors.New("it is there already, and was left as it is")

// oldSuffix is appended to the name of a configuration that was replaced.
const oldSuffix = ".old"

// writeProposal creates the configuration. If there is one already, it prints how that one
// differs; one with only comments, as packages install it, is renamed first.
func writeProposal(out io.Writer, path string, proposed []byte, isDefault bool) error {
	err := makeConfig(path, proposed)
	if errors.Is(err, fs.ErrExist) {
		if err := replaceBlank(out, path, proposed); err != nil {
			return err
		}
		err = makeConfig(path, proposed)
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

// replaceBlank replaces a configuration that has only comments, and keeps the old one under
// another name. For any other it prints how it differs, and fails.
func replaceBlank(out io.Writer, path string, proposed []byte) error {
	text, err := readConfig(path)
	if err != nil {
		return fmt.Errorf("cannot compare %s: %w", path, err)
	}
	hint := "take over by hand what is missing in it, or write elsewhere with -c FILE"
	if isBlank(text) {
		hint = "it has only comments, and " + words.Printable(path) + oldSuffix + " is there, too; take one of them away"
		switch err := putAside(path); {
		case err == nil:
			fmt.Fprintf(out, "%s had only comments, and is now %[1]s%s.\n", words.Printable(path), oldSuffix)
			return nil
		case !errors.Is(err, fs.ErrExist):
			draft.Diff(out, path, "proposed", text, string(proposed))
			return fmt.Errorf("cannot put %s aside, which has only comments: %w", path, osutil.Cause(err))
		}
	}
	draft.Diff(out, path, "proposed", text, string(proposed))
	return &hinted{fmt.Errorf("cannot write %s: %w", path, errExists), hint}
}

// openFolder opens the folder of a path. Only we and root may create files in it.
func openFolder(path string) (root *os.Root, err error) {
	folder, err := trust.Folder(filepath.Dir(path))
	if err != nil {
		return nil, err
	}
	return os.OpenRoot(folder)
}

// makeConfig creates a complete file if nothing exists at that path, not even a link.
func makeConfig(path string, data []byte) error {
	root, err := openFolder(path)
	if err != nil {
		return err
	}
	defer root.Close()
	const readable = 0o644
	name := filepath.Base(path)
	if _, err := root.Lstat(name); err == nil { // a user who may not write there is shown the difference, too
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
	return osutil.SyncFolder(root.Name())
}

// isBlank reports whether a text has only comments. It returns false for a text that was not
// read to its end.
func isBlank(text string) bool {
	if len(text) == largestConfig {
		return false
	}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return false
		}
	}
	return true
}

// putAside renames a configuration, unless the new name exists.
func putAside(path string) error {
	root, err := openFolder(path)
	if err != nil {
		return err
	}
	defer root.Close()
	name := filepath.Base(path)
	if err := root.Link(name, name+oldSuffix); err != nil { // unlike rename(2) it replaces nothing
		return err
	}
	return root.Remove(name)
}

// largestConfig is how many bytes of a configuration are read.
const largestConfig = 1 << 20

// readConfig reads an existing configuration; it does not follow a link.
func readConfig(path string) (string, error) {
	f, err := osutil.OpenRegular(path, osutil.NoFollow)
	if err != nil {
		return "", osutil.Cause(err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, largestConfig))
	return string(text), err
}
