package terminal

import (
	"bytes"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A quick step shows nothing; a slow one a line that is written anew and taken
// away at the end.
func TestProgressShowsOnlySlowSteps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := NewProgress(&out, func() int { return 80 })
		end := p.Begin("stopping service a")
		time.Sleep(900 * time.Millisecond)
		end()
		if out.Len() > 0 {
			t.Errorf("a quick step printed %q", &out)
		}
		end = p.Begin("starting service a")
		time.Sleep(2500 * time.Millisecond)
		end()
		want := "\rstarting service a ... 1 s\x1b[K\rstarting service a ... 2 s\x1b[K\r\x1b[K"
		if out.String() != want {
			t.Errorf("printed %q, want %q", &out, want)
		}
		if strings.Contains(out.String(), "\n") {
			t.Error("more than one line")
		}
	})
}

// What is under way at the same time stands on the one line, as far as there is
// room for it.
func TestProgressShowsEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var out bytes.Buffer
		p := NewProgress(&out, func() int { return 64 })
		var ends []func()
		for _, name := range []string{"clamd", "named", "sshd"} {
			ends = append(ends, p.Begin("waiting for "+name))
		}
		time.Sleep(1500 * time.Millisecond)
		ends[1]()
		time.Sleep(time.Second)
		ends[0]()
		ends[2]()
		want := "\rwaiting for clamd ... 1 s; waiting for named ... 1 s; 1 more\x1b[K" +
			"\rwaiting for clamd ... 2 s; waiting for sshd ... 2 s\x1b[K\r\x1b[K"
		if out.String() != want {
			t.Errorf("printed %q, want %q", &out, want)
		}
	})
}

func TestCaution(t *testing.T) {
	var out bytes.Buffer
	Caution(&out, false, "'x': not\there")
	Caution(&out, true, "y")
	if want := "daemon-keeper: warning: 'x': not\\x09here\ndaemon-keeper: \x1b[33mwarning:\x1b[0m y\n"; out.String() != want {
		t.Errorf("printed %q, want %q", &out, want)
	}
}
