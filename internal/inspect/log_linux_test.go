package inspect

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A process that is connected to syslog's socket, or has a log open, is said to write there.
func TestWhereItLogs(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "dev-log")
	l, err := net.ListenPacket("unixgram", dir)
	if err != nil {
		t.Skip(err) // the folder's name may be too long
	}
	defer l.Close()
	c, err := net.Dial("unixgram", dir)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	folder, err := os.MkdirTemp("/var/tmp", "inspect-") // on a disk: what is in memory is not a log
	if err != nil {
		t.Fatal(err)
	}
	defer os.RemoveAll(folder)
	log, err := os.OpenFile(folder+"/own.log", os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	w, err := ReadWorld(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f, err := Read(t.Context(), w, os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if got := f.logs(); !strings.Contains(got, "syslog") || !strings.Contains(got, log.Name()) {
		t.Errorf("it writes to %q", got)
	}
}
