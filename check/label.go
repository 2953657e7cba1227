package check

import "strings"

// hasLabel reports whether a security context, as /proc/PID/attr/current has it, is
// the wanted one: all of it; SELinux's type, the third part of
// user:role:type:level; or AppArmor's profile, without its mode in brackets.
func hasLabel(context, wanted string) bool {
	if context == wanted {
		return true
	}
	if profile, mode, ok := cutLast(context, " ("); ok && strings.HasSuffix(mode, ")") {
		return profile == wanted // a profile may hold colons; SELinux has no such brackets
	}
	parts := strings.SplitN(context, ":", 4)
	return len(parts) > 2 && parts[2] == wanted
}

func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}
