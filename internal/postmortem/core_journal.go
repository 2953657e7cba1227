package postmortem

import (
	"strconv"
	"strings"
	"time"
)

// coreMessage is the MESSAGE_ID of systemd-coredump(8).
const coreMessage = "fc2e22bc6ee647b6b90729ab34a250b1"

// coreOfJournal is an entry of the journal's. Anybody may write all of its fields but the
// unit, which journald vouches for.
func coreOfJournal(entry map[string]string) (coreDump, bool) {
	us, ok := journalMicros(entry["COREDUMP_TIMESTAMP"])
	signal, err := strconv.Atoi(entry["COREDUMP_SIGNAL"])
	c := coreDump{
		PID: number(entry["COREDUMP_PID"]), Signal: signal, When: time.UnixMicro(us), Exact: true,
		File: entry["COREDUMP_FILENAME"], Exe: entry["COREDUMP_EXE"], Kept: true,
	}
	return c, ok && err == nil && c.PID > 0 && signal > 0 && signal < 65 &&
		entry["MESSAGE_ID"] == coreMessage && strings.HasPrefix(entry["_SYSTEMD_UNIT"], "systemd-coredump@")
}
