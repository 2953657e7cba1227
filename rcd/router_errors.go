package rcd

import (
	"fmt"
	"strings"
)

// NotAtWorkError says that a service's prefix names a manager that this machine does not have.
type NotAtWorkError struct {
	Service string
	Prefix  string
	Found   string // those that were found
	Only    string // the program that is used in place of all managers; "" if there is none
}

func (e *NotAtWorkError) Error() string {
	if e.Only != "" {
		return fmt.Sprintf("cannot find service %s: %s is asked for all services, whatever they are called", e.Service, e.Only)
	}
	if e.Prefix == OwnPrefix {
		return fmt.Sprintf("cannot find service %s: no daemon of the configuration has start", e.Service)
	}
	return fmt.Sprintf("cannot find service %s: there is no %s on this machine, only %s", e.Service, prefixName(e.Prefix), e.Found)
}

// Hint is the way out.
func (e *NotAtWorkError) Hint() string {
	if e.Only != "" {
		return "leave " + e.Prefix + ": out, or leave --service-command out"
	}
	return "name one of these before the service, or leave " + e.Prefix + ": out"
}

// prefixName is a manager's name for people, by the prefix of its services.
func prefixName(prefix string) string {
	switch prefix {
	case "openrc":
		return "OpenRC"
	case "sysv":
		return "System V init"
	case "rc":
		return "rc.d"
	case "svc":
		return "daemontools"
	case "supervisor":
		return "supervisord"
	case "own":
		return "service of its own"
	}
	return prefix
}

// AmbiguousError says that several managers know a service.
type AmbiguousError struct {
	Service string
	Names   []string // of the managers
	Written []string // how each could be written
}

func ambiguous(have []route, service string) *AmbiguousError {
	e := &AmbiguousError{Service: service}
	for _, route := range have {
		e.Names = append(e.Names, route.Name())
		e.Written = append(e.Written, route.prefix+":"+service)
	}
	return e
}

func (e *AmbiguousError) Error() string {
	return fmt.Sprintf("cannot tell which service %s is meant: %s have one of that name", e.Service, strings.Join(e.Names, " and "))
}

// Hint is the way out.
func (e *AmbiguousError) Hint() string {
	return "write which one: " + strings.Join(e.Written, " or ")
}
