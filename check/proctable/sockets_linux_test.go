package proctable

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The processes that hold a port, told from the tables of the network that they are
// in; what has ended holds none.
func TestListening(t *testing.T) {
	f := newFakeProc(t)
	f.process(101, 1, "nginx", "/dev/null", theSocket)
	f.process(102, 1, "nginx", theSocket, "socket:[9]")
	f.process(103, 1, "nginx")
	row6 := strings.Replace(strings.Replace(listenRow, "0100007F:", "00000000000000000000000000000000:", 1), " 7 ", " 9 ", 1)
	for _, pid := range []string{"101", "102", "103"} {
		f.file(pid+"/net/tcp", listenHead+listenRow)
		f.file(pid+"/net/tcp6", listenHead+row6)
		f.file(pid+"/net/unix", "Num RefCount Protocol Flags Type St Inode Path\n")
	}
	for _, tc := range []struct {
		pids []int
		want string
	}{
		{[]int{101}, "tcp 127.0.0.1:22"},
		{[]int{101, 102}, "tcp 127.0.0.1:22, tcp6 [::]:22"},
		{[]int{103}, ""},
		{[]int{999}, ""},
		{nil, ""},
	} {
		list, err := f.listening(tc.pids)
		var texts []string
		for _, s := range list {
			texts = append(texts, s.String())
		}
		if got := strings.Join(texts, ", "); got != tc.want || err != nil {
			t.Errorf("%v: %q, %v; want %q", tc.pids, got, err, tc.want)
		}
	}
	if _, err := f.listening(make([]int, mostAsked+1)); err == nil {
		t.Error("no limit for processes")
	}
	f.file("101/net/tcp", listenHead+"mangled\n")
	if _, err := f.listening([]int{101}); err == nil {
		t.Error("a mangled table is not an error")
	}
}

// Of a process with very many open files no more are listed than are looked at.
func TestHeldByHasALimit(t *testing.T) {
	f := newFakeProc(t)
	f.process(101, 1, "nginx", theSocket, "socket:[9]", "/dev/null")
	held := make(map[uint64]bool)
	if err := f.heldBy(101, 4, held); err != nil || len(held) != 2 {
		t.Errorf("%v, %v", held, err)
	}
	if err := f.heldBy(101, 3, held); !errors.Is(err, errTooMuch) {
		t.Errorf("as many as the limit: %v", err)
	}
}

// Our own sockets, by the kernel's own tables; and our own control group and program.
func TestListeningForReal(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	path := filepath.Join(t.TempDir(), "a b")
	u, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	list, err := Sockets([]int{os.Getpid()})
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, s := range list {
		if s.String() == "tcp "+l.Addr().String() || s.String() == "unix "+path {
			found++
		}
	}
	if found != 2 {
		t.Errorf("%v", list)
	}
	if group := Group(os.Getpid()); group == "" {
		t.Error("in no control group")
	}
	start, err := Started(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	self := FileIDAt("/proc/self/exe")
	for _, tc := range []struct {
		start uint64
		file  FileID
		want  bool
	}{{start, self, true}, {start + 1, self, false}, {start, FileID{1, 2}, false}, {start, FileID{}, false}} {
		if got, err := Executes(os.Getpid(), tc.start, tc.file); got != tc.want || err != nil {
			t.Errorf("%+v: %v, %v", tc, got, err)
		}
	}
}
