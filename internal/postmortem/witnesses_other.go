//go:build !linux && !freebsd

package postmortem

import "context"

// Witnesses are those that this system shares with others: what its kernel records is not
// known.
func Witnesses(named Naming) []Witness {
	return []Witness{
		{pidFiles, named.ask},
		{LastWords, askLastWords},
		{packages, askPackages},
		reading(machine, readMachine, machineFindings),
	}
}

func readKernelLog(context.Context, Dead) (kernelRecords, error) {
	return kernelRecords{}, nil
}

func readEnding(context.Context) (bootEnd, error) { return unknownEnding, nil }
