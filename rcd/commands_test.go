package rcd

import (
	"errors"
	"strings"
	"testing"
)

// Which processes stop or start a service, by their arguments.
func TestCommands(t *testing.T) {
	dialects := map[string]dialect{"rc.d": freebsd{service: "/usr/sbin/service"}, "sysv": sysv{}, "own": program{path: "/opt/keep/svc"}, "openrc": openrc{program{path: "/sbin/rc-service"}}}
	for _, tt := range []struct {
		dialect, args string // parts are divided by spaces
		want          string // the verb; "": it is none
	}{
		{"rc.d", "/bin/sh /etc/rc.d/x start", "start"},
		{"rc.d", "/bin/sh /usr/local/etc/rc.d/x onerestart", "onerestart"},
		{"rc.d", "/bin/sh /usr/sbin/service x stop", "stop"},
		{"rc.d", "/bin/sh /usr/sbin/service -v x stop", "stop"},
		{"rc.d", "/bin/sh /etc/rc.d/x onestatus", ""},
		{"rc.d", "/bin/sh /etc/rc.d/x rcvar", ""},
		{"rc.d", "/bin/sh /etc/rc.d/x", ""},
		{"rc.d", "/bin/sh /etc/rc.d/xy start", ""},
		{"rc.d", "vi /etc/rc.d/x start", ""},

		{"sysv", "/bin/sh /etc/init.d/x start", "start"},
		{"sysv", "/bin/sh -e /etc/init.d/x force-reload", "force-reload"},
		{"sysv", "/etc/init.d/x restart", "restart"},
		{"sysv", "/bin/sh /etc/rc2.d/S20x start", "start"},
		{"sysv", "/bin/sh /etc/rc0.d/K01x stop", "stop"},
		{"sysv", "/bin/sh /etc/rc2.d/S20yx start", ""},
		{"sysv", "/bin/sh /usr/sbin/service x restart", "restart"},
		{"sysv", "/bin/sh /usr/sbin/invoke-rc.d --quiet x start", "start"},
		{"sysv", "/bin/sh /usr/sbin/service y restart", ""},
		{"sysv", "/bin/sh /etc/init.d/x status", ""},
		{"sysv", "/bin/sh /home/eve/x start", ""},
		{"sysv", "less /etc/init.d/x", ""},
		{"sysv", "-bash", ""},
		{"sysv", "", ""},

		{"own", "/opt/keep/svc x start", "start"},
		{"own", "/bin/bash /opt/keep/svc x stop", "stop"},
		{"own", "/bin/bash /opt/keep/svc y stop", ""},
		{"own", "/opt/keep/svc x status", ""},
		{"own", "/usr/bin/svc x start", ""},
		{"own", "/bin/sh /etc/init.d/x start", "start"},

		{"openrc", "/sbin/rc-service x start", "start"},
		{"openrc", "/sbin/openrc-run /etc/init.d/x start", "start"},
		{"openrc", "/sbin/openrc-run /etc/init.d/x zap", "zap"},
	} {
		is := askedFor(dialects[tt.dialect], "a", "x")
		service, verb, ok := is(strings.Split(tt.args, " "))
		if verb != tt.want && ok || ok != (tt.want != "") || ok && service != "x" {
			t.Errorf("%s: %q: %q, %q, %v, want %q", tt.dialect, tt.args, service, verb, ok, tt.want)
		}
	}
	if askedFor(systemd{}, "x") != nil {
		t.Error("systemd tells by itself")
	}
}

// askedFor asks a router of one manager, which knows all services.
func askedFor(d dialect, services ...string) func(args []string) (service, verb string, ok bool) {
	r := One(on(d, nil), "")
	r.found = make(map[string]found)
	for _, s := range services {
		r.found[s] = found{r.routes[0], s}
	}
	return r.Commands(services)
}

// Of what is given to it, the answer is a service that was asked for, and a verb that is
// one of the arguments.
func FuzzCommands(f *testing.F) {
	f.Add("/bin/sh\x00/etc/init.d/x\x00start")
	f.Add("sh\x00-e\x00/usr/sbin/service\x00--\x00x\x00restart")
	f.Fuzz(func(t *testing.T, text string) {
		args := strings.Split(text, "\x00")
		for _, d := range []dialect{freebsd{service: "/usr/sbin/service"}, sysv{}, program{path: "/opt/svc"}, openrc{program{path: "/sbin/rc-service"}}} {
			service, verb, ok := askedFor(d, "x")(args)
			if ok && (service != "x" || !strings.Contains("\x00"+text+"\x00", "\x00"+verb+"\x00") || !isStep(verb)) || !ok && verb+service != "" {
				t.Errorf("%s: %q, %q, %v", d.Name(), service, verb, ok)
			}
		}
	})
}

// OpenRC says that it is at work; another program's status 4 means that it cannot tell.
func TestOpenRCWork(t *testing.T) {
	for answer, want := range map[string]string{"openrc/starting": "start", "openrc/stopping": "stop", "openrc/started": "", "openrc/crashed": ""} {
		m := Program("/sbin/rc-service", &Outputs{})
		m = on(m.dialect, &fakeRunner{t: t, answers: map[string]result{"/sbin/rc-service cron status": recorded(t, answer)}})
		w, err := m.Work(t.Context(), "cron")
		if err != nil || (w == nil) != (want == "") || w != nil && (w.What != want || w.By != "OpenRC" || w.Service != "cron") {
			t.Errorf("%s: %+v, %v", answer, w, err)
		}
		if o, err := m.Obstacle(t.Context(), "cron"); o != nil || err != nil {
			t.Errorf("%s: %v, %v", answer, o, err)
		}
	}
	m := Program("/opt/own", &Outputs{})
	m = on(m.dialect, &fakeRunner{t: t, queryErr: errors.New("asked")})
	if w, err := m.Work(t.Context(), "cron"); w != nil || err != nil {
		t.Errorf("%+v, %v", w, err)
	}
}
