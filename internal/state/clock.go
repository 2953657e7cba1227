package state

import (
	"bytes"
	"encoding/hex"
	"strings"
	"sync"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/past"
)

// Now returns the stamp of this moment.
func Now() past.Stamp { return Clock()() }

// Clock returns a function like Now, for frequent calls: it reads the boot ID once.
func Clock() func() past.Stamp {
	id := sync.OnceValue(bootID)
	return func() past.Stamp {
		s := past.Stamp{Time: past.Writable(time.Now())}
		up, err := osutil.Uptime()
		if err == nil && id() != "" {
			s.Boot, s.Up = id(), up
		}
		return s
	}
}

// textID parses the ID of a boot as Linux writes it: hexadecimal digits and dashes. For any
// other text it returns "": two boots must never look the same.
func textID(text []byte) string {
	id := string(bytes.TrimSpace(text))
	if len(id) != len("01234567-89ab-cdef-0123-456789abcdef") || strings.Trim(id, "0123456789abcdef-") != "" {
		return ""
	}
	return noneIfZero(id)
}

// rawID formats the ID of a boot as FreeBSD stores it.
func rawID(raw []byte) string {
	if len(raw) != 16 {
		return ""
	}
	return noneIfZero(hex.EncodeToString(raw))
}

// noneIfZero returns "" for an ID of zeros: the kernel has not set it.
func noneIfZero(id string) string {
	if strings.Trim(id, "0-") == "" {
		return ""
	}
	return id
}
