package check

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"daemon-keeper/check/proctable"
)

// Sought is a service that runs, as its manager knows it.
type Sought struct {
	Main      int    // its main process; 0: the one of Processes that none of them has started
	Processes []int  // all of its processes, if they are known
	Path      string // what its manager has started; "" if that is not known
	Instance  string // its name as in NAME@INSTANCE; "" if its manager knows no instances
	Many      bool   // its script may start several, and their arguments tell which is which
}

// Program is what to look for, to find a service's process again.
type Program struct {
	PID        int    // the process: the main one, or the one for which that waits
	Executable string // its program, or its script; "" if that cannot be told
	Args       string // a regular expression for the argument that tells it from others; "" if none need to
	User       uint32 // its effective user
	Parent     int    // process id of the parent
	OldImage   bool   // its program has been replaced since it was started
	Others     []int  // other processes that match, and do not belong to the service
	Denied     bool   // it may not be looked at
	Why        string // Executable is "", for people
}

// Programs finds what to look for, for each service. What it finds counts right now,
// by Judge.
//
// The error is that of a look, and like a look it gives up when ctx ends.
func Programs(ctx context.Context, services []Sought) ([]Program, error) {
	return inTime(ctx, processTable, func() ([]Program, error) {
		f := proctable.NewFiles(proctable.UsualThreads)
		return programs(ctx, proctable.New(f), f, services)
	})
}

// processTable is what mostly is read.
const processTable = "the process table"

// inTime gives a reading up when ctx ends, for it can hang on a process that is itself
// stuck in the kernel, or on a file. What hangs is left behind.
func inTime[T any](ctx context.Context, what string, read func() ([]T, error)) ([]T, error) {
	type answer struct {
		list []T
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		list, err := read()
		done <- answer{list, err}
	}()
	select {
	case a := <-done:
		return a.list, a.err
	case <-ctx.Done():
		return nil, fmt.Errorf("cannot read %s in time: %w", what, context.Cause(ctx))
	}
}

func programs(ctx context.Context, t proctable.Table, f *proctable.Files, services []Sought) ([]Program, error) {
	f.Begin()
	all, err := readKin(ctx, t)
	if err != nil {
		return nil, err
	}
	list := make([]Program, len(services))
	proposals := make([][]Spec, len(services))
	for i, s := range services {
		if list[i], proposals[i], err = propose(t, all, s); err != nil {
			return nil, err
		}
	}
	specs := slices.Concat(proposals...)
	beginLook(f, specs)
	snapshot, err := lookAt(ctx, t, f, specs, Options{Full: true})
	if err != nil {
		return nil, err
	}
	for i, s := range services {
		choose(&list[i], proposals[i], all.family(list[i].PID, s.Processes), func(spec Spec) Verdict { return Judge(snapshot, spec) })
	}
	return list, nil
}

// propose looks at a service's process, and lists what it could be known by, the best
// first.
func propose(t proctable.Table, all kin, s Sought) (Program, []Spec, error) {
	pid, why := all.main(s)
	if why != "" {
		return Program{Why: why}, nil, nil
	}
	pid = all.behindWrapper(pid)
	p, err := all.closely(t, pid)
	owner, _ := p.Owner()
	found := Program{PID: pid, User: owner, Parent: p.Parent}
	switch {
	case errors.Is(err, proctable.ErrGone), errors.Is(err, proctable.ErrNoExe), err == nil && p.Zombie:
		found.Why = "its process has ended"
		return found, nil, nil
	case err != nil:
		return found, nil, err
	case p.Foreign:
		found.Why = "its process is " + Foreign.String()
		return found, nil, nil
	case p.Denied:
		found.Denied, found.Why = true, "its process "+Unreadable.String()
		return found, nil, nil
	}
	specs := proposals(p, s)
	if len(specs) == 0 && runsOthers(p.Exe) {
		found.Why = "its process executes " + proctable.BaseName(p.Exe) + ", and no argument tells what that runs"
	}
	return found, specs, nil
}

// proposals are the script, the applet or the program, each also with an argument
// that tells one process of it from another. Of what executes other programs the program
// alone says too little. An argument that names the instance, or its address, comes
// first: so that the next instance does not keep a dead one up. Where nobody knows a name
// of the instance, an address or a path does.
func proposals(p proctable.Process, s Sought) []Spec {
	started, instance := s.Path, s.Instance
	var first, later []string // patterns
	for _, arg := range tellingArgs(p.Args) {
		pattern := "^" + regexp.QuoteMeta(arg) + "$"
		isPlace := isAddress(arg) || strings.HasPrefix(arg, "/")
		if instance != "" && (isAddress(arg) || hasWords(arg, instance)) || s.Many && isPlace {
			first = append(first, pattern)
		} else {
			later = append(later, pattern)
		}
	}
	if titles := titlePatterns(p); instance != "" || s.Many {
		first = append(titles, first...)
	} else {
		later = append(titles, later...)
	}
	var user *uint32
	if owner, ok := p.Owner(); ok {
		user = &owner
	}
	var specs []Spec
	add := func(path string, alone bool) {
		patterns := slices.Clone(first)
		if alone {
			patterns = append(patterns, "")
		}
		for _, pattern := range append(patterns, later...) {
			spec := Spec{Executable: path, User: user}
			if pattern != "" {
				spec.Args = regexp.MustCompile(pattern)
			}
			specs = append(specs, spec)
		}
	}
	if path := scriptPath(p, started); path != "" {
		add(path, true)
	}
	if path := appletPath(p, started); path != "" {
		add(path, true)
		return specs
	}
	if path := programPath(p, started); path != "" {
		add(path, !runsOthers(p.Exe))
	}
	return specs
}

// choose takes the first proposal by which the process is up and no process of anybody
// else's is; if there is none, the first one by which it is up.
func choose(found *Program, specs []Spec, family map[int]bool, judge func(Spec) Verdict) {
	if len(specs) == 0 {
		if found.Why == "" {
			found.Why = "what its process executes cannot be told"
		}
		return
	}
	var second *Program
	for i, spec := range specs {
		v := judge(spec)
		at := slices.IndexFunc(v.Matches, func(m Match) bool { return m.PID == found.PID })
		if v.State != Up || at < 0 {
			if i == 0 {
				found.Why = whyNot(v, found.PID)
			}
			continue
		}
		try := *found
		try.take(spec, v.Matches[at])
		for _, m := range v.Matches {
			if !family[m.PID] {
				try.Others = append(try.Others, m.PID)
			}
		}
		if len(try.Others) == 0 {
			*found = try
			return
		}
		if second == nil && !runsOthers(spec.Executable) {
			second = &try
		}
	}
	switch {
	case second != nil:
		*found = *second
	case found.Why == "":
		found.Why = "no argument tells its process from others of its program"
	}
}

// take notes a proposal that fits.
func (f *Program) take(spec Spec, m Match) {
	f.Executable, f.OldImage, f.Why = spec.Executable, m.OldImage, ""
	if spec.Args != nil {
		f.Args = spec.Args.String()
	}
}

// whyNot tells why a process does not count by what would be the best.
func whyNot(v Verdict, pid int) string {
	if v.Err != nil && len(v.clouded) == 0 {
		return v.Err.Error()
	}
	for _, x := range v.Excluded {
		if x.PID == pid {
			return "its process does not count: " + x.Reason.String()
		}
	}
	return ""
}
