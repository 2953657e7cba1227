// Package inspect finds out how a daemon runs: its users, its folders, whether it is detached, its
// descriptors, how near it is to its limits, whether its files were replaced, and where its log
// goes. It only reads.
//
// All that is read is a value, Facts. What it means is a pure function of that, Judge.
package inspect

import (
	"errors"

	"daemon-keeper/internal/osutil"
)

// Fact is something that was read, or the reason why it is not known. The zero Fact is one that
// was not asked for.
type Fact[T any] struct {
	Value T
	Known bool
	Why   string // the reason why it is not known, for people
	Never bool   // this system never tells it, so nothing is missing
}

// known is a fact that was read.
func known[T any](v T) Fact[T] { return Fact[T]{Value: v, Known: true} }

// Know is a fact that was read, or if there is an error, one that could not be read.
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
