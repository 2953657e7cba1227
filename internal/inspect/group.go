package inspect

import "strings"

// isService reports whether a control group is, or is in, that of a service of systemd: the
// processes of which it starts and ends together.
func isService(group string) bool {
	for e := range strings.SplitSeq(group, "/") {
		if strings.HasSuffix(e, ".service") {
			return !strings.HasPrefix(e, "user@")
		}
	}
	return false
}
