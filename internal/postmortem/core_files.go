//go:build linux || freebsd

package postmortem

import (
	"context"
	"path/filepath"
	"slices"
	"syscall"

	"daemon-keeper/internal/osutil"
)

// mostCores bounds how many files are looked at that may be an image.
const mostCores = 32

// coresOf looks for images by a pattern. The working directory of a dead process is not
// known, so a pattern without a folder is looked for where daemons mostly work.
func coresOf(ctx context.Context, d Dead, p corePattern) []coreDump {
	folders := []string{p.folder}
	if p.folder == "" {
		folders = workFolders(d)
	}
	var list []coreDump
	for _, folder := range folders {
		for _, name := range coreNames(folder, p, d) {
			if ctx.Err() != nil || len(list) >= mostCores {
				return list
			}
			if c, ok := readCore(filepath.Join(folder, name)); ok {
				list = append(list, c)
			}
		}
	}
	return list
}

// workFolders are where a daemon may have worked.
func workFolders(d Dead) []string {
	list := []string{"/", "/root", "/tmp", "/var/tmp", "/var/crash", "/var/cores", "/var/lib/systemd/coredump"}
	for _, path := range [...]string{d.Output, d.Executable} {
		if filepath.IsAbs(path) {
			list = append(list, filepath.Dir(path))
		}
	}
	for _, name := range [...]string{d.Service, filepath.Base(d.Executable)} {
		if name != "" && name == filepath.Base(name) && name[0] != '.' {
			list = append(list, filepath.Join("/var/lib", name), filepath.Join("/var/db", name), filepath.Join("/var/run", name))
		}
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// coreNames are the files of a folder that may be an image of the daemon.
func coreNames(folder string, p corePattern, d Dead) []string {
	names, _ := namesIn(folder) // without the folder there is no image in it
	names = slices.DeleteFunc(names, func(name string) bool { return !p.matches(name, d.Processes) })
	return names[:min(len(names), mostCores)]
}

// readCore reads what a file says of itself, if it is an image.
func readCore(path string) (coreDump, bool) {
	f, err := osutil.Open(path)
	if err != nil {
		return coreDump{}, false
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return coreDump{}, false
	}
	head := make([]byte, coreHead)
	n, _ := f.ReadAt(head, 0)
	offset, size, ok := coreNoteAt(head[:n])
	if !ok {
		return coreDump{}, false
	}
	notes := make([]byte, size)
	n, _ = f.ReadAt(notes, offset)
	image, ok := readCoreNotes(head, notes[:n])
	st, isStat := info.Sys().(*syscall.Stat_t)
	return coreDump{
		PID: image.pid, Signal: image.signal, When: info.ModTime(), File: path,
		Doubt: !isStat || st.Uid != 0,
	}, ok && image.pid > 0
}
