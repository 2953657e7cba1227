package app

import (
	"context"

	"daemon-keeper/internal/keeper"
	"daemon-keeper/rcd"
)

// withOwn gives the services of daemons that no manager knows to their own manager.
func withOwn(k *keeper.Keeper, daemons []keeper.Daemon) {
	list := keeper.OwnDaemons(daemons)
	if len(list) == 0 {
		return
	}
	own := rcd.NewOwn(rcd.ThisHost(), list, k.Outputs)
	if k.Manager != nil {
		k.Manager = split{k.Manager, own}
	}
	if observer := k.Observer; observer != nil {
		k.Observer = splitObserver{observer, own}
	}
	k.Find = divided1(k.Find, own.Find)
	k.Condition = divided(k.Condition, own.Condition)
	k.Opinion = divided(k.Opinion, own.Opinion)
}

// divided asks one about services of its own, and the other about the rest.
func divided[T any](other, own func(context.Context, string) (T, error)) func(context.Context, string) (T, error) {
	if other == nil {
		return nil
	}
	return func(ctx context.Context, service string) (T, error) {
		if rcd.IsOwn(service) {
			return own(ctx, service)
		}
		return other(ctx, service)
	}
}

func divided1(other, own func(context.Context, string) error) func(context.Context, string) error {
	if other == nil {
		return nil
	}
	return func(ctx context.Context, service string) error {
		if rcd.IsOwn(service) {
			return own(ctx, service)
		}
		return other(ctx, service)
	}
}

// split is the machine's manager and our own, each for its services. What is asked of the
// machine as a whole is the former's.
type split struct {
	keeper.Manager
	own *rcd.Own
}

func (s split) of(service string) keeper.Manager {
	if rcd.IsOwn(service) {
		return s.own
	}
	return s.Manager
}

func (s split) Stop(ctx context.Context, service string, with rcd.With) error {
	return s.of(service).Stop(ctx, service, with)
}

func (s split) Start(ctx context.Context, service string, with rcd.With) error {
	return s.of(service).Start(ctx, service, with)
}

func (s split) CarriesOut(args []string, verb rcd.Verb, service string) bool {
	return s.of(service).CarriesOut(args, verb, service)
}

func (s split) Find(ctx context.Context, service string) error {
	return s.of(service).Find(ctx, service)
}

func (s split) Obstacle(ctx context.Context, service string) (*rcd.Obstacle, error) {
	return s.of(service).Obstacle(ctx, service)
}

func (s split) Wish(ctx context.Context, service string, past rcd.Past) (*rcd.Wish, error) {
	return s.of(service).Wish(ctx, service, past)
}

func (s split) Condition(ctx context.Context, service string) (rcd.Condition, error) {
	return s.of(service).Condition(ctx, service)
}

func (s split) Work(ctx context.Context, service string) (*rcd.Work, error) {
	return s.of(service).Work(ctx, service)
}

func (s split) Death(ctx context.Context, service string) (rcd.Death, error) {
	return s.of(service).Death(ctx, service)
}

func (s split) Argv(verb rcd.Verb, service string) []string { return s.of(service).Argv(verb, service) }

// splitObserver is split for who only looks.
type splitObserver struct {
	keeper.Observer
	own *rcd.Own
}

func (s splitObserver) Work(ctx context.Context, service string) (*rcd.Work, error) {
	if rcd.IsOwn(service) {
		return s.own.Work(ctx, service)
	}
	return s.Observer.Work(ctx, service)
}
