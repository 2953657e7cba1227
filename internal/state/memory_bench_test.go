package state

import (
	"path/filepath"
	"strconv"
	"testing"

	"daemon-keeper/internal/past"
)

// What a run in which all is well pays for its memory.
func BenchmarkHealthyRun(b *testing.B) {
	for _, daemons := range []int{1, 10, 1000} {
		b.Run(strconv.Itoa(daemons), func(b *testing.B) {
			path := filepath.Join(b.TempDir(), "store")
			for b.Loop() {
				s, err := OpenStore(path)
				if err != nil {
					b.Fatal(err)
				}
				healthy(b, s, daemons)
			}
		})
	}
}

// healthy does what a run does in which all daemons are up.
func healthy(t testing.TB, s *Store, daemons int) {
	now := Now()
	if _, err := s.Pauses(now); err != nil {
		t.Fatal(err)
	}
	if left, errs := s.Unfinished(); len(left)+len(errs) > 0 {
		t.Fatal(left, errs)
	}
	if _, err := s.Read(""); err != nil {
		t.Fatal(err)
	}
	err := s.Update("", false, func(m map[string]past.Daemon) {
		for n := range daemons {
			name := "/usr/local/sbin/daemon-" + strconv.Itoa(n)
			d := m[name]
			d.LastUp = now
			d.Processes = []past.Process{{PID: 1000 + n, Start: 4711, Threads: []int{1, 2, 3, 4}}}
			m[name] = d
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
