package importer

import (
	"regexp"
	"sync"
)

// pattern is a regular expression that is compiled when it is first used: the program
// is started each minute, and imports once.
type pattern struct {
	text     string
	once     sync.Once
	compiled *regexp.Regexp
}

func (p *pattern) get() *regexp.Regexp {
	p.once.Do(func() { p.compiled = regexp.MustCompile(p.text) })
	return p.compiled
}
