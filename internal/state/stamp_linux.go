package state

import (
	"io"
	"os"
)

// bootID reads the random id of this boot, random(4).
func bootID() string {
	f, err := os.Open("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return ""
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, 64))
	if err != nil {
		return ""
	}
	return textID(text)
}
