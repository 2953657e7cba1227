package app

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/past"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// stderrPatience is how long a run waits at its end for somebody to read what it has
// said. What it answers on standard output is waited for: the work is done by then.
const stderrPatience = 2 * time.Second

// look looks at the daemons, and run acts.
func look(ctx context.Context, c cli.Command) report.Status {
	began := time.Now()
	stderr := terminal.Unblock(os.Stderr)
	defer stderr.Flush(stderrPatience)
	w, err := wanted(c)
	k, wireErr := wire(c, keeper.OwnDaemons(w.daemons), stderr)
	if wireErr != nil {
		return refuse(c, wireErr)
	}
	if blank := blankFiles(c, err); blank != "" {
		k.Log.Log(report.Routine, "nothing is kept yet: %s", blank)
		if terminal.Is(os.Stdout) && c.Output == cli.Text {
			fmt.Printf("nothing is kept yet: %s; 'daemon-keeper init' proposes what to write\n", words.Printable(blank))
		}
		err = nil
	}
	if err != nil {
		return refuse(c, mistyped(c, err), w.mistakes...)
	}
	k.EvidenceTime = cmp.Or(w.evidence.Timeout, k.EvidenceTime)
	k.Whole = c.ConfigFile != "" && len(c.Names) == 0 && len(w.mistakes) == 0
	if k.Remind, k.Tell = w.notify.Remind, teller(w.notify, k.Log); k.Tell != nil && k.UserName == nil {
		k.UserName = keeper.UserNames()
	}
	if c.Action == cli.Keep && !c.DryRun && c.ConfigFile != "" && len(w.mistakes) == 0 {
		tracing(c, k, w.evidence.TraceSignals)
	}
	r := report.Report{Command: string(c.Action), Began: began, Mistakes: tell(k.Log, w.mistakes), Daemons: k.Run(ctx, w.daemons), Whole: k.Whole}
	r.Took = time.Since(began)
	if c.Action == cli.ShowStatus {
		addLately(c.StateDir, &r)
	}
	stderr.Flush(stderrPatience)
	measure(c, k.Log, &r)
	toldOnce(c, k.Store, k.Key, w.notify.Remind, &r)
	return show(c, k.Log, r)
}

// mistyped adds to an error that a name is not known which command was probably meant.
func mistyped(c cli.Command, err error) error {
	if c.Meant == "" || !errors.As(err, new(*config.UnknownNameError)) && !errors.As(err, new(*config.NotFoundError)) {
		return err
	}
	return &hinted{err, "did you mean: daemon-keeper " + c.Meant + "? Else " + words.Hint(err)}
}

// hinted is an error with another hint.
type hinted struct {
	error
	hint string
}

func (h *hinted) Hint() string  { return h.hint }
func (h *hinted) Unwrap() error { return h.error }

// blankFiles says that nobody has written anything into the configuration yet, if so.
// A package lays down one like that, and cron runs us each minute.
func blankFiles(c cli.Command, err error) string {
	var empty *config.EmptyError
	if c.Action != cli.Keep || len(c.Names) > 0 || !errors.As(err, &empty) || !empty.Blank {
		return ""
	}
	return strings.Join(empty.Files, ", ") + " has only comments"
}

// measure writes the report for Prometheus, too, and for a browser.
func measure(c cli.Command, log keeper.Log, r *report.Report) {
	failed := func(about string, err error) {
		log.Record(report.Error, "%v", err)
		r.Mistakes = append(r.Mistakes, report.Mistake{Text: err.Error(), Hint: words.Hint(err), About: about})
	}
	if c.Prometheus != "" {
		if err := report.WriteTextfile(c.Prometheus, *r); err != nil {
			failed("metrics", err)
		}
	}
	if c.HTML != "" {
		if err := writePage(c, *r); err != nil {
			failed("page", err)
		}
	}
}

// show prints the report, and tells what is to be believed of it.
func show(c cli.Command, log keeper.Log, r report.Report) report.Status {
	if c.Action == cli.ShowPage {
		return printPage(c, r)
	}
	var out output
	face(c, r, &out).Write(r)
	switch {
	case out.err == nil:
		return r.Status()
	case c.Looks(): // the report is all that it is for
		r.Mistakes = append(r.Mistakes, mistake(out.err))
	default:
		log.Log(report.Error, "%v", out.err)
	}
	out.complain(c)
	return r.Status()
}

// wanted are the daemons of this run: the one of -e, or those of the
// configuration; of a command that only looks, SPECs too.
func wanted(c cli.Command) (plan, error) {
	switch {
	case len(c.Executable) > 0:
		return plan{daemons: []keeper.Daemon{{
			Name:      c.Executable[0],
			Spec:      check.Spec{Executable: c.Executable[0], User: c.UserID},
			Recheck:   c.Recheck,
			BootGrace: c.BootGrace,
			BootLimit: c.BootLimit,
			WorkLimit: c.WorkLimit,
			Policy:    past.Policy{Delays: c.Delays, Acceptable: c.Acceptable},
			Leftovers: c.Leftovers,
			Respect:   words.Wishes(),
			Procedure: keeper.Procedure(c.Service, c.StopTimeout, c.StartTimeout, c.Verify, c.Settle),
		}}}, nil
	case c.Action == cli.ShowMatches:
		w, err := watched(c.ConfigFile, c.ConfigFile == defaults().Config, c.Names)
		for i, d := range w.daemons {
			w.daemons[i] = d.ProcessesOnly()
		}
		return w, err
	case c.Looks():
		return watched(c.ConfigFile, c.ConfigFile == defaults().Config, c.Names)
	}
	return configured(c.ConfigFile, c.Names)
}

// face is how the report looks. A person who has mistyped something is told so in
// words, even where the answer would have been a table.
func face(c cli.Command, r report.Report, out io.Writer) interface{ Write(report.Report) } {
	text := report.Text{
		Out: out, Err: os.Stderr,
		Terminal: terminal.Is(os.Stdout), Color: terminal.Colored(os.Stdout, c.Color), ErrColor: terminal.Colored(os.Stderr, c.Color),
		Diary: !c.NoSyslog, Quiet: c.Quiet, Verbose: c.Verbose,
		Brief: c.Action == cli.Keep, Now: time.Now(), Width: terminalWidth(os.Stdout),
	}
	switch {
	case c.Output == cli.JSON:
		return report.JSON{Out: out, Verbose: c.Verbose}
	case c.Output == cli.Nagios:
		return report.Nagios{Out: out}
	case c.Output == cli.Svstat:
		return report.Svstat{Out: out, Err: os.Stderr, Now: time.Now()}
	case c.Output == cli.Mon, c.Action == cli.Check && len(r.Daemons) > 0:
		return report.Mon{Text: text}
	case c.Action == cli.ShowMatches:
		return report.Matches{Text: text}
	case c.Action == cli.ShowStatus && len(r.Daemons) > 0:
		return report.Table{
			Out: out, Err: os.Stderr, Width: terminal.Width(os.Stdout), Now: time.Now(),
			Color: text.Color, ErrColor: text.ErrColor, Quiet: c.Quiet, Verbose: c.Verbose,
		}
	}
	return text
}

// tell writes the mistakes down, and passes them on to the report.
func tell(log keeper.Log, mistakes []config.Mistake) []report.Mistake {
	var list []report.Mistake
	for _, m := range mistakes {
		log.Record(report.Error, "%v", m)
		list = append(list, mistake(m))
	}
	return list
}

func mistake(err error) report.Mistake {
	return report.Mistake{Text: err.Error(), Hint: words.Hint(err)}
}

// refuse says what is wrong, and what to do; nothing was touched.
func refuse(c cli.Command, err error, mistakes ...config.Mistake) report.Status {
	log := diary(c, io.Discard)
	r := report.Report{Command: string(c.Action), Began: time.Now(), Mistakes: append(tell(log, mistakes), mistake(err))}
	if !errors.As(err, new(*cli.UsageError)) { // else the name of the file may be what is wrong
		measure(c, log, &r)
	}
	log.Log(report.Fatal, "%v", err)
	if c.Action == cli.Keep && !errors.As(err, new(*cli.UsageError)) {
		store, _ := state.OpenStore(c.StateDir) // else it is remembered until the next boot, or not at all
		toldOnce(c, store, memoryKey(c), 0, &r)
	}
	return show(c, log, r)
}
