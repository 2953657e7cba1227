package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"time"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/metrics"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/page"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

const (
	// pageHistory is how far a page goes back.
	pageHistory = 90 * 24 * time.Hour
	// pageExpected is when the next run should have replaced the page: there is a run each
	// minute, and one that restarts something takes longer.
	pageExpected = 5 * time.Minute
	// mostReports limits the total size of a fleet's reports, in bytes: those of 500 hosts
	// have about 20 MiB.
	mostReports = 256 << 20
)

// pageCommand prints a page for a browser, of this machine or of a fleet.
type pageCommand struct {
	Reports []string      `arg:"" optional:"" sep:"none" name:"report" takes:"files"`
	MaxAge  time.Duration `default:"15m" placeholder:"TIME" help:"Warn if a report is older than this, or the page itself (${default})."`
	configFlag
	folderFlags
	serviceCommandFlag
}

// Help is what the help says of the command beside its flags.
func (pageCommand) Help() string {
	return `
Without a REPORT it is the page of this machine. Else it is that of all hosts
whose reports are given, the worst first: files that status -o json and
history --since 90d -o json have printed, called HOST.json and
HOST.history.json.

Examples:
  daemon-keeper page > page.html
  daemon-keeper page reports/*.json > fleet.html`
}

func (p *pageCommand) ask(j *job) (err error) {
	j.folderFlags, j.serviceCommandFlag, j.maxAge = p.folderFlags, p.serviceCommandFlag, p.MaxAge
	if p.MaxAge < time.Second {
		return cli.Refuse("give a time such as 15m", "cannot use --max-age %v: it must be at least 1s", p.MaxAge)
	}
	for _, path := range p.Reports {
		if path == "" || strings.ContainsRune(path, 0) {
			return cli.Refuse("name a file: daemon-keeper page web1.json", "cannot read a report from %q", path)
		}
	}
	if len(p.Reports) > 0 {
		return nil
	}
	if err := all(j.checkCommand, j.checkFolders); err != nil {
		return err
	}
	j.configFile, err = p.file()
	return err
}

func (p *pageCommand) run(ctx context.Context, j *job) (report.Status, error) {
	if len(p.Reports) == 0 {
		return look(ctx, j), nil
	}
	fleet := page.Page{Written: time.Now(), Limit: p.MaxAge, Sources: readReports(p.Reports, mostReports)}
	html, broken, err := fleet.Make()
	if err != nil {
		return report.Unclear, err
	}
	var out output
	_, _ = out.Write(html)
	out.complain(j)
	for _, err := range broken {
		fail(j, err)
	}
	if len(broken) > 0 || out.err != nil {
		return report.Unclear, nil
	}
	return report.OK, nil
}

// errTooLong is the error for each report beyond mostReports.
var errTooLong = errors.New("the reports are too long together, and it was not read")

// readReports reads files up to a total of most bytes. Each further file gets errTooLong.
func readReports(paths []string, most int) []page.Source {
	list := make([]page.Source, 0, len(paths))
	for _, path := range paths {
		s := page.Source{Host: page.HostOf(path), Path: path, Err: errTooLong}
		if most > 0 {
			s.Data, s.Err = readReport(path)
		}
		if most -= len(s.Data); most < 0 {
			s.Data, s.Err = nil, errTooLong
		}
		list = append(list, s)
	}
	return list
}

// readReport reads a report, but not more of it than can be used.
func readReport(path string) ([]byte, error) {
	f, err := osutil.OpenRegular(path, 0)
	if err != nil {
		return nil, osutil.Cause(err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, page.MostBytes+1))
	return data, osutil.Cause(err)
}

// ownPage returns the page of this machine. If nothing is remembered, the page has no
// history. If the history cannot be read, the page says so, and an error is returned with it.
func ownPage(j *job, r report.Report, limit time.Duration) ([]byte, error) {
	now := state.Now()
	name, err := os.Hostname()
	if err != nil {
		name = "this host"
	}
	var told bytes.Buffer
	report.JSON{Out: &told}.Write(r)
	p := page.Page{Written: now.Time.Local(), Limit: limit, Sources: []page.Source{{Host: words.Printable(name), Data: told.Bytes()}}}
	var past bytes.Buffer
	err = writeHistory(j.StateDir, nil, j.color, now, report.History{Out: &past, Now: now.Time.Local(), Since: pageHistory, JSON: true})
	if !errors.Is(err, errNoHistory) {
		p.Sources = append(p.Sources, page.Source{Host: words.Printable(name), Data: past.Bytes(), Err: err})
	}
	html, broken, err := p.Make()
	return html, errors.Join(append(broken, err)...)
}

// writePage writes the page for --html.
func writePage(j *job, r report.Report) error {
	html, err := ownPage(j, r, pageExpected)
	if len(html) == 0 {
		return err
	}
	return cmp.Or(metrics.WritePage(j.HTML, html), err)
}

// printPage prints the page of this machine for the command page. The page shows how the
// daemons are; the exit status says only whether the page was printed and is complete.
func printPage(j *job, r report.Report) report.Status {
	for _, m := range r.Mistakes {
		terminal.Fail(os.Stderr, terminal.Colored(os.Stderr, j.color), m.Text, m.Hint)
	}
	html, err := ownPage(j, r, cmp.Or(j.maxAge, pageExpected))
	var out output
	_, _ = out.Write(html)
	err = cmp.Or(err, out.err)
	if err != nil {
		fail(j, err)
	}
	if err != nil || len(r.Mistakes) > 0 {
		return report.Unclear
	}
	return report.OK
}
