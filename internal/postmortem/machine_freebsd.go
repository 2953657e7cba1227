package postmortem

import (
	"context"

	"daemon-keeper/internal/osutil"
)

// ReadMachine reads what happened to the machine.
func ReadMachine(ctx context.Context, d Dead) (Happened, error) {
	if !d.Rebooted {
		r, err := ReadKernelLog(ctx, d)
		return Happened{Kernel: r}, err
	}
	end, err := osutil.ReadEnd("/var/log/utx.log", 4<<20)
	if err != nil || !end.Whole { // a record's beginning cannot be told from its middle
		return Happened{}, err
	}
	return Happened{Ending: utxEnding(end.Data)}, nil
}
