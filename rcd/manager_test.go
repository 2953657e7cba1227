package rcd

import (
	"errors"
	"slices"
	"testing"
)

// TestStop: the stop of a daemon that has crashed fails on most systems, and is
// no error; every other failure stays one.
func TestStop(t *testing.T) {
	failed := &CommandError{Verb: Stop, Service: "nginx", Status: 1, Cause: errors.New("exit status 1")}
	timedOut := &CommandError{Verb: Stop, Service: "nginx", Status: -1, TimedOut: true, Cause: errors.New("over")}
	noOutput := errors.New("cannot stop service nginx: too many open files")
	noStatus := errors.New("cannot ask")
	for _, tt := range []struct {
		name     string
		stop     error
		status   string // what onestatus answers
		queryErr error
		want     error
		asks     bool
	}{
		{"success", nil, "", nil, nil, false},
		{"fails, and nothing runs", failed, "freebsd/onestatus-stopped", nil, nil, true},
		{"fails, and it runs", failed, "freebsd/onestatus-running", nil, failed, true},
		{"fails, and nobody can tell", failed, "freebsd/onestatus-old-style", nil, failed, true},
		{"fails, and the status cannot be asked", failed, "freebsd/onestatus-stopped", noStatus, failed, true},
		{"takes too long, though nothing runs", timedOut, "freebsd/onestatus-stopped", nil, timedOut, false},
		{"was not even tried", noOutput, "freebsd/onestatus-stopped", nil, noOutput, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			fake := &fakeRunner{t: t, stepErr: tt.stop, queryErr: tt.queryErr}
			if tt.status != "" {
				fake.answers = map[string]result{"/usr/sbin/service nginx onestatus": recorded(t, tt.status)}
			}
			m := on(freebsd{service: "/usr/sbin/service"}, fake)
			if err := m.Stop(t.Context(), "nginx", With{}); err != tt.want {
				t.Errorf("Stop = %v, want %v", err, tt.want)
			}
			if want := []string{"stop nginx: /usr/sbin/service nginx stop"}; !slices.Equal(fake.steps, want) {
				t.Errorf("steps %q, want %q", fake.steps, want)
			}
			if asked := len(fake.queries) > 0; asked != tt.asks {
				t.Errorf("asked %q, want a question: %v", fake.queries, tt.asks)
			}
		})
	}
}

// TestStopOpenRC: where OpenRC still calls a service started whose stop has failed, it is
// told that it is stopped: else the start does nothing.
func TestStopOpenRC(t *testing.T) {
	failed := &CommandError{Verb: Stop, Service: "x", Status: 1, Cause: errors.New("exit status 1")}
	for _, tt := range []struct {
		name        string
		status, zap int
		want        error
		asks        int
	}{
		{"started, and forgotten", 0, 0, nil, 2},
		{"started, and not forgotten", 0, 1, failed, 2},
		{"stopped", 3, 0, nil, 1},
		{"somebody stops it", 4, 0, failed, 1},
		{"crashed, as it knows itself", 32, 0, nil, 2},
		{"crashed, and the script knows no zap", 32, 1, nil, 2},
	} {
		fake := &fakeRunner{t: t, stepErr: failed, answers: map[string]result{
			"/sbin/rc-service x status": {status: tt.status}, "/sbin/rc-service x zap": {status: tt.zap},
		}}
		m := on(openrc{program{path: "/sbin/rc-service"}}, fake)
		if err := m.Stop(t.Context(), "x", With{}); err != tt.want || len(fake.queries) != tt.asks {
			t.Errorf("%s: %v, asked %q", tt.name, err, fake.queries)
		}
	}
}

func TestStart(t *testing.T) {
	for _, want := range []error{nil, &CommandError{Verb: Start, Service: "nginx", Status: 1, Cause: errors.New("exit status 1")}} {
		fake := &fakeRunner{t: t, stepErr: want}
		m := on(sysv{service: "/usr/sbin/service"}, fake)
		if err := m.Start(t.Context(), "nginx", With{}); err != want {
			t.Errorf("Start = %v, want %v", err, want)
		}
		if want := []string{"start nginx: /usr/sbin/service nginx start"}; !slices.Equal(fake.steps, want) {
			t.Errorf("steps %q, want %q", fake.steps, want)
		}
	}
}

// TestStatus: what cannot be asked is Unknown, with the error.
func TestStatus(t *testing.T) {
	fake := &fakeRunner{t: t, answers: map[string]result{"/usr/sbin/service cron status": recorded(t, "sysv/running")}}
	m := on(sysv{service: "/usr/sbin/service"}, fake)
	if state, err := m.Status(t.Context(), "cron"); state != Running || err != nil {
		t.Errorf("Status = %d, %v, want Running", state, err)
	}
	fake.queryErr = errors.New("cannot ask")
	if state, err := m.Status(t.Context(), "cron"); state != Unknown || err != fake.queryErr {
		t.Errorf("Status = %d, %v, want Unknown and the error", state, err)
	}
}

// TestZeroIsUnknown: only Stopped may ever make a difference.
func TestZeroIsUnknown(t *testing.T) {
	var state State
	var phase Phase
	if state != Unknown || phase != Working {
		t.Errorf("zero state %d, zero phase %d", state, phase)
	}
}

func TestErrorTexts(t *testing.T) {
	obstacle := &Obstacle{Service: "nginx", Word: "disabled", Enable: "sysrc nginx_enable=YES"}
	notFound := &NotFoundError{Service: "nosuch", Manager: "rc.d", Where: " (not here)", List: "service -l"}
	command := &CommandError{Verb: Start, Service: "nginx", Cause: errors.New("exit status 1")}
	for _, tt := range []struct{ got, want string }{
		{obstacle.Error(), "cannot start service nginx: it is disabled"},
		{obstacle.Hint(), "enable it with: sysrc nginx_enable=YES"},
		{notFound.Error(), "cannot find service nosuch: rc.d knows none of that name (not here)"},
		{notFound.Hint(), "list the names with: service -l"},
		{command.Error(), "cannot start service nginx: exit status 1"},
	} {
		if tt.got != tt.want {
			t.Errorf("got  %q\nwant %q", tt.got, tt.want)
		}
	}
	if (&NotFoundError{Service: "nosuch", Manager: "/opt/own"}).Hint() == "" {
		t.Error("no hint where there is no command that lists the names")
	}
	if !errors.Is(command, command.Cause) {
		t.Error("a CommandError does not unwrap to its cause")
	}
}
