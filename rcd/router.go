package rcd

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"sync"

	"daemon-keeper/internal/words"
)

// Router sends each service to its manager: the one that its prefix names, or the only one on
// this machine that knows its name.
type Router struct {
	routes []route // in the order in which they are asked; the first is the machine's own
	only   string  // the program that is used in place of all managers; "" if there is none

	mutex sync.Mutex
	found map[string]found // by the service, as it is written
}

// route is one manager. An unasked one only has the services that are written with its prefix.
type route struct {
	prefix string
	*Manager
	unasked bool
}

// found is where a service was found.
type found struct {
	route
	inner string // what its manager calls it
}

// Add adds a manager behind the others. The prefix of its services must be one that
// words.CutService knows. mayBeAsked: it is also asked for names without a prefix.
func (r *Router) Add(prefix string, m *Manager, mayBeAsked bool) {
	r.routes = append(r.routes, route{prefix, m, !mayBeAsked})
}

// One makes a router of a single manager, which is asked for all services. Names with the
// prefix of a manager are refused.
func One(m *Manager, program string) *Router {
	return &Router{routes: []route{{Manager: m}}, only: program}
}

// Name is the name of the machine's own manager, for people; of several the first.
func (r *Router) Name() string { return r.routes[0].Name() }

// All names all managers that were found, for people, in the order in which they are asked.
func (r *Router) All() string {
	var list []string
	for _, route := range r.routes {
		list = append(list, route.Name())
	}
	return strings.Join(list, ", ")
}

// ManagerOf is the name of a service's manager, for people.
func (r *Router) ManagerOf(service string) string { return r.of(service).Name() }

// LockName is the same for all names of one service, and never the same for two services.
// Services of the machine's own manager have no prefix in it.
func (r *Router) LockName(service string) string {
	f := r.of(service)
	inner := f.canonical(f.inner)
	if f.prefix == r.routes[0].prefix {
		return inner
	}
	return f.prefix + ":" + inner
}

// of is find for callers that cannot return an error, which Find has returned before. A service
// that no manager knows is taken for one of the machine's own manager.
func (r *Router) of(service string) found {
	f, err := r.find(context.Background(), service)
	if err != nil {
		_, inner := words.CutService(service)
		return found{r.routes[0], inner}
	}
	return f
}

// find remembers where it has found a service. Failures are not remembered: they may not last.
func (r *Router) find(ctx context.Context, service string) (found, error) {
	r.mutex.Lock()
	f, known := r.found[service]
	r.mutex.Unlock()
	if known {
		return f, nil
	}
	f, err := r.seek(ctx, service)
	if err != nil {
		return f, err
	}
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.found == nil {
		r.found = make(map[string]found)
	}
	r.found[service] = f
	return f, nil
}

func (r *Router) seek(ctx context.Context, service string) (found, error) {
	prefix, inner := words.CutService(service)
	switch {
	case prefix == "" && len(r.routes) == 1 && !r.routes[0].unasked:
		return found{r.routes[0], inner}, r.routes[0].Find(ctx, inner)
	case prefix == "":
		return r.ask(ctx, service)
	}
	i := slices.IndexFunc(r.routes, func(route route) bool { return route.prefix == prefix })
	if i < 0 {
		return found{}, &NotAtWorkError{service, prefix, r.All(), r.only}
	}
	if err := r.routes[i].Find(ctx, inner); err != nil {
		return found{}, relabel(err, service)
	}
	return found{r.routes[i], inner}, nil
}

// ask asks all managers for a name that has no prefix: two may know it.
func (r *Router) ask(ctx context.Context, service string) (found, error) {
	var have []route
	var none []refused
	var failed error
	for _, route := range r.routes {
		if route.unasked {
			continue
		}
		err := route.Find(ctx, service)
		var no *NotFoundError
		switch {
		case err == nil:
			have = append(have, route)
		case errors.As(err, &no):
			none = append(none, refused{route, no})
		default:
			failed = cmp.Or(failed, err)
		}
	}
	have = withoutLinks(have, service)
	switch {
	case failed == nil && len(have)+len(none) == 0: // only daemons of our own are started here
		return found{}, &NoManagerError{"service " + service + " is of none", ownProgram}
	case failed != nil && len(have) == 1 && have[0].prefix == r.routes[0].prefix:
		return found{have[0], service}, nil // a supervisor that cannot be asked must not keep the machine's own services down
	case failed != nil: // the manager that could not be asked may know it, too
		return found{}, failed
	case len(have) == 1:
		return found{have[0], service}, nil
	case len(have) == 0:
		return found{}, nobody(ctx, none, service)
	}
	return found{}, ambiguous(have, service)
}

// refused is a manager that does not know a name.
type refused struct {
	route
	why *NotFoundError
}

// nobody says that no manager knows a service. It leaves out supervisors that have no service at
// all, of which only the commands are installed, unless there is no other manager.
func nobody(ctx context.Context, list []refused, service string) error {
	atWork := slices.DeleteFunc(slices.Clone(list), func(r refused) bool {
		switch r.dialect.(type) {
		case supervisors, supervisord:
		default:
			return false
		}
		names, err := r.Names(ctx)
		return err == nil && len(names) == 0
	})
	if len(atWork) > 0 {
		list = atWork
	}
	if len(list) == 1 {
		return list[0].why
	}
	var names, hints []string
	for _, r := range list {
		names = append(names, r.Name())
		if r.why.List != "" {
			hints = append(hints, r.why.List)
		}
	}
	return &NotFoundError{Service: service, Manager: strings.Join(names, " or "), List: strings.Join(hints, "; ")}
}

// withoutLinks leaves System V init out of the managers that know a service if the service's
// script is only a link to a supervisor's command, such as sv.
func withoutLinks(have []route, service string) []route {
	return slices.DeleteFunc(have, func(route route) bool {
		s, ok := route.dialect.(sysv)
		return ok && len(have) > 1 && slices.Contains(superviseTools, s.linkedTool(service))
	})
}

// Find fails with a NotFoundError if no manager has such a service, with an AmbiguousError if
// several have it, and with a NotAtWorkError if its prefix names one that is not there.
func (r *Router) Find(ctx context.Context, service string) error {
	_, err := r.find(ctx, service)
	return err
}

// relabel changes the service's name in a NotFoundError to the name as the user has written it.
func relabel(err error, service string) error {
	var none *NotFoundError
	if errors.As(err, &none) {
		named := *none
		named.Service = service
		return &named
	}
	return err
}
