package past

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"daemon-keeper/internal/words"
)

// Whatever witnesses say, it is bounded, it can be shown, and no command is cut.
func TestDeathIsBounded(t *testing.T) {
	bomb := "\x1b[31m\n\xff" + strings.Repeat("<&>\"\\", 4000)
	d := &Death{Lived: 3600.5}
	d.Findings = slices.Repeat([]words.Finding{{Cause: words.Cause(bomb), Text: bomb, Sender: bomb, Next: bomb, Sure: words.Certainty(bomb), Source: bomb}}, 99)
	d.Absent, d.Silent = slices.Repeat([]string{bomb}, 99), slices.Repeat([]string{bomb}, 99)
	d.Boot, d.Service, d.Manager = bomb, bomb, bomb
	d.Processes = slices.Repeat([]words.Process{{PID: 1, Threads: make([]int, 200)}}, 99)
	b := d.Bounded()
	if len(b.Findings) != mostFindings || len(b.Absent) != mostFindings || len(b.Processes) != mostDead || b.Findings[0].Next != "" {
		t.Errorf("%d findings, %d, %d processes, %q", len(b.Findings), len(b.Absent), len(b.Processes), b.Findings[0].Next)
	}
	threads := 0
	for _, p := range b.Processes {
		threads += len(p.Threads)
	}
	if threads != mostDeadThreads || len(b.Findings[0].Text) > longestDeath || strings.ContainsAny(b.Findings[0].Text, "\x1b\n") || !utf8.ValidString(b.Findings[0].Text) {
		t.Errorf("%d threads, %q", threads, b.Findings[0].Text)
	}
	if again := b.Bounded(); !reflect.DeepEqual(again, b) {
		t.Error("it changes when it is bounded once more")
	}
	if !strings.HasPrefix(d.Findings[0].Text, "\x1b") || len(d.Processes) != 99 {
		t.Error("the one that was given has changed")
	}
}
