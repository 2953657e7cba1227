package realtest

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

// A process is held against its unit: nothing is said of one that is as its unit asks for;
// once the unit was changed, each difference is, and after a restart none is any more.
func TestInspectUnit(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	l.Unit("held.service", "[Service]\nType=exec\nExecStart=/usr/bin/sleep infinity\nUser=nobody\nLimitNOFILE=512\nUMask=0027\nWorkingDirectory=/usr\n[Install]\nWantedBy=multi-user.target\n")
	l.File("/etc/systemd/system/held.service.d/more.conf", "[Service]\n", 0o644)
	m := Boot(t, Tree(t, Consumers()...), l)

	const sleep = "/usr/bin/sleep@nobody:1-"
	if got := inspected(t, m, sleep); len(got) > 0 {
		t.Errorf("of one that is as its unit asks for: %q", got)
	}
	if a := begin(t, m, program, "inspect", sleep)(); a.status != 0 || !strings.HasPrefix(a.stdout, "nothing to say of ") {
		t.Errorf("%+v", a)
	}

	m.Must(t, "sh", "-c", `printf '%s\n' '[Service]' User=daemon Group=daemon SupplementaryGroups=tty LimitNOFILE=1024 UMask=0077 WorkingDirectory=/srv NoNewPrivileges=yes `+
		`PrivateTmp=yes CapabilityBoundingSet=CAP_CHOWN AmbientCapabilities=CAP_CHOWN OOMScoreAdjust=10 SystemCallFilter=@system-service >/etc/systemd/system/held.service.d/more.conf`)
	m.Must(t, "touch", "-d", "1 minute", "/etc/systemd/system/held.service.d/more.conf")
	if got := inspected(t, m, sleep); !slices.Contains(got, "unit_unread") {
		t.Errorf("systemd has not read the unit, and of that is said: %q", got)
	}
	m.Must(t, "systemctl", "daemon-reload")
	got := inspected(t, m, sleep)
	for _, want := range []string{
		"user_differs", "group_differs", "groups_missing", "umask_differs", "cwd_differs", "new_privileges", "not_hidden",
		"bounds_differ", "powers_missing", "oom_differs", "no_filter", "limit_differs", "unit_newer",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is not said; but %q", want, got)
		}
	}

	m.Must(t, "touch", "-d", "1 hour ago", "/etc/systemd/system/held.service.d/more.conf")
	m.Must(t, "systemctl", "daemon-reload")
	m.Must(t, "systemctl", "restart", "held.service")
	if got := inspected(t, m, "/usr/bin/sleep@daemon:1-"); len(got) > 0 {
		t.Errorf("after the restart: %q", got)
	}
}

// inspected are the findings of the one process of a daemon.
func inspected(t *testing.T, m *Machine, spec string) (ids []string) {
	t.Helper()
	a := begin(t, m, program, "inspect", "-o", "json", spec)()
	var got struct {
		Daemons []struct {
			Reason    string
			Processes []struct{ Findings []struct{ ID string } }
		}
	}
	if err := json.Unmarshal([]byte(a.stdout), &got); err != nil || len(got.Daemons) != 1 || len(got.Daemons[0].Processes) != 1 {
		t.Fatalf("%v: %+v", err, a)
	}
	for _, f := range got.Daemons[0].Processes[0].Findings {
		ids = append(ids, f.ID)
	}
	return ids
}
