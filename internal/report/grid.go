package report

import (
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// grid is the rows and columns of a table, made to fit a width.
type grid struct {
	paper   *paper
	columns []column // those that there is room for; the first always stays
	last    string   // the title of what stands at the end of rows, or below them
	inline  []string // that text, where it stands on its row
	below   []string // that text, where it stands below its row
}

// column has a cell for each row.
type column struct {
	title string
	right bool // numbers stand on the right
	spare int  // the greatest is left out first, if there is no room; 0 never is
	cells []cell
	wide  int
	names []string // of a column of names: whole
}

// cell is a text of two parts. In a column heads end, and tails begin, at the same
// place: so numbers are in line, whatever is said about them.
type cell struct{ head, tail, code string }

// nothing stands where there is nothing to tell.
const nothing = "-"

// columnOf makes a column of a list of anything.
type columnOf[T any] struct {
	title string
	right bool
	spare int
	cell  func(T) cell
}

func columnsOf[T any](list []T, of ...columnOf[T]) []column {
	columns := make([]column, len(of))
	for i, c := range of {
		columns[i] = column{title: c.title, right: c.right, spare: c.spare}
		for _, x := range list {
			columns[i].cells = append(columns[i].cells, c.cell(x))
		}
	}
	return columns
}

// names is a column of names. One that takes more than its share of a line is cut; there
// is no limit if most is 0.
func names(title string, most int, list []string) column {
	c := column{title: title}
	for _, name := range list {
		name = words.Printable(name)
		c.names = append(c.names, name)
		if most > 0 {
			name = cutMiddle(name, most)
		}
		c.cells = append(c.cells, cell{tail: name})
	}
	c.align()
	return c
}

// cut reports whether a row does not show the whole name.
func (c column) cut(i int) bool { return c.cells[i].tail != c.names[i] }

// newGrid leaves out columns that say nothing, and those that there is no room for.
func newGrid(p *paper, columns []column) *grid {
	g := &grid{paper: p}
	for _, c := range columns {
		if c.spare == 0 || c.tells() {
			c.align()
			g.columns = append(g.columns, c)
		}
	}
	for g.width() > p.room(0) && g.leaveOut() {
	}
	return g
}

// tells reports whether a column says something of any row.
func (c column) tells() bool {
	return slices.ContainsFunc(c.cells, func(x cell) bool { return x.head+x.tail != nothing })
}

// align puts heads into line.
func (c *column) align() {
	heads := 0
	for _, x := range c.cells {
		heads = max(heads, breadth(x.head))
	}
	c.wide = breadth(c.title)
	for i, x := range c.cells {
		c.cells[i].head = gap(heads-breadth(x.head)).text + x.head
		c.wide = max(c.wide, heads+breadth(x.tail))
	}
}

// columnGap is what stands between two columns.
const columnGap = 2

// width is how wide a row is without its last text.
func (g *grid) width() int {
	sum := -columnGap
	for _, c := range g.columns {
		sum += columnGap + c.wide
	}
	return sum
}

// leaveOut takes away the column that matters least, if one may be missing.
func (g *grid) leaveOut() bool {
	least := 0
	for i, c := range g.columns {
		if c.spare > g.columns[least].spare {
			least = i
		}
	}
	if g.columns[least].spare == 0 {
		return false
	}
	g.columns = slices.Delete(g.columns, least, least+1)
	return true
}

// place puts the last text of each row on it, where there is room for all of it, else
// below.
func (g *grid) place(title string, texts []string) {
	g.last = title
	room := g.paper.room(g.width() + columnGap)
	g.inline, g.below = make([]string, len(texts)), make([]string, len(texts))
	for i, s := range texts {
		if s = words.Printable(s); room < breadth(title) || breadth(s) > room {
			g.below[i] = s
		} else {
			g.inline[i] = s
		}
	}
}

// heading prints the titles.
func (g *grid) heading() {
	last := word{code: bold}
	if strings.Join(g.inline, "") != "" {
		last.text = g.last
	}
	g.print(func(c column) cell { return cell{tail: c.title, code: bold} }, last)
}

// row prints a row.
func (g *grid) row(i int) {
	var last word
	if g.inline != nil {
		last.text = g.inline[i]
	}
	g.print(func(c column) cell { return c.cells[i] }, last)
}

// print fills each cell up to the width of its column. Only the text is painted.
func (g *grid) print(cellOf func(column) cell, last word) {
	var line []word
	for i, c := range g.columns {
		if i > 0 {
			line = append(line, gap(columnGap))
		}
		x := cellOf(c)
		fill, content := gap(c.wide-breadth(x.head+x.tail)), word{x.head + x.tail, x.code}
		if c.right {
			line = append(line, fill, content)
		} else {
			line = append(line, content, fill)
		}
	}
	if last.text != "" {
		line = append(line, gap(columnGap), last)
	}
	g.paper.line(line...)
}
