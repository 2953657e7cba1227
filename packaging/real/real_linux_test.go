package real

import (
	"testing"

	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/realtest"
)

// secondCluster makes a second PostgreSQL, which Debian starts from then on.
const secondCluster = "pg_createcluster 15 second >/dev/null && systemctl daemon-reload && systemctl start postgresql@15-second"

// quick are the times of the test's daemons, and the keeper's only word beside init's.
const quick = "defaults: {boot_grace: 0s, recheck: 100ms, settle: 200ms, backoff: [0s]}\n"

// Real daemons are proposed by init, and brought back after their main process was
// killed, by systemd where it does that, else by the keeper; nothing is started twice,
// and no untrue cause is told.
func TestRealDaemons(t *testing.T) {
	m := realtest.Boot(t, realtest.Tree(t, packages()...), layer(t))
	s := &suite{m: m, rows: rows(), seen: make(map[string]*seen)}
	for _, step := range []struct {
		what string
		do   func(*testing.T)
	}{
		{"all answer", s.start},
		{"init proposes", s.propose},
		{"inspect", s.inspect},
		{"killed, as shipped", s.asShipped},
		{"killed, with Restart=no", s.unaided},
		{"gunicorn is upgraded", s.upgrade},
		{"the table", s.hold},
	} {
		if !t.Run(step.what, step.do) && !golden.Updating() {
			return
		}
	}
}

// start waits until all answer.
func (s *suite) start(t *testing.T) {
	s.m.Must(t, "sh", "-c", secondCluster)
	s.answer(t, s.rows, func() {})
}
