package postmortem

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"daemon-keeper/internal/osutil"
)

// mostTrail bounds what is read of the trails: some 50,000 records.
const mostTrail = 8 << 20

// readAudit reads the end of the trail that is being written, to which a link points, and
// of the one before it: records are read from the end until they are too old.
func readAudit(_ context.Context, d Dead) (auditRecords, error) {
	const dir = "/var/audit"
	current, err := os.Readlink(filepath.Join(dir, "current"))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return auditRecords{}, Absent(`add pc to flags: in /etc/security/audit_control (sed -i '' 's/^flags:.*/&,pc/' /etc/security/audit_control), then: sysrc auditd_enable=YES && service auditd start`)
	case err != nil:
		return auditRecords{}, err
	}
	end, err := osutil.ReadEnd(filepath.Join(dir, filepath.Base(current)), mostTrail)
	if err != nil {
		return auditRecords{}, err
	}
	r := auditRecords{Trail: end.Data, Whole: true}
	if before, ok := trailBefore(dir, filepath.Base(current)); ok && end.Whole && int64(len(end.Data)) < mostTrail {
		if older, err := osutil.ReadEnd(filepath.Join(dir, before), mostTrail-int64(len(end.Data))); err == nil {
			r.Trail = slices.Concat(older.Data, r.Trail)
			end.Whole = older.Whole
		}
	}
	if !end.Whole {
		r.Whole = trailCovers(r.Trail, d)
	}
	return r, checkTrail(r.Trail)
}

// trailBefore is the trail that was ended last: names are the times of beginning and end.
func trailBefore(dir, current string) (string, bool) {
	names, _ := namesIn(dir)
	names = slices.DeleteFunc(names, func(n string) bool {
		return n >= current || !strings.Contains(n, ".") || strings.HasSuffix(n, ".gz") || n[0] < '0' || n[0] > '9'
	})
	if len(names) == 0 {
		return "", false
	}
	return slices.Max(names), true
}
