package state

import (
	"io"
	"os"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// mostSaid bounds a remembered text, in bytes.
const mostSaid = 4 << 10

// IsNews reports whether a text about the machine, not about one daemon, differs from the
// last text of its topic. It remembers the text. The text "" means that there is nothing to
// say any more, which is never news. Without a memory everything else is news.
func (s *Store) IsNews(topic, text string) bool {
	name := "said-" + topic
	text = words.Cut(text, mostSaid)
	before, err := s.said(name)
	switch {
	case err == nil && before == text:
		return false
	case text == "":
		if err == nil {
			_ = os.Remove(s.file(name)) // otherwise the same text would not be said if the problem returned
		}
		return false
	}
	_ = s.replace(name, []byte(text), false) // on an error it is said again
	return true
}

func (s *Store) said(name string) (string, error) {
	f, err := osutil.Open(s.file(name))
	if err != nil {
		return "", err
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostSaid))
	return string(data), err
}
