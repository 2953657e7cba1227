package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// The contenders that others are compared with.
const (
	nameKeeper   = "daemon-keeper"
	nameConfig   = "daemon-keeper -c" // over the daemons of a configuration
	namePipeline = "shell pipeline"
	nameFloor    = "readlink loop (floor)"
)

// sample is what one run of one contender cost.
type sample struct {
	wall time.Duration
	cpu  time.Duration // user + system, with all children
	peak int64         // KiB: the largest of the process and its children
}

// row is what a contender cost in a table of a size: medians of the times, and
// the largest peak of all rounds.
type row struct {
	size    int // processes in the table
	name    string
	daemons int // that were looked for
	sample
}

// summarize makes one row of a contender's samples.
func summarize(size int, name string, daemons int, samples []sample) row {
	r := row{size: size, name: name, daemons: daemons}
	var walls, cpus []time.Duration
	for _, s := range samples {
		walls = append(walls, s.wall)
		cpus = append(cpus, s.cpu)
		r.peak = max(r.peak, s.peak)
	}
	r.wall, r.cpu = median(walls), median(cpus)
	return r
}

// median is the middle value, or the mean of the two in the middle; 0 of none.
func median(values []time.Duration) time.Duration {
	if len(values) == 0 {
		return 0
	}
	s := slices.Sorted(slices.Values(values))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// find returns the row of a contender at a size, over that many daemons.
func find(rows []row, size int, name string, daemons int) (row, bool) {
	i := slices.IndexFunc(rows, func(r row) bool { return r.size == size && r.name == name && r.daemons == daemons })
	if i < 0 {
		return row{}, false
	}
	return rows[i], true
}

// ratio is a's CPU over b's, or 0 if b used none.
func ratio(a, b row) float64 {
	if b.cpu == 0 {
		return 0
	}
	return float64(a.cpu) / float64(b.cpu)
}

// one is what both faces of the table of one daemon show, the heading first.
func one(rows []row) [][]string {
	out := [][]string{{"processes", "", "wall ms", "CPU ms", "x floor", "x pipeline", "peak MiB"}}
	for _, r := range rows {
		if r.name == nameConfig || isMindful(r) {
			continue
		}
		floor, _ := find(rows, r.size, nameFloor, 1)
		pipeline, _ := find(rows, r.size, namePipeline, 1)
		share := ""
		if r.name == nameKeeper {
			share = fmt.Sprintf("%.3f", ratio(r, pipeline))
		}
		out = append(out, []string{
			thousands(r.size), r.name, millis(r.wall), millis(r.cpu),
			fmt.Sprintf("%.2f", ratio(r, floor)), share, mebi(r.peak),
		})
	}
	return out
}

// several is the same of the table of several daemons.
func several(rows []row) [][]string {
	out := [][]string{{"processes", "daemons", "wall ms", "CPU ms", "x one daemon", "x that many pipelines", "peak MiB"}}
	for _, r := range rows {
		if r.name != nameConfig {
			continue
		}
		single, _ := find(rows, r.size, nameConfig, 1)
		pipeline, _ := find(rows, r.size, namePipeline, 1)
		out = append(out, []string{
			thousands(r.size), thousands(r.daemons), millis(r.wall), millis(r.cpu), fmt.Sprintf("%.2f", ratio(r, single)),
			fmt.Sprintf("%.4f", ratio(r, pipeline)/float64(r.daemons)), mebi(r.peak),
		})
	}
	return out
}

// text formats a table for a terminal, a blank line between two sizes.
func text(table [][]string) string {
	width := widths(table)
	var b strings.Builder
	for i, line := range table {
		if i > 0 && line[0] != table[i-1][0] {
			b.WriteByte('\n')
		}
		var out strings.Builder
		for col, cell := range line {
			if col > 0 {
				out.WriteString("  ")
			}
			out.WriteString(pad(cell, width[col], isName(table, col)))
		}
		b.WriteString(strings.TrimRight(out.String(), " ") + "\n")
	}
	return b.String()
}

// markdown formats a table for docs/cost.md.
func markdown(table [][]string) string {
	width := widths(table)
	var b strings.Builder
	for i, line := range table {
		for col, cell := range line {
			b.WriteString("| " + pad(cell, width[col], isName(table, col)) + " ")
		}
		b.WriteString("|\n")
		if i > 0 {
			continue
		}
		for col := range line {
			dashes := strings.Repeat("-", width[col]-1)
			if isName(table, col) {
				b.WriteString("| -" + dashes + " ")
			} else {
				b.WriteString("| " + dashes + ": ")
			}
		}
		b.WriteString("|\n")
	}
	return b.String()
}

// isName tells whether a column is of names, not of numbers: it has no heading.
func isName(table [][]string, col int) bool { return table[0][col] == "" }

func widths(table [][]string) []int {
	width := make([]int, len(table[0]))
	for _, line := range table {
		for col, cell := range line {
			width[col] = max(width[col], len(cell))
		}
	}
	return width
}

func pad(s string, width int, left bool) string {
	fill := strings.Repeat(" ", width-len(s))
	if left {
		return s + fill
	}
	return fill + s
}

func millis(d time.Duration) string { return fmt.Sprintf("%.1f", float64(d)/1e6) }

func mebi(kib int64) string { return fmt.Sprintf("%.1f", float64(kib)/1024) }

// thousands writes 10000 as 10,000.
func thousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}
