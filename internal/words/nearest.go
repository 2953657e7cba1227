package words

import "strings"

// mostNearest is how many bytes a word may have to be compared with others.
const mostNearest = 64

// Nearest finds the word that takes the fewest changes; "" if they are more than
// a third of it.
func Nearest(text string, words []string) string {
	best, most := "", 0
	text = strings.ReplaceAll(strings.ToLower(text), "-", "_")
	if len(text) > mostNearest {
		return ""
	}
	for _, word := range words {
		w := strings.ReplaceAll(strings.ToLower(word), "-", "_")
		limit := max(len(w), len(text))/3 + 1
		if best != "" {
			limit = most - 1
		}
		if limit < 0 || max(len(w)-len(text), len(text)-len(w)) > limit {
			continue
		}
		if n := distance(text, w); n <= limit && n < max(len(w), len(text)) {
			best, most = word, n
		}
	}
	return best
}

// distance is how many bytes must be put in, taken out, replaced, or swapped with
// their neighbour to make b of a.
func distance(a, b string) int {
	before, last := make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			change := 1
			if a[i-1] == b[j-1] {
				change = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+change)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
