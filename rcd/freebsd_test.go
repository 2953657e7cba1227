package rcd

import (
	"errors"
	"strings"
	"testing"
)

var bsd = freebsd{service: "/usr/sbin/service"}

// TestFreeBSDArgv: on 13.2 the status of a service that is not enabled exits 0
// whether or not it runs, and onestatus tells the truth.
func TestFreeBSDArgv(t *testing.T) {
	for verb, want := range map[Verb]string{
		Stop: "/usr/sbin/service nginx stop", Start: "/usr/sbin/service nginx start", Status: "/usr/sbin/service nginx onestatus",
	} {
		if got := strings.Join(bsd.Argv(verb, "nginx"), " "); got != want {
			t.Errorf("%s: %q, want %q", verb, got, want)
		}
	}
	if r := recorded(t, "freebsd/status-disabled-13.2"); bsd.state(r) != Running {
		t.Error("status can be trusted now: the reason for onestatus is gone")
	}
}

func TestFreeBSDObstacle(t *testing.T) {
	for _, tt := range []struct {
		enabled, rcvar string // answers; rcvar "": not asked
		want           string // the command that enables it; "": no obstacle
	}{
		{"enabled-yes", "", ""},
		{"enabled-no", "rcvar-no", "sysrc nginx_enable=YES"},
		{"enabled-no", "rcvar-unset", "sysrc nginx_enable=YES"},
		{"enabled-no", "rcvar-warned", "sysrc nginx_enable=YES"},
		{"enabled-no", "rcvar-none", "sysrc sendmail_enable=YES"},
		{"enabled-no", "rcvar-many", "sysrc clamav_clamd_enable=YES"},
		{"enabled-misspelt", "rcvar-misspelt", "sysrc nginx_enable=YES"},
		{"enabled-no", "rcvar-yes", ""},
		{"enabled-no", "rcvar-on", ""},
		{"enabled-no-variable", "rcvar-no-variable", ""},
		{"enabled-old-style", "rcvar-old-style", ""},
	} {
		t.Run(tt.enabled+" "+tt.rcvar, func(t *testing.T) {
			fake := &fakeRunner{t: t, answers: map[string]result{
				"/usr/sbin/service svc enabled": recorded(t, "freebsd/"+tt.enabled),
			}}
			if tt.rcvar != "" {
				fake.answers["/usr/sbin/service svc rcvar"] = recorded(t, "freebsd/"+tt.rcvar)
			}
			o, err := on(bsd, fake).Obstacle(t.Context(), "svc")
			if err != nil {
				t.Fatal(err)
			}
			if tt.want == "" {
				if o != nil {
					t.Errorf("obstacle %+v, want none", *o)
				}
				return
			}
			if o == nil || o.Service != "svc" || o.Word != "disabled" || o.Enable != tt.want {
				t.Errorf("obstacle %+v, want %q", o, tt.want)
			}
		})
	}
}

func TestFreeBSDObstacleCannotAsk(t *testing.T) {
	fake := &fakeRunner{t: t, queryErr: errors.New("cannot ask")}
	if o, err := on(bsd, fake).Obstacle(t.Context(), "nginx"); o != nil || err != fake.queryErr {
		t.Errorf("obstacle %v, %v, want only the error", o, err)
	}
}

// lists are the ways to ask service(8) for its scripts.
func lists(t *testing.T, queryErr error) *fakeRunner {
	return &fakeRunner{t: t, queryErr: queryErr, answers: map[string]result{
		"/usr/sbin/service -l":    recorded(t, "freebsd/list"),
		"/usr/sbin/service -v -l": recorded(t, "freebsd/list-verbose"),
	}}
}

// TestFreeBSDFind looks at files, and asks service(8) only for a script that is
// in neither folder: $local_startup may name more of them.
func TestFreeBSDFind(t *testing.T) {
	f := freebsd{service: "/usr/sbin/service", root: tree(t,
		"etc/rc.d/sshd*", "usr/local/etc/rc.d/nginx*", "usr/local/etc/rc.d/folder/", "opt/rc.d/dovecot*", "opt/rc.d/clamav_clamd*")}
	for _, name := range []string{"sshd", "nginx"} {
		if err := on(f, &fakeRunner{t: t}).Find(t.Context(), name); err != nil {
			t.Errorf("find %s: %v", name, err)
		}
	}
	for name, found := range map[string]bool{
		"dovecot": true, "clamav_clamd": true,
		"nosuch": false, "dove": false, "dovecot2": false, "folder": false, "From": false,
	} {
		fake := lists(t, nil)
		err := on(f, fake).Find(t.Context(), name)
		var unknown *NotFoundError
		if found != (err == nil) || !found && !errors.As(err, &unknown) {
			t.Errorf("find %s: %v, want found: %v", name, err, found)
		}
		if len(fake.queries) != 1 {
			t.Errorf("find %s asked %q", name, fake.queries)
		}
	}
	fake := lists(t, errors.New("cannot ask"))
	if err := on(f, fake).Find(t.Context(), "dovecot"); err != fake.queryErr {
		t.Errorf("find: %v, want %v", err, fake.queryErr)
	}
}

// TestFreeBSDFindNotExecutable: service -l lists every file, but service(8) runs
// only those that are executable.
func TestFreeBSDFindNotExecutable(t *testing.T) {
	f := freebsd{service: "/usr/sbin/service", root: tree(t, "etc/rc.d/", "usr/local/etc/rc.d/nginx", "opt/rc.d/dovecot")}
	for _, name := range []string{"nginx", "dovecot"} {
		var unknown *NotFoundError
		if err := on(f, lists(t, nil)).Find(t.Context(), name); !errors.As(err, &unknown) {
			t.Errorf("find %s: %v, want a NotFoundError", name, err)
		}
	}
}

func TestFreeBSDPhase(t *testing.T) {
	if p, err := on(bsd, &fakeRunner{t: t}).Phase(t.Context()); p != Working || err != nil {
		t.Errorf("phase %d, %v", p, err)
	}
}
