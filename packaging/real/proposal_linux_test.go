package real

import (
	"regexp"
	"strings"
)

// proposal is what init says of a service.
type proposal struct {
	keys   string // its entry but for its services, in one line; "" if it has none that counts
	reason string // why it has none
}

var (
	// entryLines are an entry, or one that was made a comment, with what stands above.
	entryLines = regexp.MustCompile(`(?m)^((?:(?:  |#   )# .*\n)*)(  |#   )([A-Za-z0-9_.@+-]+):\n((?:(?:    |#     )\S.*\n)+)`)
	leftOut    = regexp.MustCompile(`(?m)^#   ([A-Za-z0-9_.@+-]+): (.*(?:\n#     .*)*)$`)
	comment    = regexp.MustCompile(`\s+# .*`)
)

// proposals reads what init has printed, by service.
func proposals(text string) map[string]proposal {
	found := make(map[string]proposal)
	_, daemons, _ := strings.Cut(text, "\ndaemons:\n")
	daemons, left, _ := strings.Cut(daemons, "\n# Left out:\n")
	for _, f := range entryLines.FindAllStringSubmatch(daemons, -1) {
		var keys []string
		for line := range strings.Lines(f[4]) {
			line = strings.TrimSpace(strings.TrimPrefix(line, "#"))
			if key, _, _ := strings.Cut(line, ":"); key != "services" {
				keys = append(keys, comment.ReplaceAllString(line, ""))
			}
		}
		p := proposal{keys: strings.Join(keys, ", ")}
		if f[2] != "  " {
			about := strings.Join(strings.FieldsFunc(f[1], func(r rune) bool { return strings.ContainsRune(" #\n", r) }), " ")
			_, doubt, _ := strings.Cut(about, "It cannot be told from ")
			other, _, _ := strings.Cut(doubt, ":")
			p = proposal{reason: "a comment, since it cannot be told from " + other}
		}
		found[f[3]] = p
	}
	for _, f := range leftOut.FindAllStringSubmatch(left, -1) {
		found[f[1]] = proposal{reason: strings.Join(strings.Fields(strings.ReplaceAll(f[2], "\n#", " ")), " ")}
	}
	return found
}
