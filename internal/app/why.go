package app

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/history"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/postmortem"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
	"daemon-keeper/rcd"
)

// explainsAtOnce bounds how many deaths are looked at again at the same time.
const explainsAtOnce = 8

// whyCommand explains deaths.
type whyCommand struct {
	Names    []string `arg:"" optional:"" sep:"none" name:"name" takes:"daemons"`
	At       string   `placeholder:"TIME" help:"Explain what happened then: how long ago, a time of day, or a date."`
	Incident int      `placeholder:"N" help:"Explain the incident with this number, as history shows it."`
	Output   string   `short:"o" default:"text" placeholder:"FORMAT" choices:"text json" refuse:"cannot print an explanation as %q" hint:"choose text or json" help:"Print the explanation as text or json."`
	configFlag
	stateDirFlag
}

// Help is what the help says of the command beside its flags.
func (whyCommand) Help() string {
	return `
Without a name, every daemon is explained that is down, or whose last death in
the past 30 days has a cause or a sender that is not known. Evidence that is
still there is looked at again.

Examples:
  daemon-keeper why
  daemon-keeper why nginx
  daemon-keeper why --at 05:42
  daemon-keeper why --incident 3 nginx`
}

func (w *whyCommand) ask(j *job) (err error) {
	byNumber, byTime := slices.Contains(j.Given, "incident"), slices.Contains(j.Given, "at")
	j.Output = w.Output
	switch {
	case byNumber && byTime:
		return cli.Refuse("give one of the two", "cannot use both --at and --incident")
	case byNumber && w.Incident < 1:
		return cli.Refuse("daemon-keeper history shows the numbers", "cannot find incident %d: they are counted from 1 on", w.Incident)
	case byNumber && len(w.Names) > 1:
		return cli.Refuse("name one daemon", "cannot tell which daemon's incident %d is meant", w.Incident)
	case byTime && w.At == "":
		return cli.Refuse("write --at 05:42", "cannot use an empty --at")
	}
	if err := w.checkStateDir(); err != nil {
		return err
	}
	j.configFile, err = w.file()
	return err
}

// run explains deaths from what was kept with them and what can still be found.
func (w *whyCommand) run(ctx context.Context, j *job) (report.Status, error) {
	now := state.Now()
	k, err := readKnown(w.StateDir, j.configFile, j.color, now)
	if err != nil {
		return report.OK, err
	}
	chosen, none, err := k.choose(*w)
	if err != nil {
		return report.OK, err
	}
	list := make([]report.Account, len(chosen))
	slots := make(chan struct{}, explainsAtOnce)
	var all sync.WaitGroup
	for i, x := range chosen {
		slots <- struct{}{}
		all.Go(func() {
			list[i] = k.explain(ctx, x)
			<-slots
		})
	}
	all.Wait()
	if k.broken > 0 {
		terminal.Caution(os.Stderr, terminal.Colored(os.Stderr, j.color), words.Plural(k.broken, "line")+" of the ledger cannot be read")
	}
	var out output
	report.Why{
		Out: &out, Width: terminal.Width(os.Stdout), Color: terminal.Colored(os.Stdout, j.color),
		Now: now.Time.Local(), JSON: w.Output == outputJSON, None: none,
	}.Write(list)
	return report.OK, out.err
}

// known is what runs have left of all daemons, and what the configuration says of them.
type known struct {
	memory
	now  past.Stamp
	zone *time.Location           // of times for people
	file map[string]config.Daemon // nothing if the configuration cannot be read
}

// readKnown reads what runs have remembered. Deaths can be explained without a readable
// configuration too, for example those of a daemon of -e.
func readKnown(stateDir, configFile, color string, now past.Stamp) (*known, error) {
	store, err := lookStore(stateDir)
	if err != nil {
		return nil, err
	}
	m, err := remembered(store, now, terminal.Colored(os.Stderr, color))
	if err != nil {
		return nil, err
	}
	k := &known{m, now, time.Local, make(map[string]config.Daemon)}
	all, _, err := load(configFile)
	if err == nil {
		for _, d := range all.Daemons {
			k.file[d.Name] = d
		}
	}
	return k, nil
}

// explain is what is known of an incident.
func (k *known) explain(ctx context.Context, x history.Incident) report.Account {
	said, found := keeper.Findings(x.Incident)
	missing, silent := []string(nil), []string(nil)
	if x.Death != nil {
		missing, silent = x.Death.Absent, x.Death.Silent
	}
	if e, asked := k.askAgain(ctx, x); asked {
		found, missing = postmortem.Again(found, e.Findings), missingThen(missing, e.Absent, x.Kind != "")
		silent = slices.Compact(slices.Sorted(slices.Values(append(silent, e.Silent...))))
	}
	if now := k.managerNow(ctx, x); now != nil && x.Kind == "" && x.Tries == 0 {
		said = now
	} else if now != nil && (said == nil || now.Text != said.Text) {
		now.Text, now.Aside, now.Sure = "the manager says of its service now: "+now.Text, true, postmortem.Likely
		found = append(found, *now)
	}
	v := postmortem.Weigh(said, found)
	if v.Cause == words.UnknownCause && x.Kind != "" {
		v.Cause = x.Kind // an older version has recorded nothing else
	}
	missing = postmortem.TraceFirst(missing)
	if d := x.Death; d != nil && said == nil && d.Manager != "" && x.Kind != words.NotWell {
		missing = append(missing, "service manager: "+forgetful(d.Manager, d.Service))
	}
	return k.account(x, v, missing, silent)
}

// forgetful says why a service manager does not know how a service has ended.
func forgetful(manager, service string) string {
	if manager == "systemd" {
		return "systemd has forgotten how it ended, as it does of a unit that nothing refers to: systemctl enable " + words.Shell(service)
	}
	return manager + " does not know how its services have ended"
}

// missingThen lists the witnesses that were missing when the daemon died or, if they were not
// asked then, those that are missing now.
func missingThen(then, now []string, asked bool) []string {
	if !asked {
		return now
	}
	var list []string
	for _, m := range then {
		name, _, _ := strings.Cut(m, ":")
		if !slices.ContainsFunc(now, func(n string) bool { return strings.HasPrefix(n, name+":") }) {
			m = name + ": it was not there then, and is now"
		}
		list = append(list, m)
	}
	return list
}

// askAgain asks the witnesses again, if the processes were of this boot. Before a restart that
// was done already; only for a daemon that was left alone can they know more.
func (k *known) askAgain(ctx context.Context, x history.Incident) (e postmortem.Evidence, asked bool) {
	d := x.Death
	if d == nil || d.Boot == "" || d.Boot != k.now.Boot || len(d.Processes) == 0 || x.Kind == words.NotWell {
		return e, false
	}
	ctx, cancel := context.WithTimeout(ctx, evidenceTime)
	defer cancel()
	dead := keeper.Dead(keeper.Daemon{Name: x.Daemon}, *d)
	dead.Executable, dead.Wall, dead.LastUp = k.file[x.Daemon].Executable, x.Down, x.LastUp
	return evidence(ctx, dead), true
}

// managerNow returns what the service manager says of a service that is still down; nil if it
// says nothing, or if another manager was asked at the time.
func (k *known) managerNow(ctx context.Context, x history.Incident) *postmortem.Finding {
	d := x.Death
	if !x.UnderWay || d == nil || d.Service == "" || x.Kind == words.NotWell {
		return nil
	}
	m, err := rcd.DetectAll(rcd.ThisHost(), new(rcd.Outputs))
	if err != nil || m.ManagerOf(d.Service) != d.Manager {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, evidenceTime)
	defer cancel()
	death, err := m.Death(ctx, d.Service)
	if err != nil {
		return nil
	}
	return keeper.Said(death, m.ManagerOf(d.Service), d.Processes, k.now.Time, x.LastUp)
}

// account joins a verdict with the rest that is known.
func (k *known) account(x history.Incident, v postmortem.Verdict, missing, silent []string) report.Account {
	d, inFile := k.daemons[x.Daemon], k.file[x.Daemon]
	a := report.Account{
		Name: x.Daemon, Executable: inFile.Executable, Services: inFile.Services, After: k.after(x.Daemon), State: "unknown",
		Incident: x, Kind: string(v.Cause), Explained: explained(x, v), Next: v.Next, Missing: missing, Silent: silent,
		Seen: k.now.Retell(d.LastUp).Time, More: []string{"daemon-keeper history " + words.Shell(x.Daemon), "man 8 daemon-keeper"},
	}
	if x.Kind == "" && v.Cause == words.UnknownCause {
		a.Kind = ""
	}
	if x.Death != nil {
		a.Incident.Blame = words.Blame{Cause: v.Text, Sender: v.Sender, Certainty: v.Sure, Source: v.Source}
	}
	switch {
	case d.Incident != nil && d.Held != "":
		a.State, a.Since, a.Seen = "held", k.now.Retell(d.HeldSince).Time, k.now.Time
	case d.Incident != nil:
		a.State, a.Since, a.Seen = "down", k.now.Retell(d.Incident.Began).Time, k.now.Time
	case !d.UpSince.IsZero():
		a.State, a.Since = "up", k.now.Retell(d.UpSince).Time
	}
	for _, l := range v.Lines {
		a.Lines = append(a.Lines, report.WhyLine{Kind: string(l.Kind), Text: l.Text, Certainty: string(l.Sure), Source: l.Source, When: l.When, Later: l.Later && x.Kind != ""})
	}
	a.Died = diedAt(x.Incident, v.Lines)
	scene := postmortem.Scene{Daemon: x.Daemon, Cause: v.Cause, From: x.LastUp.In(k.zone), To: x.Down.In(k.zone), NotWell: v.Cause == words.NotWell}
	if x.Death != nil {
		a.Lived = words.Duration(x.Death.Lived)
		scene.Service, scene.Manager = x.Death.Service, x.Death.Manager
		if len(x.Death.Processes) > 0 {
			scene.PID = x.Death.Processes[0].PID
		}
	}
	for _, command := range postmortem.Advice(scene) {
		if !slices.Contains(a.Next, command) {
			a.Next = append(a.Next, command)
		}
	}
	return a
}

// after lists the daemons that come after this one in the configuration.
func (k *known) after(name string) []string {
	var list []string
	for other, d := range k.file {
		if slices.Contains(d.After, name) {
			list = append(list, other)
		}
	}
	slices.Sort(list)
	return list
}

// diedSlack allows for the clocks of witnesses to differ from ours.
const diedSlack = 2 * time.Second

// diedAt returns when the daemon died, if a witness knows it; otherwise zero.
func diedAt(i past.Incident, lines []postmortem.Line) time.Time {
	for _, l := range lines {
		if l.Kind != postmortem.IsNote && !l.When.IsZero() && !i.LastUp.IsZero() &&
			!l.When.Before(i.LastUp.Add(-diedSlack)) && !l.When.After(i.Down.Add(diedSlack)) {
			return l.When
		}
	}
	return time.Time{}
}
