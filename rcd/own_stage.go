package rcd

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"daemon-keeper/internal/osutil"
)

// stage is the last of the launcher: its process becomes the daemon. Whatever it has from
// cron, from a shell or from our own run is put right here, or stays on purpose: limits,
// niceness and the place in the machine's accounts of resources.
func stage() int {
	runtime.LockOSThread() // Linux has signal masks, keyrings and capabilities for each thread
	outliveStarter()
	conn, err := takeStdin()
	if err != nil {
		return failLaunch(statusNotLaunched, err)
	}
	var o stageOrders
	if err := json.NewDecoder(io.LimitReader(conn, maxPlan)).Decode(&o); err != nil || len(o.Argv) == 0 {
		return failLaunch(statusNotLaunched, errors.New("the launcher has died"))
	}
	err = o.prepare()
	if err == nil {
		if _, err = io.WriteString(conn, stageReady+"\n"); err != nil {
			return statusNotLaunched // the launcher has given up: the daemon must not come up now
		}
		err = o.execute()
	}
	fmt.Fprintln(conn, err)
	return statusNotLaunched
}

// takeStdin keeps the connection for ourselves, and leaves /dev/null in its place.
func takeStdin() (*os.File, error) {
	fd, err := unix.FcntlInt(0, unix.F_DUPFD_CLOEXEC, 3)
	if err != nil {
		return nil, err
	}
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	defer null.Close()
	if err := dupTo(int(null.Fd()), 0); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "launcher"), nil
}

// prepare does all that can fail before the program is executed.
func (o *stageOrders) prepare() error {
	syscall.Umask(0o022)
	osutil.CloseOthersOnExec()
	all := make(chan os.Signal, 1)
	signal.Notify(all) // an exec makes those that are caught the default again, and leaves those that are ignored, execve(2)
	if o.Become {
		if err := o.become(); err != nil {
			return fmt.Errorf("cannot become user %d: %w", o.UID, err)
		}
	}
	if err := os.Chdir(o.Directory); err != nil {
		return fmt.Errorf("cannot change to directory '%s': %w", o.Directory, osutil.Cause(err))
	}
	return nil
}

// become sets the groups first: after setuid(2) that is not allowed any more.
func (o *stageOrders) become() error {
	if err := syscall.Setgroups(o.Groups); err != nil {
		return fmt.Errorf("its groups: %w", err)
	}
	if err := syscall.Setgid(o.GID); err != nil {
		return fmt.Errorf("group %d: %w", o.GID, err)
	}
	if err := syscall.Setuid(o.UID); err != nil {
		return err
	}
	if os.Getuid() != o.UID || os.Geteuid() != o.UID || os.Getgid() != o.GID || os.Getegid() != o.GID {
		return errors.New("the kernel has not made it that user")
	}
	return dropPrivileges(o.UID)
}

// execute returns only what has gone wrong.
func (o *stageOrders) execute() error {
	resetSignals()
	err := syscall.Exec(o.Argv[0], o.Argv, o.Environment)
	text := err.Error()
	_, statErr := os.Stat(o.Argv[0])
	switch {
	case errors.Is(err, syscall.ENOENT) && statErr == nil:
		text += " (the interpreter that its first line names, or its dynamic loader, is missing)"
	case errors.Is(err, syscall.ENOEXEC):
		text += " (a script must begin with #! and its interpreter)"
	}
	return fmt.Errorf("cannot execute '%s': %s", o.Argv[0], text)
}
