package importer

import (
	"strings"
	"testing"
)

func TestIdentify(t *testing.T) {
	for _, test := range []struct {
		pattern string
		want    process
	}{
		{"clamd", process{called: "clamd"}},
		{"php-fpm8.2", process{called: "php-fpm8.2"}},
		{"[c]lamd", process{called: "clamd"}},
		{"^clamd$", process{called: "clamd"}},
		{`php-fpm8\.2`, process{called: "php-fpm8.2"}},
		{"/usr/sbin/x", process{executable: "/usr/sbin/x"}},
		{"^/usr/sbin/x$", process{executable: "/usr/sbin/x"}},
		{"/usr/sbin/x -f y.conf", process{executable: "/usr/sbin/x", args: `^y\.conf`}},
		{"/usr/bin/perl -w /srv/x y", process{executable: "/usr/bin/perl", args: "^/srv/x"}},
		{"/bin/sh x.sh", process{executable: "/bin/sh", args: `^x\.sh`}},
		{"/usr/bin/java", process{executable: "/usr/bin/java"}},
		{"sbin/clamd", process{called: "clamd", doubt: "?"}},
		{"nginx: master process", process{called: "nginx", doubt: "?"}},
		{"nginx:", process{called: "nginx", doubt: "?"}},
		{"java.*com.x.Y", process{args: "com.x.Y", doubt: "?"}},
		{"a|b", process{args: "a|b", doubt: "?"}},
		{"x.+", process{args: "x.+", doubt: "?"}},
		{`\d`, process{args: `\d`, doubt: "?"}},
		{"(", process{doubt: "?"}},
		{"(?i)x", process{doubt: "?"}},
		{"x{5}", process{doubt: "?"}},
		{`\pL+`, process{doubt: "?"}},
		{"a+ b", process{doubt: "?"}},
		{"x" + strings.Repeat("+?", 1) + strings.Repeat("y", 100), process{doubt: "?"}},
		{"", process{doubt: "?"}},
		{" ", process{doubt: "?"}},
		{"^$", process{doubt: "?"}},
		{`\`, process{args: "", doubt: "?"}},
	} {
		got := identify(test.pattern, extended)
		if got.executable != test.want.executable || got.called != test.want.called || got.args != test.want.args || (got.doubt != "") != (test.want.doubt != "") {
			t.Errorf("%q: %+v", test.pattern, got)
		}
	}
	for pattern, want := range map[string]process{
		"/opt/c++/x":  {executable: "/opt/c++/x"},
		"a{b":         {called: "a{b"},
		"x.+":         {called: "x.+"},
		"a.*b+(c|d)":  {args: `b\+\(c\|d\)`, doubt: "?"},
		"/usr/bin/a*": {args: "/usr/bin/a*", doubt: "?"},
	} {
		got := identify(pattern, basic)
		if got.executable != want.executable || got.called != want.called || got.args != want.args || (got.doubt != "") != (want.doubt != "") {
			t.Errorf("%q: %+v", pattern, got)
		}
	}
	for pattern, want := range map[string]string{"/usr/bin/python3": "runs other programs", "/usr/bin/python3 /srv/x": "", "/usr/sbin/x": ""} {
		if got := strings.Join(identify(pattern, extended).notes, ""); !strings.Contains(got, want) || want == "" && got != "" {
			t.Errorf("%s: %q", pattern, got)
		}
	}
}

func TestServiceCall(t *testing.T) {
	for line, want := range map[string]string{
		"/etc/init.d/x start":                         "start x",
		"/etc/init.d/x stop":                          "stop x",
		"/usr/local/etc/rc.d/x onestart":              "start x",
		"/etc/rc.d/x forcestop":                       "stop x",
		"/etc/rc.d/init.d/x restart":                  "start x",
		"service x start":                             "start x",
		"/usr/sbin/service x onerestart":              "start x",
		"/usr/sbin/service -v x stop":                 "stop x",
		"invoke-rc.d x start":                         "start x",
		"systemctl start x":                           "start x",
		"/bin/systemctl --no-block start x.service y": "start x y",
		"systemctl stop x@1.service":                  "stop x@1",
		"systemctl start x.socket":                    "start x.socket",
		"rc-service x start":                          "start x",
		"sv up /etc/service/x":                        "start runit:/etc/service/x",
		"sv -w 7 restart x":                           "",
		"svc -u /service/x":                           "start svc:/service/x",
		"svc -d /service/x":                           "stop svc:/service/x",
		"s6-svc -wu -u /run/service/x":                "start s6:/run/service/x",
		"supervisorctl stop x":                        "stop supervisor:x",
		"supervisorctl restart all":                   "",
		"/sbin/start x":                               "start x !",
		"initctl stop x":                              "stop x !",
		"start a b":                                   "",
		"/etc/init.d/x":                               "",
		"/etc/init.d/x status":                        "",
		"systemctl is-active x":                       "",
		"service x":                                   "",
		"service ../x start":                          "",
		"systemctl start -x":                          "",
		"/usr/sbin/x start":                           "",
		"svc /service/x":                              "",
	} {
		c, ok := serviceCall(strings.Fields(line))
		got := ""
		if ok {
			got = "start " + strings.Join(c.services, " ")
			if c.stops {
				got = "stop " + strings.Join(c.services, " ")
			}
			if c.about != "" {
				got += " !"
			}
		}
		if got != want {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
	if _, ok := serviceCall(nil); ok {
		t.Error("nothing is a call")
	}
}
