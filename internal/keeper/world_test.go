package keeper

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// world is a machine on which the start of a service brings daemons up after a
// while. What is done to it is noted with its time, which is the bubble's.
type world struct {
	machine                  // the parts of a manager that do nothing
	keeper   *Keeper         // may be changed before run
	toys     map[string]*toy // by executable
	services map[string]*service
	began    time.Time

	lookTakes, probeTakes time.Duration
	lookedAt              []look
	probing, mostProbing  int
	probed                []bool // after a restart?
	steps                 []*step
	inStep                map[string]bool
	underWay              int // steps
	phases                int
	spares                map[string]func(int) bool
	conditions            map[string]rcd.Condition
	lines                 []line
	faults                []string // what should never happen

	work    map[string]*rcd.Work // by service
	workErr error
	scripts bool // services are stopped and started by scripts that anybody may run
	asked   int  // what is under way
	booting rcd.Boot
	bootErr error

	deaths     map[string]rcd.Death // by service
	deathTakes time.Duration
	autopsies  []string

	asking, mostAsking int // how a service has died

	boot  string        // the id of this boot
	clock time.Duration // by which the clock of the day is wrong
}

// toy is a daemon, or what a rule is about.
type toy struct {
	name    string
	pid     int // another at each start
	up      bool
	upAt    time.Time // it will be up from then on; zero: it will not
	sick    bool      // it runs, but does not answer
	ill     bool      // no start cures it
	verdict *check.Verdict
	answers time.Duration // how long its probe takes, if not as long as the others'
}

type service struct {
	brings             []*toy
	after              time.Duration // from its start to that of the daemon
	stopTakes, startIs time.Duration // how long the commands take
	hangs              bool          // its start takes until its time is over
	err                error
}

type look struct {
	from  time.Duration
	specs []check.Spec
	full  bool
}

type step struct {
	verb     words.Verb
	service  string
	from, to time.Duration
	underWay int // when it began, itself included
}

func (s step) String() string { return string(s.verb) + " " + s.service }

type line struct {
	at    time.Duration
	level report.Level
	text  string
}

// newWorld is to be called within the bubble.
func newWorld(t *testing.T) *world {
	w := &world{
		toys: make(map[string]*toy), services: make(map[string]*service), inStep: make(map[string]bool), spares: make(map[string]func(int) bool), deaths: make(map[string]rcd.Death),
		began: time.Now(), lookTakes: 10 * time.Millisecond, probeTakes: 10 * time.Millisecond,
	}
	w.keeper = &Keeper{
		Senses: Senses{
			Look: w.look, Probe: w.probe, EvidenceTime: 2 * time.Second,
			Uptime: func() (time.Duration, error) { return time.Hour, nil },
		},
		Services:  Services{Manager: w, RunDir: t.TempDir() + "/run", Outputs: new(rcd.Outputs), AtOnce: 4},
		Listeners: Listeners{Log: w},
	}
	return w
}

// add makes a daemon that is down, and that its first service brings up.
func (w *world) add(name string, services ...string) Daemon {
	d := daemon(services...)
	d.Name, d.Spec.Executable, d.Hurry = name, "/toys/"+name, 2*time.Second
	w.toys[d.Spec.Executable] = &toy{name: name, pid: 100 + len(w.toys)}
	for i, s := range services {
		if w.services[s] == nil {
			w.services[s] = &service{stopTakes: 100 * time.Millisecond, startIs: 100 * time.Millisecond, after: 100 * time.Millisecond}
		}
		if i == 0 {
			w.brings(s, name)
		}
	}
	return d
}

// isUp is add for a daemon that is up.
func (w *world) isUp(name string, services ...string) Daemon {
	d := w.add(name, services...)
	w.toy(name).up = true
	return d
}

// rule makes a rule with the verdict on it.
func (w *world) rule(name string, v check.Verdict) Daemon {
	d := w.add(name)
	d.Spec.Rule = true
	w.toy(name).verdict = &v
	return d
}

func (w *world) toy(name string) *toy { return w.toys["/toys/"+name] }

// brings has a service bring these up, too.
func (w *world) brings(service string, names ...string) {
	for _, n := range names {
		if s := w.services[service]; !slices.Contains(s.brings, w.toy(n)) {
			s.brings = append(s.brings, w.toy(n))
		}
	}
}

// barren has a service bring nothing up.
func (w *world) barren(service string) { w.services[service].brings = nil }

// run is one run, and what must be true of any.
func (w *world) run(t *testing.T, ctx context.Context, daemons ...Daemon) map[string]report.Daemon {
	t.Helper()
	reports := w.keeper.Run(ctx, daemons)
	var want, got []string
	for _, d := range daemons {
		if !d.LookOnly {
			want = append(want, d.Name)
		}
	}
	byName := make(map[string]report.Daemon)
	for _, r := range reports {
		got = append(got, r.Name)
		byName[r.Name] = r
		if r.Reason == "" && !slices.Contains([]report.Result{report.Up, report.Clear, report.BroughtBack}, r.Result) {
			t.Errorf("'%s' has result %d without a reason", r.Name, r.Result)
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("reported %q, want %q", got, want)
	}
	w.invariants(t)
	return byName
}

func (w *world) invariants(t *testing.T) {
	t.Helper()
	for _, f := range w.faults {
		t.Error(f)
	}
	count := make(map[string]int)
	for _, s := range w.steps {
		count[s.String()]++
		if s.underWay > max(1, w.keeper.AtOnce) {
			t.Errorf("%d steps at the same time when %v began, at %v", s.underWay, s, s.from)
		}
	}
	for name, n := range count {
		if n > 1 {
			t.Errorf("%d times %s", n, name)
		}
		if service, isStop := strings.CutPrefix(name, "stop "); isStop && count["start "+service] != 1 {
			t.Errorf("%s was stopped and not started", service)
		}
	}
}

// begin and end note a step; only one at a time may be for a service.
func (w *world) begin(verb words.Verb, name string) *step {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.inStep[name] {
		w.faults = append(w.faults, fmt.Sprintf("two steps for %s at the same time", name))
	}
	w.inStep[name] = true
	w.underWay++
	s := &step{verb: verb, service: name, from: time.Since(w.began), underWay: w.underWay}
	w.steps = append(w.steps, s)
	return s
}

func (w *world) end(s *step) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inStep[s.service] = false
	w.underWay--
	s.to = time.Since(w.began)
}

func (w *world) Stop(ctx context.Context, name string, _ rcd.With) error {
	s := w.begin(words.Stop, name)
	defer w.end(s)
	service := w.services[name]
	w.set(service, func(d *toy) { d.up, d.upAt = false, time.Time{} })
	return w.take(ctx, service.stopTakes)
}

func (w *world) Start(ctx context.Context, name string, with rcd.With) error {
	w.mu.Lock()
	w.spares[name] = with.IsDaemon
	w.mu.Unlock()
	s := w.begin(words.Start, name)
	defer w.end(s)
	service := w.services[name]
	if service.err != nil {
		return service.err
	}
	w.set(service, func(d *toy) {
		d.upAt = time.Now().Add(service.after)
		d.pid += 1000
		d.sick = d.ill
		if !d.ill {
			d.verdict = nil
		}
	})
	if service.hangs {
		<-ctx.Done()
		return fmt.Errorf("cannot start service %s: %w", name, context.Cause(ctx))
	}
	return w.take(ctx, service.startIs)
}

func (w *world) set(s *service, change func(*toy)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range s.brings {
		change(d)
	}
}

// take fails like the real one if its time is over.
func (w *world) take(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (w *world) CarriesOut(args []string, verb words.Verb, service string) bool {
	return rcd.CarriesOut(args, verb, service, w.Argv(verb, service))
}

func (w *world) Death(ctx context.Context, service string) (rcd.Death, error) {
	w.mu.Lock()
	d, takes := w.deaths[service], w.deathTakes
	w.autopsies = append(w.autopsies, service)
	w.asking++
	w.mostAsking = max(w.mostAsking, w.asking)
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		w.asking--
		w.mu.Unlock()
	}()
	if err := w.take(ctx, takes); err != nil {
		return rcd.Death{Cause: words.UnknownCause}, err
	}
	if d == (rcd.Death{}) {
		d.Cause = words.UnknownCause
	}
	return d, nil
}

func (w *world) Work(_ context.Context, service string) (*rcd.Work, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked++
	if w.inStep[service] { // as a real manager says of what we do ourselves
		return &rcd.Work{Service: service, By: "systemd", What: "start", Aged: true, Limit: time.Hour}, nil
	}
	if w.work[service] == nil {
		return nil, w.workErr
	}
	at := *w.work[service]
	at.Service = service
	return &at, w.workErr
}

// Commands knows processes whose arguments are "svc", the service and the verb.
func (w *world) Commands(services []string) func(args []string) (service, verb string, ok bool) {
	if !w.scripts {
		return nil
	}
	return func(args []string) (service, verb string, ok bool) {
		if len(args) != 3 || args[0] != "svc" || !slices.Contains(services, args[1]) {
			return "", "", false
		}
		return args[1], args[2], true
	}
}

func (w *world) Boot(context.Context) (rcd.Boot, error) { return w.booting, w.bootErr }

// Condition knows no main process, as most managers do not.
func (w *world) Condition(_ context.Context, service string) (rcd.Condition, error) {
	return w.conditions[service], nil
}

func (w *world) Phase(ctx context.Context) (rcd.Phase, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.phases++
	return w.phase, w.phaseErr
}

// look shows the world as it was when the look began.
func (w *world) look(ctx context.Context, specs []check.Spec, opts check.Options) []check.Verdict {
	w.mu.Lock()
	if w.inStep["look"] {
		w.faults = append(w.faults, "two looks at the same time")
	}
	w.inStep["look"] = true
	w.lookedAt = append(w.lookedAt, look{time.Since(w.began), slices.Clone(specs), opts.Full})
	var list []check.Verdict
	for _, s := range specs {
		list = append(list, w.toys[s.Executable].judge(s))
	}
	w.mu.Unlock()
	time.Sleep(w.lookTakes)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.inStep["look"] = false
	return list
}

func (d *toy) judge(s check.Spec) check.Verdict {
	if d.verdict != nil {
		return *d.verdict
	}
	if !d.upAt.IsZero() && !time.Now().Before(d.upAt) {
		d.up = true
	}
	if !d.up {
		return down()
	}
	v := up(d.pid)
	v.Pending = s.Listen != nil
	return v
}

func (w *world) probe(ctx context.Context, s check.Spec, v check.Verdict, afterRestart bool) check.Verdict {
	w.mu.Lock()
	w.probed = append(w.probed, afterRestart)
	w.probing++
	w.mostProbing = max(w.mostProbing, w.probing)
	d := w.toys[s.Executable]
	w.mu.Unlock()
	err := w.take(ctx, cmp.Or(d.answers, w.probeTakes))
	w.mu.Lock()
	defer w.mu.Unlock()
	w.probing--
	v.Pending = false
	switch {
	case len(v.Matches) == 0:
		w.faults = append(w.faults, d.name+" was probed without a process")
	case err != nil:
		v.State, v.Err = check.Unknown, fmt.Errorf("cannot tell whether it answers: %w", err)
	case d.sick:
		v.State, v.Faults = check.Down, []check.Fault{{Aspect: check.Listening, Severity: check.Restart, Text: "it refuses connections"}}
	}
	return v
}

func (w *world) Log(l report.Level, format string, args ...any) {
	w.machine.Log(l, format, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.lines = append(w.lines, line{time.Since(w.began), l, fmt.Sprintf(format, args...)})
}

func (w *world) Record(l report.Level, format string, args ...any) {
	w.Log(l, format, args...)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.recorded = append(w.recorded, l.String()+" "+fmt.Sprintf(format, args...))
}

// did is what was done to services, in the order of the beginnings.
func (w *world) did() string {
	var list []string
	for _, s := range w.sorted() {
		list = append(list, s.String())
	}
	return strings.Join(list, ",")
}

func (w *world) sorted() []*step {
	return slices.SortedStableFunc(slices.Values(w.steps), func(a, b *step) int { return cmp.Compare(a.from, b.from) })
}

// at is the first step of that name.
func (w *world) at(t *testing.T, name string) *step {
	t.Helper()
	i := slices.IndexFunc(w.steps, func(s *step) bool { return s.String() == name })
	if i < 0 {
		t.Fatalf("no %s, only %s", name, w.did())
	}
	return w.steps[i]
}

// said is when a line of the log was written.
func (w *world) said(t *testing.T, prefix string) time.Duration {
	t.Helper()
	i := slices.IndexFunc(w.lines, func(l line) bool { return strings.HasPrefix(l.text, prefix) })
	if i < 0 {
		t.Fatalf("the log does not say %q:\n%s", prefix, strings.Join(w.log, "\n"))
	}
	return w.lines[i].at
}

func (w *world) untouched(t *testing.T) {
	t.Helper()
	if len(w.steps) > 0 {
		t.Errorf("touched: %s", w.did())
	}
	if _, err := os.Lstat(w.keeper.RunDir); err == nil {
		t.Error("made the folder for the locks")
	}
}

func wantResult(t *testing.T, r report.Daemon, want report.Result, reason string) {
	t.Helper()
	if r.Result != want || !strings.Contains(r.Reason, reason) {
		t.Errorf("'%s': result %d because %q, want %d because %q", r.Name, r.Result, r.Reason, want, reason)
	}
}

// about allows for a few looks.
func about(got, want time.Duration) bool { return (got - want).Abs() <= 150*time.Millisecond }

func names(n int) []string {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf("d%02d", i))
	}
	return list
}

// remembers gives the runs a memory.
func (w *world) remembers(t *testing.T) *state.Store {
	t.Helper()
	w.boot = "b"
	w.keeper.Store = openStore(t, t.TempDir()+"/state")
	w.keeper.Clock, w.keeper.Runs, w.keeper.PID = w.now, w.runs, 4711
	return w.keeper.Store
}

func openStore(t *testing.T, path string) *state.Store {
	t.Helper()
	s, err := state.OpenStore(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// now is by the clock of the bubble; the machine had been up for an hour.
func (w *world) now() past.Stamp {
	return past.Stamp{Time: time.Now().Add(w.clock).UTC().Round(0), Boot: w.boot, Up: time.Hour + time.Since(w.began)}
}

func (w *world) runs(pid int, _ uint64) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, d := range w.toys {
		if d.up && (d.pid == pid || d.verdict != nil && slices.Contains(pids(*d.verdict), pid)) {
			return true, nil
		}
	}
	return false, nil
}

// dies kills a daemon; the services know nothing of it.
func (w *world) dies(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.toy(name).up, w.toy(name).upAt = false, time.Time{}
}

// comesUp is somebody else's start of a daemon.
func (w *world) comesUp(name string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.toy(name).up = true
	w.toy(name).pid++
}

// again is one more run: what was noted of earlier ones is left out.
func (w *world) again(t *testing.T, daemons ...Daemon) map[string]report.Daemon {
	t.Helper()
	w.steps, w.lines, w.log, w.lookedAt = nil, nil, nil, nil
	defer synctest.Wait() // for what a test has looked at meanwhile
	return w.run(t, t.Context(), daemons...)
}

// another is the keeper of another process.
func (w *world) another(t *testing.T) *Keeper {
	t.Helper()
	k := *w.keeper
	k.Store, k.Outputs, k.PID = openStore(t, w.keeper.Store.Path()), new(rcd.Outputs), 4712
	return &k
}

// known is what is remembered of a daemon.
func (w *world) known(t *testing.T, name string) past.Daemon {
	t.Helper()
	all, err := w.keeper.Store.Read(w.keeper.Key)
	if err != nil {
		t.Fatal(err)
	}
	return all[name]
}

func (w *world) ledger(t *testing.T) []past.Incident {
	t.Helper()
	list, broken, err := w.keeper.Store.Incidents(time.Time{})
	if err != nil || broken > 0 {
		t.Fatalf("%d broken lines, %v", broken, err)
	}
	return list
}

// logged is what runs have said since again.
func (w *world) logged() string { return strings.Join(w.log, "\n") }
