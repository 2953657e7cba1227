package postmortem

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// packageLog is a file to which a package manager writes what it does. The groups of its
// patterns are at, did, name, from and to.
type packageLog struct {
	path     string
	layout   string // of the time; "" for syslog's, which is not a part of the pattern
	patterns []*words.Pattern
}

const isoTime = "2006-01-02T15:04:05Z0700"

// packageLogs are those of Debian, of dnf (its "Upgraded" is about the old package, and left out),
// of zypper, of pacman, and of FreeBSD's pkg, which writes to syslog.
var packageLogs = [...]packageLog{
	{"/var/log/dpkg.log", time.DateTime, []*words.Pattern{{Text: `^(?P<at>[^ ]+ [^ ]+) (?P<did>upgrade|install|remove|purge) (?P<name>[^ ]+) (?P<from>[^ ]+) (?P<to>[^ ]+)$`}}},
	{"/var/log/dnf.rpm.log", isoTime, []*words.Pattern{{Text: `^(?P<at>[^ ]+) [A-Z]+ (?P<did>Upgrade|Installed|Erase|Downgrade|Reinstalled): (?P<name>[^ ]+?)(?:-(?P<to>[^ -]*-[^ -]*))?$`}}},
	{"/var/log/zypp/history", time.DateTime, []*words.Pattern{{Text: `^(?P<at>[^|]+)\| *(?P<did>install|remove) *\|(?P<name>[^|]*)\|(?P<to>[^|]*)`}}},
	{"/var/log/pacman.log", isoTime, []*words.Pattern{{Text: `^\[(?P<at>[^\]]{10,30})\] \[ALPM\] (?P<did>upgraded|installed|removed|downgraded|reinstalled) (?P<name>[^ ]+) \((?:(?P<from>[^ ()]+) -> )?(?P<to>[^ ()]+)\)$`}}},
	{"/var/log/messages", "", []*words.Pattern{
		{Text: `^(?:<[^ ]+> )?[^ ]+ pkg(?:-static)?(?:\[[0-9]+\])?: (?P<name>[^ ]+) (?P<did>upgraded|reinstalled|downgraded): (?P<from>[^ ]+) -> (?P<to>[^ ]+) *$`},
		{Text: `^(?:<[^ ]+> )?[^ ]+ pkg(?:-static)?(?:\[[0-9]+\])?: (?P<name>[^ ]+)-(?P<to>[^- ]+) (?P<did>installed|deinstalled)$`},
	}},
}

// changes are those in the last lines of a log.
func (l packageLog) changes(data []byte, now time.Time) []change {
	var list []change
	const most = 4 << 10
	for line := range bytes.Lines(data) {
		if len(line) > most {
			continue
		}
		if c, ok := l.change(strings.TrimSuffix(string(line), "\n"), now); ok && c.name != "" {
			list = append(list, c)
		}
	}
	return list
}

func (l packageLog) change(text string, now time.Time) (change, bool) {
	c := change{log: l.path, precision: time.Second}
	if l.layout == "" {
		var ok bool
		if c.at, c.precision, text, ok = syslogTime(text, now); !ok {
			return change{}, false
		}
	}
	for _, p := range l.patterns {
		m := p.Get().FindStringSubmatch(text)
		if m == nil {
			continue
		}
		group := func(name string) string {
			i := p.Get().SubexpIndex(name)
			if i < 0 {
				return ""
			}
			return m[i]
		}
		c.name, c.from, c.to = group("name"), group("from"), group("to")
		c.did = group("did")
		switch c.did {
		case "upgrade", "Upgrade":
			c.did = "upgraded"
		case "install", "Installed", "Reinstalled":
			c.did, c.from = "installed", ""
		case "remove", "purge", "deinstalled":
			c.did, c.from, c.to = "removed", "", ""
		case "Erase":
			c.did = "removed"
		case "Downgrade":
			c.did = "downgraded"
		}
		var err error
		if l.layout != "" {
			c.at, err = time.ParseInLocation(l.layout, group("at"), now.Location())
		}
		return c, err == nil
	}
	return change{}, false
}

// mostPackageLog bounds what is read of each log's end.
const mostPackageLog = 1 << 20

// readPackages reads the ends of the logs that there are, if they have changed at that
// time.
func readPackages(ctx context.Context, d Dead) ([]change, error) {
	first, _, _ := d.span()
	var list []change
	var errs []error
	for _, l := range packageLogs {
		end, err := osutil.ReadEnd(l.path, mostPackageLog)
		switch {
		case ctx.Err() != nil:
			return list, ctx.Err()
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			errs = append(errs, err)
		case err == nil && !end.Modified.Before(first.Add(-slack)):
			list = append(list, l.changes(wholeLines(end), d.Wall)...)
		}
	}
	return list, errors.Join(errs...)
}

// mostOwned bounds the number of packages whose lists of files are read.
const mostOwned = 50

// ownerOf is the one of these packages that has a file; "" if none has. Debian's lists of
// files are read; for others their package manager is asked.
func ownerOf(ctx context.Context, file string, changes []change) string {
	switch changes[0].log {
	case "/var/log/dpkg.log":
		return dpkgOwner(file, changes, func(name string) ([]byte, error) {
			return osutil.ReadSome("/var/lib/dpkg/info/"+name+".list", 4<<20)
		})
	case "/var/log/pacman.log":
		return ownerSays(ctx, "pacman", "-Qqo", file)
	case "/var/log/messages":
		out := ownerSays(ctx, "pkg", "which", "-q", file)
		if i := strings.LastIndexByte(out, '-'); i > 0 {
			out = out[:i]
		}
		return out
	}
	return ownerSays(ctx, "rpm", "-q", "--qf", `%{NAME}\n`, "-f", file)
}

// dpkgOwner reads the lists of files. The name of a list has the architecture only if the package
// may be installed for several.
func dpkgOwner(file string, changes []change, list func(name string) ([]byte, error)) string {
	wanted := []byte(withoutUsr(file))
	for _, c := range changes[:min(len(changes), mostOwned)] {
		if strings.ContainsAny(c.name, "/\x00") {
			continue
		}
		bare, _, _ := strings.Cut(c.name, ":")
		for _, name := range []string{bare, c.name} {
			text, err := list(name)
			if err != nil {
				continue // it has another name, or was removed
			}
			if slices.ContainsFunc(bytes.Split(text, []byte("\n")), func(line []byte) bool { return bytes.Equal(bytes.TrimPrefix(line, []byte("/usr")), wanted) }) {
				return c.name
			}
		}
	}
	return ""
}

// withoutUsr is a path for a comparison: on many systems /sbin is a link to /usr/sbin, and packages
// name the one or the other.
func withoutUsr(path string) string { return strings.TrimPrefix(path, "/usr") }

// ownerSays runs a package manager's question. It is not an error that no package has the file.
func ownerSays(ctx context.Context, program string, args ...string) string {
	out, _, _ := osutil.Output(ctx, 4<<10, program, args...)
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}
