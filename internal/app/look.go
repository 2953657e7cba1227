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

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/metrics"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/state"
	"daemon-keeper/internal/terminal"
	"daemon-keeper/internal/words"
)

// stderrPatience is how long a run waits at its end until its messages on stderr have been
// read. For the report on standard output it waits without a limit: all work is done by then.
const stderrPatience = 2 * time.Second

// looking is part of each command that looks at the daemons.
type looking struct{}

func (looking) run(ctx context.Context, j *job) (report.Status, error) { return look(ctx, j), nil }

// look looks at the daemons; run also acts.
func look(ctx context.Context, j *job) report.Status {
	began := time.Now()
	stderr := terminal.Unblock(os.Stderr)
	defer stderr.Flush(stderrPatience)
	w, err := planned(j)
	k, wireErr := wire(j, keeper.OwnDaemons(w.daemons), stderr)
	if wireErr != nil {
		return refuse(j, wireErr)
	}
	if blank := blankFiles(j, err); blank != "" {
		k.Log.Log(report.Routine, "nothing is kept yet: %s", blank)
		if terminal.Is(os.Stdout) && j.Output == outputText {
			fmt.Printf("nothing is kept yet: %s; 'daemon-keeper init' proposes what to write\n", words.Printable(blank))
		}
		err = nil
	}
	if err != nil {
		return refuse(j, mistyped(j, err), w.mistakes...)
	}
	k.EvidenceTime = cmp.Or(w.evidence.Timeout, k.EvidenceTime)
	k.Whole = j.configFile != "" && len(j.Names) == 0 && len(w.mistakes) == 0
	if k.Remind, k.Tell = w.notify.Remind, teller(w.notify, k.Log); k.Tell != nil && k.UserName == nil {
		k.UserName = keeper.UserNames()
	}
	if j.Name == runName && !j.DryRun && j.configFile != "" && len(w.mistakes) == 0 {
		tracing(j, k, w.evidence.TraceSignals)
	}
	r := report.Report{Command: j.Name, Began: began, Mistakes: tell(k.Log, w.mistakes), Daemons: k.Run(ctx, w.daemons), Whole: k.Whole}
	r.Took = time.Since(began)
	if j.Name == statusName {
		addLately(j.StateDir, &r)
	}
	stderr.Flush(stderrPatience)
	measure(j, k.Log, &r)
	toldOnce(j, k.Store, k.Key, w.notify.Remind, &r)
	return show(j, k.Log, r)
}

// mistyped adds the command that was probably meant to the error for an unknown name.
func mistyped(j *job, err error) error {
	if j.Meant == "" || !errors.As(err, new(*config.UnknownNameError)) && !errors.As(err, new(*config.NotFoundError)) {
		return err
	}
	return &hinted{err, "did you mean: daemon-keeper " + j.Meant + "? Else " + words.Hint(err)}
}

// hinted is an error with a hint of its own.
type hinted struct {
	error
	hint string
}

func (h *hinted) Hint() string  { return h.hint }
func (h *hinted) Unwrap() error { return h.error }

// blankFiles returns a text if the configuration has only comments. A package installs such a
// file, and until somebody edits it, cron still runs us each minute.
func blankFiles(j *job, err error) string {
	var empty *config.EmptyError
	if j.Name != runName || len(j.Names) > 0 || !errors.As(err, &empty) || !empty.Blank {
		return ""
	}
	return strings.Join(empty.Files, ", ") + " has only comments"
}

// measure also writes the report to the files for Prometheus and for browsers.
func measure(j *job, log keeper.Log, r *report.Report) {
	failed := func(about string, err error) {
		log.Record(report.Error, "%v", err)
		r.Mistakes = append(r.Mistakes, report.Mistake{Text: err.Error(), Hint: words.Hint(err), About: about})
	}
	if j.Prometheus != "" {
		if err := metrics.Write(j.Prometheus, *r); err != nil {
			failed("metrics", err)
		}
	}
	if j.HTML != "" {
		if err := writePage(j, *r); err != nil {
			failed("page", err)
		}
	}
}

// show prints the report, and returns the exit status.
func show(j *job, log keeper.Log, r report.Report) report.Status {
	if j.Name == pageName {
		return printPage(j, r)
	}
	var out output
	face(j, r, &out).Write(r)
	switch {
	case out.err == nil:
		return r.Status()
	case j.Looks: // this command does nothing but report
		r.Mistakes = append(r.Mistakes, mistake(out.err))
	default:
		log.Log(report.Error, "%v", out.err)
	}
	out.complain(j)
	return r.Status()
}

// face returns the output format of the report. A mistake in the names is reported as text
// even where the report would be a table.
func face(j *job, r report.Report, out io.Writer) interface{ Write(report.Report) } {
	text := report.Text{
		Out: out, Err: os.Stderr,
		Terminal: terminal.Is(os.Stdout), Color: terminal.Colored(os.Stdout, j.color), ErrColor: terminal.Colored(os.Stderr, j.color),
		Syslog: !j.NoSyslog, Quiet: j.Quiet, Verbose: j.Verbose,
		Brief: j.Name == runName, Now: time.Now(), Width: terminalWidth(os.Stdout),
	}
	switch {
	case j.Output == outputJSON:
		return report.JSON{Out: out, Verbose: j.Verbose}
	case j.Output == outputNagios:
		return report.Nagios{Out: out}
	case j.Output == outputSvstat:
		return report.Svstat{Out: out, Err: os.Stderr, Now: time.Now()}
	case j.Output == outputMon, j.Name == checkName && len(r.Daemons) > 0:
		return report.Mon{Text: text}
	case j.Name == matchName:
		return report.Matches{Text: text}
	case j.Name == statusName && len(r.Daemons) > 0:
		return report.Table{
			Out: out, Err: os.Stderr, Width: terminal.Width(os.Stdout), Now: time.Now(),
			Color: text.Color, ErrColor: text.ErrColor, Quiet: j.Quiet, Verbose: j.Verbose,
		}
	}
	return text
}

// tell writes mistakes to the log, and returns them in the form of the report.
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

// refuse reports an error that was found before anything was touched.
func refuse(j *job, err error, mistakes ...config.Mistake) report.Status {
	log := openLog(j, io.Discard)
	r := report.Report{Command: j.Name, Began: time.Now(), Mistakes: append(tell(log, mistakes), mistake(err))}
	if !errors.As(err, new(*cli.UsageError)) { // otherwise the name of the file may be what is wrong
		measure(j, log, &r)
	}
	log.Log(report.Fatal, "%v", err)
	if j.Name == runName && !errors.As(err, new(*cli.UsageError)) {
		store, _ := state.OpenStore(j.StateDir) // on an error it is remembered until the next boot, or not at all
		toldOnce(j, store, memoryKey(j), 0, &r)
	}
	return show(j, log, r)
}
