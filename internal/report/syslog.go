package report

import (
	"fmt"

	gsyslog "github.com/hashicorp/go-syslog"
)

// syslog sends lines to the machine's syslog daemon. Unlike log/syslog, the
// library never blocks for ever on one that hangs.
type syslog struct {
	gsyslog.Syslogger
}

// OpenSyslog connects to the local syslog daemon.
func OpenSyslog(facility, tag string) (Sender, error) {
	l, err := gsyslog.NewLogger(gsyslog.LOG_NOTICE, facility, tag)
	if err != nil {
		return nil, fmt.Errorf("cannot reach the syslog daemon: %w", err)
	}
	return syslog{l}, nil
}

func (s syslog) Send(level Level, line string) error {
	return s.WriteLevel(priority(level), []byte(line))
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
