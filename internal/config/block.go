package config

import "github.com/goccy/go-yaml/token"

// block reads what stands in lines and is held together by indentation: more than
// column, that of the key or dash it belongs to; 0 at the top.
func (b *builder) block(column int) *node {
	t := b.peek()
	line := t.Position.Line
	defer b.deeper(t)()
	for isProperty(t) {
		at := place(t)
		if gone := b.property(); gone != nil {
			if b.isColon() {
				b.stop(t, "write the key out", "cannot read an alias as a key")
			}
			return b.leaf(gone)
		}
		if t = b.peek(); t == nil || endsDocument(t) || t.Position.Line > line && t.Position.Column <= column {
			return &node{position: at, shape: broken}
		}
	}
	switch {
	case t.Type == token.SequenceEntryType:
		return b.blockList(t.Position.Column)
	case b.isKey():
		return b.blockMapping(t.Position.Column)
	case isScalar(t):
		return b.leaf(b.scalar())
	case t.Type == token.SequenceStartType, t.Type == token.MappingStartType:
		return b.leaf(b.flow())
	case t.Type == token.LiteralType, t.Type == token.FoldedType:
		return b.several()
	}
	b.misplaced(t)
	return nil
}

// leaf is a value behind which its line must end.
func (b *builder) leaf(n *node) *node {
	t, last := b.peek(), b.before(1)
	if t == nil || last == nil || t.Position.Line > last.Position.Line {
		return n
	}
	switch {
	case t.Type == token.InvalidType:
		b.misplaced(t)
	case t.Type == token.MappingValueType && n.shape != scalar && n.shape != empty:
		b.stop(t, "a key is a single word", "cannot read a key that is no text")
	case t.Type == token.MappingValueType:
		b.twoColons(t)
	case last.Type == token.SequenceEndType, last.Type == token.MappingEndType:
		b.stop(t, "a text that begins with [ or { must stand in 'quotes'", "cannot read %s behind the closing bracket", quote(t.Value))
	case isQuoted(last):
		b.stop(t, "put the whole value in one pair of quotes", "cannot read %s behind the closing quote", quote(t.Value))
	}
	b.misplaced(t)
	return nil
}

func (b *builder) twoColons(t *token.Token) {
	b.stop(t, `a value with ": " in it must stand in quotes; a mapping begins in the line below its key`, "cannot read a second colon in the same line")
}

func (b *builder) blockMapping(column int) *node {
	n := &node{position: place(b.peek()), shape: mapping}
	for {
		t := b.peek()
		if t == nil || t.Position.Column < column || endsDocument(t) {
			return n
		}
		if t.Position.Column > column {
			b.indentation(t, column)
		}
		for isProperty(t) && t.Type != token.AliasType {
			b.property()
			if t = b.peek(); t == nil {
				return n
			}
		}
		if !b.isKey() {
			b.noKey(t)
		}
		key := b.scalar()
		n.pairs = append(n.pairs, pair{key, b.blockValue(b.next(), column)})
	}
}

// blockValue reads what belongs to a key in this column.
func (b *builder) blockValue(colon *token.Token, column int) *node {
	t := b.peek()
	none := &node{position: place(colon), shape: empty}
	switch {
	case t == nil || endsDocument(t):
		return none
	case t.Position.Line == colon.Position.Line:
		return b.sameLine(t, column)
	case t.Position.Column > column:
		return b.block(column)
	case t.Position.Column == column && t.Type == token.SequenceEntryType:
		return b.blockList(column)
	}
	return none
}

func (b *builder) sameLine(t *token.Token, column int) *node {
	switch {
	case t.Type == token.SequenceEntryType:
		b.stop(t, `begin the list in the line below, or write ["a", "b"]; text that begins with "- " must stand in quotes`, "cannot read a dash in the line of its key")
	case b.isKey():
		b.next()
		b.twoColons(b.next())
	}
	return b.block(column)
}

func (b *builder) blockList(column int) *node {
	n := &node{position: place(b.peek()), shape: list}
	defer b.deeper(b.peek())()
	for {
		t := b.peek()
		if t == nil || t.Position.Column < column || endsDocument(t) || t.Position.Column == column && t.Type != token.SequenceEntryType {
			return n
		}
		if t.Position.Column > column {
			b.indentation(t, column)
		}
		dash := b.next()
		t = b.peek()
		if t == nil || endsDocument(t) || t.Position.Line > dash.Position.Line && t.Position.Column <= column {
			n.items = append(n.items, &node{position: place(dash), shape: empty})
			continue
		}
		n.items = append(n.items, b.block(column))
	}
}
