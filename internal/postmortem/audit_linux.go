package postmortem

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"daemon-keeper/internal/osutil"
)

// auditLogs are auditd's, the newest first.
var auditLogs = [...]string{"/var/log/audit/audit.log", "/var/log/audit/audit.log.1"}

// mostAudit bounds what is read of them all: some 15,000 kills.
const mostAudit = 8 << 20

// howToAudit is a rule that records kill(2) and similar calls, but not the signal 0, which
// only asks whether a process lives.
const howToAudit = "'-a always,exit -F arch=b64 -S kill -S tkill -S rt_sigqueueinfo -S pidfd_send_signal -F a1!=0 -k kill'"

// readAudit reads the ends of auditd's logs, and without them the journal. A container's
// numbers are others than the records'.
func readAudit(ctx context.Context, d Dead) (auditRecords, error) {
	if !inFirstPIDs() {
		return auditRecords{Whole: true}, nil
	}
	r, err := readAuditLogs(ctx, d, auditLogs[:])
	if errors.Is(err, fs.ErrNotExist) {
		r, err = readAuditJournal(ctx, d)
	}
	r.Host, _ = os.Hostname()
	if err == nil && !bytes.Contains(r.Log, []byte("type=OBJ_PID ")) {
		err = auditsKills(ctx)
	}
	return r, err
}

func readAuditLogs(ctx context.Context, d Dead, paths []string) (auditRecords, error) {
	var r auditRecords
	left := int64(mostAudit)
	for i, path := range paths {
		end, err := osutil.ReadEnd(path, left)
		switch {
		case errors.Is(err, fs.ErrNotExist) && i > 0:
			r.Whole = true
			return r, nil
		case err != nil:
			return r, err
		}
		left -= int64(len(end.Data))
		r.Log = append(wholeLines(end), r.Log...)
		if r.Whole = auditCovers(r.Log, d); r.Whole || !end.Whole || left <= 0 || ctx.Err() != nil {
			return r, ctx.Err()
		}
	}
	return r, nil
}

func readAuditJournal(ctx context.Context, d Dead) (auditRecords, error) {
	entries, whole, err := journal(ctx, d, "MESSAGE,_TRANSPORT,_AUDIT_TYPE_NAME,_AUDIT_ID,_SOURCE_REALTIME_TIMESTAMP", "_TRANSPORT=audit")
	if errors.Is(err, fs.ErrNotExist) {
		whole, err = true, nil // no journal: auditsKills says what is missing
	}
	r := auditRecords{Whole: whole}
	for _, entry := range entries {
		r.Log = append(r.Log, auditOfJournal(entry)...)
	}
	return r, err
}

// auditsKills says how to have signals audited, if they are not: auditctl lists the rules.
func auditsKills(ctx context.Context) error {
	rules, _, err := osutil.Output(ctx, 1<<20, "auditctl", "-l")
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return Absent("install auditd (apt-get install auditd, dnf install audit) and add the rule: auditctl " + strings.Trim(howToAudit, "'") + "; to keep it, write it into /etc/audit/rules.d/kill.rules")
	case err == nil && !bytes.Contains(rules, []byte("kill")):
		return Absent("add a rule: auditctl " + strings.Trim(howToAudit, "'") + "; to keep it: echo " + howToAudit + " >/etc/audit/rules.d/kill.rules && augenrules --load")
	}
	return nil // there is one, or it is not ours to know
}
