package rcd

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Wish: runit's sv acts as an init script if it is called by a script's name. For another script
// the links say whether a boot starts it; a stop leaves no trace.
func (s sysv) Wish(_ context.Context, service string, past Past) (*Wish, error) {
	if s.linkedTool(service) == "sv" {
		return superviseWish(s.root, "sv", service, past)
	}
	levels, known := runlevels(s.root)
	links, err := rcLinksOf(s.root, levels, service)
	if err != nil || !isOff(links, known, past, linkTime) {
		return nil, err
	}
	why := "it is disabled: no runlevel for many users starts it"
	if known {
		why = "it is disabled: runlevel " + levels + " does not start it"
	}
	return &Wish{Service: service, Kind: WishDisabled, Why: why, Undo: enabling(s.root, service, len(links.stop) > 0)}, nil
}

// linkedTool is the name of the program that a service's script is only a link to; "" if it
// is a script.
func (s sysv) linkedTool(service string) string {
	target, err := os.Readlink(s.root + "/etc/init.d/" + service)
	if err != nil {
		return ""
	}
	return filepath.Base(target)
}

// isOff reports whether somebody wants a service to be left down whose daemon is down. A
// stop link says so, unless its daemon has been started since it was made, or was it all
// along: then somebody starts it by hand. To disable a service while its daemon runs
// means that the daemon is to end.
//
// Without any link it has never been enabled, or was removed from the runlevels. Where
// init has entered a runlevel, and nothing has started the daemon since the boot, it is to
// be left down. Where no init does so, as in a container, links say nothing.
func isOff(links rcLinks, known bool, past Past, made func(path string) time.Time) bool {
	switch {
	case len(links.start) > 0:
		return false
	case len(links.stop) == 0:
		return known && !past.WasUp && !past.Forgets
	case !past.WasUp:
		return true
	case past.UpFrom.IsZero():
		return false
	}
	return !slices.ContainsFunc(links.stop, func(path string) bool {
		at := made(path)
		return at.IsZero() || past.UpFrom.After(at)
	})
}

// linkTime is when a link was made or renamed, which keeps its other times; zero if that
// cannot be told.
func linkTime(path string) time.Time {
	info, err := os.Lstat(path)
	if err != nil {
		return time.Time{}
	}
	return changeTime(info)
}

// enabling is what a person would type. RHEL and its kin have chkconfig(8).
func enabling(root, service string, registered bool) string {
	enable := "update-rc.d " + service + " defaults"
	if registered {
		enable = "update-rc.d " + service + " enable"
	}
	if _, debian := lookPath(root, "update-rc.d"); !debian {
		if _, other := lookPath(root, "chkconfig"); other {
			enable = "chkconfig " + service + " on"
		}
	}
	return enable + " && service " + service + " start"
}
