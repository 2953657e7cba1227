package report

import (
	"strings"

	"daemon-keeper/internal/history"
	"daemon-keeper/internal/terminal"
)

// The signs of the marks, which tell the same without colour. Among blocks trouble
// stands out as a peak.
const (
	signs  = " =.X"
	blocks = " ▁▒█"
)

func markWord(m history.Mark, signs string) terminal.Word {
	return terminal.Word{Text: string([]rune(signs)[m]), Code: []string{"", terminal.Green, terminal.Yellow, terminal.Red}[m]}
}

// pieces are the marks as text, between two ends so that blanks are seen.
func pieces(marks []history.Mark, signs string) []terminal.Word {
	words := []terminal.Word{{Text: "["}}
	for i := 0; i < len(marks); {
		n := 1
		for i+n < len(marks) && marks[i+n] == marks[i] {
			n++
		}
		sign := markWord(marks[i], signs)
		words = append(words, terminal.Word{Text: strings.Repeat(sign.Text, n), Code: sign.Code})
		i += n
	}
	return append(words, terminal.Word{Text: "]"})
}
