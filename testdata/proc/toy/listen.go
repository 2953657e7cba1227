//go:build linux

package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"

	"golang.org/x/sys/unix"
)

// listen answers every connection in its own way, until we end.
func listen(network, address string, answer func(net.Conn)) error {
	l, err := net.Listen(network, address)
	if err != nil {
		return err
	}
	go func() {
		for {
			if c, err := l.Accept(); err == nil {
				go answer(c)
			}
		}
	}()
	return nil
}

// greet says something, and then listens.
func greet(text string) func(net.Conn) {
	return func(c net.Conn) {
		io.WriteString(c, text)
		io.Copy(io.Discard, c)
		c.Close()
	}
}

// echo says back what it was told in a line.
func echo(c net.Conn) {
	line, _ := bufio.NewReader(c).ReadString('\n')
	greet("you said " + line)(c)
}

func hangUp(text string) func(net.Conn) {
	return func(c net.Conn) {
		io.WriteString(c, text)
		c.Close()
	}
}

// spawn starts another program that takes the remaining steps, and says for us
// that we are up.
func spawn(program string, rest []string) error {
	child := exec.Command(program, rest...)
	child.Stdin, child.Stdout, child.Stderr = os.Stdin, os.Stdout, os.Stderr
	if err := child.Start(); err != nil {
		return err
	}
	go child.Wait()
	return nil
}

func wait() {
	io.Copy(io.Discard, os.Stdin)
	os.Exit(0)
}

// writePID leaves the file open, for our children, too.
func writePID(path string) (fd int, err error) {
	fd, err = unix.Open(path, unix.O_RDWR|unix.O_CREAT|unix.O_TRUNC, 0o644)
	if err != nil {
		return fd, err
	}
	_, err = unix.Write(fd, []byte(strconv.Itoa(os.Getpid())))
	return fd, err
}

// flock locks a pidfile as pidfile_open(3) does.
func flock(path string) error {
	fd, err := writePID(path)
	if err != nil {
		return err
	}
	return unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB)
}

// lockf locks it in the way of POSIX.
func lockf(path string) error {
	fd, err := writePID(path)
	if err != nil {
		return err
	}
	return unix.FcntlFlock(uintptr(fd), unix.F_SETLK, &unix.Flock_t{Type: unix.F_WRLCK})
}

// writeThread writes down the number of a thread that is not the first.
func writeThread(path string) error {
	tids := make(chan int)
	go func() { tids <- unix.Gettid(); select {} }()
	return os.WriteFile(path, fmt.Append(nil, <-tids), 0o644)
}
