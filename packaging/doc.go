// Package packaging holds what brings daemon-keeper onto machines, and the tests that
// it does: the packages are made, installed, upgraded, removed and purged for real, and
// the timer does what cron does.
package packaging
