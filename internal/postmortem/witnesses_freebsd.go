package postmortem

import (
	"context"

	"daemon-keeper/internal/osutil"

	"golang.org/x/sys/unix"
)

// Witnesses are the sources of evidence of this system. The machine is the last: that it was
// rebooted counts if no other witness knows of an end.
func Witnesses(named Naming) []Witness {
	return []Witness{
		KernelLog(),
		reading(accounting, func(ctx context.Context, d Dead) (accountRecords, error) { // accton(8), periodic(8)
			return readAccounts(ctx, d, []accountFolder{{"/var/account", "acct"}}, "run sysrc accounting_enable=YES && service accounting start")
		}, accountFindings),
		reading(audit, readAudit, auditFindings),
		reading(core, readCores, coreFindings),
		{pidFiles, named.ask},
		{LastWords, askLastWords},
		{packages, askPackages},
		reading(room, readRoom, roomFindings),
		reading(machine, readMachine, machineFindings),
	}
}

// readEnding reads utx.log, getutxent(3). If the file is too long, nothing is known: records can
// only be read from the beginning of the file.
func readEnding(context.Context) (bootEnd, error) {
	end, err := osutil.ReadEnd("/var/log/utx.log", 4<<20)
	if err != nil || !end.Whole {
		return unknownEnding, err
	}
	return utxEnding(end.Data), nil
}

// kernelTables is the table of open files. That the table of processes was full is in the
// kernel's log.
func kernelTables() []table {
	used, err := unix.SysctlUint32("kern.openfiles")
	most, err2 := unix.SysctlUint32("kern.maxfiles")
	if err != nil || err2 != nil {
		return nil
	}
	return []table{{"open files (kern.maxfiles)", uint64(used), uint64(most)}}
}
