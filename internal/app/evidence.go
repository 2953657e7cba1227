package app

import (
	"context"
	"time"

	"daemon-keeper/internal/pidfiles"
	"daemon-keeper/internal/postmortem"
)

// evidence asks every witness that may know why a daemon has ended.
func evidence(ctx context.Context, d postmortem.Dead) postmortem.Evidence {
	trace := postmortem.OurTracing()
	return postmortem.Ask(ctx, []postmortem.Witness{
		postmortem.SignalTrace{Read: trace.Read, Describe: trace.Describer(ctx)},
		postmortem.KernelLog{Read: postmortem.ReadKernelLog},
		postmortem.Accounting{Read: postmortem.ReadAccounts},
		postmortem.Audit{Read: postmortem.ReadAudit},
		postmortem.Core{Read: postmortem.ReadCores},
		postmortem.PIDFiles{Read: pidFilesNaming},
		postmortem.LastWords{Read: postmortem.ReadLastWords},
		postmortem.Packages{Read: postmortem.ReadPackages, Owns: postmortem.OwnerOf},
		postmortem.Room{Read: postmortem.ReadRoom},
		postmortem.Machine{Read: postmortem.ReadMachine}, // the last: its reboot holds if nobody else knows of an end
	}, d)
}

// evidenceTime is the default limit for all witnesses together, and for the service manager.
const evidenceTime = 2 * time.Second

// pidFilesNaming finds pidfiles that hold one of these numbers.
func pidFilesNaming(ctx context.Context, numbers []int) ([]postmortem.PIDFile, error) {
	files, err := pidfiles.Naming(ctx, pidfiles.Places(), numbers)
	list := make([]postmortem.PIDFile, len(files))
	for i, f := range files {
		list[i] = postmortem.PIDFile{Path: f.Path, Number: int(f.Content.Number), Written: f.Written}
	}
	return list, err
}
