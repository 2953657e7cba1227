package proctable

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// countDescriptors counts the open files in what FreeBSD's kern.proc.filedesc has
// answered: rows that begin with their length, their type and their descriptor,
// struct kinfo_file in <sys/user.h>. Below 0 are the program, the working
// directory, the terminal and the like.
func countDescriptors(rows []byte) (int, error) {
	const numberAt, least = 8, 16
	open := 0
	for len(rows) > 0 {
		if len(rows) < least {
			return 0, errors.New("a row is cut")
		}
		length := int(int32(binary.NativeEndian.Uint32(rows)))
		if length < least || length > len(rows) {
			return 0, fmt.Errorf("a row of %d bytes", length)
		}
		if int32(binary.NativeEndian.Uint32(rows[numberAt:])) >= 0 {
			open++
		}
		rows = rows[length:]
	}
	return open, nil
}
