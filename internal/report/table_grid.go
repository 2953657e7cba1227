package report

import (
	"math"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// grid is the rows and columns of a table, made to fit a width.
type grid struct {
	width   int // 0: no limit
	names   column
	columns []column // the others that there is room for
	last    string   // the title of what stands at the end of rows, or below them
	inline  []string // that, where it stands on its row
	moved   []bool   // it stands below
	cut     []bool   // names that are not whole
}

// column has a cell for each daemon.
type column struct {
	title string
	right bool // numbers stand on the right
	spare int  // the greatest is left out first, if there is no room; 0 never is
	cells []cell
	wide  int
}

// cell is a text of two parts. In a column heads end, and tails begin, at the same
// place: so numbers are in line, whatever is said about them.
type cell struct{ head, tail, code string }

func newGrid(daemons []Daemon, t Table) *grid {
	width := t.Width
	g := &grid{width: width, last: "LATELY"}
	g.names = nameColumn(daemons, width)
	for _, c := range columnsOf(daemons, t) {
		if c.spare == 0 || c.tells() {
			c.align()
			g.columns = append(g.columns, c)
		}
	}
	for range g.columns {
		if width > 0 && g.total() > width {
			g.leaveOut()
		}
	}
	g.place(each(daemons, func(d Daemon) string { return d.Lately.text(t.Now) }))
	for i, d := range daemons {
		g.cut = append(g.cut, g.names.cells[i].tail != words.Printable(d.Name))
	}
	return g
}

// nameColumn: a name that takes more than its share of a line is cut.
func nameColumn(daemons []Daemon, width int) column {
	c := column{title: "NAME"}
	for _, d := range daemons {
		name := words.Printable(d.Name)
		if width > 0 {
			name = cutMiddle(name, width/3)
		}
		c.cells = append(c.cells, cell{tail: name})
	}
	c.align()
	return c
}

// columnsOf are all but the name and what has happened lately.
func columnsOf(daemons []Daemon, t Table) []column {
	list := []column{
		{title: "STATE"},
		{title: "FOR", right: true, spare: 2},
		{title: "PID", spare: 1},
		{title: "USER", spare: 4},
		{title: "MEMORY", right: true, spare: 5},
		{title: "CPU", right: true, spare: 6},
		{title: "COUNT", spare: 3},
	}
	for _, d := range daemons {
		state, code := standing(d)
		for i, c := range []cell{
			{tail: state, code: code}, ageCell(d, t.Now), pidCell(d), userCell(d), memoryCell(d), cpuCell(d), countCell(d, t.Verbose),
		} {
			list[i].cells = append(list[i].cells, c)
		}
	}
	return list
}

// tells: a column that says nothing of any daemon is not shown.
func (c *column) tells() bool {
	for _, x := range c.cells {
		if x.head+x.tail != nothing {
			return true
		}
	}
	return false
}

// align puts heads into line.
func (c *column) align() {
	heads := 0
	for _, x := range c.cells {
		heads = max(heads, breadth(x.head))
	}
	c.wide = breadth(c.title)
	for i, x := range c.cells {
		c.cells[i].head = spaces(heads-breadth(x.head)) + x.head
		c.wide = max(c.wide, heads+breadth(x.tail))
	}
}

// columnGap is what stands between two columns.
const columnGap = 2

// total is how wide a row is without its last text.
func (g *grid) total() int {
	sum := g.names.wide
	for _, c := range g.columns {
		sum += columnGap + c.wide
	}
	return sum
}

// leaveOut takes away the column that matters least, if one may be missing.
func (g *grid) leaveOut() {
	least := 0
	for i, c := range g.columns {
		if c.spare > g.columns[least].spare {
			least = i
		}
	}
	if g.columns[least].spare > 0 {
		g.columns = slices.Delete(g.columns, least, least+1)
	}
}

// place puts the last text of each row on it, where there is room for all of it, else
// below.
func (g *grid) place(texts []string) {
	room := g.width - g.total() - columnGap
	if g.width == 0 {
		room = math.MaxInt
	}
	for _, s := range texts {
		below := room < breadth(g.last) || breadth(words.Printable(s)) > room
		g.moved = append(g.moved, s != "" && below)
		if below {
			s = ""
		}
		g.inline = append(g.inline, words.Printable(s))
	}
}

// below reports whether the last text of a row stands below it.
func (g *grid) below(i int) bool { return g.moved[i] }

// cutName reports whether a row does not show the whole name.
func (g *grid) cutName(i int) bool { return g.cut[i] }

func (g *grid) heading() []word {
	cells := []cell{{tail: g.names.title, code: bold}}
	for _, c := range g.columns {
		cells = append(cells, cell{tail: c.title, code: bold})
	}
	last := cell{code: bold}
	if strings.Join(g.inline, "") != "" {
		last.tail = g.last
	}
	return g.join(cells, last)
}

func (g *grid) row(i int) []word {
	cells := []cell{g.names.cells[i]}
	for _, c := range g.columns {
		cells = append(cells, c.cells[i])
	}
	return g.join(cells, cell{tail: g.inline[i]})
}

// join fills each cell up to the width of its column. Only the text is painted.
func (g *grid) join(cells []cell, last cell) []word {
	var line []word
	for i, c := range cells {
		shape := g.names
		if i > 0 {
			shape = g.columns[i-1]
			line = append(line, word{text: spaces(columnGap)})
		}
		fill, content := spaces(shape.wide-breadth(c.head+c.tail)), word{c.head + c.tail, c.code}
		if shape.right {
			line = append(line, word{text: fill}, content)
		} else {
			line = append(line, content, word{text: fill})
		}
	}
	if last.tail != "" {
		line = append(line, word{text: spaces(columnGap)}, word{last.tail, last.code})
	}
	return line
}

func spaces(n int) string { return strings.Repeat(" ", max(n, 0)) }
