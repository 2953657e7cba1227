package importer

import (
	"path"
	"slices"
	"strings"

	"daemon-keeper/internal/words"
)

// monitFile is the content of a control file.
type monitFile struct {
	name     string
	blocks   []*block
	sets     []statement
	includes []statement
	unclosed []int // lines with quotes that are not closed
}

// block is a check with its statements.
type block struct {
	file       string
	line       int
	kind       string // process, file...
	name       string
	pidfile    string
	matching   string
	path       string
	statements []statement
}

// title is what Monit's users call the check.
func (b *block) title() string { return "check " + b.kind + " " + b.name }

// statement is a statement of Monit's. Its words do not include noise words.
type statement struct {
	verb   string // start, stop, restart, if, depends, set, include, alert...
	line   int
	text   string // as written, in one line
	words  []token
	action string // of an if: alert, restart, exec...
	source string // the text of the file
}

// monitParser reads statements.
type monitParser struct {
	text   string
	tokens []token
	at     int
	file   monitFile
	block  *block
}

func readMonit(name, text string) monitFile {
	p := &monitParser{text: text, file: monitFile{name: name}}
	p.tokens = tokens(text, func(line int) { p.file.unclosed = append(p.file.unclosed, line) })
	for p.at < len(p.tokens) {
		p.statement()
	}
	return p.file
}

// peek returns the next token, or an empty one at the end.
func (p *monitParser) peek() token {
	if p.at < len(p.tokens) {
		return p.tokens[p.at]
	}
	return token{form: braces}
}

func (p *monitParser) more() bool { return p.at < len(p.tokens) }

// skipNoise skips noise words.
func (p *monitParser) skipNoise() {
	for p.more() && p.peek().isNoise() {
		p.at++
	}
}

// checkKinds are the kinds of checks; device is the old name of filesystem.
var checkKinds = []string{"process", "file", "fifo", "filesystem", "device", "directory", "host", "system", "program", "network"}

// starts reports whether a statement begins here.
func (p *monitParser) starts() bool {
	t := p.peek()
	switch {
	case t.is("check"):
		return p.at+1 < len(p.tokens) && p.tokens[p.at+1].is(checkKinds...)
	case t.is("not"):
		return p.at+1 < len(p.tokens) && p.tokens[p.at+1].is("every")
	}
	return t.is("set", "include", "if", "start", "stop", "restart", "depends", "depend", "group", "every", "mode", "onreboot", "alert", "noalert")
}

// statement reads the next statement, and adds it where it belongs.
func (p *monitParser) statement() {
	from := p.at
	t := p.peek()
	s := statement{verb: strings.ToLower(t.text), line: t.line, source: p.text}
	p.at++
	switch {
	case t.is("check") && p.peek().is(checkKinds...):
		p.check(t.line)
		return
	case t.is("set"):
		p.until(p.startsOutside)
	case t.is("include", "group", "mode", "onreboot"):
		p.at++
	case t.is("if"):
		s.action = p.condition()
	case t.is("start", "stop", "restart"):
		p.method()
	case t.is("depends", "depend"):
		s.verb = "depends"
		p.names()
	case t.is("every"):
		p.at++
		p.optional("cycle", "cycles")
	case t.is("not") && p.peek().is("every"):
		s.verb = "every"
		p.at += 2
	default: // alert, and unknown statements
		p.until(p.starts)
	}
	p.at = min(p.at, len(p.tokens))
	s.words, s.text = p.meaning(from), p.inOneLine(from)
	p.put(s)
}

// startsOutside reports whether a statement begins here that is not a part of set: set has
// words such as start and alert.
func (p *monitParser) startsOutside() bool {
	return p.starts() && p.peek().is("set", "include", "check")
}

func (p *monitParser) until(stop func() bool) {
	for p.more() && !stop() {
		p.at++
	}
}

func (p *monitParser) optional(keywords ...string) bool {
	p.skipNoise()
	if !p.peek().is(keywords...) {
		return false
	}
	p.at++
	return true
}

// put adds a statement to its block, or to the file.
func (p *monitParser) put(s statement) {
	switch {
	case s.verb == "set":
		p.file.sets = append(p.file.sets, s)
	case s.verb == "include" && (p.block == nil || p.block.kind == "process" || strings.ContainsAny(s.text, "*?[")):
		p.file.includes = append(p.file.includes, s)
	case p.block != nil:
		p.block.statements = append(p.block.statements, s)
	}
}

// meaning returns the tokens since from, without noise words and without the verb.
func (p *monitParser) meaning(from int) []token {
	return slices.DeleteFunc(slices.Clone(p.tokens[from+1:p.at]), token.isNoise)
}

// inOneLine returns the text since from, in one line.
func (p *monitParser) inOneLine(from int) string {
	const most = 300
	text := p.text[p.tokens[from].start:p.tokens[p.at-1].end]
	text = strings.Join(strings.Fields(text[:min(len(text), most)]), " ")
	return secret.Get().ReplaceAllString(text, "$1$3...")
}

// secret matches passwords: only root may read Monit's file, but everybody may read the
// configuration.
var secret = words.Pattern{Text: `(?i)(\bpassword[ =]+|\bauthorization: *(?:basic +|bearer +)?)("[^"]*(?:"|$)|'[^']*(?:'|$)|[^ \]]+)|(://)[^ /@"']+@`}

// check begins a block.
func (p *monitParser) check(line int) {
	b := &block{file: p.file.name, line: line, kind: strings.ToLower(p.peek().text)}
	p.at++
	if !p.startsOutside() { // any word may be a name, even a noise word
		b.name = p.peek().text
		p.at++
	}
	for p.skipNoise(); p.peek().is("pidfile", "matching", "match", "path"); p.skipNoise() {
		key := p.peek()
		p.at++
		value := p.peek().text
		p.at++
		switch {
		case key.is("pidfile"):
			b.pidfile = value
		case key.is("path"):
			b.path = path.Clean(value)
		default:
			b.matching = unescape(value)
		}
	}
	p.at = min(p.at, len(p.tokens))
	p.block = b
	p.file.blocks = append(p.file.blocks, b)
}

// condition reads to the end of the actions, and returns the first action.
func (p *monitParser) condition() (action string) {
	p.until(func() bool { return p.peek().is("then") || p.startsOutside() || p.peek().is("if") })
	if !p.peek().is("then") {
		return ""
	}
	p.at++
	action = p.action()
	if p.optional("else") {
		if p.optional("if") {
			p.until(func() bool { return p.peek().is("then") || p.startsOutside() })
			p.optional("then")
		}
		for p.more() && !p.starts() && !p.peek().is("exec", "execute", "unmonitor", "timeout") { // for 2 cycles
			p.at++
		}
		p.action()
	}
	return action
}

// action reads alert, restart, exec "PROGRAM" as uid X and gid Y repeat every 5 cycles...
func (p *monitParser) action() string {
	p.skipNoise()
	t := p.peek()
	p.at++
	if !t.is("exec", "execute") {
		return strings.ToLower(t.text)
	}
	p.skipNoise()
	p.at++
	p.asUser()
	if p.optional("repeat") {
		p.optional("every")
		p.at++
		p.optional("cycle", "cycles")
	}
	return "exec"
}

func (p *monitParser) asUser() {
	for p.optional("uid", "gid") {
		p.at++
	}
}

// method reads program = "PROGRAM" as uid X with timeout 60 seconds.
func (p *monitParser) method() {
	p.optional("=", "==")
	p.skipNoise()
	if p.peek().form == bareWord { // Monit refuses that
		line := p.peek().line
		p.until(func() bool { return p.peek().line != line || p.peek().is("uid", "gid", "timeout") })
	} else {
		p.at++
	}
	p.asUser()
	if p.optional("timeout") {
		p.at++
		p.optional("second", "seconds", "s")
	}
	p.asUser()
}

// names reads a list with commas.
func (p *monitParser) names() {
	p.skipNoise()
	p.at++
	for p.more() && p.peek().isAfter {
		p.at++
	}
}
