package config

import (
	"strings"

	"daemon-keeper/internal/words"
)

// didYouMean names the nearest of the words, or all if none is near.
func didYouMean(text string, list []string) string {
	if word := words.Nearest(text, list); word != "" {
		return "did you mean " + quote(word) + "?"
	}
	if len(list) == 0 {
		return ""
	}
	return "use one of: " + strings.Join(list, ", ")
}
