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

// Now is the stamp of this moment.
func Now() past.Stamp { return Clock()() }

// Clock is Now for who asks often: it asks for the id of the boot once.
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

// textID is the id of a boot as Linux writes it: hexadecimal digits and dashes.
// Anything else is none: two boots must never look like one.
func textID(text []byte) string {
	id := string(bytes.TrimSpace(text))
	if len(id) != len("01234567-89ab-cdef-0123-456789abcdef") || strings.Trim(id, "0123456789abcdef-") != "" {
		return ""
	}
	return noneIfZero(id)
}

// rawID is the id of a boot as FreeBSD keeps it.
func rawID(raw []byte) string {
	if len(raw) != 16 {
		return ""
	}
	return noneIfZero(hex.EncodeToString(raw))
}

// noneIfZero: an id of zeros is one that has not been made.
func noneIfZero(id string) string {
	if strings.Trim(id, "0-") == "" {
		return ""
	}
	return id
}
