package state

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// longestEscaped, in bytes, leaves room for a prefix and a suffix in a file name of 255
// bytes, the limit of file systems.
const longestEscaped = 200

// escape turns any text into a part of a file name, different for each text. All characters
// but ASCII letters, digits, dots, hyphens and underscores become %XX, as in a URL. A text
// that is too long is cut and gets a ~, which occurs nowhere else, and a hash of the whole
// text.
func escape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text) && b.Len() <= longestEscaped; i++ {
		switch c := text[i]; {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == '.', c == '-', c == '_':
			b.WriteByte(c)
		default:
			b.WriteString("%" + strings.ToUpper(hex.EncodeToString([]byte{c})))
		}
	}
	if b.Len() <= longestEscaped {
		return b.String()
	}
	sum := sha256.Sum256([]byte(text))
	hash := "~" + hex.EncodeToString(sum[:])
	return b.String()[:longestEscaped-len(hash)] + hash
}
