package rcd

import (
	"testing"
	"time"
)

// The last life of a unit, as systemd 252 tells it.
func TestLifeOf(t *testing.T) {
	const now = 100 * time.Second
	for _, tc := range []struct {
		name, answer string
		want         Life
	}{
		{"it runs", "MainPID=417\nExecMainPID=417\nExecMainExitTimestampMonotonic=0\nInactiveExitTimestampMonotonic=10000000\nInactiveEnterTimestampMonotonic=0\n", Life{}},
		{"it runs again", "MainPID=417\nExecMainPID=417\nExecMainExitTimestampMonotonic=0\nInactiveExitTimestampMonotonic=10000000\nInactiveEnterTimestampMonotonic=9000000\n", Life{}},
		{"it was killed", "MainPID=0\nExecMainPID=417\nExecMainExitTimestampMonotonic=60000000\nInactiveExitTimestampMonotonic=10000000\nInactiveEnterTimestampMonotonic=60500000\n", Life{417, 90 * time.Second, 40 * time.Second}},
		{"its workers are still being stopped", "MainPID=0\nExecMainPID=417\nExecMainExitTimestampMonotonic=60000000\nInactiveExitTimestampMonotonic=10000000\nInactiveEnterTimestampMonotonic=0\n", Life{417, 90 * time.Second, 40 * time.Second}},
		{"its main process was never known", "MainPID=0\nExecMainPID=0\nExecMainExitTimestampMonotonic=0\nInactiveExitTimestampMonotonic=10000000\nInactiveEnterTimestampMonotonic=60000000\n", Life{0, 90 * time.Second, 40 * time.Second}},
		{"it is being started", "MainPID=0\nExecMainPID=0\nExecMainExitTimestampMonotonic=0\nInactiveExitTimestampMonotonic=70000000\nInactiveEnterTimestampMonotonic=60000000\n", Life{}},
		{"systemd has forgotten it", "MainPID=0\nExecMainPID=0\nExecMainExitTimestampMonotonic=0\nInactiveExitTimestampMonotonic=0\nInactiveEnterTimestampMonotonic=0\n", Life{}},
		{"a unit without processes", "InactiveExitTimestampMonotonic=10000000\nInactiveEnterTimestampMonotonic=60000000\n", Life{}},
		{"nonsense", "MainPID=0\nExecMainPID=-1\nExecMainExitTimestampMonotonic=60000000\nInactiveExitTimestampMonotonic=10000000\n", Life{}},
		{"of the future", "MainPID=0\nExecMainPID=1\nExecMainExitTimestampMonotonic=600000000\nInactiveExitTimestampMonotonic=10000000\n", Life{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := lifeOf(properties(tc.answer), now); got != tc.want {
				t.Errorf("%+v, want %+v", got, tc.want)
			}
			if got := lifeOf(properties(tc.answer), 0); got != (Life{}) {
				t.Errorf("without a clock: %+v", got)
			}
		})
	}
	if got := unlessSuspended(now, now+time.Millisecond); got != now {
		t.Errorf("%v", got)
	}
	if got := unlessSuspended(now, 2*now); got != 0 {
		t.Errorf("after a suspend: %v", got)
	}
}
