package report

import (
	"fmt"
	"io/fs"
	"os"
	"runtime"
	"slices"
	"time"

	gsyslog "github.com/hashicorp/go-syslog"
)

// syslog sends lines to the machine's syslog daemon. Unlike log/syslog, the library never
// blocks forever on a daemon that hangs.
type syslog struct {
	gsyslog.Syslogger
	end string // the end of each line
}

// OpenSyslog connects to the local syslog daemon.
func OpenSyslog(facility, tag string) (Sender, error) {
	l, err := connect(func() (gsyslog.Syslogger, error) { return gsyslog.NewLogger(gsyslog.LOG_NOTICE, facility, tag) }, isSocket)
	if err != nil {
		return nil, fmt.Errorf("cannot reach the syslog daemon: %w", err)
	}
	return syslog{l, lineEnd(runtime.GOOS, isSocket)}, nil
}

// connect asks again if there is a socket: the library gives a connection 20 ms, which may pass
// while we wait for a processor.
func connect(dial func() (gsyslog.Syslogger, error), isSocket func(path string) bool) (gsyslog.Syslogger, error) {
	l, err := dial()
	for try := 1; err != nil && try < mostTries && slices.ContainsFunc([]string{"/dev/log", "/var/run/syslog", "/var/run/log"}, isSocket); try++ {
		time.Sleep(tryPause)
		l, err = dial()
	}
	return l, err
}

// lineEnd returns the end of a line. The library ends each message with a newline, which
// FreeBSD's syslogd(8) turns into a blank; it reads a message as a C string, so a NUL before
// the newline prevents that. Other programs would show the NUL; only syslogd has the socket
// /var/run/logpriv.
func lineEnd(system string, isSocket func(path string) bool) string {
	if system == "freebsd" && isSocket("/var/run/logpriv") {
		return "\x00"
	}
	return ""
}

func isSocket(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().Type() == fs.ModeSocket
}

func (s syslog) Send(level Level, line string) error {
	return s.WriteLevel(priority(level), []byte(line+s.end))
}

func priority(level Level) gsyslog.Priority {
	switch level {
	case Routine, Info:
		return gsyslog.LOG_INFO
	case Warning:
		return gsyslog.LOG_WARNING
	case Error:
		return gsyslog.LOG_ERR
	case Fatal:
		return gsyslog.LOG_CRIT
	}
	return gsyslog.LOG_NOTICE
}
