package postmortem

import (
	"context"
	"fmt"
	"slices"

	"daemon-keeper/internal/osutil"
)

// mostJournal bounds what is read of the journal, as journalctl prints it.
const mostJournal = 8 << 20

// journal asks systemd's journal for the entries of the time in which a daemon has died,
// the oldest first, and whether those are all. The caller must check who has written them: any
// user may write any field whose name does not begin with an underscore.
func journal(ctx context.Context, d Dead, fields string, matches ...string) (list []map[string]string, whole bool, err error) {
	first, last, _ := d.span()
	args := []string{
		"-r", "-q", "-o", "json", "--no-pager", "--output-fields=" + fields,
		fmt.Sprintf("--since=@%d", first.Add(-2*slack).Unix()), fmt.Sprintf("--until=@%d", last.Add(2*slack).Unix()),
	}
	out, whole, err := osutil.Output(ctx, mostJournal, "journalctl", append(args, matches...)...)
	list = journalEntries(out)
	slices.Reverse(list)
	return list, whole, err
}
