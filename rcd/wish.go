package rcd

import "time"

// WishKind is how somebody has said that a service is to be left down.
type WishKind string

// The kinds of wishes.
const (
	WishStopped  WishKind = "stopped"  // its manager was told to stop it
	WishMasked   WishKind = "masked"   // systemd: nothing may start it
	WishDisabled WishKind = "disabled" // it is not among those that a boot starts
	WishFrozen   WishKind = "frozen"   // systemd: its processes are kept from running
	WishDown     WishKind = "down"     // daemontools and its kin: its supervisor is to leave it down
)

// Wish is what somebody has said of a service: that it is to be left down.
type Wish struct {
	Service string
	Kind    WishKind
	Why     string    // "it is masked"; the same each time, for as long as the wish is the same
	At      time.Time // since when; zero if nobody can tell
	Undo    string    // the command that a person would type to have it kept again
	Bars    bool      // a start would do nothing, though it may exit 0: there is no ignoring it
}

// Past is what the caller remembers of a service. Its times are wall clock.
type Past struct {
	// From and To are our own last stop of it, which is nobody's wish. From is zero if no stop
	// is known, To if that stop has not ended as far as we know.
	From, To time.Time
	// WasUp: its daemon was seen up since the boot. That it is disabled then says nothing about
	// now.
	WasUp bool
	// UpFrom and UpTo are when it was first and last seen up, without being seen down or
	// restarted in between. They are zero unless WasUp.
	UpFrom, UpTo time.Time
	// Meanwhile: after UpTo, and before it was first seen down, we stopped another service. Its
	// manager may have stopped this one, which needs the other.
	Meanwhile bool
	// Forgets: nothing is remembered. There may have been a stop of ours, and a time when it was
	// up.
	Forgets bool
}

// stopMargin is for the time that a stop's way into the journal takes, and for
// clocks that count in seconds.
const stopMargin = 2 * time.Second

// hasStopped reports whether what lasted from begin to end was a stop of ours. One
// whose time was over is ended by the manager later, so its beginning will do.
func (p Past) hasStopped(begin, end time.Time) bool {
	if p.From.IsZero() || end.Before(p.From.Add(-stopMargin)) {
		return false
	}
	return p.To.IsZero() || !begin.After(p.To.Add(stopMargin))
}
