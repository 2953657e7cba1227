package rcd

import (
	"context"
	"regexp"
	"slices"
	"strings"
)

// freebsd is rc.d through service(8), which runs a script with rc.subr(8).
type freebsd struct {
	basic
	root    string
	service string
}

func (freebsd) Name() string { return "rc.d" }

// Argv asks for onestatus: on 13.2 the status of a service that is not enabled
// exits 0 whether or not it runs.
func (f freebsd) Argv(verb Verb, service string) []string {
	if verb == Status {
		verb = "onestatus"
	}
	return []string{f.service, service, string(verb)}
}

// Find looks where service(8) looks by default; only if the script is not there
// does it ask service(8) itself, which knows what rc.conf(5) has made of
// $local_startup.
func (f freebsd) Find(ctx context.Context, service string) error {
	for _, dir := range []string{"/etc/rc.d/", "/usr/local/etc/rc.d/"} {
		if isExecutable(f.root + dir + service) {
			return nil
		}
	}
	r, err := f.query(ctx, []string{f.service, "-v", "-l"})
	if err != nil {
		return err
	}
	dir := ""
	for line := range strings.Lines(r.output) {
		line = strings.TrimSpace(line)
		if d, ok := strings.CutPrefix(line, "From "); ok {
			dir = strings.TrimSuffix(d, ":")
		} else if line == service && isExecutable(f.root+dir+"/"+line) {
			return nil
		}
	}
	return &NotFoundError{
		Service: service, Manager: f.Name(), List: "service -l",
		Where: " (no executable script in /etc/rc.d or in $local_startup, which is mostly /usr/local/etc/rc.d)",
	}
}

// state: exit 1 is also what a script says that has no status command.
func (freebsd) state(r result) State {
	switch {
	case r.status == 0:
		return Running
	case strings.Contains(r.output, "not running"):
		return Stopped
	}
	return Unknown
}

// rcVar reads what "service X rcvar" prints: nginx_enable="NO".
func rcVar(text string) (name, value string, ok bool) {
	v := regexp.MustCompile(`(?m)^([A-Za-z_][A-Za-z0-9_]*)="?([^"\n]*)"?$`).FindStringSubmatch(text)
	if v == nil {
		return "", "", false
	}
	return v[1], v[2], true
}

// isYes is checkyesno of rc.subr(8).
func isYes(value string) bool {
	return slices.Contains([]string{"yes", "true", "on", "1"}, strings.ToLower(value))
}

// Obstacle: start of a service that is not enabled does nothing and exits 0.
// "enabled" also exits 1 for a script that has no variable and is always on, so
// the variable itself must be seen.
func (f freebsd) Obstacle(ctx context.Context, service string) (*Obstacle, error) {
	r, err := f.query(ctx, []string{f.service, service, "enabled"})
	if err != nil || r.status == 0 {
		return nil, err
	}
	if r, err = f.query(ctx, []string{f.service, service, "rcvar"}); err != nil || r.status != 0 {
		return nil, err
	}
	name, value, ok := rcVar(r.output)
	if !ok || isYes(value) {
		return nil, nil
	}
	return &Obstacle{Service: service, Word: "disabled", Enable: "sysrc " + name + "=YES"}, nil
}

// Wish is the obstacle: a service that is not enabled is not wanted.
func (f freebsd) Wish(ctx context.Context, service string, _ Past) (*Wish, error) {
	o, err := f.Obstacle(ctx, service)
	if o == nil {
		return nil, err
	}
	return &Wish{Service: service, Kind: WishDisabled, Why: "it is disabled in rc.conf", Undo: o.Enable, Bars: true}, nil
}
