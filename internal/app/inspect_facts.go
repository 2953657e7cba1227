package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/check"
	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/inspect"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/pidfiles"
	"daemon-keeper/internal/trust"
)

// complete adds facts about a process that other packages find out.
func (x *inspector) complete(ctx context.Context, f *inspect.Facts, d keeper.Daemon, m check.Match) {
	f.UserName, f.GroupName = x.users, x.groups
	f.UserNumber, f.GroupNumber = userNumber, groupNumber
	waysTo(f)
	if f.IDs.Known {
		a, err := accountOf(f.IDs.Value.Users[1])
		f.Account = inspect.Know(a, err)
	}
	f.Unit = x.unit(ctx, f)
	if !f.Listening.Known && f.Listening.Why == "" {
		f.Listening = x.listening(f)
	}
	f.Writers = x.writers(f, m)
	f.Configs = inspect.Know(changed(f, inspect.ConfigPaths(*f)), nil)
	f.UnitFiles = inspect.Know(changed(nil, f.Unit.Value.UnitFiles()), nil)
	f.PIDFiles = inspect.Know(x.pidFiles(ctx, f, d), nil)
}

// accountOf looks up a user. A user without a name is in no further group.
func accountOf(id uint32) (inspect.Account, error) {
	u, err := user.LookupId(strconv.FormatUint(uint64(id), 10))
	if errors.As(err, new(user.UnknownUserIdError)) {
		return inspect.Account{Group: id}, nil
	}
	if err != nil {
		return inspect.Account{}, err
	}
	a := inspect.Account{Name: u.Username}
	if a.Group, err = osutil.ParseID(u.Gid); err != nil {
		return a, err
	}
	list, err := u.GroupIds()
	for _, g := range list {
		if id, err := osutil.ParseID(g); err == nil && id != a.Group {
			a.Member = append(a.Member, id)
		}
	}
	return a, err
}

func userNumber(name string) (uint32, bool) {
	id, err := osutil.UserID(name)
	return id, err == nil
}

func groupNumber(name string) (uint32, bool) {
	id, err := osutil.GroupID(name)
	return id, err == nil
}

// groupNames returns a function that names groups; a group without a name is its number.
func groupNames() func(uint32) string {
	accounts := osutil.ReadAccounts(osutil.GroupsFile)
	return func(id uint32) string {
		name, _ := accounts.Name(id)
		return cmp.Or(name, fmt.Sprint(id))
	}
}

// startsFreely reports whether a command of the unit is started without the unit's user and
// capabilities: ExecStart=+/usr/sbin/x, systemd.service(5).
func startsFreely(exec string) bool {
	_, flags, _ := strings.Cut(exec, " ; flags=")
	flags, _, _ = strings.Cut(flags, " ; ")
	return strings.Contains(flags, "privileged") || strings.Contains(flags, "no-setuid") || strings.Contains(flags, "ambient")
}

// askManager asks the manager for the settings of a process's service. The settings of the user
// and the like apply to its main process only.
func (x *inspector) askManager(ctx context.Context, f *inspect.Facts) (none inspect.Fact[inspect.Unit]) {
	name := proctable.UnitIn(f.Cgroup.Value)
	if !f.Cgroup.Known || !strings.HasSuffix(name, ".service") || strings.HasPrefix(name, "user@") || x.manager == nil {
		return none
	}
	a, err := x.manager.Asked(ctx, name)
	if err != nil {
		x.doubt(err.Error())
		return none
	}
	if a.Name == "" {
		return none
	}
	if a.Main != 0 && a.Main != f.PID || startsFreely(a.Props["ExecStartEx"]) {
		for _, key := range []string{"User", "Group", "SupplementaryGroups", "AmbientCapabilities", "CapabilityBoundingSet", "OOMScoreAdjust", "WorkingDirectory", "UMask"} {
			delete(a.Props, key)
		}
	}
	return inspect.Know(inspect.Unit{Name: a.Name, Props: a.Props}, nil)
}

// listening returns the sockets at which a process listens, and the other processes that have
// them open.
func (x *inspector) listening(f *inspect.Facts) inspect.Fact[[]inspect.Listening] {
	sockets, err := proctable.Listeners(f.PID)
	if err != nil {
		return inspect.Know[[]inspect.Listening](nil, err)
	}
	var list []inspect.Listening
	for inode, s := range sockets {
		list = append(list, inspect.Listening{
			Socket: s.String(), Others: x.world.Sharing(f.PID, fmt.Sprintf("socket:[%d]", inode), f.Relatives.Value),
			Public: s.Network != "unix" && !s.Addr.Addr().IsLoopback() && s.Addr != netip.AddrPort{},
		})
	}
	slices.SortFunc(list, func(a, b inspect.Listening) int { return strings.Compare(a.Socket, b.Socket) })
	return inspect.Know(list, nil)
}

// errServed is the error for a file that is not touched because reading it may hang.
var errServed = errors.New("its file is served by another machine or process, which may not answer")

// writers lists the users who can change the program, as long as its path leads us to the
// same file as the process.
func (x *inspector) writers(f *inspect.Facts, m check.Match) inspect.Fact[[]inspect.Writer] {
	if f.Deleted.Value || f.Root.Value.Changed || !f.Root.Known || f.Exe == "" {
		return inspect.Fact[[]inspect.Writer]{}
	}
	var list []inspect.Writer
	served := proctable.WhatIsServed()
	for _, name := range []string{f.Exe, m.Script} {
		if name == "" || !filepath.IsAbs(name) {
			continue
		}
		if served.Lead(name) {
			return inspect.Know[[]inspect.Writer](nil, errServed)
		}
		writers, err := pidfiles.WhoCanChange(name, x.users, x.groups)
		if err != nil {
			return inspect.Know[[]inspect.Writer](nil, err)
		}
		for _, w := range writers {
			list = append(list, inspect.Writer{Who: w.Who, At: w.At})
		}
	}
	return inspect.Know(list, nil)
}

// changed returns when regular files were last changed. Missing files are left out. So are
// files that another machine serves, which may never answer: the owner of the daemon chooses
// the path. For a process with another root folder the paths mean other files, so nothing is
// returned.
func changed(f *inspect.Facts, paths []string) []inspect.Changed {
	if f != nil && (f.Root.Value.Changed || !f.Root.Known) {
		return nil
	}
	var list []inspect.Changed
	served := proctable.WhatIsServed()
	for _, name := range paths {
		if served.Lead(name) {
			continue
		}
		info, err := os.Stat(name)
		if err == nil && info.Mode().IsRegular() && (f == nil || info.Mode()&0o111 == 0) && !slices.ContainsFunc(list, func(c inspect.Changed) bool { return c.Path == name }) {
			list = append(list, inspect.Changed{Path: name, At: info.ModTime()})
		}
	}
	return list
}

// pidFiles returns the pidfiles that contain the number of the process, and those that its unit
// or the configuration names.
func (x *inspector) pidFiles(ctx context.Context, f *inspect.Facts, d keeper.Daemon) []inspect.PIDFile {
	e := pidfiles.Expected{By: f.Unit.Value.Name, PIDs: []int{f.PID}, Running: true}
	for _, r := range f.Relatives.Value {
		e.PIDs = append(e.PIDs, r.PID)
	}
	named := make(map[string][]pidfiles.Expected)
	if name := f.Unit.Value.Props["PIDFile"]; filepath.IsAbs(name) && !proctable.WhatIsServed().Lead(name) {
		named[name] = append(named[name], e)
	}
	if p := d.Spec.PIDFile; p != nil {
		e.By = "daemon " + d.Name + " of the configuration"
		named[p.Path] = append(named[p.Path], e)
	}
	found, err := pidfiles.Naming(ctx, pidfiles.Places(), []int{f.PID})
	if err != nil {
		x.doubt("cannot look for the pidfiles of '" + d.Name + "': " + err.Error())
	}
	files := pidfiles.Examiner{
		Machine: pidfiles.ThisMachine(x.users), GroupName: x.groups, Named: named, Holder: holders(x.sight), Patience: pidFolderTime,
	}
	for _, p := range found {
		files.Also = append(files.Also, p.Path)
	}
	var list []inspect.PIDFile
	for _, r := range files.Examine(ctx).Reports {
		for _, y := range r.Findings {
			if y.Verdict == pidfiles.Writable && x.isOwn(f, y.Text) || y.Verdict == pidfiles.OtherProgram && y.Severity == pidfiles.Note {
				continue
			}
			list = append(list, inspect.PIDFile{Path: r.File.Path, Verdict: string(y.Verdict), Text: y.Text, Severity: pidFileSeverity(y)})
		}
	}
	return list
}

// isOwn reports whether the daemon's own user or group can change a pidfile. That is so for
// most daemons that write it themselves; the command pidfiles reports all of them.
func (x *inspector) isOwn(f *inspect.Facts, text string) bool {
	if !f.IDs.Known {
		return false
	}
	ids := f.IDs.Value
	return strings.HasPrefix(text, "user "+x.users(ids.Users[1])+" can change ") || strings.HasPrefix(text, "group "+x.groups(ids.Groups[1])+" can change ")
}

// pidFileSeverity is how serious a finding is here. That somebody can change the file matters
// only if root signals the process that it names.
func pidFileSeverity(f pidfiles.Finding) inspect.Severity {
	switch {
	case f.Verdict == pidfiles.Writable, f.Severity == pidfiles.Note:
		return inspect.Notice
	case f.Severity == pidfiles.Dangerous:
		return inspect.Critical
	case f.Severity == pidfiles.Wrong:
		return inspect.Warning
	}
	return inspect.Fine
}

// mostWays limits the world-writable files whose parent folders are checked.
const mostWays = 100

// waysTo finds out whether all users can reach the world-writable files: a parent folder may
// be closed to them.
func waysTo(f *inspect.Facts) {
	if f.Root.Value.Changed || !f.Root.Known {
		return
	}
	served := proctable.WhatIsServed()
	n := 0
	for i := range f.Files.Value {
		x := &f.Files.Value[i]
		if !x.OpenToAll() || n == mostWays {
			continue
		}
		n++
		if !served.Lead(x.Path) {
			x.Way = wayTo(x.Path)
		}
	}
}

func wayTo(name string) inspect.Way {
	steps, _, err := trust.Steps(name)
	for _, s := range steps {
		if s.Info.IsDir() && s.Info.Mode()&0o001 == 0 {
			return inspect.Closed
		}
	}
	if err != nil {
		return inspect.NotKnown
	}
	return inspect.Open
}
