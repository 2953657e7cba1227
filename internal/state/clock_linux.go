package state

import "daemon-keeper/internal/osutil"

// bootID reads the random id of this boot, random(4).
func bootID() string {
	text, err := osutil.ReadSome("/proc/sys/kernel/random/boot_id", 64)
	if err != nil {
		return ""
	}
	return textID(text)
}
