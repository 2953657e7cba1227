package main

import (
	"slices"
	"testing"
	"time"
)

func TestDaemonsAt(t *testing.T) {
	if few, many := daemonsAt(leastForMany-1), daemonsAt(leastForMany); few != 1 || many != mostDaemons {
		t.Errorf("%d and %d daemons, want 1 and %d", few, many, mostDaemons)
	}
	if !slices.IsSorted(counts) || counts[0] != 1 || slices.Max(counts) != mostDaemons {
		t.Errorf("counts %v do not go from 1 to %d", counts, mostDaemons)
	}
}

func TestConfiguration(t *testing.T) {
	want := `daemons:
  toy099:
    executable: "/tmp/a b/toy099"
    services: [toy099]
  toy100:
    executable: "/tmp/a b/toy100"
    services: [toy100]
`
	programs := []string{"/tmp/a b/toy098", "/tmp/a b/toy099", "/tmp/a b/toy100"}
	if got := configuration(last(programs, 2)); got != want {
		t.Errorf("configuration:\n%s\nwant:\n%s", got, want)
	}
}

// manyAt is a row of each number of daemons that the goals need.
func manyAt(size int, single, many time.Duration, peak int64) []row {
	return []row{
		{size, nameConfig, 1, sample{single + time.Millisecond, single, 4096}},
		{size, nameConfig, goalDaemons, sample{many + time.Millisecond, many, peak}},
	}
}

func TestTableOfSeveral(t *testing.T) {
	const ms = time.Millisecond
	rows := slices.Concat(
		threeAt(100, ms, ms, 9*ms, 4096), // no room for many
		threeAt(1000, 6*ms, 5*ms, 30*ms, 5000), manyAt(1000, 6*ms, 9*ms, 6144),
		threeAt(10000, 60*ms, 50*ms, 300*ms, 8192), manyAt(10000, 60*ms, 66*ms, 10240),
	)
	wantText := `
processes  daemons  wall ms  CPU ms  x one daemon  x that many pipelines  peak MiB

    1,000        1      7.0     6.0          1.00                 0.2000       4.0
    1,000      100     10.0     9.0          1.50                 0.0030       6.0

   10,000        1     61.0    60.0          1.00                 0.2000       4.0
   10,000      100     67.0    66.0          1.10                 0.0022      10.0
`
	if got := "\n" + text(several(rows)); got != wantText {
		t.Errorf("text:\n%s\nwant:\n%s", got, wantText)
	}
	want := `| processes | daemons | wall ms | CPU ms | x one daemon | x that many pipelines | peak MiB |
| --------: | ------: | ------: | -----: | -----------: | --------------------: | -------: |
|     1,000 |       1 |     7.0 |    6.0 |         1.00 |                0.2000 |      4.0 |
|     1,000 |     100 |    10.0 |    9.0 |         1.50 |                0.0030 |      6.0 |
`
	if got := markdown(several(rows[:8])); got != want {
		t.Errorf("markdown:\n%s\nwant:\n%s", got, want)
	}
	if got := len(one(rows)); got != 10 {
		t.Errorf("the table of one daemon has %d lines, want a heading and 9", got)
	}
}

func TestJudgeDaemons(t *testing.T) {
	for _, c := range []struct {
		name   string
		rows   []row
		traced []calls
		want   []bool
	}{
		{"all met, at the limit", manyAt(10000, 100, 115, 24576), []calls{{forks: 0}}, []bool{true, true, true}},
		{"dearer than a single one", manyAt(10000, 100, 116, 24576), nil, []bool{false, true}},
		{"too large", manyAt(10000, 100, 115, 24577), nil, []bool{true, false}},
		{"memory is promised in the large table only", manyAt(1000, 100, 115, 99999), nil, []bool{true}},
		{"one of two runs has made a process", nil, []calls{{forks: 1}, {forks: 0}}, []bool{false}},
		{"no single one", manyAt(10000, 100, 115, 1)[1:], nil, nil},
		{"only other contenders", threeAt(10000, 1, 1, 1, 1), nil, nil},
	} {
		if got := verdicts(judgeDaemons(c.rows, c.traced)); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}

func verdicts(goals []goal) (met []bool) {
	for _, g := range goals {
		met = append(met, g.met)
	}
	return met
}
