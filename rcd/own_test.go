package rcd

import (
	"context"
	"errors"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"
)

// prey is a process that ends by some signals.
type prey struct {
	pid   int
	ends  []syscall.Signal
	fails error
	got   []syscall.Signal
	ended bool
}

func (p *prey) PID() int { return p.pid }
func (p *prey) Close()   {}

func (p *prey) Signal(s syscall.Signal) error {
	p.got = append(p.got, s)
	p.ended = p.ended || slices.Contains(p.ends, s)
	return p.fails
}

func (p *prey) Ended() (bool, error) { return p.ended, nil }

// Without a command a stop is TERM, and later KILL, for the processes that are held, and for
// nothing else.
func TestOwnStopEnds(t *testing.T) {
	both := []syscall.Signal{syscall.SIGTERM, syscall.SIGKILL}
	for name, tc := range map[string]struct {
		list []Held
		err  error // of getting hold
		want string
		got  []syscall.Signal // of the last
	}{
		"nothing runs":   {},
		"one hears TERM": {list: []Held{&prey{pid: 7, ends: both}}, got: both[:1]},
		"one does not":   {list: []Held{&prey{pid: 7, ends: both}, &prey{pid: 8, ends: both[1:]}}, got: both},
		"one does not end": {
			list: []Held{&prey{pid: 9}}, got: both, want: "cannot stop service own:a: process 9 cannot be killed",
		},
		"no permission": {
			list: []Held{&prey{pid: 9, fails: syscall.EPERM}}, got: both, want: "cannot stop service own:a: operation not permitted",
		},
		"no hold": {
			list: []Held{&prey{pid: 7}}, err: errors.New("no hold"), want: "cannot stop service own:a: no hold",
		},
	} {
		t.Run(name, func(t *testing.T) {
			own := NewOwn(Host{OS: "none"}, []*OwnDaemon{{Name: "a", Start: []string{"/bin/a"}}}, nil)
			ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
			defer cancel()
			err := own.Stop(ctx, "own:a", With{Seize: func(context.Context) ([]Held, error) { return tc.list, tc.err }})
			if got := errText(err); !strings.HasPrefix(got, tc.want) || (tc.want == "") != (err == nil) {
				t.Errorf("got %v, want %s", err, tc.want)
			}
			if n := len(tc.list); n > 0 && !slices.Equal(tc.list[n-1].(*prey).got, tc.got) {
				t.Errorf("sent %v, want %v", tc.list[n-1].(*prey).got, tc.got)
			}
		})
	}
}

// A daemon runs once: what has outlived its stop keeps it from being started.
func TestOwnStartsOnce(t *testing.T) {
	own := NewOwn(Host{OS: "none"}, []*OwnDaemon{{Name: "a", Start: []string{"/bin/a"}}}, nil)
	for want, with := range map[string]With{
		"its processes have not ended (pid 5, 6), and it is to run once": {
			Program: "/x", Remaining: func(context.Context) ([]int, error) { return []int{5, 6}, nil },
		},
		"it cannot be told whether the old one has ended: no": {
			Program: "/x", Remaining: func(context.Context) ([]int, error) { return nil, errors.New("no") },
		},
		"our own program, which starts it, was not found": {},
	} {
		err := own.Start(context.Background(), "own:a", with)
		if err == nil || err.Error() != "cannot start service own:a: "+want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// It is asked by its name with or without the prefix, and knows no other.
func TestOwnNames(t *testing.T) {
	own := NewOwn(Host{OS: "none"}, []*OwnDaemon{{Name: "a", Start: []string{"/bin/a", "-x"}, Stop: []string{"/bin/stop", "a"}}, {Name: "b", Start: []string{"/bin/b"}}}, nil)
	ctx := context.Background()
	for _, name := range []string{"own:a", "a"} {
		if err := own.Find(ctx, name); err != nil {
			t.Error(err)
		}
		for _, args := range []string{
			childName + "|start|own:a|1s|1s|/x", "/proc/self/exe|__launch|own:a", "/proc/7/exe|__launch|--stage|own:a",
		} {
			if list := strings.Split(args, "|"); !own.CarriesOut(list, Start, name) || own.CarriesOut(list, Stop, name) || own.CarriesOut(list, Start, "b") {
				t.Errorf("%s is not told from others", args)
			}
		}
		if !own.CarriesOut([]string{"/bin/sh", "/bin/stop", "a"}, Stop, name) {
			t.Error("a stop command is not known")
		}
	}
	if err := own.Find(ctx, "own:c"); !errors.As(err, new(*NotFoundError)) {
		t.Errorf("got %v", err)
	}
	if got := strings.Join(own.Argv(Stop, "own:b"), " "); got != "kill -TERM the processes of b" {
		t.Errorf("got %s", got)
	}
	if names, err := own.Names(ctx); err != nil || !slices.Equal(names, []string{"a", "b"}) {
		t.Errorf("%v, %v", names, err)
	}
}

// Dashes of a slice's name are levels, and what is not part of a unit's name is escaped.
func TestOwnScope(t *testing.T) {
	p := launchPlan{OwnDaemon: OwnDaemon{Name: "my-app@1"}, Scopes: "/usr/bin/systemd-run"}
	argv := strings.Join(p.scope(7), " ")
	for _, want := range []string{`--slice=system-own\x2dmy\x2dapp\x401.slice `, ` --unit=own-my\x2dapp\x401-7-`, `/usr/bin/systemd-run --scope `} {
		if !strings.Contains(argv, want) {
			t.Errorf("no %s in %s", want, argv)
		}
	}
}

func errText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
