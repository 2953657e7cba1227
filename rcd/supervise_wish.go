package rcd

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"

	"daemon-keeper/internal/osutil"
)

// superviseWish looks for a service that a supervisor is to leave down. While one runs,
// its word counts: somebody may have started a service that has a down file. That file
// says what happens when a supervisor starts.
func superviseWish(root, tool, service string, past Past) (*Wish, error) {
	for _, dir := range serviceDirs {
		dir = filepath.Join(root, dir, service)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		return folderWish(dir, tool, service, past)
	}
	return nil, nil
}

// folderWish is superviseWish for the folder of a service.
func folderWish(dir, tool, service string, past Past) (*Wish, error) {
	wish := &Wish{Service: service, Kind: WishDown, Undo: "rm " + dir + "/down"}
	watched, err := hasSupervisor(dir)
	if err != nil {
		return nil, err
	}
	if !watched {
		wish.Why = "its folder has a down file, and no supervisor runs"
		if down, err := isThere(dir + "/down"); err != nil || !down {
			return nil, err
		}
		return wish, nil
	}
	s, err := readSupervised(dir)
	if err != nil || s.wantUp || past.hasStopped(s.at, s.at) {
		return nil, err
	}
	wish.Why, wish.At, wish.Undo = "its supervisor was told to leave it down", s.at, tool+" -u "+dir
	if tool == "sv" {
		wish.Undo = "sv up " + service
	}
	return wish, nil
}

// hasSupervisor does what svok(8) does: it opens a FIFO that only a supervisor keeps open for
// reading; without a reader the error is ENXIO. s6 has only the second one. Without the right to
// open it the answer is an error.
func hasSupervisor(dir string) (bool, error) {
	for _, name := range []string{"/supervise/ok", "/supervise/control"} {
		f, err := osutil.OpenFile(dir+name, os.O_WRONLY, 0)
		switch {
		case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR), errors.Is(err, syscall.ENXIO):
			continue
		case err != nil:
			return false, err
		}
		info, err := f.Stat()
		f.Close()
		return err == nil && info.Mode()&os.ModeNamedPipe != 0, err
	}
	return false, nil
}

// Wish: the commands of the daemontools family, which a user may name as a program, have one.
func (p program) Wish(_ context.Context, service string, past Past) (*Wish, error) {
	if !slices.Contains(superviseTools, p.Name()) {
		return nil, nil
	}
	return superviseWish(p.root, p.Name(), service, past)
}

func (d supervisors) Wish(_ context.Context, service string, past Past) (*Wish, error) {
	dir, found := d.folder(service)
	if !found {
		return nil, nil
	}
	tool := filepath.Base(d.tool)
	if d.isRC(service) {
		w, err := folderWish(dir, tool, service, past)
		if w != nil {
			w.Undo = "s6-rc -u change " + service
		}
		return w, err
	}
	return folderWish(dir, tool, service, past)
}
