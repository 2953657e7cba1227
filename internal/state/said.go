package state

import (
	"io"
	"os"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// mostSaid bounds what is remembered of what was said.
const mostSaid = 4 << 10

// IsNews reports whether something that is true of the machine, and not of one daemon, has
// not been said of a topic last. It remembers the text; "" if there is nothing to say any
// more, which is no news. Without a memory all is news.
func (s *Store) IsNews(topic, text string) bool {
	name := "said-" + topic
	text = words.Cut(text, mostSaid)
	before, err := s.said(name)
	switch {
	case err == nil && before == text:
		return false
	case text == "":
		if err == nil {
			_ = os.Remove(s.file(name)) // else the same is not said again, should it come back
		}
		return false
	}
	_ = s.replace(name, []byte(text), false) // else it is said again
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
