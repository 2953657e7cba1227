package rcd

import (
	"cmp"
	"context"
	"errors"
)

// A Router passes all of these on to the manager of the service. The answers have the name of the
// service as the user has written it.

// Argv is the command that carries out the verb.
func (r *Router) Argv(verb Verb, service string) []string {
	f := r.of(service)
	return f.Argv(verb, f.inner)
}

// CarriesOut is that of the service's manager.
func (r *Router) CarriesOut(args []string, verb Verb, service string) bool {
	if child, ok := parseChildArgs(args); ok { // its arguments have the name as it was written
		return child.verb == verb && child.service == service
	}
	f := r.of(service)
	return f.CarriesOut(args, verb, f.inner)
}

// ask finds the manager of a service, and asks it.
func ask[T any](ctx context.Context, r *Router, service string, what func(m *Manager, ctx context.Context, service string) (T, error)) (T, error) {
	f, err := r.find(ctx, service)
	if err != nil {
		var none T
		return none, err
	}
	return what(f.Manager, ctx, f.inner)
}

// Stop is that of the service's manager.
func (r *Router) Stop(ctx context.Context, service string, with With) error {
	return r.step(ctx, service, with, (*Manager).Stop)
}

// Start is that of the service's manager.
func (r *Router) Start(ctx context.Context, service string, with With) error {
	return r.step(ctx, service, with, (*Manager).Start)
}

func (r *Router) step(ctx context.Context, service string, with With, do func(*Manager, context.Context, string, With) error) error {
	f, err := r.find(ctx, service)
	if err != nil {
		return err
	}
	with.Label = service
	return do(f.Manager, ctx, f.inner, with)
}

// Commands returns what finds, by the arguments of a process, the service that it stops
// or starts, and how; nil if the managers themselves tell what is under way, see Work.
func (r *Router) Commands(services []string) func(args []string) (service, verb string, ok bool) {
	type script struct {
		commander
		service, inner string
	}
	var list []script
	for _, service := range services {
		f := r.of(service)
		if c, ok := f.dialect.(commander); ok {
			list = append(list, script{c, service, f.inner})
		}
	}
	if len(list) == 0 {
		return nil
	}
	return func(args []string) (service, verb string, ok bool) {
		for _, s := range list {
			if verb, ok := stepOf(s, args, s.inner); ok {
				return s.service, verb, true
			}
		}
		return "", "", false
	}
}

// Obstacle is that of the service's manager.
func (r *Router) Obstacle(ctx context.Context, service string) (*Obstacle, error) {
	o, err := ask(ctx, r, service, (*Manager).Obstacle)
	if o != nil {
		o.Service = service
	}
	return o, relabel(err, service)
}

// Wish is that of the service's manager.
func (r *Router) Wish(ctx context.Context, service string, past Past) (*Wish, error) {
	w, err := ask(ctx, r, service, func(m *Manager, ctx context.Context, inner string) (*Wish, error) { return m.Wish(ctx, inner, past) })
	if w != nil {
		w.Service = service
	}
	return w, err
}

// Work is that of the service's manager.
func (r *Router) Work(ctx context.Context, service string) (*Work, error) {
	w, err := ask(ctx, r, service, (*Manager).Work)
	if w != nil {
		w.Service = service
	}
	return w, err
}

// Condition is that of the service's manager.
func (r *Router) Condition(ctx context.Context, service string) (Condition, error) {
	c, err := ask(ctx, r, service, (*Manager).Condition)
	if c.Work != nil {
		c.Work.Service = service
	}
	return c, err
}

// Death is that of the service's manager.
func (r *Router) Death(ctx context.Context, service string) (Death, error) {
	d, err := ask(ctx, r, service, (*Manager).Death)
	d.Cause = cmp.Or(d.Cause, CauseUnknown)
	return d, err
}

// Opinion is that of the service's manager.
func (r *Router) Opinion(ctx context.Context, service string) (Opinion, error) {
	return ask(ctx, r, service, (*Manager).Opinion)
}

// Phase asks the machine's own manager.
func (r *Router) Phase(ctx context.Context) (Phase, error) { return r.routes[0].Phase(ctx) }

// Boot asks the machine's own manager.
func (r *Router) Boot(ctx context.Context) (Boot, error) { return r.routes[0].Boot(ctx) }

// Names are those of all managers. Names of other managers than the machine's own have their
// prefix.
func (r *Router) Names(ctx context.Context) ([]string, error) {
	var all []string
	var errs error
	for i, route := range r.routes {
		list, err := route.Names(ctx)
		errs = errors.Join(errs, err)
		for _, name := range list {
			all = append(all, r.written(i, name))
		}
	}
	if len(all) > 0 { // half an answer is better than none
		errs = nil
	}
	return all, errs
}

// List has the services of all managers that a boot starts, or that run without that. Names of
// other managers than the machine's own have their prefix. A manager that cannot list its services
// is left out, unless it is the only one.
func (r *Router) List(ctx context.Context) ([]Listed, error) {
	var all []Listed
	var errs error
	for i, route := range r.routes {
		list, err := route.List(ctx)
		if err != nil && !(len(r.routes) > 1 && errors.As(err, new(*NoListError))) {
			errs = errors.Join(errs, err)
		}
		for _, l := range list {
			other := r.alsoKnows(ctx, i, l.Name)
			switch {
			case other != "" && i == 0 && l.Main == 0: // perhaps a script that only calls the other manager
				l.Omit = cmp.Or(l.Omit, "it may be the same as "+other)
			case other != "" && i == 0:
				l.Name = r.routes[0].prefix + ":" + l.Name
			default:
				l.Name = r.written(i, l.Name)
			}
			all = append(all, l)
		}
	}
	return all, errs
}

// alsoKnows is how a service of that name of another manager is written; "" if none has one.
func (r *Router) alsoKnows(ctx context.Context, i int, name string) string {
	for k, route := range r.routes {
		if k != i && !route.unasked && k > 0 && route.Find(ctx, name) == nil {
			return route.prefix + ":" + name
		}
	}
	return ""
}

func (r *Router) written(i int, name string) string {
	if i == 0 {
		return name
	}
	return r.routes[i].prefix + ":" + name
}
