package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// formatVersion is written into each file.
const formatVersion = 1

var errDamaged = errors.New("it is damaged")

// header is the beginning of each file, in every version.
type header struct {
	Version int `json:"version"`
}

func (h header) version() int { return h.Version }

// parseFormat reads a file of a known version. Its errors do not quote the file's content,
// which may be anything.
func parseFormat(data []byte, file interface{ version() int }) error {
	err := json.Unmarshal(data, file)
	version := file.version() // known even if a later version has another shape
	switch {
	case version > formatVersion:
		return fmt.Errorf("it has format version %d, and this daemon-keeper knows none after %d", version, formatVersion)
	case err != nil || version < 1:
		return errDamaged
	}
	return nil
}

// encodeFormat refuses a file that would be too large to be read again.
func encodeFormat(path string, file any, limit int64) ([]byte, error) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(file); err != nil { // it also ends the line
		return nil, &FileError{"write", path, err.Error(), "", err}
	}
	if int64(b.Len()) > limit {
		return nil, &FileError{"write", path, fmt.Sprintf("it would be larger than %d bytes", limit), "", errTooLarge}
	}
	return b.Bytes(), nil
}

var errTooLarge = errors.New("too large")
