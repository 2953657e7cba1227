package postmortem

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// wtmpRecord is the size of a record of wtmp(5) where times have 32 bits, as on amd64.
const wtmpRecord = 384

// wtmpEnding is how the boot before this one has ended, by the end of wtmp: it was shut down if
// there is a record of a shutdown before that of this boot. Only the first record may be cut.
func wtmpEnding(data []byte) bootEnd {
	data = data[len(data)%wtmpRecord:]
	const runLevel, bootTime = 1, 2
	booted := false
	for ; len(data) >= wtmpRecord; data = data[:len(data)-wtmpRecord] {
		r := data[len(data)-wtmpRecord:]
		user, _, _ := bytes.Cut(r[44:76], []byte{0})
		switch kind := binary.LittleEndian.Uint16(r); {
		case kind == bootTime && booted:
			return sudden
		case kind == bootTime:
			booted = true
		case kind == runLevel && string(user) == "shutdown":
			if booted {
				return orderly
			}
			return unknownEnding // somebody is shutting down now
		}
	}
	return unknownEnding
}

// utxEnding is the same by FreeBSD's utx.log, getutxent(3): a record is its length in two bytes,
// big-endian, a byte for its kind, and the rest.
func utxEnding(data []byte) bootEnd {
	const bootTime, shutdownTime = 1, 8 // sys/utmpx.h
	var before, ending byte             // of the last records of these kinds
	for len(data) >= 3 {
		size := int(binary.BigEndian.Uint16(data))
		if size < 1 || size > len(data)-2 {
			break
		}
		if kind := data[2]; kind == bootTime || kind == shutdownTime {
			before, ending = ending, kind
		}
		data = data[2+size:]
	}
	switch {
	case ending != bootTime || before == 0:
		return unknownEnding
	case before == shutdownTime:
		return orderly
	}
	return sudden
}

// The messages of a journal that tell of a shutdown, sd-messages.h: systemd-logind shuts the machine
// down, and the journal is stopped.
const (
	shutdownID = "98268866d1d54a499c4e98921d93bc40"
	journalEnd = "d93fb3c9c24d451a97cea615ce59c00b"
)

// journalEnding is how the boot before has ended, by the last entries of its journal, if
// there is one.
func journalEnding(entries []map[string]string) bootEnd {
	if len(entries) == 0 {
		return unknownEnding
	}
	for _, e := range entries {
		if id := e["MESSAGE_ID"]; (id == shutdownID || id == journalEnd) && strings.HasPrefix(e["_COMM"], "systemd") {
			return orderly
		}
	}
	return sudden
}
