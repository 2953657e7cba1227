package state

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// longestEscaped leaves room in a name of 255 bytes, the most that file systems
// take, for what stands before and behind.
const longestEscaped = 200

// escape makes any text a part of a file's name, never the same for two texts. What
// is no ASCII letter, digit, dot, hyphen or underscore stands as %XX, as in a URL. What
// is too long is cut, with a hash of the whole behind a ~, which stands nowhere else.
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
