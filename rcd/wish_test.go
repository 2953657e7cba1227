package rcd

import (
	"errors"
	"testing"
	"time"
)

// TestFreeBSDWish: the same question, and so the same answer, as of what bars a start.
func TestFreeBSDWish(t *testing.T) {
	fake := &fakeRunner{t: t, answers: map[string]result{
		"/usr/sbin/service nginx enabled": recorded(t, "freebsd/enabled-no"),
		"/usr/sbin/service nginx rcvar":   recorded(t, "freebsd/rcvar-no"),
	}}
	m := on(bsd, fake)
	want := Wish{Service: "nginx", Kind: WishDisabled, Why: "it is disabled in rc.conf", Undo: "sysrc nginx_enable=YES", Bars: true}
	if w, err := m.Wish(t.Context(), "nginx", Past{WasUp: true}); err != nil || w == nil || *w != want {
		t.Errorf("%+v, %v", w, err)
	}
	fake.answers["/usr/sbin/service nginx enabled"] = recorded(t, "freebsd/enabled-yes")
	if w, err := m.Wish(t.Context(), "nginx", Past{}); w != nil || err != nil {
		t.Errorf("enabled: %+v, %v", w, err)
	}
	fake.queryErr = errors.New("cannot ask")
	if w, err := m.Wish(t.Context(), "nginx", Past{}); w != nil || err != fake.queryErr {
		t.Errorf("%+v, %v", w, err)
	}
}

// TestNoWish: a plain init script knows nothing of anybody's will, and is not asked.
func TestNoWish(t *testing.T) {
	for _, d := range []dialect{sysv{root: tree(t, "etc/init.d/nginx*")}, program{path: "/opt/own"}} {
		m := on(d, &fakeRunner{t: t})
		if w, err := m.Wish(t.Context(), "nginx", Past{}); w != nil || err != nil {
			t.Errorf("%s: %+v, %v", d.Name(), w, err)
		}
	}
}

// TestHasStopped: what ended only after our patience began as ours.
func TestHasStopped(t *testing.T) {
	at := func(s int64) time.Time { return time.Unix(s, 0) }
	ours := Past{From: at(100), To: at(110)}
	for _, tt := range []struct {
		begin, end int64
		want       bool
	}{
		{100, 110, true},
		{109, 200, true},
		{98, 98, true},
		{112, 112, true},
		{90, 97, false},
		{113, 113, false},
		{50, 500, true}, // somebody's that ours has joined
	} {
		if got := ours.hasStopped(at(tt.begin), at(tt.end)); got != tt.want {
			t.Errorf("%d to %d: %v", tt.begin, tt.end, got)
		}
	}
	if (Past{}).hasStopped(at(0), at(1<<40)) || !(Past{From: at(100)}).hasStopped(at(500), at(500)) {
		t.Error("a stop that never was, or one without an end")
	}
}
