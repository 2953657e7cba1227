package main

import (
	"slices"
	"strings"
	"testing"
	"time"
)

// mindfulAt is a row of each memory, over that many daemons.
func mindfulAt(size, daemons int, none, disk, tmpfs time.Duration) []row {
	return []row{
		{size, nameNowhere, daemons, sample{none, none, 4096}},
		{size, nameDisk, daemons, sample{disk, disk, 5120}},
		{size, nameTmpfs, daemons, sample{tmpfs, tmpfs, 5120}},
	}
}

func TestTableOfMemories(t *testing.T) {
	const ms = time.Millisecond
	rows := slices.Concat(threeAt(1000, 6*ms, 5*ms, 30*ms, 5000), manyAt(1000, 6*ms, 9*ms, 6144), mindfulAt(1000, 1, 10*ms, 12*ms, 11*ms))
	want := `
processes  daemons                   wall ms  CPU ms  x no memory  peak MiB

    1,000        1  no memory           10.0    10.0        1.000       4.0
    1,000        1  memory on disk      12.0    12.0        1.200       5.0
    1,000        1  memory on tmpfs     11.0    11.0        1.100       5.0
`
	if got := "\n" + text(memories(rows)); got != want {
		t.Errorf("text:\n%s\nwant:\n%s", got, want)
	}
	if a, b := len(one(rows)), len(several(rows)); a != 4 || b != 3 {
		t.Errorf("the other tables have %d and %d lines, want 4 and 3", a, b)
	}
}

func TestJudgeMemory(t *testing.T) {
	called := func(names string) []calls {
		c := calls{names: map[string]int{}}
		for name := range strings.FieldsSeq(names) {
			c.names[name]++
		}
		return []calls{c}
	}
	for _, c := range []struct {
		name   string
		rows   []row
		traced string
		want   []bool
	}{
		{"both met, at the limit", mindfulAt(1000, 1, 100, 110, 100), "renameat write", []bool{true, true, true}},
		{"the disk is too dear", mindfulAt(1000, 100, 100, 111, 110), "", []bool{false, true, true}},
		{"no tmpfs", mindfulAt(10000, 1, 100, 100, 100)[:2], "", []bool{true, true}},
		{"nothing to compare with", mindfulAt(10000, 1, 100, 100, 100)[1:], "", []bool{true}},
		{"two files", nil, "renameat rename", []bool{false}},
		{"waits for the disk", nil, "renameat fsync", []bool{false}},
	} {
		if got := verdicts(judgeMemory(c.rows, called(c.traced))); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
