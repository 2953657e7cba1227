package importer

import (
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// list is what a shell runs, sh(1): a pipeline, or others joined by an operator.
type list struct {
	join  string  // "" for a pipeline; and, or, then (one after the other), not, if, exit, shell
	parts []*list // of if: the condition, what is run if it is met, and what else
	run   []bare  // the commands of a pipeline
	bit   uint64  // of a pipeline, in what a trial has run
}

// listParser reads the list of a line. What makes no sense is read as well as can be:
// all commands are in the list.
type listParser struct {
	pieces []piece
	vars   map[string]string
	outer  bare // what the line is run by
	depth  int  // how many shells and brackets it may still go down
}

// readList reads a line, and those of sh -c in it.
func readList(line string, vars map[string]string) (*list, error) {
	return readListWithin(line, vars, bare{}, mostNested)
}

func readListWithin(line string, vars map[string]string, outer bare, depth int) (*list, error) {
	pieces, err := shellPieces(unrolled(line), vars)
	if err != nil {
		return nil, err
	}
	p := &listParser{pieces: pieces, vars: vars, outer: outer, depth: depth}
	all := &list{join: "then"}
	for len(p.pieces) > 0 {
		part, err := p.sequence()
		if err != nil {
			return nil, err
		}
		all.parts = append(all.parts, part)
		if len(p.pieces) > 0 {
			p.pieces = p.pieces[1:] // a bracket or a keyword that closes nothing
		}
	}
	return all, nil
}

// Loops over names that are written down: for s in nginx php-fpm; do ...; done
var forLoop = words.Pattern{Text: `(^|[;&|({]|\bthen|\bdo)[ \t]*for[ \t]+([A-Za-z_][A-Za-z0-9_]*)[ \t]+in[ \t]+([A-Za-z0-9_./@: \t-]+?)[ \t]*[;\n][ \t\n]*do[ \t\n](.*?[;&\n])[ \t\n]*done\b`}

// unrolled repeats the body of a loop for each of its names.
func unrolled(line string) string {
	const most = 50
	m := forLoop.Get().FindStringSubmatchIndex(line)
	if m == nil {
		return line
	}
	name, body := line[m[4]:m[5]], line[m[8]:m[9]]
	var b strings.Builder
	b.WriteString(line[:m[3]] + " { ")
	for i, value := range strings.Fields(line[m[6]:m[7]]) {
		if i < most && b.Len() < mostLine {
			b.WriteString(strings.NewReplacer("${"+name+"}", value, "$"+name, value).Replace(body) + "\n")
		}
	}
	return b.String() + "}" + line[m[1]:]
}

// isOp reports whether one of these operators is next.
func (p *listParser) isOp(ops ...string) bool {
	return len(p.pieces) > 0 && slices.Contains(ops, p.pieces[0].op) && p.pieces[0].op != ""
}

// isKeyword reports whether one of these words is next. Quoted it is none.
func (p *listParser) isKeyword(keywords ...string) bool {
	return len(p.pieces) > 0 && p.pieces[0].op == "" && !p.pieces[0].word.quoted && slices.Contains(keywords, p.pieces[0].word.text)
}

// takes goes on behind one of these keywords.
func (p *listParser) takes(keywords ...string) bool {
	is := p.isKeyword(keywords...)
	if is {
		p.pieces = p.pieces[1:]
	}
	return is
}

// sequence reads a; b & c up to what closes it.
func (p *listParser) sequence() (*list, error) {
	all := &list{join: "then"}
	for {
		for p.isOp(";", "&", ";;", "&&", "||", "|") { // the last three where nothing is in front of them
			p.pieces = p.pieces[1:]
		}
		if len(p.pieces) == 0 || p.isOp(")") || p.isKeyword("then", "else", "elif", "fi", "do", "done", "}") {
			return all, nil
		}
		part, err := p.chain()
		if err != nil {
			return nil, err
		}
		all.parts = append(all.parts, part)
	}
}

// chain reads a && b || c: both bind alike, from the left.
func (p *listParser) chain() (*list, error) {
	left, err := p.pipeline()
	for err == nil && p.isOp("&&", "||") {
		join := map[string]string{"&&": "and", "||": "or"}[p.pieces[0].op]
		p.pieces = p.pieces[1:]
		var right *list
		right, err = p.pipeline()
		left = &list{join: join, parts: []*list{left, right}}
	}
	return left, err
}

// pipeline reads ! a | b.
func (p *listParser) pipeline() (*list, error) {
	if p.takes("!") {
		part, err := p.pipeline()
		return &list{join: "not", parts: []*list{part}}, err
	}
	var pipe *list
	for {
		part, err := p.command()
		if err != nil {
			return nil, err
		}
		switch {
		case pipe == nil:
			pipe = part
		case pipe.join == "" && part.join == "":
			pipe.run = append(pipe.run, part.run...)
		default: // a bracket in a pipe
			pipe = &list{join: "then", parts: []*list{pipe, part}}
		}
		if !p.isOp("|") {
			return pipe, nil
		}
		p.pieces = p.pieces[1:]
	}
}

// command reads a simple command, or a compound one.
func (p *listParser) command() (*list, error) {
	if p.depth > 0 {
		p.depth--
		defer func() { p.depth++ }()
		switch {
		case p.isOp("("):
			p.pieces = p.pieces[1:]
			all, err := p.enclosed(")")
			return &list{join: "shell", parts: []*list{all}}, err
		case p.takes("{"):
			return p.enclosed("}")
		case p.takes("if"):
			return p.condition("then", "fi")
		case p.takes("while"):
			return p.condition("do", "done")
		case p.takes("until"):
			all, err := p.condition("do", "done")
			if err == nil {
				all.parts[0] = &list{join: "not", parts: []*list{all.parts[0]}}
			}
			return all, err
		}
	}
	return p.simple()
}

func (p *listParser) enclosed(end string) (*list, error) {
	all, err := p.sequence()
	if err == nil && len(p.pieces) > 0 && (p.isOp(end) || p.isKeyword(end)) {
		p.pieces = p.pieces[1:]
	}
	return all, err
}

// condition reads what follows if, elif and while.
func (p *listParser) condition(then, end string) (*list, error) {
	all := &list{join: "if", parts: []*list{nil, {join: "then"}, {join: "then"}}}
	var err error
	if all.parts[0], err = p.sequence(); err != nil {
		return nil, err
	}
	if p.takes(then) {
		if all.parts[1], err = p.sequence(); err != nil {
			return nil, err
		}
	}
	switch {
	case p.depth > 0 && p.takes("elif"):
		p.depth--
		defer func() { p.depth++ }()
		all.parts[2], err = p.condition(then, end)
		return all, err
	case p.takes("else"):
		if all.parts[2], err = p.sequence(); err != nil {
			return nil, err
		}
	}
	p.takes(end)
	return all, nil
}

// simple reads a command without what it was wrapped in; if that is a shell, what the
// shell runs.
func (p *listParser) simple() (*list, error) {
	b := bare{under: slices.Clone(p.outer.under), user: p.outer.user}
	for len(p.pieces) > 0 && p.pieces[0].op == "" {
		b.words = append(b.words, p.pieces[0].word)
		p.pieces = p.pieces[1:]
	}
	if len(b.words) == 0 && len(p.pieces) > 0 && !p.isOp(";", "&", "&&", "||", "|", ")") {
		p.pieces = p.pieces[1:] // a bracket too deep
	}
	inner, isShell := b.unwrap()
	switch {
	case isShell && p.depth > 0:
		all, err := readListWithin(inner, p.vars, b, p.depth-1)
		return &list{join: "shell", parts: []*list{all}}, err
	case isShell || len(b.words) == 0:
		return &list{}, nil
	case b.base() == "exit" || b.base() == "return":
		return &list{join: "exit"}, nil
	}
	return &list{run: []bare{b}}, nil
}

// runs are the pipelines of a list.
func (l *list) runs() []*list {
	if l.join == "" {
		if len(l.run) == 0 {
			return nil
		}
		return []*list{l}
	}
	var all []*list
	for _, part := range l.parts {
		all = append(all, part.runs()...)
	}
	return all
}

// trial runs a list in the mind, with the outcomes of its pipelines given.
type trial struct {
	failing uint64 // pipelines
	ran     uint64
	exited  bool
}

// run tells whether a list would succeed, and notes what it would run.
func (t *trial) run(l *list) bool {
	if t.exited {
		return false
	}
	switch l.join {
	case "":
		t.ran |= l.bit
		return t.failing&l.bit == 0
	case "and":
		return t.run(l.parts[0]) && t.run(l.parts[1])
	case "or":
		return t.run(l.parts[0]) || t.run(l.parts[1])
	case "not":
		return !t.run(l.parts[0])
	case "if":
		if t.run(l.parts[0]) {
			return t.run(l.parts[1])
		}
		return t.run(l.parts[2])
	case "exit":
		t.exited = true
		return false
	case "shell": // exit ends no more than it
		ok := t.run(l.parts[0])
		t.exited = false
		return ok
	}
	last := true
	for _, part := range l.parts {
		last = t.run(part)
	}
	return last
}
