// Package inspect tells how a daemon runs: who it is, where it is, whether it is detached,
// what it has open, how near it is to its limits, whether its files are still those that it
// runs, and where its log goes. It reads, and changes nothing.
//
// What is read is a value, Facts; what that means is a pure function of it, Judge.
package inspect

import (
	"errors"

	"daemon-keeper/internal/osutil"
)

// Fact is something that was read, or why it is not known. The zero Fact is one that nobody
// has asked for.
type Fact[T any] struct {
	Value T
	Known bool
	Why   string // it is not known, for people
	Never bool   // this system tells it to nobody, so nothing is missing
}

// known is a fact that was read.
func known[T any](v T) Fact[T] { return Fact[T]{Value: v, Known: true} }

// Know is a fact that was read elsewhere, or why it was not.
func Know[T any](v T, err error) Fact[T] {
	if err != nil {
		return denied[T](err)
	}
	return known(v)
}

// denied is a fact that could not be read.
func denied[T any](err error) Fact[T] {
	if errors.Is(err, errors.ErrUnsupported) {
		return never[T]("this system does not tell it")
	}
	return Fact[T]{Why: osutil.Cause(err).Error()}
}

// never is a fact that this system does not tell.
func never[T any](why string) Fact[T] { return Fact[T]{Why: why, Never: true} }
