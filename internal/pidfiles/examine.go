package pidfiles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/trust"

	"golang.org/x/sys/unix"
)

// Examiner looks at all pidfiles of a machine.
type Examiner struct {
	Machine
	GroupName func(uint32) string
	Places    []string                // folders that are looked at, with those one level below
	Also      []string                // more files and folders
	Named     map[string][]Expected   // pidfiles that somebody names, by their paths
	Holder    func(number int) Holder // the process that has an id
	Patience  time.Duration           // for one folder: a file server may never answer

	expected map[string][]Expected // Named, by paths without links
	asked    map[string]bool       // the files that are looked at one by one, by paths without links
}

// Result is what was found.
type Result struct {
	Reports []Report         // the worst first
	Sums    map[Severity]int // of all pidfiles, including those that are not in Reports
	Unseen  int              // how many files and folders we may not look at
	Limits  []string         // what was left out, and why
}

// The limits: files of other users must not fill our memory.
const (
	mostReports = 1000    // reports of one folder, the worst ones; all its files are judged
	mostFolders = 10_000  // folders one level below a place
	mostNumbers = 100_000 // ids for which the holder is remembered
)

// Examine looks at all pidfiles. It ends when ctx does, and says what it has left out.
func (x Examiner) Examine(ctx context.Context) Result {
	r := Result{Sums: make(map[Severity]int)}
	l := proctable.ReadLocks()
	wanted, err := inTime(ctx, x.Patience, func(context.Context) wanted { return x.wanted() })
	if err != nil {
		wanted.limits = []string{"a folder that leads to a pidfile which somebody names has not answered in time, so only the usual places were looked at"}
	}
	x.expected, x.asked, r.Limits = wanted.expected, wanted.asked, wanted.limits
	for _, w := range append(x.folders(ctx, &r, wanted.folders), wanted.work...) {
		if ctx.Err() != nil {
			r.Limits = append(r.Limits, "there was no time to look at "+w.path)
			continue
		}
		part, err := inTime(ctx, x.Patience, func(ctx context.Context) Result { return x.folder(ctx, w, l) })
		if err != nil {
			r.Limits = append(r.Limits, fmt.Sprintf("%s has not answered in time", w.path))
			continue
		}
		r.add(part)
	}
	slices.SortStableFunc(r.Reports, func(a, b Report) int {
		if a.Severity() != b.Severity() {
			return int(b.Severity() - a.Severity())
		}
		return strings.Compare(a.File.Path, b.File.Path)
	})
	return r
}

func (r *Result) add(part Result) {
	r.Reports = append(r.Reports, part.Reports...)
	for s, n := range part.Sums {
		r.Sums[s] += n
	}
	r.Unseen += part.Unseen
	r.Limits = append(r.Limits, part.Limits...)
}

// inTime calls do, and does not wait longer than patience: a read of a file system that another
// user serves cannot be interrupted.
func inTime[T any](ctx context.Context, patience time.Duration, do func(context.Context) T) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	done := make(chan T, 1)
	go func() { done <- do(ctx) }()
	timer := time.NewTimer(patience + patience/4) // do may notice that its time is over, and still return what it has
	defer timer.Stop()
	select {
	case v := <-done:
		return v, nil
	case <-timer.C:
	}
	var none T
	return none, context.DeadlineExceeded
}

// folder looks at the pidfiles of one folder.
func (x Examiner) folder(ctx context.Context, w work, l proctable.Locks) Result {
	r := Result{Sums: make(map[Severity]int)}
	f, err := openFolder(w.path)
	if err != nil {
		x.noFolder(&r, w, err)
		return r
	}
	defer f.close()
	way, _, _ := trust.Steps(w.path)
	v := visitor{x: x, folder: f, locks: l, way: steps(way), holders: make(map[int]Holder)}
	if len(w.files) > 0 {
		for _, name := range w.files {
			v.asked(&r, name)
		}
		return r
	}
	err = f.names(func(name string) bool {
		if !x.asked[path.Join(w.path, name)] {
			v.visit(&r, name)
		}
		return ctx.Err() == nil
	})
	switch {
	case err != nil:
		r.Limits = append(r.Limits, fmt.Sprintf("cannot read all of %s: %v", w.path, osutil.Cause(err)))
	case ctx.Err() != nil:
		r.Limits = append(r.Limits, fmt.Sprintf("not all files in %s were looked at: it has too many", w.path))
	}
	r.trim(w.path)
	return r
}

// noFolder is for a folder that could not be opened. If it does not exist, its pidfiles are missing;
// if we may not read it, it is counted.
func (x Examiner) noFolder(r *Result, w work, err error) {
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, unix.ENOTDIR):
		for _, name := range w.files {
			v := visitor{x: x}
			v.judge(r, File{Path: path.Join(w.path, name)})
		}
	case errors.Is(err, fs.ErrPermission):
		r.Unseen++
	default:
		r.Limits = append(r.Limits, fmt.Sprintf("cannot look at %s: %v", w.path, osutil.Cause(err)))
	}
}

// trim keeps the worst reports.
func (r *Result) trim(folder string) {
	if len(r.Reports) <= mostReports {
		return
	}
	r.keepWorst()
	sum := 0
	for _, n := range r.Sums {
		sum += n
	}
	r.Limits = append(r.Limits, fmt.Sprintf("%s holds %d pidfiles, of which only the %d worst are told", folder, sum, mostReports))
}

func (r *Result) keepWorst() {
	slices.SortStableFunc(r.Reports, func(a, b Report) int { return int(b.Severity() - a.Severity()) })
	clear(r.Reports[mostReports:])
	r.Reports = r.Reports[:mostReports]
}

// ThisMachine is the machine that we run on.
func ThisMachine(userName func(uint32) string) Machine {
	m := Machine{Now: time.Now(), Most: mostPID(), UserName: userName}
	if up, err := osutil.Uptime(); err == nil {
		m.Booted = m.Now.Add(-up)
	}
	return m
}
