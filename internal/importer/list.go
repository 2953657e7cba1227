package importer

import (
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// pipeline is a | b.
type pipeline struct {
	run []bare
	bit uint64 // its bit in trial.ran
}

// trial simulates a list: it is given the outcomes of the pipelines, and notes what would
// run.
type trial struct {
	failing uint64 // pipelines
	ran     uint64
	exited  bool
}

// step is a part of a list. It notes what it would run, and reports whether it would succeed.
type step func(t *trial) bool

// run runs a step, unless the shell has exited.
func (s step) run(t *trial) bool { return !t.exited && s(t) }

// list is a command list of a shell, sh(1).
type list struct {
	runs []*pipeline // in the order of the text
	all  step
}

// listParser reads the list of a line. Text that makes no sense is read as far as possible,
// so that all commands are in the list.
type listParser struct {
	pieces []piece
	vars   map[string]string
	outer  bare // the wrappers that run the line
	depth  int  // how many more levels of shells and brackets are allowed
	runs   []*pipeline
}

// readList reads a line, including the lines of sh -c in it.
func readList(line string, vars map[string]string) (*list, error) {
	p := &listParser{vars: vars, depth: mostNested}
	all, err := p.line(line)
	if err != nil {
		return nil, err
	}
	isEmpty := func(pipe *pipeline) bool { return len(pipe.run) == 0 }
	return &list{slices.DeleteFunc(p.runs, isEmpty), all}, nil
}

// commands lists everything that a line may run.
func (l *list) commands() []bare {
	var all []bare
	for _, pipe := range l.runs {
		all = append(all, pipe.run...)
	}
	return all
}

func (p *listParser) line(line string) (step, error) {
	var err error
	if p.pieces, err = shellPieces(unrolled(line), p.vars); err != nil {
		return nil, err
	}
	var all []step
	for len(p.pieces) > 0 {
		part, err := p.sequence()
		if err != nil {
			return nil, err
		}
		all = append(all, part)
		if len(p.pieces) > 0 {
			p.pieces = p.pieces[1:] // a bracket or a keyword that closes nothing
		}
	}
	return inTurn(all...), nil
}

// inTurn runs one step after the other; the last one decides the outcome.
func inTurn(steps ...step) step {
	return func(t *trial) bool {
		ok := true
		for _, s := range steps {
			ok = s.run(t)
		}
		return ok
	}
}

// inShell runs a step in a subshell: exit ends only that shell.
func inShell(s step) step {
	return func(t *trial) bool {
		ok := s.run(t)
		t.exited = false
		return ok
	}
}

// forLoop is a loop over a literal list of names: for s in nginx php-fpm; do ...; done
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

// isKeyword reports whether one of these words is next. A quoted word is not a keyword.
func (p *listParser) isKeyword(keywords ...string) bool {
	return len(p.pieces) > 0 && p.pieces[0].op == "" && !p.pieces[0].word.quoted && slices.Contains(keywords, p.pieces[0].word.text)
}

// takes skips one of these keywords, if it is next, and reports whether it was.
func (p *listParser) takes(keywords ...string) bool {
	is := p.isKeyword(keywords...)
	if is {
		p.pieces = p.pieces[1:]
	}
	return is
}

// sequence reads a; b & c up to what closes it.
func (p *listParser) sequence() (step, error) {
	var all []step
	for {
		for p.isOp(";", "&", ";;", "&&", "||", "|") { // the last three where nothing precedes them
			p.pieces = p.pieces[1:]
		}
		if len(p.pieces) == 0 || p.isOp(")") || p.isKeyword("then", "else", "elif", "fi", "do", "done", "}") {
			return inTurn(all...), nil
		}
		part, err := p.chain()
		if err != nil {
			return nil, err
		}
		all = append(all, part)
	}
}

// chain reads a && b || c: both have the same precedence and associate to the left.
func (p *listParser) chain() (step, error) {
	left, err := p.pipeline()
	for err == nil && p.isOp("&&", "||") {
		isAnd, first, right := p.isOp("&&"), left, step(nil)
		p.pieces = p.pieces[1:]
		right, err = p.pipeline()
		left = func(t *trial) bool {
			if first.run(t) == isAnd {
				return right.run(t)
			}
			return !isAnd
		}
	}
	return left, err
}

// pipeline reads ! a | b.
func (p *listParser) pipeline() (step, error) {
	if p.takes("!") {
		part, err := p.pipeline()
		return func(t *trial) bool { return !part.run(t) }, err
	}
	var all []step
	var last *pipeline // the pipeline that the next command belongs to; nil after a bracket
	for {
		part, simple, err := p.command()
		switch {
		case err != nil:
			return nil, err
		case last != nil && simple != nil:
			last.run = append(last.run, simple.run...)
		default:
			if last = nil; len(all) == 0 {
				last = simple
			}
			if all = append(all, part); simple != nil {
				p.runs = append(p.runs, simple)
			}
		}
		if !p.isOp("|") {
			return inTurn(all...), nil
		}
		p.pieces = p.pieces[1:]
	}
}

// command reads a simple command, or a compound one.
func (p *listParser) command() (step, *pipeline, error) {
	if p.depth > 0 {
		p.depth--
		defer func() { p.depth++ }()
		var all step
		var err error
		switch {
		case p.isOp("("):
			p.pieces = p.pieces[1:]
			all, err = p.enclosed(")")
			all = inShell(all)
		case p.takes("{"):
			all, err = p.enclosed("}")
		case p.takes("if"):
			all, err = p.condition("then", "fi", true)
		case p.takes("while"):
			all, err = p.condition("do", "done", true)
		case p.takes("until"):
			all, err = p.condition("do", "done", false)
		}
		if all != nil || err != nil {
			return all, nil, err
		}
	}
	return p.simple()
}

func (p *listParser) enclosed(end string) (step, error) {
	all, err := p.sequence()
	if err == nil && (p.isOp(end) || p.isKeyword(end)) {
		p.pieces = p.pieces[1:]
	}
	return all, err
}

// condition reads what follows if, elif, while and until. wanted is the outcome of the
// condition that runs the next part.
func (p *listParser) condition(then, end string, wanted bool) (step, error) {
	met, otherwise := inTurn(), inTurn()
	asked, err := p.sequence()
	if err == nil && p.takes(then) {
		met, err = p.sequence()
	}
	switch {
	case err != nil:
		return nil, err
	case p.depth > 0 && p.takes("elif"):
		p.depth--
		defer func() { p.depth++ }()
		otherwise, err = p.condition(then, end, true)
	case p.takes("else"):
		otherwise, err = p.sequence()
		if err == nil {
			p.takes(end)
		}
	default:
		p.takes(end)
	}
	return func(t *trial) bool {
		if asked.run(t) == wanted {
			return met.run(t)
		}
		return otherwise.run(t)
	}, err
}

// simple reads a command without its wrappers; if a wrapper is a shell, it reads what the
// shell runs.
func (p *listParser) simple() (step, *pipeline, error) {
	b := bare{under: slices.Clone(p.outer.under), user: p.outer.user}
	for len(p.pieces) > 0 && p.pieces[0].op == "" {
		b.words = append(b.words, p.pieces[0].word)
		p.pieces = p.pieces[1:]
	}
	if len(b.words) == 0 && len(p.pieces) > 0 && !p.isOp(";", "&", "&&", "||", "|", ")") {
		p.pieces = p.pieces[1:] // a bracket that is nested too deeply
	}
	inner, isShell := b.unwrap()
	pipe := &pipeline{}
	switch {
	case isShell && p.depth > 0:
		within := &listParser{vars: p.vars, outer: b, depth: p.depth - 1}
		all, err := within.line(inner)
		p.runs = append(p.runs, within.runs...)
		return inShell(all), nil, err
	case isShell || len(b.words) == 0:
	case b.base() == "exit" || b.base() == "return":
		return func(t *trial) bool { t.exited = true; return false }, nil, nil
	default:
		pipe.run = []bare{b}
	}
	return func(t *trial) bool {
		t.ran |= pipe.bit
		return t.failing&pipe.bit == 0
	}, pipe, nil
}
