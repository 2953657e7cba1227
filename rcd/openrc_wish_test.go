package rcd

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// openrcTree is a machine that OpenRC has booted, with services x, in a runlevel, and y.
func openrcTree(t *testing.T, states ...string) (root string) {
	t.Helper()
	root = tree(t, "run/openrc/softlevel", "run/openrc/started/", "etc/runlevels/boot/")
	put(t, root, "etc/init.d/x", "#!/sbin/openrc-run\ncommand=/usr/sbin/x\n", 0o755)
	put(t, root, "etc/init.d/y", "#!/sbin/runscript\n", 0o755)
	put(t, root, "etc/init.d/lsb", "#!/bin/sh\n# of openrc-run no word\n", 0o755)
	link(t, root, "etc/runlevels/default/x", "/etc/init.d/x")
	for _, state := range states {
		link(t, root, "run/openrc/"+state, "/etc/init.d/"+filepath.Base(state))
	}
	return root
}

// TestOpenRCWish: what its folders say of a service whose daemon is down.
func TestOpenRCWish(t *testing.T) {
	now := time.Now()
	before := func(d time.Duration) time.Time { return now.Add(-d) }
	up := Past{WasUp: true, UpFrom: before(time.Hour), UpTo: before(time.Minute)}
	stopped := func(from, to time.Duration, past Past) Past {
		past.From, past.To = before(from), before(to)
		return past
	}
	for _, tt := range []struct {
		what    string
		states  []string
		service string
		past    Past
		want    WishKind
	}{
		{"it has crashed", []string{"started/x"}, "x", up, ""},
		{"it has crashed, and was taken from its runlevel", []string{"started/y"}, "y", up, ""},
		{"it is being started", []string{"starting/x"}, "x", up, ""},
		{"it is being stopped", []string{"stopping/x"}, "x", up, ""},
		{"it waits for the network", []string{"inactive/x"}, "x", up, ""},
		{"its start has failed in the boot", []string{"failed/x"}, "x", Past{}, ""},
		{"stopped", nil, "x", up, WishStopped},
		{"stopped before anybody has looked", nil, "x", Past{}, WishStopped},
		{"started by hand, and stopped", nil, "y", up, WishStopped},
		{"in no runlevel, and never started", nil, "y", Past{}, WishDisabled},
		{"in no runlevel, and nothing is remembered", nil, "y", Past{Forgets: true}, WishDisabled},
		{"stopped, and nothing is remembered", nil, "x", Past{Forgets: true}, ""},
		{"our own stop", nil, "x", stopped(30*time.Second, 25*time.Second, up), ""},
		{"our own stop, not ended", nil, "x", Past{From: before(time.Second), WasUp: true, UpTo: before(time.Minute)}, ""},
		{"our own stop of what was never up", nil, "y", stopped(30*time.Second, 25*time.Second, Past{}), ""},
		{"our own stop was before", nil, "x", stopped(10*time.Minute, 9*time.Minute, up), WishStopped},
		{"our own stop was before the boot", nil, "x", Past{From: time.Unix(100, 0), To: time.Unix(101, 0)}, WishStopped},
		{"stopped with one that it needs, by us", nil, "x", Past{WasUp: true, UpTo: before(time.Minute), Meanwhile: true}, ""},
		{"a script of another kind", nil, "lsb", up, ""},
		{"no script", nil, "gone", up, ""},
		{"another one is started", []string{"started/y"}, "x", up, WishStopped},
		{"OpenRC is booting", []string{"rc.starting"}, "x", up, ""},
	} {
		root := openrcTree(t, tt.states...)
		m := on(openrc{program{root: root, path: "/sbin/rc-service"}}, &fakeRunner{t: t})
		w, err := m.Wish(t.Context(), tt.service, tt.past)
		if err != nil {
			t.Errorf("%s: %v", tt.what, err)
		}
		got := WishKind("")
		if w != nil {
			got = w.Kind
			if w.Service != tt.service || w.Why == "" || w.Undo == "" || w.Bars {
				t.Errorf("%s: %+v", tt.what, *w)
			}
		}
		if got != tt.want {
			t.Errorf("%s: %q, want %q", tt.what, got, tt.want)
		}
	}
}

// TestOpenRCHasNotBooted: where only its programs are installed, its folders say nothing.
func TestOpenRCHasNotBooted(t *testing.T) {
	root := openrcTree(t)
	if err := os.Remove(filepath.Join(root, "run/openrc/softlevel")); err != nil {
		t.Fatal(err)
	}
	w, err := on(openrc{program{root: root, path: "/sbin/rc-service"}}, &fakeRunner{t: t}).Wish(t.Context(), "x", Past{})
	if w != nil || err != nil {
		t.Errorf("%+v, %v", w, err)
	}
}

// A folder that cannot be read says nothing: whatever it has may mean that nobody has
// stopped the service.
func TestOpenRCWishCannotBeTold(t *testing.T) {
	for _, folder := range []string{"run/openrc/inactive", "etc/runlevels/single", "etc/init.d/x"} {
		root := openrcTree(t)
		_ = os.Remove(filepath.Join(root, folder))
		link(t, root, folder, filepath.Base(folder)) // to itself
		service := "x"
		if folder == "etc/runlevels/single" {
			service = "y" // which no other runlevel has
		}
		if w, err := on(openrc{program{root: root, path: "/sbin/rc-service"}}, &fakeRunner{t: t}).Wish(t.Context(), service, Past{}); w != nil || !errors.Is(err, syscall.ELOOP) {
			t.Errorf("%s: %+v, %v", folder, w, err)
		}
	}
}
