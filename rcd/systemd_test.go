package rcd

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daemon-keeper/internal/words"
)

const systemctl = "/usr/bin/systemctl"

var (
	sd     = systemd{service: "/usr/sbin/service", systemctl: systemctl}
	sdOnly = systemd{systemctl: systemctl} // Fedora, Arch
)

func TestSystemdArgv(t *testing.T) {
	for _, tt := range []struct {
		s       systemd
		verb    Verb
		service string
		want    string
	}{
		{sd, Stop, "nginx", "/usr/sbin/service nginx stop"},
		{sd, Start, "nginx", "/usr/sbin/service nginx start"},
		{sd, Stop, "nginx.service", "/usr/sbin/service nginx stop"},
		{sd, Start, "foo@bar", "/usr/sbin/service foo@bar start"},
		{sd, Start, "foo@bar.service", "/usr/sbin/service foo@bar start"},
		{sd, Start, "org.cups.cupsd", "/usr/sbin/service org.cups.cupsd start"},
		{sd, Stop, "nginx.socket", systemctl + " stop nginx.socket"}, // service(8) would make it nginx.socket.service
		{sd, Stop, "nginx.socket.service", "/usr/sbin/service nginx.socket stop"},
		{sd, Stop, "x.service.service", systemctl + " stop x.service.service"},
		{sd, Stop, "x.service.service.service", systemctl + " stop x.service.service.service"},
		{sd, Start, "backup.timer", systemctl + " start backup.timer"},
		{sd, Start, "foo@1.socket", systemctl + " start foo@1.socket"},
		{sdOnly, Stop, "nginx", systemctl + " stop nginx.service"},
		{sdOnly, Start, "nginx.service", systemctl + " start nginx.service"},
		{sdOnly, Start, "nginx.socket", systemctl + " start nginx.socket"},
		{sdOnly, Start, "foo@bar", systemctl + " start foo@bar.service"},
		{sd, Status, "nginx", systemctl + " show -p LoadState,ActiveState nginx.service"},
		{sd, Status, "nginx.service", systemctl + " show -p LoadState,ActiveState nginx.service"},
		{sd, Status, "nginx.socket", systemctl + " show -p LoadState,ActiveState nginx.socket"},
		{sdOnly, Status, "foo@bar", systemctl + " show -p LoadState,ActiveState foo@bar.service"},
	} {
		if got := strings.Join(tt.s.Argv(tt.verb, tt.service), " "); got != tt.want {
			t.Errorf("%s %s: %q, want %q", tt.verb, tt.service, got, tt.want)
		}
	}
}

// TestSystemdFind: wherever a unit's file may be, no process is started.
func TestSystemdFind(t *testing.T) {
	for _, file := range []string{
		"etc/systemd/system/nginx.service", "run/systemd/system/nginx.service", "run/systemd/transient/nginx.service",
		"run/systemd/generator/nginx.service", "run/systemd/generator.early/nginx.service", "run/systemd/generator.late/nginx.service",
		"usr/local/lib/systemd/system/nginx.service", "usr/lib/systemd/system/nginx.service", "lib/systemd/system/nginx.service",
	} {
		s := systemd{root: tree(t, file)}
		for _, service := range []string{"nginx", "nginx.service"} {
			if err := on(s, &fakeRunner{t: t}).Find(t.Context(), service); err != nil {
				t.Errorf("%s: find %s: %v", file, service, err)
			}
		}
	}
}

func TestSystemdFindOtherNames(t *testing.T) {
	s := systemd{root: tree(t, "lib/systemd/system/foo@.service", "lib/systemd/system/bar@.socket", "lib/systemd/system/ssh.socket", "etc/systemd/system/")}
	mask := filepath.Join(s.root, "etc/systemd/system/masked.service")
	if err := os.Symlink("/nonexistent", mask); err != nil {
		t.Fatal(err)
	}
	for _, service := range []string{"foo@bar", "foo@bar.service", "foo@a.b", "foo@a@b", "bar@1.socket", "ssh.socket", "masked"} {
		if err := on(s, &fakeRunner{t: t}).Find(t.Context(), service); err != nil {
			t.Errorf("find %s: %v", service, err)
		}
	}
}

// TestSystemdFindAsks systemd itself about a unit that has no file in the usual
// places: its word counts.
func TestSystemdFindAsks(t *testing.T) {
	s := systemd{root: tree(t, "lib/systemd/system/foo@.service", "lib/systemd/system/ssh.socket"), systemctl: systemctl}
	for _, tt := range []struct {
		service, unit, answer string
		found                 bool
	}{
		{"nosuch", "nosuch.service", "show-not-found", false},
		{"ssh", "ssh.service", "show-not-found", false},
		{"foo", "foo.service", "show-not-found", false},
		{"foo@bar.socket", "foo@bar.socket", "show-not-found", false},
		{"odd", "odd.service", "show-active", true},
		{"odd", "odd.service", "show-masked", true},
		{"odd", "odd.service", "show-bad-setting", true},
	} {
		fake := &fakeRunner{t: t, answers: map[string]result{
			systemctl + " show -p LoadState,ActiveState " + tt.unit: recorded(t, "systemd/"+tt.answer),
		}}
		err := on(s, fake).Find(t.Context(), tt.service)
		var unknown *NotFoundError
		if tt.found != (err == nil) || !tt.found && !errors.As(err, &unknown) {
			t.Errorf("find %s (%s): %v, want found: %v", tt.service, tt.answer, err, tt.found)
		}
		if len(fake.queries) != 1 {
			t.Errorf("find %s asked %q", tt.service, fake.queries)
		}
	}
}

// TestSystemdCannotTell: a systemctl that fails says nothing about the service.
func TestSystemdCannotTell(t *testing.T) {
	const ask = systemctl + " show -p LoadState,ActiveState nosuch.service"
	fake := &fakeRunner{t: t, answers: map[string]result{ask: recorded(t, "systemd/show-no-bus")}}
	const want = "cannot ask systemd about service nosuch: " + ask + ": exit status 1: Failed to connect to bus: No such file or directory"
	s := systemd{root: t.TempDir(), systemctl: systemctl}
	if err := on(s, fake).Find(t.Context(), "nosuch"); err == nil || err.Error() != want {
		t.Errorf("find: %v\nwant  %s", err, want)
	}
	if o, err := on(s, fake).Obstacle(t.Context(), "nosuch"); o != nil || err == nil || err.Error() != want {
		t.Errorf("obstacle: %v, %v\nwant  %s", o, err, want)
	}
	fake.queryErr = errors.New("cannot ask")
	if err := on(s, fake).Find(t.Context(), "nosuch"); err != fake.queryErr {
		t.Errorf("find: %v, want %v", err, fake.queryErr)
	}
}

func TestSystemdObstacle(t *testing.T) {
	for answer, want := range map[string]string{
		"show-masked": "systemctl unmask nginx.service", "show-masked-active": "systemctl unmask nginx.service",
		"show-active": "", "show-inactive": "", "show-failed": "", "show-activating": "", "show-not-found": "", "show-bad-setting": "",
	} {
		fake := &fakeRunner{t: t, answers: map[string]result{
			systemctl + " show -p LoadState,ActiveState nginx.service": recorded(t, "systemd/"+answer),
		}}
		o, err := on(sd, fake).Obstacle(t.Context(), "nginx")
		switch {
		case err != nil:
			t.Errorf("%s: %v", answer, err)
		case want == "" && o != nil:
			t.Errorf("%s: obstacle %+v, want none", answer, *o)
		case want != "" && (o == nil || *o != Obstacle{Service: "nginx", Word: "masked", Enable: want}):
			t.Errorf("%s: obstacle %+v, want %q", answer, o, want)
		}
	}
}

func TestSystemdPhase(t *testing.T) {
	for word, want := range map[string]Phase{
		"initializing": Booting, "starting": Booting, "stopping": ShuttingDown,
		"running": Working, "degraded": Working, "maintenance": Working, "offline": Working, "unknown": Working, "no-bus": Working,
	} {
		fake := &fakeRunner{t: t, answers: map[string]result{systemctl + " is-system-running": recorded(t, "systemd/is-system-"+word)}}
		if got, err := on(sd, fake).Phase(t.Context()); got != want || err != nil {
			t.Errorf("%s: phase %d, %v, want %d", word, got, err, want)
		}
	}
	fake := &fakeRunner{t: t, queryErr: errors.New("cannot ask")}
	if got, err := on(sd, fake).Phase(t.Context()); got != Working || err != fake.queryErr {
		t.Errorf("phase %d, %v, want Working and the error", got, err)
	}
}

// FuzzUnitName: any name that CheckName accepts has a unit, of a known type.
func FuzzUnitName(f *testing.F) {
	for _, seed := range []string{"nginx", "nginx.service", "nginx.socket", "foo@bar", "foo@", "a@b.c@d", "x.service.service", "x.service.service.service"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, service string) {
		if words.CheckName(service) != nil {
			return
		}
		unit := unitName(service)
		suffix := unit[strings.LastIndexByte(unit, '.'):]
		if suffix != ".service" && !slices.Contains(unitTypes, suffix) {
			t.Errorf("unit %q of %q", unit, service)
		}
		if tmpl := template(unit); (tmpl != "") != strings.Contains(unit, "@") || tmpl != "" && !strings.HasSuffix(tmpl, suffix) {
			t.Errorf("template %q of %q", tmpl, unit)
		}
		switch argv := sd.Argv(Stop, service); {
		case argv[0] == "/usr/sbin/service" && (argv[1]+".service" != unit || strings.HasSuffix(argv[1], ".service")):
			t.Errorf("argv %q of %q, which is unit %q", argv, service, unit)
		case argv[0] != "/usr/sbin/service" && argv[2] != unit:
			t.Errorf("argv %q of unit %q", argv, unit)
		}
		if again := unitName(unit); again != unit {
			t.Errorf("unit %q became %q", unit, again)
		}
	})
}
