package postmortem

import (
	"bytes"
	"encoding/binary"
	"math"
	"time"

	"daemon-keeper/internal/osutil"
)

// Sizes of records: Linux' version 3, linux/acct.h, and FreeBSD's versions 2 and 3,
// sys/acct.h, with a time of 64 bits.
const (
	accountSize   = 64
	accountSizeV2 = 72
	accountSizeV3 = 80
	accountName   = 15 // the longest name: the 16th byte is zero
)

// accountsOf reads the records in the last bytes of a file. Records are aligned to the
// beginning of the file; but if a full disk has cut one, those behind it are aligned to the
// end.
func accountsOf(file osutil.End) []accountRecord {
	for _, kind := range [...]struct {
		size int
		read func([]byte) (accountRecord, bool)
	}{{accountSize, linuxAccount}, {accountSizeV3, freebsdAccount}, {accountSizeV2, freebsdAccount}} {
		skip := min((kind.size-int(file.From%int64(kind.size)))%kind.size, len(file.Data))
		toEnd, fromBegin := file.Data[len(file.Data)%kind.size:], file.Data[skip:]
		for _, part := range [...][]byte{toEnd, fromBegin[:len(fromBegin)-len(fromBegin)%kind.size]} {
			if len(part) < kind.size {
				continue
			}
			if _, ok := kind.read(part[len(part)-kind.size:]); !ok {
				continue
			}
			var list []accountRecord
			for ; len(part) > 0; part = part[kind.size:] {
				if r, ok := kind.read(part[:kind.size]); ok {
					list = append(list, r)
				}
			}
			return list
		}
	}
	return nil
}

// accountOrder is the byte order that the highest bit of the version tells, linux/acct.h.
func accountOrder(version byte) (binary.ByteOrder, bool) {
	switch version {
	case 3:
		return binary.LittleEndian, true
	case 3 | 0x80:
		return binary.BigEndian, true
	}
	return nil, false
}

// linuxAccount reads a record of version 3; other versions are not read. The kernel computes
// the beginning from the second of the end and the elapsed time, a number of 24 bits and an
// exponent, rounded down.
func linuxAccount(b []byte) (accountRecord, bool) {
	const ticks = 100 // AHZ of linux/acct.h
	order, ok := accountOrder(b[1])
	if !ok || b[0]&^0x3f != 0 {
		return accountRecord{}, false
	}
	elapsed, ok := accountTime(order.Uint32(b[28:]), ticks)
	if !ok {
		return accountRecord{}, false
	}
	began := time.Unix(int64(order.Uint32(b[24:])), 0)
	return accountRecord{
		pid: int(order.Uint32(b[16:]) & math.MaxInt32), status: int(order.Uint32(b[4:]) & 0xffff), flags: b[0], name: accountText(b[48:64]),
		began: began, ended: began.Add(elapsed.Truncate(time.Second)), unsure: time.Second + elapsed>>22, elapsed: elapsed,
	}, true
}

// freebsdAccount reads a record of version 2 or 3, which differ in the terminal's size:
// its length stands at its beginning and before its flags. It says neither the process
// nor its status.
func freebsdAccount(b []byte) (accountRecord, bool) {
	var order binary.ByteOrder = binary.LittleEndian
	if binary.LittleEndian.Uint16(b[2:]) != uint16(len(b)) {
		order = binary.BigEndian
	}
	behind := 60
	if b[1] == 3 {
		behind = 68
	}
	if b[0] != 0 || b[1] != 2 && b[1] != 3 || b[1] == 3 != (len(b) == accountSizeV3) ||
		int(order.Uint16(b[2:])) != len(b) || int(order.Uint16(b[behind:])) != len(b) {
		return accountRecord{}, false
	}
	elapsed, ok := accountTime(order.Uint32(b[28:]), 1e6)
	seconds := order.Uint64(b[32:])
	if !ok || seconds > math.MaxUint32 {
		return accountRecord{}, false
	}
	began := time.Unix(int64(seconds), 0)
	return accountRecord{
		flags: b[behind+4], name: accountText(b[4:20]),
		began: began, ended: began.Add(elapsed), unsure: time.Second + elapsed>>22, elapsed: elapsed,
	}, true
}

// accountTime is a duration of so many ticks; false if the number is not possible.
func accountTime(bits uint32, perSecond float64) (time.Duration, bool) {
	took := float64(math.Float32frombits(bits)) / perSecond
	if math.IsNaN(took) || took < 0 || took > 100*365*86400 {
		return 0, false
	}
	return time.Duration(took * float64(time.Second)), true
}

func accountText(b []byte) string {
	text, _, _ := bytes.Cut(b, []byte{0})
	return string(text[:min(len(text), accountName)])
}
