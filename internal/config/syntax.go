package config

import (
	"strings"

	"github.com/goccy/go-yaml/token"
)

// misplaced stops at a token that cannot stand where it does.
func (b *builder) misplaced(t *token.Token) {
	switch t.Type {
	case token.InvalidType:
		b.invalid(t)
	case token.MappingKeyType:
		b.stop(t, "write KEY: VALUE; text that begins with ? must stand in quotes", `cannot read "?"`)
	case token.DirectiveType:
		b.stop(t, "leave the line out; text that begins with % must stand in quotes", `cannot read "%%"`)
	case token.MappingValueType:
		b.stop(t, "write KEY: VALUE", "cannot read a colon without a key before it")
	case token.SequenceEndType, token.MappingEndType:
		b.stop(t, "a text with brackets in it must stand in 'quotes'", "cannot read %s: no such bracket is open", quote(t.Value))
	}
	b.stop(t, "look at the indentation, and for a quote, colon or comma that is missing", "cannot read %s here", quote(t.Value))
}

// invalid says what the lexer has found in words that help.
func (b *builder) invalid(t *token.Token) {
	text := strings.TrimSpace(t.Value)
	at := place(t)
	switch {
	case strings.Contains(t.Error, "reserved character"):
		text = strings.TrimLeft(text, "\n ")
		panic(&fault{at, short(text), wrong("put the value in quotes", "cannot read a value that begins with %s", quote(text))})
	case strings.Contains(t.Error, "end character"):
		line, _, _ := strings.Cut(text, "\n")
		panic(&fault{at, short(line), wrong("close it, or leave both quotes out", "cannot find the end of the quote")})
	case strings.Contains(t.Error, "escape"):
		panic(&fault{at, short(text), wrong(`in "double quotes", write \\ for a backslash; in 'single quotes' it stands for itself`, "cannot read the escape: %s", strings.TrimPrefix(t.Error, "found "))})
	}
	panic(&fault{at, short(text), wrong("put the value in quotes", "cannot read this: %s", t.Error)})
}

func (b *builder) indentation(t *token.Token, column int) {
	if t.Type == token.InvalidType {
		b.invalid(t)
	}
	b.stop(t, "what belongs together begins in the same column", "cannot read %s here: it is indented by %d, the lines before it by %d",
		quote(t.Value), t.Position.Column-1, column-1)
}

// noKey stops where a key should stand.
func (b *builder) noKey(t *token.Token) {
	switch {
	case t.Type == token.SequenceEntryType:
		b.stop(t, "write KEY: VALUE, or indent the list more than its key", "cannot read a dash between keys")
	case !isScalar(t):
		b.misplaced(t)
	}
	text, _, _ := strings.Cut(strings.TrimSpace(t.Origin), "\n")
	panic(&fault{place(t), short(text), noColon(text)})
}
