package rcd

import (
	"errors"
	"syscall"
	"testing"
)

// Linux's ENOSYS and FreeBSD's EOPNOTSUPP are errors.ErrUnsupported, too. A manager that could not
// be asked is not one that cannot tell: Work must not answer that nothing is under way.
func TestCannotAskIsNoAnswer(t *testing.T) {
	for _, errno := range []syscall.Errno{syscall.ENOSYS, syscall.EOPNOTSUPP} {
		fake := &fakeRunner{t: t, queryErr: errno}
		for name, ask := range map[string]func(m *Manager) error{
			"work":      func(m *Manager) error { _, err := m.Work(t.Context(), "x"); return err },
			"condition": func(m *Manager) error { _, err := m.Condition(t.Context(), "x"); return err },
			"opinion":   func(m *Manager) error { _, err := m.Opinion(t.Context(), "x"); return err },
			"list":      func(m *Manager) error { _, err := m.List(t.Context()); return err },
			"names":     func(m *Manager) error { _, err := m.Names(t.Context()); return err },
		} {
			fake.queries = nil
			err := ask(on(systemd{systemctl: systemctl, root: t.TempDir()}, fake))
			if !errors.Is(err, errno) || len(fake.queries) != 1 {
				t.Errorf("%s, %v: %v, asked %q", name, errno, err, fake.queries)
			}
		}
	}
}
