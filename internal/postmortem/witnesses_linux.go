package postmortem

import (
	"context"
	"os"
	"runtime"

	"daemon-keeper/internal/osutil"
)

// Witnesses are the sources of evidence of this system. The machine is the last: that it was
// rebooted counts if no other witness knows of an end.
func Witnesses(named Naming) []Witness {
	return []Witness{
		OurTracing().Witness(),
		KernelLog(),
		reading(accounting, func(ctx context.Context, d Dead) (accountRecords, error) {
			// Debian and SUSE; Red Hat
			return readAccounts(ctx, d, []accountFolder{{"/var/log/account", "pacct"}, {"/var/account", "pacct"}}, howToAccount())
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

// howToAccount is the command that switches process accounting on: accton(8), or the
// installation of the package that has it.
func howToAccount() string {
	if _, ok := osutil.Program("accton"); !ok {
		return "install acct, which switches it on (apt-get install acct), or psacct (dnf install psacct && systemctl enable --now psacct)"
	}
	if _, err := os.Stat("/var/log/account/pacct"); err == nil {
		return "run accton /var/log/account/pacct"
	}
	return "run mkdir -p /var/account && touch /var/account/pacct && accton /var/account/pacct"
}

// readEnding reads wtmp(5), and the journal of the earlier boot if wtmp does not say it. It is not
// an error if there is no such journal.
func readEnding(ctx context.Context) (bootEnd, error) {
	const mostWtmp = 1 << 20 // bytes: 2,700 records
	if runtime.GOARCH == "amd64" || runtime.GOARCH == "386" {
		if end, err := osutil.ReadEnd("/var/log/wtmp", mostWtmp); err == nil {
			if e := wtmpEnding(end.Data); e != unknownEnding {
				return e, nil
			}
		}
	}
	out, _, _ := osutil.Output(ctx, mostUnit, "journalctl", "-b", "-1", "-r", "-q", "-o", "json", "--no-pager", "--lines=50", "--output-fields=MESSAGE_ID,_COMM")
	return journalEnding(journalEntries(out)), ctx.Err()
}

// kernelTables are the kernel's tables of open files, and of processes and threads.
func kernelTables() []table {
	read := func(path string) string {
		text, _ := osutil.ReadSome(path, 256) // without the file there is no limit
		return string(text)
	}
	tasks := taskCount(read("/proc/loadavg"))
	return []table{
		fileTable(read("/proc/sys/fs/file-nr")),
		{"processes and threads (kernel.pid_max)", tasks, count(read("/proc/sys/kernel/pid_max"))},
		{"processes and threads (kernel.threads-max)", tasks, count(read("/proc/sys/kernel/threads-max"))},
	}
}
