package rcd

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"daemon-keeper/internal/osutil"
)

// utmpSizes are the sizes of a record of utmp(5): of x86 and 32-bit systems, and of other
// 64-bit systems. All fields that matter here are at the same place in both.
var utmpSizes = []int{384, 400}

// runlevelIn reads from utmp(5) which runlevel init has entered last: '2' to '5' for many
// users; 0 if that is not known, or is another one. A file that is not a whole number of
// records is not read.
func runlevelIn(utmp []byte) byte {
	const typeRunlevel = 1
	const user, userEnd = 44, 76
	for _, size := range utmpSizes {
		level := byte(0)
		if len(utmp)%size != 0 {
			continue
		}
		for record := utmp; len(record) > 0; record = record[size:] {
			name, _, _ := strings.Cut(string(record[user:userEnd]), "\x00")
			if binary.NativeEndian.Uint16(record) == typeRunlevel && name == "runlevel" {
				level = byte(binary.NativeEndian.Uint32(record[4:])) // above it is the one before
			}
		}
		if level >= '2' && level <= '5' {
			return level
		}
	}
	return 0
}

// runlevels are those of this boot: the one that init has entered, or all for many users if
// that is not recorded.
func runlevels(root string) (levels string, known bool) {
	const longest = 1 << 20
	for _, path := range []string{"/run/utmp", "/var/run/utmp"} {
		if utmp, err := osutil.ReadSome(root+path, longest); err == nil {
			if level := runlevelIn(utmp); level != 0 {
				return string(level), true
			}
		}
	}
	return "2345", false
}

// rcLinks are the links of a service in the folders of some runlevels: S01cron for a start
// in it, K01cron for a stop.
type rcLinks struct {
	start, stop []string // paths
}

// rcLinksOf finds the links of a service, as Debian's update-rc.d(8) and chkconfig(8) name them. A
// folder that cannot be read is an error: it may have the start link.
func rcLinksOf(root, levels, service string) (links rcLinks, err error) {
	for _, level := range levels {
		for _, dir := range []string{"/etc/rc", "/etc/rc.d/rc"} {
			dir = root + dir + string(level) + ".d"
			entries, err := os.ReadDir(dir)
			if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
				return rcLinks{}, err
			}
			for _, e := range entries {
				switch kind, name := rcLink(dir, e.Name()); {
				case name != service:
				case kind == 'S':
					links.start = append(links.start, filepath.Join(dir, e.Name()))
				case kind == 'K':
					links.stop = append(links.stop, filepath.Join(dir, e.Name()))
				}
			}
		}
	}
	return links, nil
}

// rcLink reads the name of a link: S01cron leads to ../init.d/cron.
func rcLink(dir, name string) (kind byte, service string) {
	if len(name) < len("S00x") || name[0] != 'S' && name[0] != 'K' || strings.Trim(name[1:3], "0123456789") != "" {
		return 0, ""
	}
	kind, service = name[0], name[len("S00"):]
	if target, err := os.Readlink(filepath.Join(dir, name)); err == nil {
		service = filepath.Base(target)
	}
	return kind, service
}
