package app

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode"

	"daemon-keeper/internal/cli"
)

// Flags that several commands have. Those that may be given once are slices, so that a second
// value is refused and does not silently replace the first.
type (
	configFlag struct {
		Config []string `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE" takes:"configs" help:"The configuration; the *.yaml in the folder of the same name with .d are read, too (${config})."`
	}
	executableFlag struct {
		Executable []string `short:"e" sep:"none" placeholder:"PATH" takes:"programs" nameless:"" help:"Keep this one daemon, without a configuration: its executable, an absolute path; for a script daemon, the script."`
	}
	userFlag struct {
		User *string `short:"u" placeholder:"USER" takes:"users" help:"Count only processes of this user, a name or a number."`

		UserID *uint32 `kong:"-"` // what User means
	}
	serviceCommandFlag struct {
		ServiceCommand string `placeholder:"PATH" takes:"programs" help:"Run PATH NAME stop, start and status instead of the machine's service manager."`
	}
	stateDirFlag struct {
		StateDir string `default:"${state_dir}" env:"DAEMON_KEEPER_STATE_DIR" placeholder:"DIR" takes:"folders" help:"Folder of what is remembered between runs (${default}); if empty, nothing is remembered."`
	}
	folderFlags struct {
		RunDir string `default:"${run_dir}" env:"DAEMON_KEEPER_RUN_DIR" placeholder:"DIR" takes:"folders" help:"Folder of the locks and the services' output (${default})."`
		stateDirFlag
	}
	syslogFlags struct {
		Facility string `default:"daemon" placeholder:"NAME" choices:"kern user mail daemon auth syslog lpr news uucp cron authpriv ftp local0 local1 local2 local3 local4 local5 local6 local7" anycase:"" refuse:"cannot use --facility %q: there is none of that name" hint:"use daemon, cron, user or local0 to local7" help:"Syslog facility (${default})."`
		Tag      string `default:"DAEMON-KEEPER" placeholder:"TEXT" help:"Syslog tag (${default})."`
	}
)

// faceFlags select the form of the report.
type faceFlags struct {
	Output     string `short:"o" default:"text" placeholder:"FORMAT" choices:"text json nagios mon svstat" refuse:"cannot print the report as %q" hint:"choose one of text, json, nagios, mon, svstat" help:"Print the report as text, json, nagios, mon or svstat (${default})."`
	Prometheus string `placeholder:"FILE" takes:"metrics" help:"Also write it to this file, for node_exporter's textfile collector; the name ends in .prom."`
	HTML       string `placeholder:"FILE" name:"html" takes:"files" help:"Also write it to this file as a page for a browser; the name ends in .html."`
	Quiet      bool   `short:"q" help:"Print less: only what needs a person."`
	Verbose    bool   `short:"v" help:"Print what was matched, what was excluded, and why."`
}

// The outputs.
const (
	outputText   = "text"
	outputJSON   = "json"
	outputNagios = "nagios"
	outputMon    = "mon"
	outputSvstat = "svstat"
)

func outputs() []string {
	return []string{outputText, outputJSON, outputNagios, outputMon, outputSvstat}
}

// all returns the first error of some checks.
func all(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// file returns the path of the configuration.
func (f configFlag) file() (string, error) {
	const hint = "name the file: -c /etc/daemon-keeper.yaml"
	switch list := f.Config; {
	case len(list) > 1:
		return "", cli.Refuse("put further daemons into the folder beside the file", "cannot use %d configurations: -c was given %d times", len(list), len(list))
	case len(list) == 0 || list[0] == "":
		return "", cli.Refuse(hint, "cannot use an empty name for the configuration")
	case strings.ContainsRune(list[0], 0):
		return "", cli.Refuse(hint, "cannot use %q for the configuration: a path has no zero bytes", list[0])
	}
	path, err := filepath.Abs(f.Config[0])
	if err != nil {
		return "", fmt.Errorf("cannot use %q for the configuration: %w", f.Config[0], err)
	}
	return path, nil
}

// checkFace refuses a report that cannot be made.
func (j *job) checkFace() error {
	if j.Quiet && j.Verbose {
		return cli.Refuse("choose one of the two", "cannot print both less and more: -q and -v exclude each other")
	}
	return cmp.Or(
		j.checkWritten("prometheus", j.Prometheus, ".prom", "metrics", "the collector reads only what ends in .prom",
			"name a file in the folder that node_exporter reads: --prometheus /var/lib/prometheus/node-exporter/daemon-keeper.prom"),
		j.checkWritten("html", j.HTML, ".html", "the page", "its name does not end in .html",
			"name a file in a folder that a web server serves: --html /var/www/html/daemons.html"))
}

// checkWritten refuses a path to which the report cannot also be written.
func (j *job) checkWritten(flag, path, ending, what, otherEnding, hint string) error {
	switch {
	case path == "" && slices.Contains(j.Given, flag):
		return cli.Refuse(hint, "cannot write %s to a file without a name", what)
	case path == "":
	case !filepath.IsAbs(path) || strings.ContainsRune(path, 0):
		return cli.Refuse(hint, "cannot write %s to %q: not an absolute path", what, path)
	case filepath.Ext(path) != ending:
		return cli.Refuse(hint, "cannot write %s to %q: %s", what, path, otherEnding)
	case j.DryRun:
		return cli.Refuse("leave out one of the two", "cannot write %s of a dry run", what)
	}
	return nil
}

func (f serviceCommandFlag) checkCommand() error {
	path := f.ServiceCommand
	if path == "" {
		return nil
	}
	const hint = "name a program that can be called as PATH NAME stop, PATH NAME start and PATH NAME status"
	if !filepath.IsAbs(path) {
		return cli.Refuse(hint, "cannot use --service-command %q: not an absolute path", path)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return cli.Refuse(hint, "cannot use --service-command %s: %v", path, errors.Unwrap(err))
	case !info.Mode().IsRegular(), info.Mode().Perm()&0o111 == 0:
		return cli.Refuse(hint, "cannot use --service-command %s: it is not a program", path)
	}
	return nil
}

// isTag reports whether every syslog daemon can separate this tag from the message.
func isTag(s string) bool {
	return s != "" && len(s) <= 32 && !strings.ContainsFunc(s, func(c rune) bool {
		return c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("_./-", c)
	})
}

func (f syslogFlags) checkSyslog() error {
	if !isTag(f.Tag) {
		return cli.Refuse("a tag has up to 32 letters, digits and _ . / -", "cannot use --tag %q", f.Tag)
	}
	return nil
}

func (f folderFlags) checkFolders() error {
	if !filepath.IsAbs(f.RunDir) {
		return cli.Refuse("give the folder with its full path", "cannot use --run-dir %q: not an absolute path", f.RunDir)
	}
	if f.StateDir == "" { // nothing is remembered
		return nil
	}
	return f.checkStateDir()
}

func (f stateDirFlag) checkStateDir() error {
	if !filepath.IsAbs(f.StateDir) {
		return cli.Refuse("give the folder with its full path", "cannot use --state-dir %q: not an absolute path", f.StateDir)
	}
	return nil
}
