package main

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// contender is one way to ask whether toys are up.
type contender struct {
	name    string
	daemons int // that it looks for: the last ones
	args    []string
	want    string // the standard output that proves that it found them
}

// tools is the directory with the programs of our own and what they work on.
type tools struct {
	dir    string
	keeper string
	locale string
	states map[string]string // folders of the memory, by the names of who remembers there
}

// build makes the floor and the launcher, with the flags of the product.
func (t *tools) build(ctx context.Context) error {
	for _, name := range []string{"floor", "launch"} {
		cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w",
			"-o", filepath.Join(t.dir, name), "daemon-keeper/internal/bench/"+name)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
		out, err := cmd.CombinedOutput()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err != nil {
			return hinted{
				fmt.Errorf("cannot build %s: %w\n%s", name, err, bytes.TrimSpace(out)),
				"run it inside the repository",
			}
		}
	}
	return nil
}

// keeperArgs is a healthy run of daemon-keeper.
func (t *tools) keeperArgs(stateDir string, daemons ...string) []string {
	return append([]string{
		t.keeper, "--service-command", "/bin/true", "--no-syslog", "--run-dir", filepath.Join(t.dir, "run"),
		"--state-dir=" + stateDir,
	}, daemons...)
}

// configure writes the configurations, which name the last of the programs.
func (t *tools) configure(programs []string) error {
	for _, n := range counts {
		if err := os.WriteFile(t.configFile(n), []byte(configuration(last(programs, n))), 0o600); err != nil {
			return fmt.Errorf("cannot write a configuration: %w", err)
		}
	}
	return nil
}

func (t *tools) configFile(daemons int) string {
	return filepath.Join(t.dir, strconv.Itoa(daemons)+".yaml")
}

// contenders returns those that this machine has, and the names of the others.
func (t *tools) contenders(l *load) (all []contender, missing []string) {
	toy := l.toyPaths[len(l.toyPaths)-1]
	// The last grep counts the toy; the path in the shell's own arguments, and in
	// those of that grep, goes with "grep -v grep". So the original has it.
	pipeline := "ps aux | grep -v grep | grep -v daemon-keeper.sh | grep -c " + toy
	pid := fmt.Sprintln(l.toys[len(l.toys)-1])
	candidates := []contender{
		{nameKeeper, 1, t.keeperArgs(t.stateDir(), "-e", toy, "-s", "toy"), ""},
		{nameFloor, 1, []string{filepath.Join(t.dir, "floor"), toy}, ""},
		{namePipeline, 1, []string{"sh", "-c", pipeline}, "1\n"},
		{"pgrep -f", 1, []string{"pgrep", "-f", toy}, pid},
		{"pidof", 1, []string{"pidof", toy}, pid},
	}
	if len(l.toys) == mostDaemons {
		for _, n := range counts {
			candidates = append(candidates, contender{nameConfig, n, t.keeperArgs(t.stateDir(), "-c", t.configFile(n)), ""})
		}
	}
	for _, c := range candidates {
		path, err := exec.LookPath(c.args[0])
		if err != nil {
			missing = append(missing, c.args[0])
			continue
		}
		c.args[0] = path
		all = append(all, c)
	}
	return all, missing
}

// race runs the contenders by turns, so that whatever else the machine does
// hits all of them, and returns each one's samples. Each round has an order of
// chance: in a fixed one, who always came after the pipeline found the
// processor's caches cold, a tenth to a fifth between two equal programs.
func (t *tools) race(ctx context.Context, all []contender, rounds int) ([][]sample, error) {
	samples := make([][]sample, len(all))
	for round := -1; round < rounds; round++ {
		for _, i := range rand.Perm(len(all)) {
			s, err := t.measure(ctx, all[i])
			if err != nil {
				return nil, err
			}
			if round >= 0 { // the first has warmed the caches
				samples[i] = append(samples[i], s)
			}
		}
	}
	return samples, nil
}

// measure runs a contender once, and holds it to its answer.
func (t *tools) measure(ctx context.Context, c contender) (sample, error) {
	figures, w, err := os.Pipe()
	if err != nil {
		return sample{}, fmt.Errorf("cannot make a pipe: %w", err)
	}
	defer figures.Close()

	cmd := t.command(ctx, filepath.Join(t.dir, "launch"))
	var out, trouble bytes.Buffer
	cmd.Stdin = strings.NewReader(strings.Join(c.args, "\x00") + "\x00")
	cmd.Stdout, cmd.Stderr = &out, &trouble
	cmd.ExtraFiles = []*os.File{w}
	err = cmd.Run()
	w.Close()
	if ctx.Err() != nil {
		return sample{}, context.Cause(ctx)
	}
	if err != nil {
		return sample{}, fmt.Errorf("cannot measure %s: %w: %s", c.name, err, bytes.TrimSpace(trouble.Bytes()))
	}
	var (
		s      sample
		status int
	)
	if _, err := fmt.Fscan(figures, &s.wall, &s.cpu, &s.peak, &status); err != nil {
		return sample{}, fmt.Errorf("cannot read what %s cost: %w", c.name, err)
	}
	if status != 0 || out.String() != c.want {
		return sample{}, fmt.Errorf("cannot use %s: exit status %d, printed %q, want 0 and %q: %s",
			c.name, status, out.String(), c.want, bytes.TrimSpace(trouble.Bytes()))
	}
	return s, nil
}

// trace runs a healthy keeper once under strace and counts what it called.
func (t *tools) trace(ctx context.Context, c contender) (calls, error) {
	file := filepath.Join(t.dir, "trace")
	args := append([]string{"-f", "-o", file}, c.args...)
	if out, err := t.command(ctx, "strace", args...).CombinedOutput(); err != nil {
		return calls{}, fmt.Errorf("cannot trace: %w: %s", err, bytes.TrimSpace(out))
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return calls{}, fmt.Errorf("cannot read the trace: %w", err)
	}
	return parseTrace(string(text)), nil
}

// command is a command that dies with us. The environment is the same for all,
// and has no GOGC, GOMAXPROCS or GODEBUG.
func (t *tools) command(ctx context.Context, name string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = t.dir
	cmd.Env = []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "HOME=/", "LC_ALL=" + t.locale}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = time.Second
	return cmd
}
