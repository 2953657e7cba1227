package rcd

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"runtime"
	"slices"

	"daemon-keeper/internal/osutil"
)

// Host is the machine whose manager is looked for.
type Host struct {
	OS   string // as runtime.GOOS has it
	Root string // "" for the real one
}

// ThisHost is the machine that we run on.
func ThisHost() Host { return Host{OS: runtime.GOOS} }

// NoManagerError says that no service manager was found that we speak to.
type NoManagerError struct {
	Why  string
	hint string
}

func (e *NoManagerError) Error() string { return "cannot find a service manager: " + e.Why }

// Hint is the way out.
func (e *NoManagerError) Hint() string { return e.hint }

const ownProgram = "name a program with --service-command; it is called as PATH NAME stop, PATH NAME start and PATH NAME status"

// Detect finds the machine's own service manager.
func Detect(host Host, outputs *Outputs) (*Manager, error) {
	_, d, err := host.detect(basic{newSystem(outputs)})
	if err != nil {
		return nil, err
	}
	return &Manager{d}, nil
}

// DetectAll finds all service managers that are at work on the machine: its own, and the
// supervisors whose commands are installed; supervisord needs its configuration, too. It looks at
// files only. Services without a prefix are looked for in this order: the machine's own manager
// (systemd, OpenRC, System V init, rc.d), then runit, daemontools, s6, supervisord.
func DetectAll(host Host, outputs *Outputs) (*Router, error) {
	r, run := new(Router), basic{newSystem(outputs)}
	prefix, own, err := host.detect(run)
	if err == nil {
		r.Add(prefix, &Manager{own}, true)
	}
	for _, d := range host.supervisors(run) {
		r.Add(string(d.family), &Manager{d}, true)
	}
	if d, found := host.supervisord(run); found {
		r.Add("supervisor", &Manager{d}, true)
	}
	if len(r.routes) == 0 {
		return nil, err
	}
	return r, nil
}

// supervisors are the families whose commands are installed. The folder of a service that no
// supervisor has written to yet belongs to the first of them.
func (h Host) supervisors(run basic) []supervisors {
	var list []supervisors
	for _, f := range []struct {
		family     family
		tool, asks string
	}{{runit, "sv", "sv"}, {daemontools, "svc", "svstat"}, {s6, "s6-svc", "s6-svstat"}} {
		tool, hasTool := h.lookTool(f.tool)
		if !hasTool { // as on most machines: a healthy run looks for no other then
			continue
		}
		asks, hasAsks := h.lookTool(f.asks)
		if !hasAsks {
			continue
		}
		d := supervisors{basic: run, root: h.Root, family: f.family, tool: tool, asks: asks, rest: len(list) == 0}
		if rc, hasRC := h.lookTool("s6-rc"); f.family == s6 && hasRC && h.isDir(s6rcLive) {
			d.rc = rc
		}
		list = append(list, d)
	}
	return list
}

// lookTool is lookPath for the programs of supervisors: /command is where their authors have
// them.
func (h Host) lookTool(name string) (string, bool) {
	if path := "/command/" + name; isExecutable(h.Root + path) {
		return path, true
	}
	return lookPath(h.Root, name)
}

// detect finds the machine's own manager, and the prefix of its services.
func (h Host) detect(run basic) (prefix string, d dialect, err error) {
	service, hasService := lookPath(h.Root, "service")
	systemctl, hasSystemctl := lookPath(h.Root, "systemctl")
	rcService, hasRCService := lookPath(h.Root, "rc-service")
	switch {
	case h.OS == "freebsd" && hasService:
		return "rc", freebsd{run, h.Root, service}, nil
	case h.OS == "freebsd":
		return "", nil, &NoManagerError{"service(8) is not installed", ownProgram}
	case h.OS != "linux":
		return "", nil, &NoManagerError{"services are not supported on " + h.OS, ownProgram}
	case h.isDir("/run/systemd/system") && hasSystemctl: // sd_booted(3)
		return "systemd", systemd{basic: run, root: h.Root, service: service, systemctl: systemctl}, nil
	case h.isDir("/run/openrc") && hasRCService:
		return "openrc", openrc{program{run, h.Root, rcService}}, nil
	case h.isDir("/etc/init.d"):
		return "sysv", sysv{run, h.Root, service}, nil
	}
	return "", nil, &NoManagerError{"neither systemd nor OpenRC nor /etc/init.d is there", ownProgram}
}

// executables are those of the paths that are programs below root.
func executables(root string, paths []string) []string {
	return slices.DeleteFunc(slices.Clone(paths), func(path string) bool { return !isExecutable(root + path) })
}

// readRegular reads the first bytes of a regular file. flags may have osutil.NoFollow.
func readRegular(path string, flags int, most int64) ([]byte, error) {
	f, err := osutil.OpenRegular(path, flags)
	if errors.Is(err, osutil.ErrNotRegular) {
		err = &fs.PathError{Op: "read", Path: path, Err: err}
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most))
}

func (h Host) isDir(path string) bool {
	info, err := os.Stat(h.Root + path)
	return err == nil && info.IsDir()
}
