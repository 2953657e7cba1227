package app

import (
	"context"

	"daemon-keeper/internal/pidfiles"
	"daemon-keeper/internal/postmortem"
)

// pidFilesNaming finds pidfiles that hold one of these numbers.
func pidFilesNaming(ctx context.Context, numbers []int) ([]postmortem.PIDFile, error) {
	files, err := pidfiles.Naming(ctx, pidfiles.Places(), numbers)
	list := make([]postmortem.PIDFile, len(files))
	for i, f := range files {
		list[i] = postmortem.PIDFile{Path: f.Path, Number: int(f.Content.Number), Written: f.Written}
	}
	return list, err
}
