package app

import (
	"reflect"
	"testing"
)

// A run needs some threads, and can do without what is beyond them.
func TestSpareThreads(t *testing.T) {
	for left, want := range map[uint64]int{unlimited: 48, 10: 2, 11: 3, 9: -1, 0: -1} {
		got, err := spareThreads(left)
		if want < 0 && err == nil || want >= 0 && (err != nil || got != want) {
			t.Errorf("%d threads: %d, %v, want %d", left, got, err, want)
		}
	}
}

func TestPIDsGroups(t *testing.T) {
	for text, want := range map[string][]string{
		"0::/system.slice/cron.service\n":           {"/sys/fs/cgroup/system.slice/cron.service", "/sys/fs/cgroup/system.slice", "/sys/fs/cgroup"},
		"0::/\n":                                    {"/sys/fs/cgroup"},
		"9:pids:/a\n8:cpu,cpuacct:/b\n0::/\n":       {"/sys/fs/cgroup/pids/a", "/sys/fs/cgroup"},
		"0::/../other\n9:pids:relative\nnonsense\n": nil,
		"": nil,
	} {
		if got := pidsGroups(text); !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
	for _, tc := range []struct {
		most, current string
		want          uint64
	}{{"max\n", "7\n", unlimited}, {"20\n", "12\n", 8}, {"20\n", "30\n", 0}, {"", "", unlimited}, {"5", "x", unlimited}} {
		if got := pidsLeft(tc.most, tc.current); got != tc.want {
			t.Errorf("%q of %q: %d, want %d", tc.current, tc.most, got, tc.want)
		}
	}
}
