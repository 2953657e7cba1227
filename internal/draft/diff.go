package draft

import (
	"fmt"
	"io"
	"strings"
)

const (
	diffContext = 3
	diffCells   = 4 << 20 // size limit of the table; larger files count as completely different between their common beginning and end
)

type diffLine struct {
	mark byte // ' ', '-' or '+'
	text string
}

// Diff writes the differences of two texts in the unified format, diff(1); nothing if they
// are equal. A missing newline at the end does not matter.
func Diff(w io.Writer, oldName, newName, before, after string) {
	lines := compare(strings.Split(strings.TrimSuffix(before, "\n"), "\n"), strings.Split(strings.TrimSuffix(after, "\n"), "\n"))
	headed := false
	for at := 0; at < len(lines); {
		from, to := hunk(lines, at)
		if from == to {
			return
		}
		if !headed {
			fmt.Fprintf(w, "--- %s\n+++ %s\n", Clean(oldName), Clean(newName))
			headed = true
		}
		writeHunk(w, lines, from, to)
		at = to
	}
}

// hunk returns the next part with changes, and its context.
func hunk(lines []diffLine, at int) (from, to int) {
	first := at
	for first < len(lines) && lines[first].mark == ' ' {
		first++
	}
	if first == len(lines) {
		return at, at
	}
	last := first
	for i := first; i < len(lines) && i-last <= 2*diffContext; i++ {
		if lines[i].mark != ' ' {
			last = i
		}
	}
	return max(at, first-diffContext), min(len(lines), last+1+diffContext)
}

func writeHunk(w io.Writer, lines []diffLine, from, to int) {
	count := func(lines []diffLine, not byte) (n int) {
		for _, l := range lines {
			if l.mark != not {
				n++
			}
		}
		return n
	}
	part, head := lines[from:to], lines[:from]
	side := func(not byte) string {
		start, n := count(head, not), count(part, not)
		if n > 0 { // otherwise it is the line before
			start++
		}
		return fmt.Sprintf("%d,%d", start, n)
	}
	fmt.Fprintf(w, "@@ -%s +%s @@\n", side('+'), side('-'))
	for _, l := range part {
		fmt.Fprintf(w, "%c%s\n", l.mark, Clean(l.text))
	}
}

// compare marks lines by their longest common subsequence.
func compare(a, b []string) []diffLine {
	var head, tail []diffLine
	for len(a) > 0 && len(b) > 0 && a[0] == b[0] {
		head = append(head, diffLine{' ', a[0]})
		a, b = a[1:], b[1:]
	}
	for len(a) > 0 && len(b) > 0 && a[len(a)-1] == b[len(b)-1] {
		tail = append([]diffLine{{' ', a[len(a)-1]}}, tail...)
		a, b = a[:len(a)-1], b[:len(b)-1]
	}
	return append(append(head, middle(a, b)...), tail...)
}

func middle(a, b []string) (list []diffLine) {
	length := func(int, int) int { return 0 }
	if columns := len(b) + 1; (len(a)+1)*columns <= diffCells {
		table := make([]int32, (len(a)+1)*columns)
		for i := len(a) - 1; i >= 0; i-- {
			for j := len(b) - 1; j >= 0; j-- {
				if a[i] == b[j] {
					table[i*columns+j] = table[(i+1)*columns+j+1] + 1
				} else {
					table[i*columns+j] = max(table[(i+1)*columns+j], table[i*columns+j+1])
				}
			}
		}
		length = func(i, j int) int { return int(table[i*columns+j]) }
	}
	i, j := 0, 0
	for i < len(a) || j < len(b) {
		switch {
		case i < len(a) && j < len(b) && a[i] == b[j]:
			list = append(list, diffLine{' ', a[i]})
			i, j = i+1, j+1
		case i < len(a) && (j == len(b) || length(i+1, j) >= length(i, j+1)):
			list = append(list, diffLine{'-', a[i]})
			i++
		default:
			list = append(list, diffLine{'+', b[j]})
			j++
		}
	}
	return list
}
