package rcd

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"daemon-keeper/internal/osutil"
)

// supervised is what a supervisor of the daemontools family says of its service.
type supervised struct {
	wantUp bool      // it would start the daemon again
	at     time.Time // of the daemon's last start or end
}

// errNoStatus says that a file is not one of theirs.
var errNoStatus = errors.New("it is no supervisor's status")

// parseSupervised reads supervise/status: 18 bytes of daemontools, 20 of runit, 35 or
// 43 of s6. All begin with a TAI64N stamp. "Once" (svc -o) is no wish to have it up.
func parseSupervised(data []byte) (supervised, error) {
	const taiOffset = 1<<62 + 10 // so they all write it, whatever the leap seconds
	const s6WantUp = 1 << 2
	s := supervised{}
	switch len(data) {
	case 18, 20: // at byte 17 what is wanted: u, d, or 0 for once
		if data[17] != 'u' && data[17] != 'd' && data[17] != 0 {
			return s, errNoStatus
		}
		s.wantUp = data[17] == 'u'
	case 35, 43: // flags in the last byte
		s.wantUp = data[len(data)-1]&s6WantUp != 0
	default:
		return s, errNoStatus
	}
	seconds := binary.BigEndian.Uint64(data)
	if seconds < taiOffset || seconds > taiOffset+1<<40 {
		return supervised{}, errNoStatus
	}
	s.at = time.Unix(int64(seconds-taiOffset), int64(binary.BigEndian.Uint32(data[8:])))
	return s, nil
}

// superviseTools are the commands of the family that tell a supervisor what to do.
var superviseTools = []string{"sv", "svc", "s6-svc"}

// serviceDirs are where supervisors look for their services.
var serviceDirs = []string{"/etc/service", "/service", "/var/service", "/run/service", "/etc/runit/runsvdir/current"}

// superviseWish looks for a service that a supervisor is to leave down. While one runs,
// its word counts: somebody may have started a service that has a down file. That file
// says what happens when a supervisor starts.
func superviseWish(root, tool, service string, past Past) (*Wish, error) {
	for _, dir := range serviceDirs {
		dir = filepath.Join(root, dir, service)
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			continue
		}
		wish := &Wish{Service: service, Kind: WishDown, Undo: "rm " + dir + "/down"}
		if !hasSupervisor(dir) {
			wish.Why = "its folder has a down file, and no supervisor runs"
			_, err := os.Lstat(dir + "/down")
			if err != nil {
				wish = nil
			}
			return wish, nil
		}
		data, err := readSmall(dir + "/supervise/status")
		if err != nil {
			return nil, err
		}
		s, err := parseSupervised(data)
		if err != nil || s.wantUp || past.hasStopped(s.at, s.at) {
			return nil, err
		}
		wish.Why, wish.At, wish.Undo = "its supervisor was told to leave it down", s.at, tool+" -u "+dir
		if tool == "sv" {
			wish.Undo = "sv up " + service
		}
		return wish, nil
	}
	return nil, nil
}

// hasSupervisor is svok(8): only a supervisor keeps the fifo open for reading. s6 has
// one fifo only.
func hasSupervisor(dir string) bool {
	for _, name := range []string{"/supervise/ok", "/supervise/control"} {
		f, err := osutil.OpenFile(dir+name, os.O_WRONLY, 0)
		if err != nil {
			continue
		}
		info, err := f.Stat()
		f.Close()
		return err == nil && info.Mode()&os.ModeNamedPipe != 0
	}
	return false
}

func readSmall(path string) ([]byte, error) {
	f, err := osutil.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, 64))
}

// wish: of the programs that a user may name, those of the daemontools family tell.
func (p program) wish(_ context.Context, _ runner, service string, past Past) (*Wish, error) {
	if !slices.Contains(superviseTools, p.Name()) {
		return nil, nil
	}
	return superviseWish(p.root, p.Name(), service, past)
}
