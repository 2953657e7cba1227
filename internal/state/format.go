package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// formatVersion stands in each file.
const formatVersion = 1

var errDamaged = errors.New("it is damaged")

// header is what every version of every file begins with.
type header struct {
	Version int `json:"version"`
}

func (h header) version() int { return h.Version }

// parseFormat reads a file of a version that is known. Its errors say nothing
// of what stands in the file: anything may.
func parseFormat(data []byte, file interface{ version() int }) error {
	err := json.Unmarshal(data, file)
	version := file.version() // known though a later one may have another shape
	switch {
	case version > formatVersion:
		return fmt.Errorf("it has format version %d, and this daemon-keeper knows none after %d", version, formatVersion)
	case err != nil || version < 1:
		return errDamaged
	}
	return nil
}

// encodeFormat refuses what would be too large to be read again.
func encodeFormat(path string, file any, limit int64) ([]byte, error) {
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(file); err != nil { // it ends the line, too
		return nil, &FileError{"write", path, err.Error(), "", err}
	}
	if int64(b.Len()) > limit {
		return nil, &FileError{"write", path, fmt.Sprintf("it would be larger than %d bytes", limit), "", errTooLarge}
	}
	return b.Bytes(), nil
}

var errTooLarge = errors.New("too large")
