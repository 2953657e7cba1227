package postmortem

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"daemon-keeper/internal/osutil"
)

// readCores looks for images where the kernel puts them: in files, or in the hands of
// systemd-coredump, which writes down the numbers that the kernel has for processes.
func readCores(ctx context.Context, d Dead) ([]coreDump, error) {
	text, err := osutil.ReadSome("/proc/sys/kernel/core_pattern", 4<<10)
	if err != nil {
		return nil, err
	}
	if len(text) > 0 && text[0] == '|' {
		if !strings.Contains(string(text), "systemd-coredump") || !inFirstPIDs() {
			return nil, nil // in the hands of a program that we do not know
		}
		return journalCores(ctx, d)
	}
	uses, _ := osutil.ReadSome("/proc/sys/kernel/core_uses_pid", 16)
	pattern, ok := linuxCorePattern(string(text), len(uses) > 0 && uses[0] == '1')
	if !ok {
		return nil, nil
	}
	return coresOf(ctx, d, pattern), ctx.Err()
}

func journalCores(ctx context.Context, d Dead) ([]coreDump, error) {
	matches := []string{"-b", "MESSAGE_ID=" + coreMessage}
	for _, p := range d.Processes[:min(len(d.Processes), 100)] {
		matches = append(matches, fmt.Sprintf("COREDUMP_PID=%d", p.PID))
	}
	if len(matches) == 2 {
		return nil, nil
	}
	entries, _, err := journal(ctx, d, coreFields, matches...)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	var list []coreDump
	for _, entry := range entries {
		if c, ok := coreOfJournal(entry); ok {
			list = append(list, c)
		}
	}
	return list, err
}

// coreFields are what we ask the journal for.
const coreFields = "MESSAGE_ID,COREDUMP_PID,COREDUMP_SIGNAL,COREDUMP_TIMESTAMP,COREDUMP_EXE,COREDUMP_FILENAME,_SYSTEMD_UNIT"
