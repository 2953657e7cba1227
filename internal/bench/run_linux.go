package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// The parent-death signal is sent when the parent's *thread* ends (prctl(2)), so
// all children are started from the main thread, which ends last.
func init() { runtime.LockOSThread() }

// run measures, prints, and returns the exit status.
func run(opts options) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	// A SIGTERM for "go run" ends only "go run": take its death for our own end.
	// If this fails, the measurement goes on to its end, and cleans up then.
	_ = unix.Prctl(unix.PR_SET_PDEATHSIG, uintptr(syscall.SIGTERM), 0, 0, 0)

	got, err := measureAll(ctx, opts)
	if err != nil {
		return fail(err)
	}
	goals, more, memory := judge(got.rows), judgeDaemons(got.rows, got.traced), judgeMemory(got.rows, got.traced)
	show(opts, got, goals, more, memory)
	for _, g := range slices.Concat(goals, more, memory) {
		if opts.check && !g.met {
			return 1
		}
	}
	if opts.check && goals == nil {
		return fail(fmt.Errorf("cannot check the goals: nothing was measured at %s processes", thousands(goalSize)))
	}
	return 0
}

// outcome is all that a run of the benchmark has found out.
type outcome struct {
	rows   []row
	notes  []string
	rounds []string
	traced []calls // of healthy runs over most daemons
}

// measureAll measures at each size. Nothing that it starts outlives it. A size
// for which the machine has no room is left out with a note.
func measureAll(ctx context.Context, opts options) (got outcome, err error) {
	keeper, err := filepath.Abs(opts.keeper)
	if err == nil {
		_, err = exec.LookPath(keeper)
	}
	if err != nil {
		return got, hinted{
			fmt.Errorf("cannot find the keeper: %w", err),
			"build it with 'make build', or name another with -keeper",
		}
	}
	dir, err := os.MkdirTemp("", "keeper-bench-")
	if err != nil {
		return got, fmt.Errorf("cannot make a directory: %w", err)
	}
	defer os.RemoveAll(dir)
	if dir, err = filepath.EvalSymlinks(dir); err != nil { // /proc/PID/exe has none
		return got, fmt.Errorf("cannot resolve the directory: %w", err)
	}
	t := &tools{dir: dir, keeper: keeper, locale: opts.locale}
	if err := t.build(ctx); err != nil {
		return got, err
	}
	l, err := newLoad(dir, opts.pad)
	if err != nil {
		return got, err
	}
	defer l.stop()
	if err := t.configure(l.toyPaths); err != nil {
		return got, err
	}

	defer t.removeStates()
	if got.notes, err = t.makeStates(); err != nil {
		return got, err
	}
	for _, size := range opts.sizes {
		if err := t.measureAt(ctx, l, size, opts.roundsAt(size), &got); err != nil {
			if h := (hinted{}); errors.As(err, &h) && len(got.rows) > 0 {
				got.notes = append(got.notes, fmt.Sprintf("left out %s processes: %v", thousands(size), err))
				break // the larger ones have no room either
			}
			return got, err
		}
	}
	return got, nil
}

// measureAt measures in a table of about size processes.
func (t *tools) measureAt(ctx context.Context, l *load, size, rounds int, got *outcome) error {
	fmt.Fprintf(os.Stderr, "bench: %s processes, %d rounds\n", thousands(size), rounds)
	actual, err := l.grow(ctx, size)
	if err != nil {
		return err
	}
	if actual > size+size/10 { // the machine's own are more than that
		size = actual
	}
	all, missing := t.contenders(l)
	samples, err := t.race(ctx, all, rounds)
	if err != nil {
		return err
	}
	for i, c := range all {
		got.rows = append(got.rows, summarize(size, c.name, c.daemons, samples[i]))
	}
	if len(l.toys) == mostDaemons {
		rows, err := t.raceMindful(ctx, size, memoryRounds*rounds)
		if err != nil {
			return err
		}
		got.rows = append(got.rows, rows...)
	}
	got.rounds = append(got.rounds, fmt.Sprintf("%d at %s", rounds, thousands(size)))
	if len(missing) > 0 {
		got.notes = append(got.notes, fmt.Sprintf("at %s processes: not installed, left out: %s",
			thousands(size), strings.Join(missing, ", ")))
	}
	for _, c := range all {
		if c.name == nameKeeper || c.name == nameConfig && c.daemons == mostDaemons {
			t.traceNote(ctx, c, size, got)
		}
	}
	return context.Cause(ctx)
}

// traceNote notes what a healthy run calls. That it cannot be traced is no
// failure: a container may forbid it.
func (t *tools) traceNote(ctx context.Context, c contender, size int, got *outcome) {
	made, err := t.trace(ctx, c)
	at := fmt.Sprintf("strace, at %s processes", thousands(size))
	if c.name == nameConfig {
		at += fmt.Sprintf(", %d daemons", c.daemons)
	}
	if err != nil {
		got.notes = append(got.notes, fmt.Sprintf("%s: left out: %v", at, err))
		return
	}
	if c.name == nameConfig {
		got.traced = append(got.traced, made)
	}
	got.notes = append(got.notes, fmt.Sprintf("%s: %d processes made, %d programs run, %s system calls (%s)",
		at, made.forks, made.execs, thousands(made.total), made.most()))
}

// show writes the answer to standard output.
func show(opts options, got outcome, goals, more, memory []goal) {
	fmt.Printf("%s, %s.\n", time.Now().Format(time.DateOnly), machine())
	fmt.Printf("Medians of rounds (%s), interleaved in random order; LC_ALL=%s, command lines +%d bytes.\n",
		strings.Join(got.rounds, ", "), opts.locale, opts.pad)
	fmt.Print("CPU: user + system, with all children. Peak: the largest process (2 MiB is the least that can be told).\n\n")
	format, bullet := text, ""
	if opts.markdown {
		format, bullet = markdown, "- "
	}
	fmt.Println(format(one(got.rows)))
	if table := several(got.rows); len(table) > 1 {
		fmt.Printf("A configuration (-c) of daemons that are each a program of their own; the cost of one pipeline is multiplied.\n\n")
		fmt.Println(format(table))
	}
	if table := memories(got.rows); len(table) > 1 {
		fmt.Printf("The same with a memory (--state-dir) and without; %d times as many rounds.\n\n", memoryRounds)
		fmt.Println(format(table))
	}
	for _, note := range got.notes {
		fmt.Println(bullet + note)
	}
	showGoals(fmt.Sprintf("Goals at %s processes", thousands(goalSize)), bullet, goals)
	showGoals(fmt.Sprintf("Goals over %d daemons", goalDaemons), bullet, more)
	showGoals("Goals of the memory", bullet, memory)
}

func showGoals(title, bullet string, goals []goal) {
	fmt.Printf("\n%s:\n\n", title)
	if goals == nil {
		fmt.Println(bullet + "not measured")
	}
	for _, g := range goals {
		fmt.Println(bullet + g.String())
	}
}

// machine describes where the figures come from.
func machine() string {
	return fmt.Sprintf("%d cores, %s MiB of memory, Linux %s/%s",
		runtime.NumCPU(), thousands(meminfo("MemTotal")/1024), read("/proc/sys/kernel/osrelease"), runtime.GOARCH)
}
