package rcd

import (
	"errors"
	"syscall"
	"testing"
	"time"
)

// TestIsOff: what the links of a service say of it while its daemon is down.
func TestIsOff(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	up := func(from, to int64) Past { return Past{WasUp: true, UpFrom: at(from), UpTo: at(to)} }
	start, stop, both := rcLinks{start: []string{"S"}}, rcLinks{stop: []string{"K"}}, rcLinks{start: []string{"S"}, stop: []string{"K"}}
	for _, tt := range []struct {
		what  string
		links rcLinks
		known bool
		past  Past
		made  int64 // the stop links, at
		want  bool
	}{
		{"enabled", start, true, Past{}, 0, false},
		{"enabled in one runlevel of those that may be", both, false, Past{}, 100, false},
		{"disabled, and never up", stop, true, Past{}, 100, true},
		{"disabled, and never up, in an unknown runlevel", stop, false, Past{}, 100, true},
		{"disabled, and nothing is remembered", stop, true, Past{Forgets: true}, 100, true},
		{"disabled while it ran", stop, true, up(50, 99), 100, true},
		{"disabled while it ran, and stopped later", stop, true, up(50, 200), 100, true},
		{"started by hand since", stop, true, up(150, 200), 100, false},
		{"disabled, and nobody knows when", stop, true, up(50, 99), 0, false},
		{"disabled, and nobody knows since when it was up", stop, true, Past{WasUp: true}, 100, false},
		{"in no runlevel, and never up", rcLinks{}, true, Past{}, 0, true},
		{"in no runlevel, and up", rcLinks{}, true, up(50, 99), 0, false},
		{"in no runlevel, and nothing is remembered", rcLinks{}, true, Past{Forgets: true}, 0, false},
		{"without links, where init enters no runlevel", rcLinks{}, false, Past{}, 0, false},
	} {
		made := func(string) time.Time {
			if tt.made == 0 {
				return time.Time{}
			}
			return at(tt.made)
		}
		if got := isOff(tt.links, tt.known, tt.past, made); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.what, got, tt.want)
		}
	}
}

// TestSysVWish reads the links of a machine, in its runlevel or in all that may be its.
func TestSysVWish(t *testing.T) {
	root := tree(t, "etc/init.d/on*", "etc/init.d/off*", "etc/init.d/none*", "etc/init.d/three*", "usr/sbin/update-rc.d*")
	for _, l := range []string{"2", "3", "4", "5"} {
		link(t, root, "etc/rc"+l+".d/S01on", "../init.d/on")
		link(t, root, "etc/rc"+l+".d/K01off", "../init.d/off")
	}
	link(t, root, "etc/rc2.d/K01three", "../init.d/three")
	link(t, root, "etc/rc3.d/S01three", "../init.d/three")
	m := on(sysv{root: root, service: "/usr/sbin/service"}, &fakeRunner{t: t})
	ask := func(service string, past Past, want Wish) {
		t.Helper()
		w, err := m.Wish(t.Context(), service, past)
		if err != nil {
			t.Fatal(err)
		}
		if w == nil {
			w = &Wish{}
		}
		if *w != want {
			t.Errorf("%s: %+v, want %+v", service, *w, want)
		}
	}
	off := Wish{Service: "off", Kind: WishDisabled, Why: "it is disabled: no runlevel for many users starts it", Undo: "update-rc.d off enable && service off start"}
	ask("on", Past{}, Wish{})
	ask("off", Past{}, off)
	ask("off", Past{WasUp: true, UpFrom: time.Unix(1, 0)}, off) // before the links were made
	ask("off", Past{WasUp: true, UpFrom: time.Now().Add(time.Hour)}, Wish{})
	ask("none", Past{}, Wish{})
	ask("three", Past{}, Wish{})

	put(t, root, "run/utmp", string(utmpRecord(384, 1, '2'|'N'<<8, "runlevel")), 0o644)
	off.Why = "it is disabled: runlevel 2 does not start it"
	ask("on", Past{}, Wish{})
	ask("off", Past{}, off)
	ask("none", Past{}, Wish{Service: "none", Kind: WishDisabled, Why: off.Why, Undo: "update-rc.d none defaults && service none start"})
	ask("none", Past{WasUp: true}, Wish{})
	ask("three", Past{}, Wish{Service: "three", Kind: WishDisabled, Why: off.Why, Undo: "update-rc.d three enable && service three start"})
	put(t, root, "run/utmp", string(utmpRecord(384, 1, '3'|'N'<<8, "runlevel")), 0o644)
	ask("three", Past{}, Wish{})
}

// TestSysVWishRHEL: its links are below /etc/rc.d, and its command is another.
func TestSysVWishRHEL(t *testing.T) {
	root := tree(t, "etc/init.d/off*", "sbin/chkconfig*")
	link(t, root, "etc/rc.d/rc3.d/K15off", "../init.d/off")
	w, err := on(sysv{root: root}, &fakeRunner{t: t}).Wish(t.Context(), "off", Past{})
	if err != nil || w == nil || w.Undo != "chkconfig off on && service off start" {
		t.Errorf("%+v, %v", w, err)
	}
}

// A folder of links that cannot be read may have the one that starts the service.
func TestSystemVWishCannotBeTold(t *testing.T) {
	root := tree(t, "etc/rc3.d/", "etc/init.d/x*")
	link(t, root, "etc/rc3.d/K01x", "../init.d/x")
	link(t, root, "etc/rc2.d", "rc2.d") // to itself
	if w, err := on(sysv{root: root}, &fakeRunner{t: t}).Wish(t.Context(), "x", Past{}); w != nil || !errors.Is(err, syscall.ELOOP) {
		t.Errorf("%+v, %v", w, err)
	}
}
