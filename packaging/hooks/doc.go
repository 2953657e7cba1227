// Package hooks holds the programs of on_incident that come with daemon-keeper, and the
// tests of them. Each is one file, complete in itself, that an administrator can read and
// copy; what they have in common stands in common.sh, and "go test . -update" writes it
// into each of them.
package hooks
