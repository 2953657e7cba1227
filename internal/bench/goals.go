package main

import (
	"fmt"
	"slices"
)

// What daemon-keeper promises, at a table of goalSize processes.
const (
	goalSize     = 10000
	goalFloor    = 1.3     // times the CPU of the readlink loop, at most
	goalPipeline = 1.0 / 8 // times the CPU of the shell pipeline, at most
	goalPeak     = 16      // MiB of memory, at most
)

// goal is one promise and what this run says of it.
type goal struct {
	text string
	met  bool
}

func (g goal) String() string {
	if g.met {
		return "met:   " + g.text
	}
	return "UNMET: " + g.text
}

// judge holds the rows against the goals. It returns none if the rows do not
// hold what it takes, which is neither met nor unmet.
func judge(rows []row) []goal {
	// A machine that is busier than that is judged at what it has.
	i := slices.IndexFunc(rows, func(r row) bool { return r.size >= goalSize })
	if i < 0 {
		return nil
	}
	keeper, ok1 := find(rows, rows[i].size, nameKeeper)
	floor, ok2 := find(rows, rows[i].size, nameFloor)
	pipeline, ok3 := find(rows, rows[i].size, namePipeline)
	if !ok1 || !ok2 || !ok3 || floor.cpu == 0 || pipeline.cpu == 0 {
		return nil
	}
	toFloor, toPipeline := ratio(keeper, floor), ratio(keeper, pipeline)
	return []goal{
		{fmt.Sprintf("CPU %.2f times the floor's, at most %.1f", toFloor, goalFloor), toFloor <= goalFloor},
		{fmt.Sprintf("CPU %.3f times the pipeline's, at most %.3f", toPipeline, goalPipeline), toPipeline <= goalPipeline},
		{fmt.Sprintf("peak memory %s MiB, at most %d", mebi(keeper.peak), goalPeak), keeper.peak <= goalPeak*1024},
	}
}
