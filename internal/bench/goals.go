package main

import (
	"fmt"
	"slices"
)

// What daemon-keeper promises, at a table of goalSize processes. What it promises
// of goalDaemons daemons and their CPU, it promises in each table that has them.
const (
	goalSize     = 10000
	goalFloor    = 1.3     // times the CPU of the readlink loop, at most
	goalPipeline = 1.0 / 8 // times the CPU of the shell pipeline, at most
	goalPeak     = 16      // MiB of memory, at most

	goalDaemons  = mostDaemons
	goalSingle   = 1.15 // times the CPU of a single daemon, at most
	goalManyPeak = 24   // MiB of memory, at most
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
	keeper, ok1 := find(rows, rows[i].size, nameKeeper, 1)
	floor, ok2 := find(rows, rows[i].size, nameFloor, 1)
	pipeline, ok3 := find(rows, rows[i].size, namePipeline, 1)
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

// judgeDaemons holds the runs over many daemons against the goals, as far as they
// were measured; traced is what such runs have called.
func judgeDaemons(rows []row, traced []calls) []goal {
	var goals []goal
	for _, many := range rows {
		single, ok := find(rows, many.size, nameConfig, 1)
		if many.name != nameConfig || many.daemons != goalDaemons || !ok || single.cpu == 0 {
			continue
		}
		toSingle := ratio(many, single)
		goals = append(goals, goal{
			fmt.Sprintf("CPU %.2f times a single daemon's at %s processes, at most %.2f", toSingle, thousands(many.size), goalSingle),
			toSingle <= goalSingle,
		})
		if many.size >= goalSize {
			goals = append(goals, goal{
				fmt.Sprintf("peak memory %s MiB at %s processes, at most %d", mebi(many.peak), thousands(many.size), goalManyPeak),
				many.peak <= goalManyPeak*1024,
			})
		}
	}
	if len(traced) > 0 {
		forks := 0
		for _, c := range traced {
			forks += c.forks
		}
		goals = append(goals, goal{fmt.Sprintf("%d processes made by healthy runs, at most 0", forks), forks == 0})
	}
	return goals
}
