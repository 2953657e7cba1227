package cli

import (
	"path/filepath"
	"strings"
	"time"
)

// ShowPage prints a page for a browser.
const ShowPage Action = "page"

// webPage only looks. Its flags are those of Run.
type webPage struct {
	Reports        []string      `arg:"" optional:"" sep:"none" name:"report"`
	MaxAge         time.Duration `default:"15m" placeholder:"TIME" help:"Warn of a report that is older, and of the page once it is (${default})."`
	Config         []string      `short:"c" sep:"none" default:"${config}" env:"DAEMON_KEEPER_CONFIG" placeholder:"FILE"`
	RunDir         string        `default:"${run_dir}" env:"DAEMON_KEEPER_RUN_DIR" placeholder:"DIR"`
	StateDir       string        `default:"${state_dir}" env:"DAEMON_KEEPER_STATE_DIR" placeholder:"DIR"`
	ServiceCommand string        `placeholder:"PATH"`
}

// Help is what the help says of the command beside its flags.
func (webPage) Help() string {
	return `
Without a REPORT it is the page of this machine. Else it is that of all hosts
whose reports are given, the worst first: files that status -o json and
history --since 90d -o json have printed, called HOST.json and
HOST.history.json.

Examples:
  daemon-keeper page > page.html
  daemon-keeper page reports/*.json > fleet.html`
}

func (p *webPage) ask(c *Command, _ []string) (err error) {
	c.Run = Run{Config: p.Config, Face: Face{Output: Text}, RunDir: p.RunDir, StateDir: p.StateDir, ServiceCommand: p.ServiceCommand, NoSyslog: true}
	c.Files, c.MaxAge = p.Reports, p.MaxAge
	if p.MaxAge < time.Second {
		return usage("give a time such as 15m", "cannot use --max-age %v: it must be at least 1s", p.MaxAge)
	}
	for _, path := range p.Reports {
		if path == "" || strings.ContainsRune(path, 0) {
			return usage("name a file: daemon-keeper page web1.json", "cannot read a report from %q", path)
		}
	}
	if len(p.Reports) > 0 {
		return nil
	}
	c.ConfigFile, err = c.checkWatch()
	return err
}

const htmlHint = "name a file in a folder that a web server serves: --html /var/www/html/daemons.html"

func (r *Run) checkHTML() error {
	switch {
	case r.HTML == "":
	case !filepath.IsAbs(r.HTML) || strings.ContainsRune(r.HTML, 0):
		return usage(htmlHint, "cannot write the page to %q: not an absolute path", r.HTML)
	case filepath.Ext(r.HTML) != ".html":
		return usage(htmlHint, "cannot write the page to %q: its name does not end in .html", r.HTML)
	case r.DryRun:
		return usage("leave out one of the two", "cannot write the page of a dry run")
	}
	return nil
}
