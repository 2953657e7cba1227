package words

import (
	"regexp"
	"sync"
)

// Pattern is a regular expression that is compiled when it is first used: the program is
// started each minute, and needs most of them never.
type Pattern struct {
	Text     string
	once     sync.Once
	compiled *regexp.Regexp
}

// Get panics if Text is not a regular expression.
func (p *Pattern) Get() *regexp.Regexp {
	p.once.Do(func() { p.compiled = regexp.MustCompile(p.Text) })
	return p.compiled
}
