package terminal

import (
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// Grid is a table with rows and columns that is made to fit a width.
type Grid struct {
	paper   *Paper
	Columns []Column // the columns that fit; the first is never left out
	last    string   // the title of the last text of each row
	inline  []string // the last texts that are on their rows
	Below   []string // the last texts that are below their rows
}

// Column has a cell for each row.
type Column struct {
	Title string
	Right bool // numbers are aligned to the right
	Spare int  // if the columns do not fit, the one with the greatest Spare is left out first; 0: never
	Cells []Cell
	Wide  int
	names []string // of a column of names: the names, not cut
}

// Cell is a text of two parts. In a column, all heads end and all tails begin at the same
// place: so numbers are aligned, whatever text follows them.
type Cell struct{ Head, Tail, Code string }

// Nothing is the text of a cell without a value.
const Nothing = "-"

// CellOf is a cell with a text, or with Nothing if there is nothing to tell.
func CellOf(text string, ok bool) Cell {
	if !ok {
		text = Nothing
	}
	return Cell{Tail: text}
}

// ColumnOf makes a column of a list of anything.
type ColumnOf[T any] struct {
	Title string
	Right bool // numbers are aligned to the right
	Spare int  // as in Column
	Cell  func(T) Cell
}

func ColumnsOf[T any](list []T, of ...ColumnOf[T]) []Column {
	columns := make([]Column, len(of))
	for i, c := range of {
		columns[i] = Column{Title: c.Title, Right: c.Right, Spare: c.Spare}
		for _, x := range list {
			columns[i].Cells = append(columns[i].Cells, c.Cell(x))
		}
	}
	return columns
}

// Names makes a column of names. A name of more than most columns is cut; 0 means no limit.
func Names(title string, most int, list []string) Column {
	c := Column{Title: title}
	for _, name := range list {
		name = words.Printable(name)
		c.names = append(c.names, name)
		if most > 0 {
			name = CutMiddle(name, most)
		}
		c.Cells = append(c.Cells, Cell{Tail: name})
	}
	c.align()
	return c
}

// Cut reports whether a row does not show the whole name.
func (c Column) Cut(i int) bool { return c.Cells[i].Tail != c.names[i] }

// NewGrid makes a table. It leaves out columns without any value, and those that do not fit.
func NewGrid(p *Paper, columns []Column) *Grid {
	g := &Grid{paper: p}
	for _, c := range columns {
		if c.Spare == 0 || c.tells() {
			c.align()
			g.Columns = append(g.Columns, c)
		}
	}
	for g.width() > p.Room(0) && g.leaveOut() {
	}
	return g
}

// tells reports whether a column has a value in any row.
func (c Column) tells() bool {
	return slices.ContainsFunc(c.Cells, func(x Cell) bool { return x.Head+x.Tail != Nothing })
}

// align aligns the heads of a column.
func (c *Column) align() {
	heads := 0
	for _, x := range c.Cells {
		heads = max(heads, Breadth(x.Head))
	}
	c.Wide = Breadth(c.Title)
	for i, x := range c.Cells {
		c.Cells[i].Head = Gap(heads-Breadth(x.Head)).Text + x.Head
		c.Wide = max(c.Wide, heads+Breadth(x.Tail))
	}
}

// ColumnGap is the number of blanks between two columns.
const ColumnGap = 2

// width returns the width of a row without its last text.
func (g *Grid) width() int {
	sum := -ColumnGap
	for _, c := range g.Columns {
		sum += ColumnGap + c.Wide
	}
	return sum
}

// leaveOut removes the column that matters least, and reports whether there was one that may
// be removed.
func (g *Grid) leaveOut() bool {
	least := 0
	for i, c := range g.Columns {
		if c.Spare > g.Columns[least].Spare {
			least = i
		}
	}
	if g.Columns[least].Spare == 0 {
		return false
	}
	g.Columns = slices.Delete(g.Columns, least, least+1)
	return true
}

// Place puts the last text of each row on the row if it fits, otherwise below it.
func (g *Grid) Place(title string, texts []string) {
	g.last = title
	room := g.paper.Room(g.width() + ColumnGap)
	g.inline, g.Below = make([]string, len(texts)), make([]string, len(texts))
	for i, s := range texts {
		if s = words.Printable(s); room < Breadth(title) || Breadth(s) > room {
			g.Below[i] = s
		} else {
			g.inline[i] = s
		}
	}
}

// Heading prints the titles of the columns.
func (g *Grid) Heading() {
	last := Word{Code: Bold}
	if strings.Join(g.inline, "") != "" {
		last.Text = g.last
	}
	g.print(func(c Column) Cell { return Cell{Tail: c.Title, Code: Bold} }, last)
}

// Row prints a row.
func (g *Grid) Row(i int) {
	var last Word
	if g.inline != nil {
		last.Text = g.inline[i]
	}
	g.print(func(c Column) Cell { return c.Cells[i] }, last)
}

// print prints a row, and fills each cell up to the width of its column. Only the text is
// coloured, not the blanks.
func (g *Grid) print(cellOf func(Column) Cell, last Word) {
	var line []Word
	for i, c := range g.Columns {
		if i > 0 {
			line = append(line, Gap(ColumnGap))
		}
		x := cellOf(c)
		fill, content := Gap(c.Wide-Breadth(x.Head+x.Tail)), Word{x.Head + x.Tail, x.Code}
		if c.Right {
			line = append(line, fill, content)
		} else {
			line = append(line, content, fill)
		}
	}
	if last.Text != "" {
		line = append(line, Gap(ColumnGap), last)
	}
	g.paper.Line(line...)
}
