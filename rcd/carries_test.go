package rcd

import (
	"strings"
	"testing"
)

func TestCarriesOut(t *testing.T) {
	service := []string{"/usr/sbin/service", "nginx", "stop"}
	for _, tt := range []struct {
		name, args string // separated by |
		argv       []string
		want       bool
	}{
		{"the command", "/usr/sbin/service|nginx|stop", service, true},
		{"its interpreter", "/bin/sh|/usr/sbin/service|nginx|stop", service, true},
		{"its interpreter with an option", "/bin/sh|-e|/usr/sbin/service|nginx|stop", service, true},
		{"env, on its way to the script", "env|-i|LANG=C|PATH=/bin|/etc/init.d/nginx|stop", service, true},
		{"an init script", "/bin/sh|/etc/init.d/nginx|stop", service, true},
		{"an rc.d script", "/bin/sh|/etc/rc.d/nginx|stop", service, true},
		{"one of a port", "/bin/sh|/usr/local/etc/rc.d/nginx|onestop", service, true},
		{"systemctl", "systemctl|stop|nginx.service", service, true},
		{"systemctl with options", "/bin/systemctl|--no-block|stop|nginx", service, true},
		{"a program of the user's", "/bin/sh|/usr/local/sbin/manage|nginx|stop", []string{"/usr/local/sbin/manage", "nginx", "stop"}, true},
		{"rc-service's", "/sbin/openrc-run|/etc/init.d/nginx|stop", []string{"/sbin/rc-service", "nginx", "stop"}, true},
		{"a child of ours", childName + "|stop|nginx|1m0s|10s|/usr/sbin/service|nginx|stop", service, true},

		{"a child for another service", childName + "|stop|squid|1m0s|10s|/usr/sbin/service|nginx|stop", service, false},
		{"a child for another verb", childName + "|start|nginx|1m0s|10s|/usr/sbin/service|nginx|stop", service, false},
		{"another verb", "/bin/sh|/etc/init.d/nginx|start", service, false},
		{"another service", "/bin/sh|/etc/init.d/squid|stop", service, false},
		{"a longer name", "/bin/sh|/etc/init.d/nginx2|stop", service, false},
		{"an editor", "vi|/etc/init.d/nginx", service, false},
		{"a search", "grep|-r|x|y|/etc/init.d/nginx|stop", service, false},
		{"more behind it", "/bin/sh|/etc/init.d/nginx|stop|now", service, false},
		{"the daemon", "nginx: master process /usr/sbin/nginx", service, false},
		{"nothing", "", service, false},
		{"no command", "/bin/sh|x", nil, false},
	} {
		if got := CarriesOut(strings.Split(tt.args, "|"), Stop, "nginx", tt.argv); got != tt.want {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
}
