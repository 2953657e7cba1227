package completion

import (
	"fmt"
	"strings"

	"daemon-keeper/internal/cli"
)

// Text is the answer for zsh and fish, which filter and quote by themselves: a line
// "word<TAB>description" for each candidate, and at the end ":ASK LENGTH SUFFIX". LENGTH is
// the length of the part of the word that precedes each candidate.
func (a Answer) Text() string {
	var b strings.Builder
	for _, c := range a.Candidates {
		b.WriteString(c.Word)
		if c.Help != "" {
			b.WriteString("\t" + c.Help)
		}
		b.WriteByte('\n')
	}
	return b.String() + strings.TrimRight(fmt.Sprintf(":%s %d %s", a.Ask, len(a.Prefix), a.Suffix), " ") + "\n"
}

// Bash is the answer for bash, which passes the line up to the cursor as it was typed, and
// $COMP_WORDBREAKS. Bash uses words unchanged, so files are listed here. The last line is
// ":none", ":files", ":files nospace" or ":users BEGINNING PREFIX".
func Bash(o cli.Outline, typed, breaks string, from Sources) string {
	t := split(typed, breaks)
	current := t.words[len(t.words)-1]
	a := Answer{Ask: cli.Files}
	if !t.redirect {
		a = Complete(o, t.words, from)
	}
	var b strings.Builder
	offer := func(word string) {
		if strings.HasPrefix(word, current) && strings.HasPrefix(word, t.head) && !strings.ContainsAny(word, "\n\t") {
			b.WriteString(word[len(t.head):] + "\n")
		}
	}
	for _, c := range a.Candidates {
		offer(a.Prefix + c.Word)
	}
	begin := strings.TrimPrefix(current, a.Prefix)
	switch a.Ask {
	case Nothing:
		return b.String() + ":none\n"
	case cli.Users:
		prefix := strings.TrimPrefix(a.Prefix, t.head)
		if strings.ContainsAny(begin, " \t\n") {
			return ":none\n"
		}
		return fmt.Sprintf(":users %s %s\n", begin, prefix)
	}
	if a.Ask == cli.Programs && begin == "" {
		begin, current = "/", current+"/"
	}
	apart := a.Prefix == "" || strings.HasPrefix(t.head, a.Prefix) // then readline recognises folders by itself
	for _, path := range paths(a, begin, from) {
		if apart {
			path = strings.TrimSuffix(path, "/")
		}
		offer(a.Prefix + path)
	}
	if strings.HasSuffix(b.String(), "/\n") {
		return b.String() + ":files nospace\n"
	}
	return b.String() + ":files\n"
}

// paths returns the files whose paths begin with begin; a folder ends with a slash.
func paths(a Answer, begin string, from Sources) []string {
	at := strings.LastIndexByte(begin, '/') + 1
	folder, base := begin[:at], begin[at:]
	var list []string
	for _, e := range from.Entries(folder) {
		switch {
		case !strings.HasPrefix(e.Name, base):
		case e.Folder:
			list = append(list, folder+e.Name+"/")
		case a.Ask == cli.Folders, a.Ask == cli.Programs && !e.Executable, !strings.HasSuffix(e.Name, a.Suffix):
		default:
			list = append(list, folder+e.Name)
		}
	}
	return list
}
