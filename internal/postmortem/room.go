package postmortem

import (
	"fmt"
	"strconv"
	"strings"
)

// resources are what was read.
type resources struct {
	disks  []disk
	tables []table
}

// disk is a file system.
type disk struct {
	Path         string // one of its folders
	Size, Free   uint64 // in bytes; free for others than root
	Files, Inode uint64 // how many files there may be, and may be made; 0 Files: no limit
}

// table is one of the kernel's.
type table struct {
	What      string // "processes (kernel.pid_max)"
	Used, Max uint64 // 0 Max: no limit
}

func roomFindings(r resources, _ Dead) []Finding {
	var list []Finding
	for _, disk := range r.disks {
		if text := disk.full(); text != "" {
			f := remark(text, Likely)
			f.Source, f.Next = "statfs", "df -hi "+disk.Path
			list = append(list, f)
		}
	}
	for _, t := range r.tables {
		if t.Max > 0 && t.Used >= t.Max-t.Max/50 {
			f := remark(fmt.Sprintf("there is no room for more %s: %d of %d", t.What, t.Used, t.Max), Likely)
			f.Source = "kernel"
			list = append(list, f)
		}
	}
	return list
}

// A file system counts as full if less than one part in almostFull is free, and less than fewBytes.
const (
	almostFull = 500
	fewBytes   = 8 << 20
)

// full says that a file system is full; "" if it is not.
func (d disk) full() string {
	switch {
	case d.Size > 0 && d.Free < fewBytes && d.Free <= d.Size/almostFull:
		return fmt.Sprintf("the file system of %s is full: %d KiB of %d MiB are free", d.Path, d.Free>>10, d.Size>>20)
	case d.Files > 0 && d.Inode <= d.Files/almostFull && d.Inode < 100:
		return fmt.Sprintf("the file system of %s has room for %d more files only", d.Path, d.Inode)
	}
	return ""
}

// fileTable reads /proc/sys/fs/file-nr: used, free, and the most there may be, proc(5).
func fileTable(text string) table {
	f := strings.Fields(text)
	if len(f) != 3 {
		return table{}
	}
	return table{"open files (fs.file-max)", count(f[0]), count(f[2])}
}

// taskCount is how many there are by /proc/loadavg: "0.20 0.18 0.12 1/80 11206".
func taskCount(text string) uint64 {
	f := strings.Fields(text)
	if len(f) < 4 {
		return 0
	}
	_, all, _ := strings.Cut(f[3], "/")
	return count(all)
}

// count is a number of things; 0 if the text is not a number, or is impossibly large.
func count(text string) uint64 {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 62)
	if err != nil {
		return 0
	}
	return n
}
