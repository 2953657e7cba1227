// Package completions holds the completions of shells, which internal/completion
// writes, and their tests in the shells themselves.
package completions
