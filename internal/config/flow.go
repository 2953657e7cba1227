package config

import "github.com/goccy/go-yaml/token"

// flow reads what stands in brackets.
func (b *builder) flow() *node {
	t := b.peek()
	defer b.deeper(t)()
	if t.Type == token.SequenceStartType {
		return b.flowList()
	}
	return b.flowMapping()
}

func (b *builder) flowList() *node {
	open := b.next()
	n := &node{position: place(open), shape: list}
	for {
		t := b.inside(open)
		if t.Type == token.SequenceEndType {
			b.next()
			return n
		}
		item := b.flowValue(open)
		if b.isColon() {
			b.stop(b.peek(), "put the pair in braces: {KEY: VALUE}", "cannot read a key within a list")
		}
		n.items = append(n.items, item)
		b.comma(open, token.SequenceEndType)
	}
}

func (b *builder) flowMapping() *node {
	open := b.next()
	n := &node{position: place(open), shape: mapping}
	for {
		t := b.inside(open)
		if t.Type == token.MappingEndType {
			b.next()
			return n
		}
		key := b.flowValue(open)
		if key.shape == list || key.shape == mapping {
			b.stop(t, "a key is a single word", "cannot read a key that is no text")
		}
		n.pairs = append(n.pairs, pair{key, b.behindKey(open, t)})
		b.comma(open, token.MappingEndType)
	}
}

// behindKey reads the colon and the value. Both may be missing.
func (b *builder) behindKey(open, key *token.Token) *node {
	colon := b.inside(open)
	if colon.Type != token.MappingValueType {
		return &node{position: place(key), shape: empty}
	}
	if colon.Position.Line != key.Position.Line {
		b.stop(colon, "write KEY: VALUE in one line", "cannot read a colon without a key before it")
	}
	b.next()
	t := b.inside(open)
	switch {
	case t.Type == token.CollectEntryType || t.Type == token.MappingEndType:
		return &node{position: place(colon), shape: empty}
	case !isQuoted(key) && t.Position.Line == colon.Position.Line && t.Position.Column == colon.Position.Column+1:
		b.stop(colon, "write a space behind the colon, or put a text with a colon in quotes", "cannot read a colon without a space behind it")
	}
	return b.flowValue(open)
}

// flowValue reads one value within brackets.
func (b *builder) flowValue(open *token.Token) *node {
	t := b.inside(open)
	for isProperty(t) {
		if gone := b.property(); gone != nil {
			return gone
		}
		if t = b.inside(open); t.Type == token.CollectEntryType || t.Type == token.SequenceEndType || t.Type == token.MappingEndType {
			return &node{position: place(t), shape: broken}
		}
	}
	switch {
	case isScalar(t):
		return b.scalar()
	case t.Type == token.SequenceStartType, t.Type == token.MappingStartType:
		return b.flow()
	case t.Type == token.LiteralType, t.Type == token.FoldedType:
		return b.several()
	case t.Type == token.CollectEntryType:
		b.stop(t, "leave out one comma", "cannot read a comma: nothing stands before it")
	}
	b.misplaced(t)
	return nil
}

// comma takes the comma behind a value; before the closing bracket it may be missing.
func (b *builder) comma(open *token.Token, end token.Type) {
	t := b.inside(open)
	switch t.Type {
	case token.CollectEntryType:
		b.next()
		return
	case end:
		return
	case token.InvalidType, token.SequenceEndType, token.MappingEndType:
		b.misplaced(t)
	}
	b.stop(t, "a comma stands between values; a text with brackets in it must stand in 'quotes'",
		"cannot read %s: a comma or the end of the bracket of line %d is missing before it", quote(t.Value), open.Position.Line)
}

// inside is the next token within a bracket, which must be closed.
func (b *builder) inside(open *token.Token) *token.Token {
	t := b.peek()
	if t == nil || endsDocument(t) {
		b.stop(open, "close it; a text that begins with "+open.Value+" must stand in 'quotes'", "cannot find the end of this bracket")
	}
	return t
}
