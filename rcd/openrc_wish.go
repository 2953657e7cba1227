package rcd

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"daemon-keeper/internal/osutil"
)

// OpenRC keeps what it knows of a service as links: in its state folder below the name of
// the state, in /etc/runlevels below those that start it, rc-service(8), rc-update(8). A
// stop takes the link of a service away. The end of its daemon leaves it, for OpenRC does
// not look.
const (
	openrcState  = "/run/openrc"
	openrcLevels = "/etc/runlevels"
)

// openrcBusy are the states in which OpenRC has not left a service down for good: it runs, or
// ran until its daemon ended; it waits for another service; its start during the boot has failed.
var openrcBusy = []string{"started", "starting", "stopping", "inactive", "wasinactive", "hotplugged", "failed"}

// Wish: OpenRC calls a service stopped if it was told to stop it, or one that it needs, or
// has never started it.
func (p openrc) Wish(_ context.Context, service string, past Past) (*Wish, error) {
	booted, err := isThere(p.root + openrcState + "/softlevel")
	if err != nil || !booted { // it has not booted this machine
		return nil, err
	}
	busy := []string{openrcState + "/rc.starting"} // or not yet
	for _, state := range openrcBusy {
		busy = append(busy, openrcState+"/"+state+"/"+service)
	}
	for _, path := range busy {
		if is, err := isThere(p.root + path); err != nil || is {
			return nil, err
		}
	}
	if ours, err := isOpenRCScript(p.root + "/etc/init.d/" + service); err != nil || !ours { // it keeps no state of others
		return nil, err
	}
	enabled, err := isInRunlevel(p.root, service)
	if err != nil {
		return nil, err
	}
	ours := past.Forgets || past.Meanwhile || past.hasStoppedInVain(bootTime())
	start := p.path + " " + service + " start"
	switch {
	case !enabled && !past.WasUp && (past.Forgets || !ours):
		return &Wish{
			Service: service, Kind: WishDisabled, Why: "it is disabled: it is in no runlevel, and nothing has started it since the boot",
			Undo: "rc-update add " + service + " default && " + start,
		}, nil
	case ours:
		return nil, nil
	}
	return &Wish{Service: service, Kind: WishStopped, Why: "it was stopped, as OpenRC knows", Undo: start}, nil
}

// bootTime is by the clock of the day; zero if that cannot be told.
func bootTime() time.Time {
	if up := sinceBoot(); up > 0 {
		return time.Now().Add(-up)
	}
	return time.Time{}
}

// hasStoppedInVain reports whether we have stopped a service in this boot, and its daemon
// was not seen up since: a start that fails leaves it as stopped as a stop does.
func (p Past) hasStoppedInVain(boot time.Time) bool {
	if p.From.IsZero() || p.From.Before(boot) {
		return false
	}
	return p.To.IsZero() || !p.UpTo.After(p.To)
}

// isInRunlevel reports whether a runlevel starts a service.
func isInRunlevel(root, service string) (bool, error) {
	levels, err := os.ReadDir(root + openrcLevels)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	for _, level := range levels {
		if is, err := isThere(filepath.Join(root+openrcLevels, level.Name(), service)); err != nil || is {
			return is, err
		}
	}
	return false, nil
}

// isOpenRCScript reports whether a script is one of OpenRC's own kind, openrc-run(8).
func isOpenRCScript(path string) (bool, error) {
	const longest = 256
	head, err := osutil.ReadSome(path, longest)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	case err != nil:
		return false, err
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasPrefix(first, []byte("#!")) && (bytes.Contains(first, []byte("openrc-run")) || bytes.HasSuffix(bytes.TrimSpace(first), []byte("/runscript"))), nil
}

// isThere reports whether something of that name is there, a link whose target is gone too.
func isThere(path string) (bool, error) {
	_, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return false, nil
	}
	return err == nil, err
}
