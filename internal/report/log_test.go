package report

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// fakeSyslog takes lines, each in some time, or fails.
type fakeSyslog struct {
	lines []string
	takes time.Duration
	err   error
	busy  int // as often it fails; 0: always
	asked int
}

func (f *fakeSyslog) Send(l Level, line string) error {
	f.asked++
	time.Sleep(f.takes)
	if f.err != nil && (f.busy == 0 || f.asked <= f.busy) {
		return f.err
	}
	f.lines = append(f.lines, line)
	return nil
}

func TestLineOpensWithItsLevel(t *testing.T) {
	var s fakeSyslog
	var stderr bytes.Buffer
	d := NewLog(&s, &stderr, false, Notice)
	d.Log(Routine, "a")
	d.Log(Notice, "b")
	d.Log(Warning, "'%s' is not running", "/usr/local/sbin/clamd")
	d.Log(Error, "d")
	d.Log(Fatal, "e")
	want := "INFO a|INFO b|WARNING '/usr/local/sbin/clamd' is not running|ERROR d|FATAL e"
	if got := strings.Join(s.lines, "|"); got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	if stderr.Len() > 0 {
		t.Errorf("syslog took it, and stderr too: %q", &stderr)
	}
}

func TestLineIsOneLineOfASCIIWithinOneKiB(t *testing.T) {
	var s fakeSyslog
	NewLog(&s, nil, false, Notice).Log(Error, "%s", "ü\n"+strings.Repeat("x", 5000))
	if len(s.lines[0]) != 1024 || !strings.HasPrefix(s.lines[0], `ERROR \xc3\xbc\x0axxx`) || !strings.HasSuffix(s.lines[0], "...") {
		t.Errorf("sent %d bytes: %.40q", len(s.lines[0]), s.lines[0])
	}
}

func TestWithoutSyslogTheLinesGoToStderr(t *testing.T) {
	var stderr bytes.Buffer
	d := NewLog(nil, &stderr, false, Notice)
	d.Log(Routine, "all is well")
	d.Log(Warning, "it is not")
	if got, want := stderr.String(), "daemon-keeper: WARNING it is not\n"; got != want {
		t.Errorf("stderr %q, want %q", got, want)
	}
}

// What stays wrong is left to the report, which cron mails once.
func TestWithoutSyslogWhatStaysWrongIsLeftToTheReport(t *testing.T) {
	for mirror, want := range map[Level]string{Info: "", Routine: "daemon-keeper: ERROR it is broken\n"} {
		var stderr bytes.Buffer
		NewLog(nil, &stderr, false, mirror).Record(Error, "it is broken")
		if got := stderr.String(); got != want {
			t.Errorf("mirror %v: %q, want %q", mirror, got, want)
		}
	}
	var s fakeSyslog
	NewLog(&s, nil, false, Info).Record(Error, "it is broken")
	if len(s.lines) != 1 {
		t.Errorf("sent %q", s.lines)
	}
}

// A syslog daemon that hangs costs a run little more than a second, however many lines it
// writes, and none of them is lost.
func TestHungSyslogCostsLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := fakeSyslog{takes: 160 * time.Millisecond, err: os.ErrDeadlineExceeded}
		var stderr bytes.Buffer
		d := NewLog(&s, &stderr, false, Notice)
		began := time.Now()
		for range 50 {
			d.Log(Warning, "line")
		}
		if took := time.Since(began); took > 1500*time.Millisecond {
			t.Errorf("50 lines took %v", took)
		}
		if n := strings.Count(stderr.String(), "\n"); n != 50 {
			t.Errorf("%d lines on stderr", n)
		}
	})
}

// On a busy machine the queue of the syslog daemon is full for a moment: no line goes to
// stderr, for cron to mail.
func TestBusySyslogIsWaitedFor(t *testing.T) {
	for _, tc := range []struct {
		err    error
		busy   int // as often it fails
		asked  int
		mailed bool
	}{
		{os.ErrDeadlineExceeded, 5, 6, false},
		{syscall.ENOBUFS, 40, 41, false},            // FreeBSD's
		{errors.New("delivery error"), 2, 3, false}, // the library's, if it has not connected within 20 ms
		{errors.New("delivery error"), 0, 5, true},
	} {
		synctest.Test(t, func(t *testing.T) {
			s := fakeSyslog{err: tc.err, busy: tc.busy}
			var stderr bytes.Buffer
			NewLog(&s, &stderr, false, Notice).Log(Warning, "line")
			if s.asked != tc.asked || (stderr.Len() > 0) != tc.mailed || (len(s.lines) == 0) != tc.mailed {
				t.Errorf("%v: asked %d times, it has %q, on stderr is %q", tc.err, s.asked, s.lines, &stderr)
			}
		})
	}
}

// On a terminal the level has its colour, and nothing else does.
func TestLevelsInColour(t *testing.T) {
	var stderr bytes.Buffer
	d := NewLog(nil, &stderr, true, Notice)
	d.Log(Notice, "a")
	d.Log(Warning, "b \x1b[31m")
	d.Log(Error, "c")
	want := "daemon-keeper: \x1b[32mINFO\x1b[0m a\ndaemon-keeper: \x1b[33mWARNING\x1b[0m b \\x1b[31m\ndaemon-keeper: \x1b[31mERROR\x1b[0m c\n"
	if stderr.String() != want {
		t.Errorf("%q, want %q", &stderr, want)
	}
}
