package postmortem

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Room has what is used up now of what all processes share: the room of file systems, the
// tables of processes and of open files. It was found after the end, so it is likely at
// most that it has to do with it.
type Room struct {
	Read func(ctx context.Context, d Dead) (Used, error)
}

// Used is what was read.
type Used struct {
	Disks  []Disk
	Tables []Table
}

// Disk is a file system.
type Disk struct {
	Path         string // one of its folders
	Size, Free   uint64 // in bytes; free for others than root
	Files, Inode uint64 // how many files there may be, and may be made; 0 Files: no limit
}

// Table is one of the kernel's.
type Table struct {
	What      string // "processes (kernel.pid_max)"
	Used, Max uint64 // 0 Max: no limit
}

// Name is its name for people.
func (Room) Name() string { return "room" }

// Ask reads it.
func (r Room) Ask(ctx context.Context, d Dead) ([]Finding, error) {
	u, err := r.Read(ctx, d)
	var list []Finding
	for _, disk := range u.Disks {
		if text := disk.full(); text != "" {
			f := remark(text, Likely)
			f.Source, f.Next = "statfs", "df -hi "+disk.Path
			list = append(list, f)
		}
	}
	for _, t := range u.Tables {
		if t.Max > 0 && t.Used >= t.Max-t.Max/50 {
			f := remark(fmt.Sprintf("there is no room for more %s: %d of %d", t.What, t.Used, t.Max), Likely)
			f.Source = "kernel"
			list = append(list, f)
		}
	}
	return list, err
}

// almostFull is less than this share of a file system, and less than so many bytes.
const (
	almostFull = 500 // a five-hundredth
	fewBytes   = 8 << 20
)

// full says that there is no room any more, if so.
func (d Disk) full() string {
	switch {
	case d.Size > 0 && d.Free < fewBytes && d.Free <= d.Size/almostFull:
		return fmt.Sprintf("the file system of %s is full: %d KiB of %d MiB are free", d.Path, d.Free>>10, d.Size>>20)
	case d.Files > 0 && d.Inode <= d.Files/almostFull && d.Inode < 100:
		return fmt.Sprintf("the file system of %s has room for %d more files only", d.Path, d.Inode)
	}
	return ""
}

// fileTable reads /proc/sys/fs/file-nr: used, free, and the most there may be, proc(5).
func fileTable(text string) Table {
	f := strings.Fields(text)
	if len(f) != 3 {
		return Table{}
	}
	return Table{"open files (fs.file-max)", count(f[0]), count(f[2])}
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

// count is a number of things; 0 if it is none, or more than anybody has.
func count(text string) uint64 {
	n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 62)
	if err != nil {
		return 0
	}
	return n
}
