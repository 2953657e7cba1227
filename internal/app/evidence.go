package app

import (
	"context"
	"time"

	"daemon-keeper/internal/pidfiles"
	"daemon-keeper/internal/postmortem"
)

// evidence asks every witness that may know why a daemon has ended.
func evidence(ctx context.Context, d postmortem.Dead) postmortem.Evidence {
	return postmortem.Ask(ctx, postmortem.Witnesses(pidFilesNaming), d)
}

// evidenceTime is the default limit for all witnesses together, and for the service manager.
const evidenceTime = 2 * time.Second

// pidFilesNaming finds pidfiles that contain one of these process IDs.
func pidFilesNaming(ctx context.Context, numbers []int) ([]postmortem.PIDFile, error) {
	files, err := pidfiles.Naming(ctx, pidfiles.Places(), numbers)
	list := make([]postmortem.PIDFile, len(files))
	for i, f := range files {
		list[i] = postmortem.PIDFile{Path: f.Path, Number: int(f.Content.Number), Written: f.Written}
	}
	return list, err
}
