package rcd

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The scripts of each system name their pidfiles and programs.
func TestScriptPIDFiles(t *testing.T) {
	root := t.TempDir()
	put := func(path, text string, mode os.FileMode) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(root+path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(root+path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
	}
	put("/usr/sbin/toyd", "", 0o755)
	put("/usr/local/sbin/bsdd", "", 0o755)
	put("/etc/init.d/toy", "#!/bin/sh\nDAEMON=/usr/sbin/toyd\nGONE_BIN=/usr/sbin/gone\nNAME=toyd\nPIDFILE=/run/toy/$NAME.pid\n", 0o755)
	put("/etc/init.d/rc", "#!/sbin/openrc-run\npidfile=\"/run/${RC_SVCNAME}.pid\"\ncommand=/usr/sbin/toyd\n", 0o755)
	put("/etc/init.d/none", "#!/bin/sh\n:\n", 0o755)
	put("/usr/local/etc/rc.d/bsd", "#!/bin/sh\n. /etc/rc.subr\nname=bsdd\nrcvar=bsdd_enable\ncommand=\"/usr/local/sbin/${name}\"\npidfile=\"/var/run/${name}/${name}.pid\"\n", 0o755)
	put("/usr/local/etc/rc.d/set", "#!/bin/sh\nname=setd\n: ${setd_pidfile:=\"/var/run/setd.pid\"}\n", 0o755)
	if err := os.Mkdir(root+"/etc/init.d/folder", 0o755); err != nil {
		t.Fatal(err)
	}
	for os, want := range map[string]string{
		"linux":   "/etc/init.d/rc: /run/rc.pid [/usr/sbin/toyd]; /etc/init.d/toy: /run/toy/toyd.pid [/usr/sbin/toyd]",
		"freebsd": "/usr/local/etc/rc.d/bsd: /var/run/bsdd/bsdd.pid [/usr/local/sbin/bsdd]; /usr/local/etc/rc.d/set: /var/run/setd.pid []",
	} {
		var got []string
		list, err := Host{OS: os, Root: root}.PIDFiles(t.Context())
		for _, f := range list {
			got = append(got, fmt.Sprintf("%s: %s %v", f.By, f.Path, f.Programs))
		}
		if text := strings.Join(got, "; "); text != want || err != nil {
			t.Errorf("%s: %s, %v; want %s", os, text, err, want)
		}
	}
}

// systemd is asked for all units, and then for those with a pidfile.
func TestUnitPIDFiles(t *testing.T) {
	const all = "systemctl show --no-pager -p Id,PIDFile -- *.service"
	const two = "systemctl show --no-pager -p Id,MainPID,UnitFileState,ExecStart -- nginx.service old.service"
	s := systemd{systemctl: "systemctl"}
	fake := &fakeRunner{t: t, answers: map[string]result{
		all: {0, "Id=cron.service\n\nPIDFile=/run/nginx.pid\nId=nginx.service\n\nPIDFile=\nId=ssh.service\n\nPIDFile=/run/old/../old.pid\nId=old.service\n\nPIDFile=relative\nId=x.service\n\nPIDFile=/run/cut"},
		two: {0, "Id=nginx.service\nMainPID=731\nUnitFileState=enabled\nExecStart={ path=/usr/sbin/nginx ; argv[]=/usr/sbin/nginx -g daemon on; ; ignore_errors=no }\n\nId=old.service\nMainPID=0\nUnitFileState=disabled\n"},
	}}
	list, err := on(s, fake).dialect.(systemd).pidFiles(t.Context())
	if got := fmt.Sprint(list); err != nil || got != "[{/run/nginx.pid nginx.service 731 [/usr/sbin/nginx]} {/run/old.pid old.service 0 []}]" {
		t.Errorf("%s, %v", got, err)
	}
	fake.answers[all] = result{1, "Failed to connect to bus"}
	if list, err := on(s, fake).dialect.(systemd).pidFiles(t.Context()); len(list) > 0 || err == nil || !strings.Contains(err.Error(), "cannot list the pidfiles of units") {
		t.Errorf("%v, %v", list, err)
	}
	fake.answers[all] = result{0, strings.Repeat("Id=x.service\n\n", 5000)[:64<<10]}
	if _, err := on(s, fake).dialect.(systemd).pidFiles(t.Context()); err == nil || !strings.Contains(err.Error(), "too many") {
		t.Errorf("a cut answer: %v", err)
	}
	var none *NoManagerError
	if _, err := (Host{OS: "linux", Root: t.TempDir()}).PIDFiles(t.Context()); errors.As(err, &none) {
		t.Error("where no manager is, none needs to be asked: ", err)
	}
}
