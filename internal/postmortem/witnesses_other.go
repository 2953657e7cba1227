//go:build !linux && !freebsd

package postmortem

import "context"

// Witnesses are the sources of evidence that do not depend on the kernel: what this one records is
// not known.
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
