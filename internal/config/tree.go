package config

import (
	"fmt"
	"strings"

	"github.com/goccy/go-yaml/lexer"
	"github.com/goccy/go-yaml/token"
)

// parse reads the YAML that a configuration needs: mappings, lists and values of
// one line. It returns nil for a file without any. A fault ends it; what is YAML
// but not read here (anchors, tags, text over several lines) is told and the rest
// read on.
//
// The tokens are goccy's, the tree is our own: goccy's parser takes a step for
// each pair of keys of a mapping, which is a second and 500 MB for 10,000 daemons
// and minutes for a hostile file, and it stops at duplicate keys.
func parse(data []byte) (root *node, told []fault, stop *fault) {
	defer func() { // a file must not take the keeper down, whatever it does to the lexer
		if r := recover(); r != nil {
			root, stop = nil, &fault{problem: wrong("look for unusual characters", "cannot read the file: %s", short(fmt.Sprint(r)))}
		}
	}()
	source, stop := clean(data)
	if stop != nil {
		return nil, nil, stop
	}
	b := &builder{tokens: withoutComments(lexer.Tokenize(string(source)))}
	defer func() {
		if r := recover(); r != nil {
			f, ok := r.(*fault)
			if !ok {
				panic(r)
			}
			root, told, stop = nil, b.told, f
		}
	}()
	return b.document(), b.told, nil
}

// builder makes a tree of tokens. It stops by panicking with a fault, which
// parse catches: the functions that call each other for each level would
// otherwise do nothing but pass it on.
type builder struct {
	tokens []*token.Token
	at     int
	depth  int
	told   []fault
}

// maxDepth is what no configuration needs: its own depth is 6.
const maxDepth = 16

func withoutComments(tokens token.Tokens) []*token.Token {
	out := tokens[:0]
	for _, t := range tokens {
		if t.Type != token.CommentType {
			out = append(out, t)
		}
	}
	return out
}

// peek is the next token, nil at the end.
func (b *builder) peek() *token.Token {
	if b.at == len(b.tokens) {
		return nil
	}
	return b.tokens[b.at]
}

// next takes the next token; the caller has peeked.
func (b *builder) next() *token.Token {
	t := b.tokens[b.at]
	b.at++
	return t
}

func place(t *token.Token) position { return position{t.Position.Line, max(t.Position.Column, 1)} }

func (b *builder) stop(t *token.Token, hint, format string, args ...any) {
	panic(&fault{place(t), short(t.Value), wrong(hint, format, args...)})
}

// tell notes a mistake and goes on.
func (b *builder) tell(t *token.Token, hint, format string, args ...any) {
	if len(b.told) > maxMistakes {
		return // there will be no room for it
	}
	b.told = append(b.told, fault{place(t), short(t.Value), wrong(hint, format, args...)})
}

// deeper is called for each level and undone by the function it returns.
func (b *builder) deeper(t *token.Token) func() {
	if b.depth++; b.depth > maxDepth {
		b.stop(t, "look for brackets or dashes too many", "cannot read more than %d levels", maxDepth)
	}
	return func() { b.depth-- }
}

// document reads the file: at most one document.
func (b *builder) document() *node {
	if t := b.peek(); t != nil && t.Type == token.DocumentHeaderType {
		b.next()
		if first := b.peek(); first != nil && first.Position.Line == t.Position.Line {
			b.stop(first, "begin in the line below", "cannot read %s behind ---", quote(first.Value))
		}
	}
	t := b.peek()
	if t == nil {
		return nil
	}
	var root *node
	if !endsDocument(t) {
		root = b.block(0)
	}
	t = b.peek()
	if t != nil && t.Type == token.DocumentEndType {
		b.next()
		t = b.peek()
	}
	switch {
	case t == nil:
		return root
	case endsDocument(t) || b.tokens[b.at-1].Type == token.DocumentEndType:
		b.stop(t, "put it into a drop-in of its own", "cannot read a second document in the same file")
	}
	b.misplaced(t)
	return nil
}

func endsDocument(t *token.Token) bool {
	return t.Type == token.DocumentHeaderType || t.Type == token.DocumentEndType
}

func isScalar(t *token.Token) bool {
	switch t.Type {
	case token.StringType, token.SingleQuoteType, token.DoubleQuoteType, token.IntegerType, token.BinaryIntegerType,
		token.OctetIntegerType, token.HexIntegerType, token.FloatType, token.InfinityType, token.NanType, token.BoolType,
		token.NullType, token.ImplicitNullType, token.MergeKeyType:
		return true
	}
	return false
}

func isQuoted(t *token.Token) bool {
	return t.Type == token.SingleQuoteType || t.Type == token.DoubleQuoteType
}

// isKey tells whether the next token is a scalar with a colon in the same line.
func (b *builder) isKey() bool {
	t := b.peek()
	if t == nil || !isScalar(t) || b.at+1 == len(b.tokens) {
		return false
	}
	colon := b.tokens[b.at+1]
	return colon.Type == token.MappingValueType && colon.Position.Line == t.Position.Line
}

// scalar takes a single value. The lexer has joined one of several lines; that
// is mostly a forgotten colon or dash, so it is none here.
func (b *builder) scalar() *node {
	t := b.next()
	n := &node{position: place(t), shape: scalar, text: t.Value}
	written := strings.TrimSpace(t.Origin)
	first, rest, several := strings.Cut(written, "\n")
	switch {
	case several && isQuoted(t):
		b.tell(t, `write it in one line; in "double quotes", \n stands for a line break`, "cannot read a text of several lines")
		n.shape = broken
	case several:
		b.joined(t, strings.TrimSpace(first), rest)
	case t.Type == token.NullType:
		n.shape = empty
	}
	return n
}

// joined explains a plain text of several lines, which nobody has meant.
func (b *builder) joined(t *token.Token, first, rest string) {
	f := &fault{position: place(t), text: short(first)}
	before := b.before(2)
	switch {
	case before != nil && before.Position.Line == t.Position.Line && (before.Type == token.MappingValueType || before.Type == token.SequenceEntryType && !b.isColon()):
		f.line++
		for line := range strings.SplitSeq(rest, "\n") {
			if f.text = strings.TrimSpace(line); f.text != "" {
				f.column = 1 + strings.Index(line, f.text)
				break
			}
			f.line++
		}
		f.text = short(f.text)
		f.problem = wrong("a value stands in one line; is this line indented too far, or does it lack a dash or a colon?",
			"cannot read %s: it would go on with %s of the line before", quote(f.text), quote(first))
	default:
		f.problem = noColon(first)
	}
	panic(f)
}

// noColon explains a line that begins like a key.
func noColon(line string) *problem {
	key, value, ok := strings.Cut(line, ":")
	if ok && key != "" && value != "" && !strings.HasPrefix(value, "//") {
		return wrong("write a space behind the colon", "cannot read %s: there is no space behind the colon", quote(line))
	}
	return wrong("write KEY: VALUE", "cannot read %s: there is no colon behind a key", quote(line))
}

// before is the token that many before the next one, nil if there is none.
func (b *builder) before(n int) *token.Token {
	if b.at < n {
		return nil
	}
	return b.tokens[b.at-n]
}

func (b *builder) isColon() bool {
	t := b.peek()
	return t != nil && t.Type == token.MappingValueType
}

// property tells of an anchor, an alias or a tag, and skips it. Of an alias there
// is nothing left; after the others stands the value.
func (b *builder) property() (gone *node) {
	const hint = "write the value out; for times, use defaults"
	t := b.next()
	switch t.Type {
	case token.TagType:
		b.tell(t, "leave it out: what a value means is known from its key; text that begins with ! must stand in quotes", "cannot read the tag %s", quote(t.Value))
		return nil
	case token.AnchorType:
		b.tell(t, hint+"; text that begins with & must stand in quotes", "cannot read an anchor: each value is written where it holds")
	default:
		b.tell(t, hint+"; text that begins with * must stand in quotes", "cannot read an alias: each value is written where it holds")
	}
	if name := b.peek(); name != nil && name.Position.Line == t.Position.Line && isScalar(name) {
		b.next()
	}
	if t.Type == token.AliasType {
		return &node{position: place(t), shape: broken}
	}
	return nil
}

func isProperty(t *token.Token) bool {
	return t.Type == token.TagType || t.Type == token.AnchorType || t.Type == token.AliasType
}

// several tells of a text in the manner of | or > and skips it.
func (b *builder) several() *node {
	t := b.next()
	b.tell(t, `write it in one line; in "double quotes", \n stands for a line break`, "cannot read a text of several lines")
	if text := b.peek(); text != nil && text.Type == token.StringType {
		b.next()
	}
	return &node{position: place(t), shape: broken}
}
