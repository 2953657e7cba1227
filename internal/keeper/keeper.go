// Package keeper is the flow of a run. It joins the other packages: it looks, decides and
// acts, for all daemons of a run.
//
// It never acts on a guess. A daemon is restarted only if two looks, some time apart, have
// both seen the whole process table and found it down, if nothing says that it should be left
// alone, and if no other run is at work on its services.
package keeper

import (
	"context"
	"fmt"
	"sync"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/packages"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
	"daemon-keeper/restart"
)

// Daemon is a daemon to keep, and how to keep it; or a rule, if its Spec is one.
type Daemon struct {
	Name      string // the name for people
	Spec      check.Spec
	Recheck   time.Duration // between the look that finds it down and the look that confirms it
	BootGrace time.Duration // the daemon is left alone while the machine's uptime is shorter
	BootLimit time.Duration // the daemon is left alone while the machine boots, but no longer than this
	WorkLimit time.Duration // the daemon is left alone while somebody is at work on a service, for no longer than this if the work has no limit of its own
	After     []string      // daemons that must be up before this one is restarted
	Policy    past.Policy   // of the back-off
	Leftovers string        // what to do with processes that a stop leaves behind: ReportLeftovers or EndLeftovers
	Respect   []words.Hold  // the reasons for leaving it alone that are respected
	Unjudged  []string      // criteria that are not judged: only the processes are
	Own       rcd.OwnDaemon // how it is started, if no manager knows it
	LookOnly  bool          // present only because others come after it: neither restarted nor reported
	restart.Procedure
}

// lookTime limits one look at the process table. Reading /proc can hang on a process that is
// itself stuck in the kernel.
const lookTime = 30 * time.Second

// probesAtOnce bounds the file descriptors that probes hold at the same time.
const probesAtOnce = 200

// Run keeps all daemons, using one snapshot of the process table. A daemon that hangs delays
// none of the others. Once ctx has ended, Run starts what it has stopped and does nothing
// else.
func (k *Keeper) Run(ctx context.Context, daemons []Daemon) []report.Daemon {
	p := k.newPass(ctx, daemons)
	if k.acts() {
		p.trim()
	}
	p.load()
	p.unfinished()
	sound := p.check(ctx)
	specs := make([]check.Spec, len(sound))
	for i, t := range sound {
		specs[i] = t.daemon.Spec
	}
	verdicts := p.looks.all(ctx, specs, k.options())
	var busy sync.WaitGroup
	for _, i := range p.strange {
		busy.Go(func() { p.finishStrange(ctx, i) })
	}
	for i, t := range sound {
		if v := verdicts[i]; t.left == nil && !v.Pending && !t.suspects(v) && t.settle(ctx, v) {
			t.end()
			continue
		}
		busy.Go(func() {
			defer t.end()
			t.keep(ctx, verdicts[i])
		})
	}
	busy.Wait()
	if p.unbound != nil {
		p.unbound()
	}
	p.saveAll()
	p.prune()
	p.teller.end(ctx)
	if k.Opinion != nil {
		p.ask(ctx)
	}
	return p.reports()
}

func (k *Keeper) options() check.Options {
	return check.Options{Full: k.Details, Measure: k.Measure, Near: k.Near, Remember: k.Store != nil}
}

// pass holds what the daemons of one run share.
type pass struct {
	*Keeper
	tasks  []*task
	byName map[string]*task
	looks  *looks
	turns  *turns
	probes chan struct{}
	deaths chan struct{}             // bounds the commands that ask for causes of deaths
	phase  func() (rcd.Phase, error) // asked once
	boot   func() (rcd.Boot, error)  // asked once

	memory   *memory
	strange  []state.Intent // left by runs that have died, for daemons that this run does not know
	packages func() (*packages.Work, error)
	teller   *teller

	outputs sync.Once // runs once, to tell the manager where outputs go
	unbound func()    // lets outputs grow again; nil if there are none
	told    sync.Map  // lines that are logged once per run
}

func (k *Keeper) newPass(ctx context.Context, daemons []Daemon) *pass {
	p := &pass{
		Keeper: k, byName: make(map[string]*task, len(daemons)),
		looks: &looks{look: k.Look}, turns: newTurns(max(k.AtOnce, 1)), probes: make(chan struct{}, probesAtOnce), deaths: make(chan struct{}, deathsAtOnce),
		phase:  sync.OnceValues(func() (rcd.Phase, error) { return k.Manager.Phase(ctx) }),
		boot:   sync.OnceValues(k.askBoot(ctx)),
		memory: k.remember(), teller: &teller{tell: k.Tell},
		packages: func() (*packages.Work, error) { return nil, nil },
	}
	if k.Packages != nil {
		p.packages = sync.OnceValues(k.Packages)
	}
	if k.Manager == nil {
		p.phase = func() (rcd.Phase, error) { return rcd.Working, nil }
	}
	for i, d := range daemons {
		d.Spec.NameIsEnough = k.Watching
		t := &task{pass: p, order: i, daemon: d, done: make(chan struct{}), report: report.Daemon{
			Name: d.Name, Rule: d.Spec.Rule, Count: d.Spec.Bounds(), Services: servicesOf(d), Unjudged: d.Unjudged,
		}}
		p.tasks = append(p.tasks, t)
		p.byName[d.Name] = t
	}
	return p
}

// checksAtOnce bounds the commands of one kind that run at the same time and only ask.
const checksAtOnce = 16

// deathsAtOnce bounds the daemons whose deaths are investigated at the same time. Each needs
// a command of the manager and several of witnesses. With sixteen at once, on a machine with
// two processors, the manager's command, the best source, did not answer in time.
const deathsAtOnce = 4

// check sorts out what cannot work before anything is looked at or touched. A manager that
// hangs costs its time limit once, not once per daemon.
func (p *pass) check(ctx context.Context) []*task {
	errs := make([]error, len(p.tasks))
	slots := make(chan struct{}, checksAtOnce)
	var checks sync.WaitGroup
	for i, t := range p.tasks {
		slots <- struct{}{}
		checks.Go(func() {
			errs[i] = p.checkOne(ctx, t.daemon)
			<-slots
		})
	}
	checks.Wait()
	var sound []*task
	for i, t := range p.tasks {
		if errs[i] != nil {
			t.cannotTell(errs[i])
			t.end()
			continue
		}
		sound = append(sound, t)
	}
	return sound
}

func (p *pass) checkOne(ctx context.Context, d Daemon) error {
	o := p.observer()
	if d.LookOnly || o == nil {
		return nil
	}
	for _, service := range d.Services {
		if err := o.Find(ctx, service); err != nil {
			return err
		}
	}
	return nil
}

func (p *pass) reports() []report.Daemon {
	var list []report.Daemon
	for _, t := range p.tasks {
		if !t.daemon.LookOnly {
			if !t.daemon.Spec.Rule {
				t.report.Totals, t.report.Deaths = t.totals(), t.past.Deaths
				if i := t.past.Incident; i != nil {
					t.report.DownSince, t.report.Died = i.From(), !i.Died.IsZero()
				}
				if t.Watching {
					t.recallDeath()
					t.report.LastWords = t.lastWords()
				}
				t.notePause()
			}
			list = append(list, t.report)
		}
	}
	p.summary(list)
	return list
}

// summary logs one line for all daemons that are well, if there are several.
func (p *pass) summary(list []report.Daemon) {
	well := 0
	for _, d := range list {
		if d.Result == report.Up || d.Result == report.Clear {
			well++
		}
	}
	if p.several() {
		p.Log.Log(report.Routine, "%d of %d daemons and rules were well", well, len(list))
	}
}

// logOnce logs something that is true of the machine, not of one daemon, once per run.
func (p *pass) logOnce(level report.Level, format string, args ...any) {
	p.once(p.Log.Log, level, format, args...)
}

// once writes a line by one of the log's two methods, unless this run has written it already.
func (p *pass) once(log func(report.Level, string, ...any), level report.Level, format string, args ...any) {
	line := fmt.Sprintf(format, args...)
	if _, before := p.told.LoadOrStore(line, true); !before {
		log(level, "%s", line)
	}
}
