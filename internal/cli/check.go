package cli

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"daemon-keeper/internal/words"
)

// check refuses what cannot be meant. With -e there is no configuration, and
// without it there must be one, whose path it returns.
func (r *Run) check(given []string) (config string, err error) {
	checks := []func() error{r.checkCommand, r.checkRunDir, r.checkSyslog, r.checkAtOnce, r.checkFace}
	if len(r.Executable) > 0 || len(r.Service) > 0 {
		if slices.Contains(given, "config") || len(r.Names) > 0 {
			return "", r.bothWays()
		}
		checks = append([]func() error{r.checkExecutable, r.checkServices, r.checkTimes, r.checkBackoff, r.checkLeftovers, r.findUser}, checks...)
	} else {
		for _, flag := range given {
			if _, inFile := keyOf[flag]; inFile {
				return "", usage("write "+keyOf[flag]+" in the configuration, or name the daemon with -e and -s", "cannot use --%s for the daemons of a configuration", flag)
			}
		}
		if config, err = configFile(r.Config); err != nil {
			return "", err
		}
	}
	return config, all(checks...)
}

// checkWatch is check for a command that only looks.
func (r *Run) checkWatch() (config string, err error) {
	if err := all(r.checkCommand, r.checkRunDir, r.checkFace); err != nil {
		return "", err
	}
	return configFile(r.Config)
}

// checkMatch is check for match.
func (r *Run) checkMatch(given []string) (config string, err error) {
	switch {
	case len(r.Executable) > 0 && (slices.Contains(given, "config") || len(r.Names) > 0):
		return "", usage("give one of the two", "cannot use both -e and names")
	case len(r.Executable) > 0:
		return "", all(r.checkExecutable, r.findUser)
	case r.User != nil:
		return "", usage("write -e PATH -u USER, or NAME@USER", "cannot use -u without -e")
	}
	return configFile(r.Config)
}

// all is the first error.
func all(checks ...func() error) error {
	for _, check := range checks {
		if err := check(); err != nil {
			return err
		}
	}
	return nil
}

// keyOf names the key of the configuration that stands for a flag.
var keyOf = map[string]string{
	"user": "user", "recheck": "recheck", "stop-timeout": "stop_timeout", "start-timeout": "start_timeout",
	"verify": "verify", "settle": "settle", "leftovers": "leftovers", "boot-grace": "boot_grace", "boot-limit": "boot_limit", "work-limit": "work_limit", "backoff": "backoff", "acceptable": "acceptable",
}

func (r *Run) bothWays() error {
	if len(r.Names) > 0 {
		return usage("give each further service its own -s; or leave out -e and -s to keep the daemon of that name in the configuration", "unexpected argument %s: -e has named the daemon", r.Names[0])
	}
	return usage("leave out -c, or -e and -s", "cannot use both a configuration and -e")
}

// configFile is the one file that was given.
func configFile(list []string) (string, error) {
	switch {
	case len(list) > 1:
		return "", usage("put further daemons into the folder beside the file", "cannot use %d configurations: -c was given %d times", len(list), len(list))
	case len(list) == 0 || list[0] == "":
		return "", usage("name the file: -c /etc/daemon-keeper.yaml", "cannot use an empty name for the configuration")
	case strings.ContainsRune(list[0], 0):
		return "", usage("name the file: -c /etc/daemon-keeper.yaml", "cannot use %q for the configuration: a path has no zero bytes", list[0])
	}
	path, err := filepath.Abs(list[0])
	if err != nil {
		return "", fmt.Errorf("cannot use %q for the configuration: %w", list[0], err)
	}
	return path, nil
}

const prometheusHint = "name a file in the folder that node_exporter reads: --prometheus /var/lib/prometheus/node-exporter/daemon-keeper.prom"

func (r *Run) checkFace() error {
	switch {
	case r.Quiet && r.Verbose:
		return usage("choose one of the two", "cannot print both less and more: -q and -v exclude each other")
	case !slices.Contains(outputs(), r.Output):
		return usage("choose one of "+strings.Join(outputs(), ", "), "cannot print the report as %q", r.Output)
	case r.Prometheus == "":
	case !filepath.IsAbs(r.Prometheus) || strings.ContainsRune(r.Prometheus, 0):
		return usage(prometheusHint, "cannot write metrics to %q: not an absolute path", r.Prometheus)
	case filepath.Ext(r.Prometheus) != ".prom":
		return usage(prometheusHint, "cannot write metrics to %q: the collector reads only what ends in .prom", r.Prometheus)
	case r.DryRun:
		return usage("leave out one of the two", "cannot write metrics of a dry run")
	}
	return r.checkHTML()
}

func (r *Run) checkAtOnce() error {
	if r.AtOnce < 1 || r.AtOnce > 100 {
		return usage("give a number from 1 to 100", "cannot use --at-once %d", r.AtOnce)
	}
	return nil
}

func (r *Run) checkLeftovers() error {
	if !slices.Contains(leftovers(), r.Leftovers) {
		return usage("write report or end", "cannot use --leftovers %s", r.Leftovers)
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
		if err := words.CheckService(name); err != nil {
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
		{"--boot-limit", r.BootLimit, 0},
		{"--work-limit", r.WorkLimit, 0},
	} {
		if t.value < t.least {
			return usage(words.DurationHint, "cannot use %s %v: it must be at least %v", t.flag, t.value, t.least)
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
		return usage(hint, "cannot use --service-command %s: %v", path, errors.Unwrap(err))
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
	return nil
}

func (r *Run) checkRunDir() error {
	if !filepath.IsAbs(r.RunDir) {
		return usage("give the folder with its full path", "cannot use --run-dir %q: not an absolute path", r.RunDir)
	}
	if r.StateDir == "" { // nothing is remembered
		return nil
	}
	return r.checkStateDir()
}

func (r *Run) checkStateDir() error {
	if !filepath.IsAbs(r.StateDir) {
		return usage("give the folder with its full path", "cannot use --state-dir %q: not an absolute path", r.StateDir)
	}
	return nil
}

// checkBackoff reads the times, of which there must be one.
func (r *Run) checkBackoff() error {
	if r.Acceptable < 0 {
		return usage(words.DurationHint, "cannot use --acceptable %v: it must be at least 0s", r.Acceptable)
	}
	for _, text := range r.Backoff {
		d, err := words.ParseDuration(strings.TrimSpace(text))
		if err == nil && d < 0 {
			err = errors.New("it is negative")
		}
		if err != nil {
			return usage("write times such as 0s,1m,5m", "cannot use %q in --backoff: %v", text, err)
		}
		r.Delays = append(r.Delays, d)
	}
	return nil
}

// checkPause refuses a pause of nothing, and one that would end before it begins.
func (c *Command) checkPause(length *time.Duration) error {
	switch {
	case c.Output != Text && (c.Output != JSON || !c.Lists()):
		return usage("choose text or json, and name no daemon", "cannot print pauses as %q", c.Output)
	case c.Lists(): // nothing is paused
		if length != nil || c.Reason != "" {
			return usage("name the daemons, or say --all", "cannot tell which daemons are meant")
		}
		return c.checkStateDir()
	case c.All == (len(c.Names) > 0):
		return usage("name the daemons, or say --all", "cannot tell which daemons are meant")
	case length != nil && *length <= 0:
		return usage(words.DurationHint, "cannot use --for %v: it must be more than 0s", *length)
	case length != nil:
		c.For = *length
	}
	var err error
	if c.Action == Pause && !c.All {
		if c.ConfigFile, err = configFile(c.Config); err != nil {
			return err
		}
	}
	return c.checkStateDir()
}

func (c *Command) checkHistory() error {
	if c.Output != Text && c.Output != JSON {
		return usage("choose text or json", "cannot print the history as %q", c.Output)
	}
	return c.checkStateDir()
}

func (c *Command) checkWhy(given []string) error {
	byNumber, byTime := slices.Contains(given, "incident"), slices.Contains(given, "at")
	switch {
	case c.Output != Text && c.Output != JSON:
		return usage("choose text or json", "cannot print an explanation as %q", c.Output)
	case byNumber && byTime:
		return usage("give one of the two", "cannot use both --at and --incident")
	case byNumber && c.Number < 1:
		return usage("daemon-keeper history shows the numbers", "cannot find incident %d: they are counted from 1 on", c.Number)
	case byNumber && len(c.Names) > 1:
		return usage("name one daemon", "cannot tell of which daemon incident %d is meant", c.Number)
	case byTime && c.At == "":
		return usage("write --at 05:42", "cannot use an empty --at")
	}
	return c.checkStateDir()
}

// findUser turns a name into a number. Without cgo, names are looked for in
// /etc/passwd only.
func (r *Run) findUser() error {
	if r.User == nil {
		return nil
	}
	text := *r.User
	if u, err := user.Lookup(text); err == nil {
		text = u.Uid
	}
	id, err := strconv.ParseUint(text, 10, 32)
	if err != nil {
		return usage("give a name from /etc/passwd, or the number that 'id -u' prints for a user who is not there", "cannot find user %q", *r.User)
	}
	uid := uint32(id)
	r.UserID = &uid
	return nil
}
