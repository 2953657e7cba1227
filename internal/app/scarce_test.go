package app

import (
	"reflect"
	"testing"
)

// What is too little is said, and what is enough is not.
func TestEnoughToStart(t *testing.T) {
	for _, tc := range []struct {
		descriptors, left uint64
		want              string
	}{
		{unlimited, unlimited, ""},
		{16, 96 << 20, ""},
		{15, unlimited, "cannot work: it may open 15 files at once, and needs 16"},
		{1024, 95 << 20, "cannot work: its address space may grow by 95 MiB, and it needs 96"},
	} {
		err := enoughToStart(tc.descriptors, tc.left)
		if got := ""; err != nil && err.Error() != tc.want || err == nil && got != tc.want {
			t.Errorf("%d, %d: %v, want %q", tc.descriptors, tc.left, err, tc.want)
		}
	}
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
