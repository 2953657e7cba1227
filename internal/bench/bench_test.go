package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	for _, c := range []struct {
		values []time.Duration
		want   time.Duration
	}{
		{nil, 0},
		{[]time.Duration{7}, 7},
		{[]time.Duration{9, 1, 5}, 5},
		{[]time.Duration{9, 1, 5, 3}, 4},
	} {
		before := slices.Clone(c.values)
		if got := median(c.values); got != c.want {
			t.Errorf("median(%v) = %v, want %v", c.values, got, c.want)
		}
		if !slices.Equal(before, c.values) {
			t.Errorf("median reordered %v to %v", before, c.values)
		}
	}
}

// threeAt is a row of each contender that the goals need.
func threeAt(size int, keeper, floor, pipeline time.Duration, peak int64) []row {
	return []row{
		{size, nameKeeper, 1, sample{keeper + time.Millisecond, keeper, peak}},
		{size, nameFloor, 1, sample{floor, floor, 2048}},
		{size, namePipeline, 1, sample{pipeline, pipeline, 4096}},
	}
}

func TestTable(t *testing.T) {
	const ms = time.Millisecond
	rows := append(threeAt(1000, 6*ms, 5*ms, 60*ms, 5000), threeAt(10000, 60*ms, 50*ms, 600*ms, 8192)...)

	wantText := `
processes                         wall ms  CPU ms  x floor  x pipeline  peak MiB

    1,000  daemon-keeper              7.0     6.0     1.20       0.100       4.9
    1,000  readlink loop (floor)      5.0     5.0     1.00                   2.0
    1,000  shell pipeline            60.0    60.0    12.00                   4.0

   10,000  daemon-keeper             61.0    60.0     1.20       0.100       8.0
   10,000  readlink loop (floor)     50.0    50.0     1.00                   2.0
   10,000  shell pipeline           600.0   600.0    12.00                   4.0
`
	if got := "\n" + text(one(rows)); got != wantText {
		t.Errorf("text:\n%s\nwant:\n%s", got, wantText)
	}

	got := markdown(one(rows[:2]))
	want := `| processes |                       | wall ms | CPU ms | x floor | x pipeline | peak MiB |
| --------: | --------------------- | ------: | -----: | ------: | ---------: | -------: |
|     1,000 | daemon-keeper         |     7.0 |    6.0 |    1.20 |      0.000 |      4.9 |
|     1,000 | readlink loop (floor) |     5.0 |    5.0 |    1.00 |            |      2.0 |
`
	if got != want {
		t.Errorf("markdown:\n%s\nwant:\n%s", got, want)
	}
}

func TestSummarize(t *testing.T) {
	got := summarize(100, "x", 10, []sample{{3, 30, 7}, {1, 10, 9}, {2, 20, 8}})
	if want := (row{100, "x", 10, sample{2, 20, 9}}); got != want {
		t.Errorf("summarize = %+v, want %+v", got, want)
	}
}

func TestJudge(t *testing.T) {
	for _, c := range []struct {
		name string
		rows []row
		want []bool
	}{
		{"all met, at the limit", threeAt(10000, 130, 100, 1040, 16384), []bool{true, true, true}},
		{"dearer than the floor", threeAt(10000, 131, 100, 2000, 16384), []bool{false, true, true}},
		{"dearer than an eighth", threeAt(10000, 100, 100, 799, 16384), []bool{true, false, true}},
		{"too large", threeAt(10000, 100, 100, 2000, 16385), []bool{true, true, false}},
		{"small tables prove nothing", threeAt(1000, 100, 100, 2000, 1), nil},
		{"no floor", threeAt(10000, 100, 100, 2000, 1)[:1], nil},
	} {
		if got := verdicts(judge(c.rows)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func TestParseTrace(t *testing.T) {
	trace := strings.TrimPrefix(`
100   execve("/x/daemon-keeper", ["daemon-keeper"], 0x7ffd /* 3 vars */) = 0
100   clone(child_stack=0xc000, flags=CLONE_VM|CLONE_FS|CLONE_THREAD|CLONE_SYSVSEM) = 101
101   futex(0x1, FUTEX_WAIT, 0, NULL <unfinished ...>
100   clone(child_stack=NULL, flags=CLONE_VM|CLONE_PIDFD|CLONE_VFORK|SIGCHLD <unfinished ...>
102   execve("/bin/true", ["true"], 0x7ffd /* 3 vars */) = -1 ENOENT (No such file or directory)
102   +++ exited with 0 +++
100   <... clone resumed>, parent_tid=[7]) = 102
100   --- SIGCHLD {si_signo=SIGCHLD, si_code=CLD_EXITED} ---
100   vfork()                           = 103
100   exit_group(0)                     = ?
`, "\n")
	got := parseTrace(trace)
	if got.total != 7 || got.execs != 1 || got.forks != 2 {
		t.Errorf("parseTrace = %+v, want 7 calls, 1 program, 2 processes", got)
	}
	if got, want := got.most(), "2 clone, 2 execve, 1 exit_group"; got != want {
		t.Errorf("most = %q, want %q", got, want)
	}
}

func TestParse(t *testing.T) {
	for _, bad := range [][]string{
		{"-sizes", "100,ten"},
		{"-sizes", "1000,100"},
		{"-sizes", "0"},
		{"-pad", "-1"},
		{"extra"},
	} {
		if _, err := parse(bad); err == nil {
			t.Errorf("parse(%q) found no error", bad)
		}
	}
	opts, err := parse([]string{"-sizes", "5,50"})
	if err != nil || !slices.Equal(opts.sizes, []int{5, 50}) {
		t.Errorf("parse = %+v, %v", opts, err)
	}
	if opts.roundsAt(1000) != 15 || opts.roundsAt(10000) != 9 {
		t.Error("the rounds have other defaults than the help says")
	}
}
