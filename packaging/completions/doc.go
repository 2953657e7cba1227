// Package completions holds the stubs by which shells ask the program what may follow,
// and their tests in the shells themselves.
package completions
