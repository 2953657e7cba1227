package inspect

import "strings"

// isService reports whether a control group is that of a service of systemd, or in one. systemd
// starts and ends the processes of a service together.
func isService(group string) bool {
	for e := range strings.SplitSeq(group, "/") {
		if strings.HasSuffix(e, ".service") {
			return !strings.HasPrefix(e, "user@")
		}
	}
	return false
}
