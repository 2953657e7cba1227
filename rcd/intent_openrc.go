package rcd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
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

// openrcBusy are the states in which OpenRC has not left a service down for good: it runs,
// or did; it waits for another one; its start in the course of a boot has failed.
var openrcBusy = []string{"started", "starting", "stopping", "inactive", "wasinactive", "hotplugged", "failed"}

// wish: OpenRC calls a service stopped if it was told to stop it, or one that it needs, or
// has never started it.
func (p rcService) wish(_ context.Context, _ runner, service string, past Past) (*Wish, error) {
	is := func(path string) bool { return isThere(p.root + path) }
	switch {
	case !is(openrcState + "/softlevel"), is(openrcState + "/rc.starting"): // it has not booted this machine, or has not yet
		return nil, nil
	case !isOpenRCScript(p.root + "/etc/init.d/" + service): // it keeps no state of others
		return nil, nil
	}
	for _, state := range openrcBusy {
		if is(openrcState + "/" + state + "/" + service) {
			return nil, nil
		}
	}
	ours := past.Forgets || past.Meanwhile || past.hasStoppedInVain(bootTime())
	start := p.path + " " + service + " start"
	switch {
	case !isInRunlevel(p.root, service) && !past.WasUp && (past.Forgets || !ours):
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
func isInRunlevel(root, service string) bool {
	links, err := filepath.Glob(root + openrcLevels + "/*/" + service)
	return err == nil && len(links) > 0
}

// isOpenRCScript reports whether a script is one of OpenRC's own kind, openrc-run(8).
func isOpenRCScript(path string) bool {
	const longest = 256
	head, err := osutil.ReadSome(path, longest)
	if err != nil {
		return false
	}
	first, _, _ := bytes.Cut(head, []byte("\n"))
	return bytes.HasPrefix(first, []byte("#!")) && (bytes.Contains(first, []byte("openrc-run")) || bytes.HasSuffix(bytes.TrimSpace(first), []byte("/runscript")))
}

// isThere reports whether something of that name is there, a link whose target is gone too.
func isThere(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
