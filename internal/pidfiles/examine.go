package pidfiles

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/trust"

	"golang.org/x/sys/unix"
)

// Examiner looks at all pidfiles of a machine.
type Examiner struct {
	Machine
	GroupName func(uint32) string
	Places    []string                // folders that are looked at, with those one level below
	Also      []string                // files and folders that are looked at, too
	Named     map[string][]Expected   // pidfiles that somebody names, by their paths
	Holder    func(number int) Holder // what a number belongs to
	Patience  time.Duration           // for one folder: whoever serves it may never answer

	expected map[string][]Expected // Named by the paths without links
	asked    map[string]bool       // the files that are looked at one by one, by these paths
}

// Result is what was found.
type Result struct {
	Reports []Report         // the worst first
	Sums    map[Severity]int // of all, those too that are not among Reports
	Unseen  int              // files and folders that may not be looked at
	Limits  []string         // what was not looked at, or is not told, and why
}

// The limits, in files. What others put into their folders does not fill our memory.
const (
	mostReports = 1000    // of one folder that are told, the worst; all are judged
	mostFolders = 10_000  // one level below a place
	mostNumbers = 100_000 // whose holders are remembered
)

// Places are where daemons put pidfiles, hier(7).
func Places() []string { return []string{"/run", "/var/run"} }

// Examine looks at all of them. It ends when ctx does, and says what it has not looked at.
func (x Examiner) Examine(ctx context.Context) Result {
	r := Result{Sums: make(map[Severity]int)}
	l := readLocks()
	x.expected, _ = inTime(ctx, x.Patience, func(context.Context) map[string][]Expected { return withoutLinks(x.Named) })
	folders := x.folders(&r)
	named := x.named(&r)
	for _, w := range append(folders, named...) {
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

// work is a folder, and which files of it are meant.
type work struct {
	path  string   // without links
	files []string // names; all that are pidfiles if there are none
}

// inTime leaves behind what does not answer: a read of a file system that another user
// serves cannot be interrupted.
func inTime[T any](ctx context.Context, patience time.Duration, do func(context.Context) T) (T, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	done := make(chan T, 1)
	go func() { done <- do(ctx) }()
	timer := time.NewTimer(patience + patience/4) // who sees that its time is over has something to say yet
	defer timer.Stop()
	select {
	case v := <-done:
		return v, nil
	case <-timer.C:
	}
	var none T
	return none, context.DeadlineExceeded
}

// folders are the places, those below, and those of Also. None is there twice, by whatever
// name: /var/run mostly leads to /run.
func (x Examiner) folders(r *Result) []work {
	var list []work
	seen := make(map[string]bool)
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			list = append(list, work{path: name})
		}
	}
	for _, place := range x.Places {
		resolved, err := filepath.EvalSymlinks(place)
		if errors.Is(err, fs.ErrPermission) {
			r.Unseen++
		}
		if err != nil {
			continue
		}
		add(resolved)
		found, err := inTime(context.Background(), x.Patience, func(ctx context.Context) found { return foldersBelow(ctx, resolved) })
		if err != nil || found.cut {
			r.Limits = append(r.Limits, "not all folders in "+resolved+" were looked at")
		}
		for _, name := range found.names {
			add(path.Join(resolved, name))
		}
	}
	for _, name := range x.Also {
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			if resolved, err := filepath.EvalSymlinks(name); err == nil {
				add(resolved)
			}
		}
	}
	return list
}

type found struct {
	names []string
	cut   bool
}

func foldersBelow(ctx context.Context, place string) (r found) {
	f, err := openFolder(place)
	if err != nil {
		return r
	}
	defer f.close()
	err = f.names(func(name string) bool {
		if e, err := f.look(name); err == nil && e.kind() == Folder {
			r.names = append(r.names, name)
		}
		r.cut = len(r.names) >= mostFolders || ctx.Err() != nil
		return !r.cut
	})
	r.cut = r.cut || err != nil
	slices.Sort(r.names)
	return r
}

// named are the files that somebody names, or that are asked for.
func (x *Examiner) named(r *Result) []work {
	paths := slices.Collect(maps.Keys(x.Named))
	for _, name := range x.Also {
		if info, err := os.Lstat(name); err == nil && info.IsDir() {
			continue
		} else if err != nil {
			r.Limits = append(r.Limits, fmt.Sprintf("cannot look at %s: %v", name, osutil.Cause(err)))
			continue
		}
		paths = append(paths, name)
	}
	slices.Sort(paths)
	x.asked = make(map[string]bool)
	byFolder := make(map[string][]string)
	for _, name := range paths {
		dir, base := resolvedFolder(name), path.Base(name)
		if full := path.Join(dir, base); !x.asked[full] {
			x.asked[full] = true
			byFolder[dir] = append(byFolder[dir], base)
		}
	}
	var list []work
	for dir, files := range byFolder {
		list = append(list, work{dir, files})
	}
	slices.SortFunc(list, func(a, b work) int { return strings.Compare(a.path, b.path) })
	return list
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// resolvedFolder is the folder of a file without links, or as it is named if there is none.
func resolvedFolder(name string) string {
	dir := filepath.Dir(name)
	if resolved, err := filepath.EvalSymlinks(dir); err == nil {
		return resolved
	}
	return dir
}

// folder looks at one of them.
func (x Examiner) folder(ctx context.Context, w work, l locks) Result {
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

// noFolder: a pidfile in a folder that is not there is missing; a folder that may not be read
// is counted.
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

// trim keeps the worst.
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

func withoutLinks(named map[string][]Expected) map[string][]Expected {
	list := make(map[string][]Expected, len(named))
	for name, e := range named {
		full := path.Join(resolvedFolder(name), path.Base(name))
		list[full] = append(list[full], e...)
	}
	return list
}

// visitor looks at the files of one folder.
type visitor struct {
	x       Examiner
	folder  folder
	locks   locks
	way     []Step
	holders map[int]Holder
}

// visit looks at a name, if it may be a pidfile's.
func (v *visitor) visit(r *Result, name string) {
	isOne, mayBe := v.isOne(name), mayBeOne(name)
	if !isOne && !mayBe {
		if _, isGuessed := v.x.expected[path.Join(v.folder.path, name)]; !isGuessed {
			return
		}
	}
	e, err := v.folder.look(name)
	if err != nil || e.kind() == Folder && !strings.Contains(name, ".") { // /run/x/pid may hold pidfiles
		return
	}
	f := v.folder.read(e, v.locks)
	if f.Kind == Missing || !isOne && (f.Kind != Regular || f.Content.Sort != Number) {
		return
	}
	v.found(r, e, f)
}

// isOne reports whether a file is taken for a pidfile whatever it holds.
func (v *visitor) isOne(name string) bool {
	return isNamedLikeOne(name) ||
		slices.ContainsFunc(v.x.expected[path.Join(v.folder.path, name)], func(e Expected) bool { return !e.Guessed })
}

// asked looks at a file that somebody has named.
func (v *visitor) asked(r *Result, name string) {
	if full := path.Join(v.folder.path, name); len(v.x.expected[full]) > 0 && !v.isOne(name) && exists(full) {
		v.visit(r, name)
		return
	}
	e, err := v.folder.look(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		v.judge(r, File{Path: path.Join(v.folder.path, name)})
	case err != nil:
		r.Unseen++
	default:
		v.found(r, e, v.folder.read(e, v.locks))
	}
}

// found judges a file that is there.
func (v *visitor) found(r *Result, e entry, f File) {
	last := Step{f.Path, e.stat.Uid, e.stat.Gid, e.mode(), hasACL(f.Path), true}
	f.Writers = Writers(append(v.way[:len(v.way):len(v.way)], last), v.x.UserName, v.x.GroupName)
	v.judge(r, f)
}

func (v *visitor) judge(r *Result, f File) {
	expected := v.x.expected[f.Path]
	if f.Kind == Missing && !slices.ContainsFunc(expected, func(e Expected) bool { return e.Running && len(e.PIDs) > 0 }) {
		return // it is that of a service that does not run
	}
	if f.Denied != "" && len(f.Writers) == 0 {
		r.Unseen++
		return
	}
	var h Holder
	if n := f.Content.Number; f.Kind == Regular && f.Content.Sort == Number && n > 0 && n < 1<<31 {
		h = v.holder(int(n))
	}
	report := Judge(v.x.Machine, f, h, expected)
	r.Sums[report.Severity()]++
	r.Reports = append(r.Reports, report)
	if len(r.Reports) > 4*mostReports {
		r.keepWorst()
	}
}

func (v *visitor) holder(number int) Holder {
	h, known := v.holders[number]
	if !known {
		h = v.x.Holder(number)
		if len(v.holders) < mostNumbers {
			v.holders[number] = h
		}
	}
	return h
}

// steps are the way to a folder.
func steps(way []trust.Step) []Step {
	list := make([]Step, 0, len(way)+1)
	for _, s := range way {
		st, ok := s.Info.Sys().(*syscall.Stat_t)
		if !ok {
			continue
		}
		list = append(list, Step{Path: s.Path, Owner: st.Uid, Group: st.Gid, Mode: s.Info.Mode(), ACL: hasACL(s.Path)})
	}
	return list
}

// ThisMachine is the one that we run on.
func ThisMachine(userName func(uint32) string) Machine {
	m := Machine{Now: time.Now(), Most: mostPID(), UserName: userName}
	if up, err := osutil.Uptime(); err == nil {
		m.Booted = m.Now.Add(-up)
	}
	return m
}
