package realtest

import (
	"os"
	"os/signal"
	"syscall"
	"testing"
)

// Whoever runs the tests under nohup(1) ignores SIGHUP, and so would the daemons of which
// tests want to see that it ends them. A signal that is caught is the default again for
// what is executed.
func TestMain(m *testing.M) {
	if signal.Ignored(syscall.SIGHUP) {
		signal.Notify(make(chan os.Signal, 1), syscall.SIGHUP)
	}
	os.Exit(m.Run())
}
