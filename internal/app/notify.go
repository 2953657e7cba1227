package app

import (
	"bytes"
	"context"
	"os"
	"slices"
	"strings"
	"time"

	"daemon-keeper/internal/config"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/notify"
	"daemon-keeper/internal/report"
	"daemon-keeper/internal/words"
)

// notifyTime is the limit for each way of telling someone.
const notifyTime = 30 * time.Second

// teller returns the function that notifies the people named in the configuration; nil if
// there are none. A failure is written to the log and stops nothing.
func teller(to config.Notify, log keeper.Log) func(context.Context, []keeper.Transition) {
	var ways []func(context.Context, notify.Message) error
	if len(to.OnIncident) > 0 {
		ways = append(ways, notify.Hook{Argv: to.OnIncident, Timeout: notifyTime}.Tell)
	}
	if to.Mail != "" {
		ways = append(ways, notify.Mail{To: []string{to.Mail}, Timeout: notifyTime}.Tell)
	}
	if len(ways) == 0 {
		return nil
	}
	return func(ctx context.Context, list []keeper.Transition) {
		m := message(list).WithLink(to.PageURL)
		for _, tell := range ways {
			if err := tell(context.WithoutCancel(ctx), m); err != nil {
				log.Log(report.Warning, "%s", withHint(err))
			}
		}
	}
}

// message makes one message of all transitions.
func message(list []keeper.Transition) notify.Message {
	r := report.Report{Command: "run", Began: time.Now()}
	items := make([]notify.Item, len(list))
	for i, t := range list {
		r.Daemons = append(r.Daemons, t.Daemon)
		items[i] = notify.Item{
			Name: t.Daemon.Name, Event: t.Kind, Reason: t.Daemon.Reason, Blame: t.Daemon.Blame,
			Since: r.Began.Add(-t.Downtime), Done: done(t.Daemon.Steps), Downtime: t.Downtime,
			Words: t.Daemon.LastWords, Printed: printed(t.Daemon.Steps), Next: next(t),
		}
	}
	host, err := os.Hostname()
	if err != nil {
		host = "this host"
	}
	m := notify.Compose(host, items)
	var b bytes.Buffer
	report.JSON{Out: &b}.Write(r)
	m.Report = b.Bytes()
	return m
}

// done lists the steps in one line: "stop clamd, start clamd (exit status 3)".
func done(steps []report.Step) string {
	var list []string
	for _, s := range steps {
		step := string(s.Verb) + " " + s.Service
		if s.Err != "" && !s.Slow {
			step += " (" + s.Err + ")"
		}
		list = append(list, step)
	}
	return strings.Join(list, ", ")
}

// printed returns the output of the last command that failed.
func printed(steps []report.Step) []string {
	for _, s := range slices.Backward(steps) {
		if s.Err != "" && len(s.Output) > 0 {
			return s.Output
		}
	}
	return nil
}

// next says what happens next, and when.
func next(t keeper.Transition) string {
	switch d := t.Daemon; {
	case t.Kind == words.End:
		return ""
	case !d.NextTry.IsZero():
		return "the next try to bring it back is at " + d.NextTry.Local().Format(time.TimeOnly)
	case t.Kind == words.Begin && len(d.Services) > 0 && len(d.Steps) == 0:
		return "it is restarted as soon as it may be; how that ends is told, too"
	}
	return ""
}

func withHint(err error) string {
	if h := words.Hint(err); h != "" {
		return err.Error() + " (" + h + ")"
	}
	return err.Error()
}
