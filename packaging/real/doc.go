// Package real puts daemon-keeper beside real daemons: more than forty that Debian
// ships, in one tree, booted with systemd. It has tests only; what they saw is
// docs/real-daemons.md.
package real
