package app

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"io"
	"os"
	"syscall"
	"time"

	"daemon-keeper/internal/cli"
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
	// pageExpected is when the next run should have written its page anew: there is one
	// each minute, and one that restarts something takes longer.
	pageExpected = 5 * time.Minute
	// mostReports is how many bytes the reports of a fleet may have together: those of
	// 500 hosts have some 20 MiB.
	mostReports = 256 << 20
)

// showPage prints the page of this machine, or of a fleet.
func showPage(ctx context.Context, c cli.Command) report.Status {
	if len(c.Files) == 0 {
		return look(ctx, c)
	}
	p := page.Page{Written: time.Now(), Limit: c.MaxAge, Sources: readReports(c.Files, mostReports)}
	html, broken, err := p.Make()
	if err != nil {
		return refuse(c, err)
	}
	var out output
	_, _ = out.Write(html)
	out.complain(c)
	for _, err := range broken {
		fail(c, err)
	}
	if len(broken) > 0 || out.err != nil {
		return report.Unclear
	}
	return report.OK
}

// errTooLong is said of each report that is not read any more.
var errTooLong = errors.New("the reports are too long together, and it was not read")

// readReports reads the files up to so many bytes together; each after them is named as one
// that was not read.
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

// readReport reads no more than can be used. A FIFO is not waited for.
func readReport(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, osutil.Cause(err)
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, cmp.Or(osutil.Cause(err), errors.New("it is no file"))
	}
	data, err := io.ReadAll(io.LimitReader(f, page.MostBytes+1))
	return data, osutil.Cause(err)
}

// ownPage is the page of this machine. Where nothing is remembered there is no history; one
// that cannot be read is told in the page, and is an error beside it.
func ownPage(c cli.Command, r report.Report, limit time.Duration) ([]byte, error) {
	now := state.Now()
	name, err := os.Hostname()
	if err != nil {
		name = "this host"
	}
	var told bytes.Buffer
	report.JSON{Out: &told}.Write(r)
	p := page.Page{Written: now.Time.Local(), Limit: limit, Sources: []page.Source{{Host: words.Printable(name), Data: told.Bytes()}}}
	c.Names = nil
	var past bytes.Buffer
	err = writeHistory(c, now, report.History{Out: &past, Now: now.Time.Local(), Since: pageHistory, JSON: true})
	if none := new(noHistoryError); !errors.As(err, &none) {
		p.Sources = append(p.Sources, page.Source{Host: words.Printable(name), Data: past.Bytes(), Err: err})
	}
	html, broken, err := p.Make()
	return html, errors.Join(append(broken, err)...)
}

// writePage is --html.
func writePage(c cli.Command, r report.Report) error {
	html, err := ownPage(c, r, pageExpected)
	if len(html) == 0 {
		return err
	}
	return cmp.Or(report.WritePage(c.HTML, html), err)
}

// printPage is page, of this machine. The page tells how the daemons are, and the status
// whether there is one, in which nothing is missing.
func printPage(c cli.Command, r report.Report) report.Status {
	for _, m := range r.Mistakes {
		terminal.Fail(os.Stderr, terminal.Colored(os.Stderr, c.Color), m.Text, m.Hint)
	}
	html, err := ownPage(c, r, cmp.Or(c.MaxAge, pageExpected))
	var out output
	_, _ = out.Write(html)
	err = cmp.Or(err, out.err)
	if err != nil {
		fail(c, err)
	}
	if err != nil || len(r.Mistakes) > 0 {
		return report.Unclear
	}
	return report.OK
}
