package realtest

import (
	"fmt"
	"testing"
)

// A tree takes up to a minute to build, so few are shared by all tests.

// mailTree has a program that sends mail, and sshd.
func mailTree(t testing.TB) string { return Tree(t, "dma", "openssh-server") }

// daemonsTree has daemons of which processes outlive the main one.
func daemonsTree(t testing.TB) string {
	return Tree(t, "haproxy", "libpam-systemd", "nginx-light", "openssh-client", "openssh-server", "php8.2-fpm", "redis-server")
}

// managersTree has every service manager of Debian but systemd, which is in all trees, and
// packages that bring services for them.
func managersTree(t testing.TB) string {
	return Tree(t, "daemontools", "getty-run", "openrc", "openssh-server", "runit", "runit-helper", "s6", "supervisor")
}

// deathsTree has what ends daemons: logrotate, and killall(1).
func deathsTree(t testing.TB) string { return Tree(t, "logrotate", "psmisc") }

// TestTrees builds the trees that are not there yet: CI does so while it lints.
func TestTrees(t *testing.T) {
	for i, build := range []func(testing.TB) string{
		func(t testing.TB) string { return Tree(t) }, daemonsTree, mailTree, deathsTree, managersTree,
		func(t testing.TB) string { return Tree(t, Consumers()...) },
	} {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			t.Parallel()
			build(t)
		})
	}
}
