package rcd

import (
	"os"
	"runtime"
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

// Detect tells which service manager the machine has.
func Detect(host Host, outputs *Outputs) (*Manager, error) {
	d, err := host.detect()
	if err != nil {
		return nil, err
	}
	return &Manager{d, newSystem(outputs)}, nil
}

func (h Host) detect() (dialect, error) {
	service, hasService := lookPath(h.Root, "service")
	systemctl, hasSystemctl := lookPath(h.Root, "systemctl")
	rcService, hasRCService := lookPath(h.Root, "rc-service")
	switch {
	case h.OS == "freebsd" && hasService:
		return freebsd{root: h.Root, service: service}, nil
	case h.OS == "freebsd":
		return nil, &NoManagerError{"service(8) is not installed", ownProgram}
	case h.OS != "linux":
		return nil, &NoManagerError{"services are not supported on " + h.OS, ownProgram}
	case h.isDir("/run/systemd/system") && hasSystemctl: // sd_booted(3)
		if !hasService {
			service = ""
		}
		return systemd{root: h.Root, service: service, systemctl: systemctl}, nil
	case h.isDir("/run/openrc") && hasRCService:
		return openrc{program{root: h.Root, path: rcService}}, nil
	case h.isDir("/etc/init.d"):
		return sysv{root: h.Root, service: service}, nil
	}
	return nil, &NoManagerError{"neither systemd nor OpenRC nor /etc/init.d is there", ownProgram}
}

func (h Host) isDir(path string) bool {
	info, err := os.Stat(h.Root + path)
	return err == nil && info.IsDir()
}
