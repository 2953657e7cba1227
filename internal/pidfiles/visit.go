package pidfiles

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"syscall"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/trust"
)

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

// visitor looks at the files of one folder.
type visitor struct {
	x       Examiner
	folder  folder
	locks   proctable.Locks
	way     []Step
	holders map[int]Holder
}

// visit looks at a file, if it may be a pidfile by its name.
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

// isOne reports whether a file counts as a pidfile whatever it holds.
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

// steps are the folders and links on the way to a folder.
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
