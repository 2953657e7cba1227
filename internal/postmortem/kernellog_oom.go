package postmortem

import (
	"fmt"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// oomReport is what the kernel says before it kills because of too little memory: the tasks
// at that time, if vm.oom_dump_tasks is set, as is the default.
type oomReport struct {
	columns int // of the table, the name included; 0: no table has begun
	rss     int // the column of the resident memory
	biggest []oomTask
	group   string // the control group that has had too little
}

// oomTask is a line of the table.
type oomTask struct {
	pid   int
	pages int
	name  string
}

// mostOthers is how many other tasks are told.
const mostOthers = 3

// hear reads a line of the kernel's.
func (o *oomReport) hear(text string) {
	switch {
	case strings.Contains(text, " invoked oom-killer: "), strings.HasPrefix(text, "Tasks state "):
		*o = oomReport{}
	case strings.HasPrefix(text, "oom-kill:"):
		_, group, _ := strings.Cut(text, ",oom_memcg=")
		o.group, _, _ = strings.Cut(group, ",task_memcg=")
	case strings.HasPrefix(text, "["):
		o.row(text)
	}
}

// row reads a line of the table, or its head: "[  pid  ]   uid  tgid total_vm      rss …". Kernels
// differ in the columns.
func (o *oomReport) row(text string) {
	first, rest, ok := strings.Cut(text[1:], "]")
	fields := strings.Fields(rest)
	if !ok {
		return
	}
	if strings.TrimSpace(first) == "pid" {
		*o = oomReport{columns: len(fields), rss: slices.Index(fields, "rss")}
		return
	}
	pid := number(strings.TrimSpace(first))
	if pid == 0 || o.rss < 0 || o.columns <= o.rss+1 || len(fields) < o.columns {
		return
	}
	o.biggest = append(o.biggest, oomTask{pid, number(fields[o.rss]), strings.Join(fields[o.columns-1:], " ")})
	slices.SortStableFunc(o.biggest, func(a, b oomTask) int { return b.pages - a.pages })
	o.biggest = o.biggest[:min(len(o.biggest), mostOthers+1)] // one more, because the killed one is mostly among them
}

// more is what the report says in addition about the death of one of the tasks.
func (o *oomReport) more(pid, page int) string {
	var text string
	if o.group != "" {
		text = " (" + words.ASCII(words.Cut(o.group, 80)) + ")"
	}
	var others []string
	for _, t := range o.biggest {
		if t.pid != pid && t.pages > 0 && len(others) < mostOthers {
			others = append(others, fmt.Sprintf("%s(%d) %s", words.ASCII(words.Cut(t.name, 15)), t.pid, kibibytes(t.pages*max(page, 1024)/1024)))
		}
	}
	if len(others) == 0 {
		return text + oomAlone(o)
	}
	return text + "; the biggest others then were " + strings.Join(others, ", ")
}

// oomAlone says that there was no other task, if the table was there.
func oomAlone(o *oomReport) string {
	if len(o.biggest) == 1 {
		return "; no other task was in it"
	}
	return ""
}
