//go:build linux

package main

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"sync"
	"sync/atomic"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The little that is needed of <linux/fuse.h>.
const (
	opLookup, opForget, opGetattr, opSetattr               = 1, 2, 3, 4
	opOpen, opRead, opWrite, opRelease                     = 14, 15, 16, 18
	opFlush, opInit, opInterrupt, opDestroy, opBatchForget = 25, 26, 36, 38, 42
	headerSize                                             = 40
	rootNode                                               = 1
	mostRequest                                            = 1 << 20
)

type header struct {
	Len, Opcode          uint32
	Unique, Node         uint64
	UID, GID, PID, Extra uint32
}

type attr struct {
	Ino, Size, Blocks, Atime, Mtime, Ctime                                       uint64
	AtimeNsec, MtimeNsec, CtimeNsec, Mode, Nlink, UID, GID, Rdev, Blksize, Flags uint32
}

// server is a file system of one folder. Nothing is cached: each access is asked for.
type server struct {
	device int
	files  [][]byte
	names  []string
	silent atomic.Bool // requests are taken, and never answered
	mute   atomic.Bool // only those that write are not

	mu      sync.Mutex
	waiting []request
}

// fuse serves copies of files. On SIGUSR1 it falls silent, on SIGUSR2 it answers all
// that it has been asked since.
func fuse(args []string) error {
	if len(args) < 2 {
		return errors.New("usage: fuse FOLDER answering|silent|mute FILE...")
	}
	s := new(server)
	for _, path := range args[2:] {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		s.files, s.names = append(s.files, text), append(s.names, filepath.Base(path))
	}
	var err error
	if s.device, err = unix.Open("/dev/fuse", unix.O_RDWR|unix.O_CLOEXEC, 0); err != nil {
		return &os.PathError{Op: "open", Path: "/dev/fuse", Err: syscall.EPERM} // no such kernel here
	}
	options := fmt.Sprintf("fd=%d,rootmode=40755,user_id=0,group_id=0,allow_other", s.device)
	if err := unix.Mount("attack", args[0], "fuse", unix.MS_NODEV, options); err != nil {
		return err
	}
	s.silent.Store(args[1] == "silent")
	s.mute.Store(args[1] == "mute")
	hear := make(chan os.Signal, 1)
	signal.Notify(hear, syscall.SIGUSR1, syscall.SIGUSR2)
	go func() {
		for sig := range hear {
			s.silent.Store(sig == syscall.SIGUSR1)
			if sig == syscall.SIGUSR2 {
				s.catchUp()
			}
		}
	}()
	go s.serve()
	return nil
}

func (s *server) serve() {
	buf := make([]byte, mostRequest+4096)
	for {
		n, err := unix.Read(s.device, buf)
		if errors.Is(err, unix.EINTR) || errors.Is(err, unix.ENOENT) {
			continue
		}
		if err != nil || n < headerSize {
			os.Exit(0) // unmounted
		}
		h := *(*header)(unsafe.Pointer(&buf[0]))
		switch h.Opcode {
		case opForget, opBatchForget, opInterrupt: // nobody waits
			continue
		case opInit:
			s.answer(h, s.init(), 0)
			continue
		}
		if s.silent.Load() || s.mute.Load() && h.Opcode == opWrite {
			s.mu.Lock()
			s.waiting = append(s.waiting, request{h, append([]byte(nil), buf[headerSize:n]...)})
			s.mu.Unlock()
			continue
		}
		out, errno := s.do(h, buf[headerSize:n])
		s.answer(h, out, errno)
	}
}

type request struct {
	header header
	in     []byte
}

func (s *server) catchUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.waiting {
		out, errno := s.do(r.header, r.in)
		s.answer(r.header, out, errno)
	}
	s.waiting = nil
}

func (s *server) answer(h header, out []byte, errno syscall.Errno) {
	if errno != 0 {
		out = nil
	}
	msg := make([]byte, 16, 16+len(out))
	binary.NativeEndian.PutUint32(msg, uint32(16+len(out)))
	binary.NativeEndian.PutUint32(msg[4:], uint32(-int32(errno)))
	binary.NativeEndian.PutUint64(msg[8:], h.Unique)
	_, _ = unix.Write(s.device, append(msg, out...))
}

func (s *server) init() []byte {
	out := make([]byte, 64)
	for i, v := range map[int]uint32{0: 7, 4: 31, 8: 1 << 17, 20: 1 << 17, 24: 1} {
		binary.NativeEndian.PutUint32(out[i:], v)
	}
	return out
}

func (s *server) do(h header, in []byte) ([]byte, syscall.Errno) {
	switch h.Opcode {
	case opLookup:
		for i, name := range s.names {
			if name+"\x00" == string(in) {
				out := make([]byte, 40, 128)
				binary.NativeEndian.PutUint64(out, uint64(i)+2)
				return append(out, s.attr(uint64(i)+2)...), 0
			}
		}
		return nil, syscall.ENOENT
	case opGetattr, opSetattr:
		return append(make([]byte, 16), s.attr(h.Node)...), 0
	case opOpen:
		return make([]byte, 16), 0
	case opRead:
		text, off := s.files[h.Node-2], binary.NativeEndian.Uint64(in[8:])
		size := uint64(binary.NativeEndian.Uint32(in[16:]))
		off = min(off, uint64(len(text)))
		return text[off:min(off+size, uint64(len(text)))], 0
	case opWrite:
		out := make([]byte, 8)
		copy(out, in[16:20]) // all of it
		return out, 0
	case opRelease, opFlush, opDestroy:
		return nil, 0
	}
	return nil, syscall.ENOSYS
}

func (s *server) attr(node uint64) []byte {
	a := attr{Ino: node, Mode: syscall.S_IFDIR | 0o755, Nlink: 1, Blksize: 4096}
	if node != rootNode {
		a.Mode, a.Size = syscall.S_IFREG|0o777, uint64(len(s.files[node-2]))
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(&a)), unsafe.Sizeof(a))
}

// locked never returns to its mapping: the page under our pen is being written back
// to a server that has fallen silent, so that writing to it waits, and whoever unmaps
// it waits for that with the lock of all our memory held.
func locked(args []string) error {
	fd, err := unix.Open(args[0], unix.O_RDWR|unix.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	page, err := unix.Mmap(fd, 0, 4096, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return err
	}
	page[0] = 1
	if err := unix.SyncFileRange(fd, 0, 4096, unix.SYNC_FILE_RANGE_WRITE); err != nil { // begins to write it back
		return err
	}
	fmt.Println("up", os.Getpid())
	address := uintptr(unsafe.Pointer(&page[0]))
	writing := make(chan struct{})
	go func() {
		close(writing)
		page[0] = 2
	}()
	<-writing
	for range 50 {
		unix.Nanosleep(&unix.Timespec{Nsec: 1e6}, nil)
	}
	unix.RawSyscall(unix.SYS_MUNMAP, address, 4096, 0) // never comes back
	select {}
}
