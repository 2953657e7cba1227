// Package cli is the command line of daemon-keeper: its grammar, and what is
// refused before anything is looked at.
package cli

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/alecthomas/kong"

	"daemon-keeper/rcd"
)

// Run is the command that keeps a daemon. Slices take what must be given once,
// so that a second one can be refused instead of winning in silence.
type Run struct {
	Executable []string `short:"e" sep:"none" placeholder:"PATH" help:"The daemon's executable, an absolute path; for a script daemon, the script."`
	Service    []string `short:"s" sep:"none" placeholder:"NAME" help:"Service to stop and start; repeat it for more, they are restarted in this order."`
	User       string   `short:"u" placeholder:"USER" help:"Count only processes whose effective user this is, a name or a number."`

	Recheck      time.Duration `default:"2s" placeholder:"TIME" help:"Look again after this long before acting; 0 acts at once (${default})."`
	StopTimeout  time.Duration `default:"60s" placeholder:"TIME" help:"Limit for each stop command (${default})."`
	StartTimeout time.Duration `default:"180s" placeholder:"TIME" help:"Limit for each start command (${default})."`
	Verify       time.Duration `default:"30s" placeholder:"TIME" help:"How long the daemon may take to appear after the last start (${default})."`
	Settle       time.Duration `default:"2s" placeholder:"TIME" help:"How long it must then stay up (${default})."`
	BootGrace    time.Duration `default:"2m" placeholder:"TIME" help:"Do not act while the machine has been up for less than this (${default})."`

	DryRun  bool `short:"n" help:"Print the steps that would run; run none. Works for any user."`
	Quiet   bool `short:"q" help:"Print less: only what needs a person."`
	Verbose bool `short:"v" help:"Print what was matched, what was excluded, and why."`

	ServiceCommand string `placeholder:"PATH" help:"Run PATH NAME stop, start and status instead of the machine's service manager."`
	RunDir         string `default:"${run_dir}" env:"DAEMON_KEEPER_RUN_DIR" placeholder:"DIR" help:"Where the locks and the services' output are (${default})."`
	Facility       string `default:"daemon" placeholder:"NAME" help:"Syslog facility (${default})."`
	Tag            string `default:"DAEMON-KEEPER" placeholder:"TEXT" help:"Syslog tag (${default})."`
	NoSyslog       bool   `help:"Do not write to syslog; with -v, show on stderr what would be written."`

	UserID *uint32 `kong:"-"` // what User means
}

type grammar struct {
	Run     Run  `cmd:"" default:"withargs" help:"Restart the services of a daemon that is not running (the default command)."`
	Version bool `help:"Print the version."`
}

// Command is what was asked for.
type Command struct {
	Run
	Help    bool
	Version bool
}

// UsageError is a command line that is refused.
type UsageError struct {
	Message string
	hint    string
	Usage   bool // nothing at all was asked for: show how it is used
}

func (e *UsageError) Error() string { return e.Message }

// Hint is the way out.
func (e *UsageError) Hint() string { return e.hint }

// Parse reads a command line. It looks at the file system only to refuse what
// names no program.
func Parse(args []string, runDir string) (Command, error) {
	switch {
	case len(args) == 0:
		return refused(Run{}), &UsageError{"nothing was asked for", "say which daemon and which service: daemon-keeper -e PATH -s NAME", true}
	case wantsHelp(args):
		return Command{Help: true}, nil
	}
	var g grammar
	parser, err := newParser(&g, runDir)
	if err != nil {
		return Command{}, err
	}
	if _, err := parser.Parse(args); err != nil {
		g.Run.NoSyslog = slices.Contains(args, "--no-syslog") // the rest may not have been read
		return refused(g.Run), parseError(err)
	}
	c := Command{Run: g.Run, Version: g.Version}
	if c.Version {
		return c, nil
	}
	c.Service = unique(c.Service)
	if err := c.Run.check(); err != nil {
		return refused(c.Run), err
	}
	return c, nil
}

// refused is what is left of a command line that cannot be used: where syslog is
// to be told of it.
func refused(r Run) Command {
	if !isFacility(r.Facility) {
		r.Facility = "daemon"
	}
	if !isTag(r.Tag) {
		r.Tag = "DAEMON-KEEPER"
	}
	return Command{Run: r}
}

func newParser(g *grammar, runDir string) (*kong.Kong, error) {
	return kong.New(g, kong.Name("daemon-keeper"), kong.Vars{"run_dir": runDir}, kong.NoDefaultHelp())
}

// wantsHelp finds a request for help before the first "--".
func wantsHelp(args []string) bool {
	for _, a := range args {
		switch a {
		case "--":
			return false
		case "-h", "--help":
			return true
		}
	}
	return false
}

// parseError takes over what kong says, with a better hint where there is one.
func parseError(err error) *UsageError {
	e := &UsageError{Message: err.Error(), hint: "see daemon-keeper --help"}
	if cause := errors.Unwrap(err); cause != nil {
		e.Message = cause.Error()
	}
	if strings.Contains(e.Message, "duration") {
		e.hint = timeHint
	}
	return e
}

const timeHint = "write a time such as 500ms, 30s or 2m"

// unique keeps the order; a service is restarted once per run.
func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// check refuses what cannot be meant.
func (r *Run) check() error {
	for _, check := range []func() error{r.checkExecutable, r.checkServices, r.checkTimes, r.checkCommand, r.checkSyslog, r.findUser} {
		if err := check(); err != nil {
			return err
		}
	}
	if r.Quiet && r.Verbose {
		return usage("choose one of the two", "cannot print both less and more: -q and -v exclude each other")
	}
	return nil
}

func usage(hint, format string, args ...any) *UsageError {
	return &UsageError{Message: fmt.Sprintf(format, args...), hint: hint}
}

func (r *Run) checkExecutable() error {
	const hint = "give the daemon's program with its full path: -e /usr/local/sbin/clamd"
	switch {
	case len(r.Executable) == 0:
		return usage(hint, "cannot look for a daemon: -e is missing")
	case len(r.Executable) > 1:
		return usage("run daemon-keeper once for each daemon", "cannot keep %d daemons at once: -e was given %d times", len(r.Executable), len(r.Executable))
	case r.Executable[0] == "":
		return usage(hint, "cannot look for a daemon: -e is empty")
	case strings.ContainsAny(r.Executable[0], "\x00"):
		return usage(hint, "cannot look for %q: a path has no zero bytes", r.Executable[0])
	case !filepath.IsAbs(r.Executable[0]):
		return usage(hint, "cannot look for %q: not an absolute path", r.Executable[0])
	}
	return nil
}

func (r *Run) checkServices() error {
	if len(r.Service) == 0 {
		return usage("name the service that starts the daemon: -s clamav-clamd", "cannot restart anything: -s is missing")
	}
	for _, name := range r.Service {
		if err := rcd.CheckName(name); err != nil {
			shown := name
			if len(shown) > 60 {
				shown = shown[:60] + "..."
			}
			hint := "give the name as you would to service(8), not a path: -s nginx"
			if strings.HasPrefix(name, "=") {
				hint = "write a space, or the long form: -s " + name[1:] + ", --service=" + name[1:]
			}
			return usage(hint, "cannot take %q for a service: %v", shown, err)
		}
	}
	return nil
}

func (r *Run) checkTimes() error {
	for _, t := range []struct {
		flag  string
		value time.Duration
		least time.Duration
	}{
		{"--recheck", r.Recheck, 0},
		{"--stop-timeout", r.StopTimeout, time.Millisecond},
		{"--start-timeout", r.StartTimeout, time.Millisecond},
		{"--verify", r.Verify, 0},
		{"--settle", r.Settle, 0},
		{"--boot-grace", r.BootGrace, 0},
	} {
		if t.value < t.least {
			return usage(timeHint, "cannot use %s %v: it must be at least %v", t.flag, t.value, t.least)
		}
	}
	return nil
}

func (r *Run) checkCommand() error {
	path := r.ServiceCommand
	if path == "" {
		return nil
	}
	const hint = "name a program that can be called as PATH NAME stop, PATH NAME start and PATH NAME status"
	if !filepath.IsAbs(path) {
		return usage(hint, "cannot use --service-command %q: not an absolute path", path)
	}
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return usage(hint, "cannot use --service-command: %v", err)
	case !info.Mode().IsRegular(), info.Mode().Perm()&0o111 == 0:
		return usage(hint, "cannot use --service-command %s: it is not a program", path)
	}
	return nil
}

// facilities are syslog's, syslog(3), as go-syslog names them.
var facilities = strings.Fields("kern user mail daemon auth syslog lpr news uucp cron authpriv ftp " +
	"local0 local1 local2 local3 local4 local5 local6 local7")

func isFacility(s string) bool { return slices.Contains(facilities, strings.ToLower(s)) }

// isTag keeps a tag such that every syslog daemon can tell it from the message.
func isTag(s string) bool {
	return s != "" && len(s) <= 32 && !strings.ContainsFunc(s, func(c rune) bool {
		return c > unicode.MaxASCII || !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("_./-", c)
	})
}

func (r *Run) checkSyslog() error {
	if !isTag(r.Tag) {
		return usage("a tag has up to 32 letters, digits and _ . / -", "cannot use --tag %q", r.Tag)
	}
	if !isFacility(r.Facility) {
		return usage("use daemon, cron, user or local0 to local7", "cannot use --facility %q: there is none of that name", r.Facility)
	}
	if r.RunDir == "" || !filepath.IsAbs(r.RunDir) {
		return usage("give the folder with its full path", "cannot use --run-dir %q: not an absolute path", r.RunDir)
	}
	return nil
}

// findUser turns a name into a number. Without cgo, names are looked for in
// /etc/passwd only.
func (r *Run) findUser() error {
	if r.User == "" {
		return nil
	}
	text := r.User
	if u, err := user.Lookup(r.User); err == nil {
		text = u.Uid
	}
	id, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return usage("give a name from /etc/passwd, or the number that 'id -u' prints for a user who is not there", "cannot find user %q", r.User)
	}
	uid := uint32(id)
	r.UserID = &uid
	return nil
}

// Help prints the flags, at the root, as the default command has them.
func Help(w io.Writer, runDir string) error {
	var g grammar
	parser, err := newParser(&g, runDir)
	if err != nil {
		return err
	}
	fmt.Fprint(w, Usage)
	for _, group := range [][]*kong.Flag{parser.Model.Children[0].Flags, parser.Model.Flags} {
		for _, f := range group {
			fmt.Fprintf(w, "  %-*s %s\n", flagWidth, flagName(f), wrap(f.Help))
		}
	}
	fmt.Fprintf(w, "  %-*s %s\n", flagWidth, "-h, --help", "Print this.")
	_, err = fmt.Fprint(w, exitStatuses)
	return err
}

// Usage is the first lines of the help.
const Usage = `Usage: daemon-keeper [run] -e PATH -s NAME [-s NAME]... [flags]

Look whether a daemon is up. If it is not, stop and start its services in order,
and see that it is back. Made for root's crontab, every minute.

`

const exitStatuses = `
Exit status: 0 up, or deliberately left alone; 1 was down and is up again;
2 still down; 3 cannot tell or used wrongly, nothing was touched.
`

const flagWidth = 26

// wrap breaks a flag's help such that the lines have 80 columns at most.
func wrap(text string) string {
	const width = 80 - flagWidth - 3
	var b strings.Builder
	column := 0
	for i, word := range strings.Fields(text) {
		switch {
		case i == 0:
		case column+1+len(word) > width:
			fmt.Fprintf(&b, "\n%*s", flagWidth+3, "")
			column = 0
		default:
			b.WriteByte(' ')
			column++
		}
		b.WriteString(word)
		column += len(word)
	}
	return b.String()
}

func flagName(f *kong.Flag) string {
	name := "    --" + f.Name
	if f.Short != 0 {
		name = fmt.Sprintf("-%c, --%s", f.Short, f.Name)
	}
	if !f.IsBool() {
		name += " " + f.PlaceHolder
	}
	return name
}
