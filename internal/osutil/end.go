package osutil

import (
	"io"
	"time"
)

// End is the last part of a regular file.
type End struct {
	Data     []byte
	From     int64 // where in the file it begins
	Whole    bool  // it is all of the file
	Modified time.Time
}

// ReadEnd reads the last bytes of a regular file, whatever its size: of a log of
// gigabytes only the end is of interest.
func ReadEnd(path string, most int64) (End, error) {
	f, err := OpenRegular(path, NoFollow)
	if err != nil {
		return End{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return End{}, err
	}
	from := max(info.Size()-most, 0)
	data, err := io.ReadAll(io.NewSectionReader(f, from, min(info.Size(), most)))
	return End{data, from, from == 0, info.ModTime()}, err
}
