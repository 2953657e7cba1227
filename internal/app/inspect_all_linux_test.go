package app

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

func inspected(t *testing.T, d keeper.Daemon) report.Inspection {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	x, err := newInspector(ctx)
	if err != nil {
		t.Fatal(err)
	}
	verdicts, err := verdictsOf(ctx, []keeper.Daemon{d}, check.Options{Measure: true})
	if err != nil {
		t.Fatal(err)
	}
	return x.daemon(ctx, d, verdicts[0])
}

// All main processes are looked at, not only as many as show that the daemon is up.
func TestInspectAllMains(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may look at all of it")
	}
	dir := diskDir(t)
	toys := filepath.Join(dir, "threetoys")
	for range 3 {
		startToy(t, "daemon", func(cmd *exec.Cmd) {
			if _, err := os.Stat(toys); err != nil {
				named("threetoys")(t, dir, cmd)
			}
			cmd.Path = toys
		})
	}
	got := inspected(t, keeper.Daemon{Name: "toy", Spec: check.Spec{Executable: toys}})
	if got.State != "up" || len(got.Processes) != 3 {
		t.Errorf("%d of 3 processes are told of, state %s", len(got.Processes), got.State)
	}
}

// One that need not run is well when it does not.
func TestInspectNoneNeeded(t *testing.T) {
	got := inspected(t, keeper.Daemon{Name: "toy", Spec: check.Spec{Called: "no-such-toy", Count: &words.Count{Max: words.NoLimit}}})
	if got.State != "up" || got.Reason != "no process counts, and none needs to" {
		t.Errorf("%+v", got)
	}
	if status := inspectStatus([]report.Inspection{got}, "notice", false); status != report.OK {
		t.Errorf("status %v", status)
	}
}
