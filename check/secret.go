package check

import (
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// mayBeSecret reports whether args[i] could be a password, a token or a key, by its own
// shape or by what stands before it. What is doubtful is one: an argument that is left
// out costs a proposal that tells less, one that is written stands in a file for years.
func mayBeSecret(args []string, i int) bool {
	arg := args[i]
	if isSecret(arg) || isRandom(arg) {
		return true
	}
	if i == 0 {
		return false
	}
	before := args[i-1]
	if namesSecret(before) {
		return true
	}
	isOption := len(before) == 2 && before[0] == '-' && before[1] != '-'
	if !isOption || strings.HasPrefix(arg, "-") {
		return false
	}
	isModule := before == "-m" && strings.HasPrefix(filepath.Base(args[0]), "python")
	return !isModule && !isPlace(arg)
}

// The names of secrets, in options, variables and keys. The short ones are a word of
// their own there: -pw, api-key, but not ping or happy.
var (
	secretNames = []string{
		"pass", "secret", "token", "key", "cred", "auth", "psk", "community", "dsn", "cookie", "bearer", "jwt", "private", "phrase",
		"license", "licence", "webhook", "session", "signature", "salt", "nonce", "seed", "mnemonic", "connection", "conn-str", "connstr",
	}
	shortNames = []string{"pw", "pwd", "api", "pin", "otp", "sid", "sig", "conn", "basic", "login"}
)

// namesSecret reports whether a word is the name of a secret, or of an option for one.
// What is behind = or : is not its name.
func namesSecret(word string) bool {
	name, _, _ := strings.Cut(word, "=")
	name, _, _ = strings.Cut(name, ":")
	if strings.Contains(name, "/") { // a path: /usr/lib/auth/helper names no secret behind it
		return false
	}
	name = strings.ToLower(name)
	for _, n := range secretNames {
		if strings.Contains(name, n) {
			return true
		}
	}
	parts := strings.FieldsFunc(name, func(r rune) bool { return !unicode.IsLetter(r) })
	return slices.ContainsFunc(parts, func(part string) bool {
		return slices.Contains(shortNames, part) || strings.HasSuffix(part, "pw") || strings.HasSuffix(part, "pwd")
	})
}

// secretShapes are what a secret looks like by itself: a user with a password before a
// host, user:pw@host or user/pw@host; prefixes that makers of tokens use so that these
// are found; hashes of crypt(3) and LDAP.
var secretShapes = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[^/:@=]*:[^@]+@|^[^/@]+/[^/@]+@` +
		`|(?i:^|[^a-z0-9])(?:gh[opsur]_|github_pat_|glpat-|gl[a-z]{2,4}-|xox[a-z]-|xapp-|[sprw]k[-_]|AKIA|ASIA|AIza|ya29\.|eyJ|hv[sbr]\.|s\.[A-Za-z0-9]{20}|npm_|pypi-|dop_v1_|SG\.|shp[a-z]{2}_|dapi[0-9a-f]|lin_api_|sq0[a-z]{3}-|whsec_|AGE-SECRET|bearer\b|basic\b)` +
		`|^\$[0-9a-z]+\$|\{[A-Z0-9]+\}` +
		`|-----BEGIN`)
})

// isSecret reports whether an argument is not to be shown, or its value is not.
func isSecret(arg string) bool {
	return secretShapes().MatchString(arg) || strings.HasPrefix(arg, "-") && namesSecret(arg) || hasSecretPair(arg) || isLoose(arg)
}

// hasSecretPair finds api_key=abc, token:abc and /x?password=abc.
func hasSecretPair(arg string) bool {
	for rest := arg; ; {
		i := strings.IndexAny(rest, "=:")
		if i < 0 {
			return false
		}
		name := rest[:i]
		if j := strings.LastIndexAny(name, "/?&;,"); j >= 0 {
			name = name[j+1:]
		}
		if namesSecret(name) {
			return true
		}
		rest = rest[i+1:]
	}
}

// isLoose reports whether an argument may hold a password without a name before it:
// admin:hunter2, though a number behind the colon is a port; or -phunter2, though -jar is
// not a password, and -Xmx1g is an option of Java.
func isLoose(arg string) bool {
	if user, rest, ok := strings.Cut(arg, ":"); ok && !strings.HasPrefix(arg, "-") && !strings.Contains(user, "/") && !strings.Contains(rest, "/") && strings.Trim(rest, "0123456789") != "" && !strings.Contains(rest, ":") {
		return true
	}
	if len(arg) < 3 || arg[0] != '-' || arg[1] == '-' || strings.HasPrefix(arg, "-X") || strings.HasPrefix(arg, "-D") {
		return false
	}
	isWord := strings.Trim(arg[1:], "abcdefghijklmnopqrstuvwxyz-_") == ""
	isNumber := strings.Trim(arg[2:], "0123456789.,:") == ""
	if strings.ContainsRune("pPkKwWaAuUsS", rune(arg[1])) { // of passwords, keys, words, users and secrets
		return true
	}
	return !isWord && !isNumber && !strings.ContainsAny(arg, "=/")
}

// isRandom reports whether an argument is a long random text: a key, a hash, a token.
// Folders may have such names, too: a path of several folders is not a secret.
func isRandom(arg string) bool {
	value := arg[strings.IndexByte(arg, '=')+1:]
	if strings.HasPrefix(value, "/") && strings.Count(value, "/") > 1 {
		return false
	}
	pieces := strings.FieldsFunc(arg, func(r rune) bool {
		return r > unicode.MaxASCII || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '+' && r != '-' && r != '_'
	})
	return slices.ContainsFunc(pieces, func(piece string) bool {
		piece = strings.Trim(piece, "-_+")
		const least = 16
		if len(piece) < least {
			return false
		}
		digits, changes, before := 0, 0, rune(0)
		for _, r := range piece {
			kind := r // of its own
			switch {
			case unicode.IsDigit(r):
				kind = '0'
				digits++
			case unicode.IsLower(r):
				kind = 'a'
			case unicode.IsUpper(r):
				kind = 'A'
			}
			if kind != before {
				changes++
			}
			before = kind
		}
		// Words, also of CamelCase, change every few letters, and have few digits.
		return digits*4 >= len(piece) && changes > 3 || changes*5 >= len(piece)*2 || digits == len(piece)
	})
}

// isPlace reports whether a value is plainly a path, a number or an address: nothing
// that somebody has kept to themselves.
func isPlace(arg string) bool {
	switch {
	case strings.HasPrefix(arg, "/"), strings.HasPrefix(arg, "./"), strings.HasPrefix(arg, "../"):
		return true
	case strings.Trim(arg, "0123456789.,:-") == "":
		return true
	}
	host, port, ok := strings.Cut(arg, ":")
	if ok && strings.Trim(port, "0123456789") == "" && port != "" && strings.Trim(strings.ToLower(host), "abcdefghijklmnopqrstuvwxyz0123456789.-*") == "" {
		return true
	}
	return slices.Contains([]string{
		".conf", ".cfg", ".cnf", ".config", ".ini", ".json", ".yaml", ".yml", ".toml", ".xml", ".properties", ".pid", ".sock", ".log", ".db",
		".jar", ".war", ".py", ".pl", ".rb", ".php", ".js", ".mjs", ".sh", ".lua", ".tcl",
	}, filepath.Ext(arg))
}
