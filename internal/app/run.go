package app

import (
	"errors"
	"os/user"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// runCommand keeps daemons: those of the configuration, or the one that -e names.
type runCommand struct {
	looking
	Names []string `arg:"" optional:"" sep:"none" name:"name" takes:"names"` // rules are looked at, but nothing is restarted for them
	configFlag
	AtOnce int `default:"4" placeholder:"N" help:"Restart at most this many daemons at the same time (${default})."`
	executableFlag
	Service []string `short:"s" sep:"none" placeholder:"NAME" takes:"services" repeats:"" nameless:"" help:"Service to stop and start; repeat it for more, they are restarted in this order."`
	userFlag

	config.Times
	Backoff    []string      `sep:"," default:"0s,1m,2m,5m,15m,30m,1h" placeholder:"TIMES" help:"How long to wait before each try to bring it back, if it keeps dying (${default})."`
	Acceptable time.Duration `default:"5m" placeholder:"TIME" help:"Once it has been up for this long, the first time of backoff applies again (${default})."`

	IgnoreIntent bool `help:"Restart daemons even if somebody has paused, stopped or disabled them, and while packages are installed."`

	DryRun bool `short:"n" help:"Print the steps that would run; run none. Works for any user."`
	faceFlags
	serviceCommandFlag
	folderFlags
	syslogFlags
	NoSyslog bool `help:"Do not write to syslog; with -v, show on stderr what would be written."`

	delays []time.Duration // the parsed Backoff
}

// Help is what the help says of the command beside its flags.
func (runCommand) Help() string {
	return `
Without names, all daemons and rules of the configuration are looked at. With
-e one daemon is kept without a configuration; the flags from --recheck to
--acceptable are for it, and are keys in a configuration.

Examples:
  daemon-keeper                               all of the configuration
  daemon-keeper -n -v                         what a run would do, and why
  daemon-keeper sshd nginx                    these two
  daemon-keeper -e /usr/sbin/nginx -s nginx   without a configuration`
}

// ask refuses flags that make no sense together. With -e no configuration is read; without it
// there must be one.
func (r *runCommand) ask(j *job) (err error) {
	j.runCommand = *r
	checks := []func() error{j.checkCommand, j.checkFolders, j.checkSyslog, j.checkAtOnce, j.checkFace}
	if len(r.Executable) == 0 && len(r.Service) == 0 {
		for _, flag := range j.Given {
			if key, inFile := keyOf(flag); inFile {
				return cli.Refuse("write "+key+" in the configuration, or name the daemon with -e and -s", "cannot use --%s for the daemons of a configuration", flag)
			}
		}
		if j.configFile, err = r.file(); err != nil {
			return err
		}
		return all(checks...)
	}
	switch {
	case len(r.Names) > 0:
		return cli.Refuse("give each further service its own -s; or leave out -e and -s to keep the daemon of that name in the configuration", "unexpected argument %s: -e has named the daemon", r.Names[0])
	case slices.Contains(j.Given, "config"):
		return cli.Refuse("leave out -c, or -e and -s", "cannot use both a configuration and -e")
	}
	j.Service = unique(j.Service)
	return all(append([]func() error{j.checkExecutable, j.checkServices, j.checkTimes, j.checkBackoff, j.findUser}, checks...)...)
}

// keyOf returns the configuration's key for a flag.
func keyOf(flag string) (key string, ok bool) {
	flags := strings.Fields("user recheck stop-timeout start-timeout verify settle leftovers boot-grace boot-limit work-limit backoff acceptable")
	return strings.ReplaceAll(flag, "-", "_"), slices.Contains(flags, flag)
}

// unique removes duplicates and keeps the order: a service is restarted once per run.
func unique(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

func (j *job) checkAtOnce() error {
	if j.AtOnce < 1 || j.AtOnce > 100 {
		return cli.Refuse("give a number from 1 to 100", "cannot use --at-once %d", j.AtOnce)
	}
	return nil
}

func (f executableFlag) checkExecutable() error {
	const hint = "give the daemon's program with its full path: -e /usr/local/sbin/clamd"
	switch list := f.Executable; {
	case len(list) == 0:
		return cli.Refuse(hint, "cannot look for a daemon: -e is missing")
	case len(list) > 1:
		return cli.Refuse("run daemon-keeper once for each daemon", "cannot keep %d daemons at once: -e was given %d times", len(list), len(list))
	case list[0] == "":
		return cli.Refuse(hint, "cannot look for a daemon: -e is empty")
	case strings.ContainsAny(list[0], "\x00"):
		return cli.Refuse(hint, "cannot look for %q: a path has no zero bytes", list[0])
	case !filepath.IsAbs(list[0]):
		return cli.Refuse(hint, "cannot look for %q: not an absolute path", list[0])
	}
	return nil
}

func (j *job) checkServices() error {
	if len(j.Service) == 0 {
		return cli.Refuse("name the service that starts the daemon: -s clamav-clamd", "cannot restart anything: -s is missing")
	}
	for _, name := range j.Service {
		if err := words.CheckService(name); err != nil {
			shown := name
			if len(shown) > 60 {
				shown = shown[:60] + "..."
			}
			hint := "give the name as you would to service(8), not a path: -s nginx"
			if strings.HasPrefix(name, "=") {
				hint = "write a space, or the long form: -s " + name[1:] + ", --service=" + name[1:]
			}
			return cli.Refuse(hint, "cannot take %q for a service: %v", shown, err)
		}
	}
	return nil
}

func (j *job) checkTimes() error {
	for _, t := range []struct {
		flag  string
		value time.Duration
		least time.Duration
	}{
		{"--recheck", j.Recheck, 0},
		{"--stop-timeout", j.StopTimeout, time.Millisecond},
		{"--start-timeout", j.StartTimeout, time.Millisecond},
		{"--verify", j.Verify, 0},
		{"--settle", j.Settle, 0},
		{"--boot-grace", j.BootGrace, 0},
		{"--boot-limit", j.BootLimit, 0},
		{"--work-limit", j.WorkLimit, 0},
		{"--acceptable", j.Acceptable, 0},
	} {
		if t.value < t.least {
			return cli.Refuse(words.DurationHint, "cannot use %s %v: it must be at least %v", t.flag, t.value, t.least)
		}
	}
	return nil
}

// checkBackoff reads the times of --backoff.
func (j *job) checkBackoff() error {
	for _, text := range j.Backoff {
		d, err := words.ParseDuration(strings.TrimSpace(text))
		if err == nil && d < 0 {
			err = errors.New("it is negative")
		}
		if err != nil {
			return cli.Refuse("write times such as 0s,1m,5m", "cannot use %q in --backoff: %v", text, err)
		}
		j.delays = append(j.delays, d)
	}
	return nil
}

// findUser turns a user's name into a UID. Without cgo, names are looked up in /etc/passwd
// only.
func (f *userFlag) findUser() error {
	if f.User == nil {
		return nil
	}
	text := *f.User
	if u, err := user.Lookup(text); err == nil {
		text = u.Uid
	}
	id, err := osutil.ParseID(text)
	if err != nil {
		return cli.Refuse("give a name from /etc/passwd, or the number that 'id -u' prints for a user who is not there", "cannot find user %q", *f.User)
	}
	f.UserID = &id
	return nil
}
