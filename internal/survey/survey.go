// Package survey proposes a first configuration from the services of this machine: which are
// worth keeping, which must never be restarted blindly, and why.
package survey

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"daemon-keeper/internal/draft"
	"daemon-keeper/internal/words"
)

// Machine is what was found on a machine.
type Machine struct {
	Host     string
	Manager  string // the service manager that was asked
	Config   string // path of the configuration
	Traces   bool   // its kernel can record who sends signals
	Services []Service
}

// Service is a service that a boot starts, or that runs without that.
type Service struct {
	Name     string   // the name that its manager uses
	About    string   // its manager's description; "" if it has none
	Omit     string   // why its manager says that it should not be kept; "" if it is enabled and runs
	Restarts string   // when the manager itself restarts it; "" for never
	Triggers []string // what starts it on demand

	Executable string   // the program or the script to look for; "" if unknown
	AnyVersion string   // the same path with a * in place of the version, if the newest version runs and the service is not that of one version
	Args       string   // a regular expression for the argument that distinguishes it from other services
	User       string   // the user of the main process; "" if it has no name
	Parent     int      // process ID of the main process's parent
	Listen     string   // where it accepts connections, in the form of the key listen; "" if unknown
	OldImage   bool     // its program has been replaced since it was started
	Twins      []string // services whose processes are the same by all this
	Strangers  bool     // so are processes of no service

	Denied  bool   // the process may not be looked at
	Started string // then: the program that the manager has started
	Doubt   string // why Executable is unknown
}

// Propose decides about each service.
func Propose(m Machine) draft.Draft {
	services := slices.SortedStableFunc(slices.Values(m.Services), func(a, b Service) int { return cmp.Compare(a.Name, b.Name) })
	d := draft.Draft{}
	taken := make(map[string]bool)
	var left []string
	for _, s := range services {
		if why := s.why(); why != "" {
			left = append(left, fmt.Sprintf("  %s: %s", s.Name, why))
			continue
		}
		d.Daemons = append(d.Daemons, s.Entry(draft.Name(entryName(s.Name), taken)))
	}
	d.About = m.head()
	if m.Traces && len(d.Daemons) > 0 {
		d.Offers = []draft.Key{{Name: "trace_signals", Value: draft.Raw("true"), About: "Who has sent the signal that has ended a daemon? With the next line the kernel records it, and no process runs for that:"}}
	}
	if len(left) > 0 {
		d.Left = append([]string{"Left out:"}, left...)
	}
	return d
}

// entryName is the name of a service without its manager or, for a folder, without its
// parents.
func entryName(service string) string {
	_, name := words.CutService(service)
	return filepath.Base(name)
}

// Unseen counts the services whose processes we may not look at.
func (m Machine) Unseen() int {
	n := 0
	for _, s := range m.Services {
		if s.Denied && s.Omit == "" && never(s) == "" {
			n++
		}
	}
	return n
}

// why returns why a service is left out; "" if it is not.
func (s Service) why() string {
	switch why := never(s); {
	case why != "":
		return why
	case s.Omit != "":
		return s.Omit
	case s.Denied && s.Started != "":
		return ""
	case s.Executable == "":
		return s.Doubt
	case !utf8.ValidString(s.Executable):
		return "the path of its program is not text"
	case strings.Contains(s.Executable, "*"):
		return "the path of its program has a *, which would stand for a version"
	}
	return ""
}

// head is the text at the top: what this is, and what to do next.
func (m Machine) head() []string {
	lines := []string{
		fmt.Sprintf("A first configuration for %s, made by \"daemon-keeper init\" from the services that %s starts at boot and that run now. It belongs into %s; \"daemon-keeper init --write\" writes it there if there is none. Take out what need not be kept, then:", m.Host, m.Manager, m.Config),
		"",
		"  daemon-keeper validate         what it means, or what is wrong with it",
		"  daemon-keeper status           what it sees",
		"  daemon-keeper run --dry-run    what a run would do",
		"",
		"and let cron run daemon-keeper each minute: man 8 daemon-keeper. What else can be asked of a daemon (listen, memory, pidfile): man 5 daemon-keeper.yaml.",
	}
	if slices.ContainsFunc(m.Services, func(s Service) bool { return s.Restarts != "" && s.why() == "" }) {
		lines = append(lines, "", "Behind some services stands Restart=: systemd starts them again by itself, and at once. To keep such a one helps where systemd gives up, mostly after five deaths in ten seconds, and where a daemon hangs and listen: tells.")
	}
	if n := m.Unseen(); n > 0 {
		lines = append(lines, "", fmt.Sprintf("It was not made by root, who may look at every process. What could not be looked at (%d of them) is a comment here, by what was started, or left out.", n))
	}
	if len(m.Services) == 0 {
		lines = append(lines, "", "None was found.")
	}
	return lines
}

// Entry returns the entry for a service whose process is known. If a person must complete it, it is written as a comment.
func (s Service) Entry(name string) draft.Daemon {
	d := draft.Daemon{Name: name, About: s.notes()}
	if s.Denied {
		s.Executable, d.Off = s.Started, true
	}
	d.Off = d.Off || len(s.Twins) > 0
	add := func(key string, value any, about string) {
		d.Keys = append(d.Keys, draft.Key{Name: key, Value: value, About: about})
	}
	add("executable", cmp.Or(s.AnyVersion, s.Executable), "")
	if s.User != "" {
		add("user", s.User, "")
	}
	if s.Args != "" {
		add("args", s.Args, "")
	}
	if s.isSSH() && s.Parent == 1 {
		add("parent", draft.Raw("1"), "not the sessions")
	}
	if s.isSSH() {
		add("listen", cmp.Or(s.Listen, "tcp://127.0.0.1:22"), "")
		add("expect", "SSH-", "")
	}
	add("services", []string{s.Name}, s.restarts())
	return d
}

func (s Service) restarts() string {
	if s.Restarts == "" {
		return ""
	}
	return "Restart=" + s.Restarts
}

func (s Service) isSSH() bool { return IsSSH(s.Executable) }

// IsSSH reports whether a program is an SSH server. Its sessions run the same program, so the
// address where it listens matters.
func IsSSH(executable string) bool {
	name := filepath.Base(executable)
	return name == "sshd" || name == "dropbear"
}

// some lists the first names: with 300 instances each would name 299.
func some(names []string) string {
	const most = 4
	if len(names) <= most+1 {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d others", strings.Join(names[:most], ", "), len(names)-most)
}

// AnyVersion returns a path with a * in place of the version in a folder's name; "" if no
// folder has a version. A service that is named after its version, such as
// postgresql@15-main, keeps its own.
func AnyVersion(service, path string) string {
	folder, version := versionIn(path)
	if folder == "" || strings.Contains(path, "*") || strings.Contains(service, version) {
		return ""
	}
	return strings.Replace(path, "/"+folder+"/", "/"+strings.TrimSuffix(folder, version)+"*/", 1)
}

// versionIn returns the first folder of a path with a version in its name, such as
// erts-13.1.5 or 15, and that version; "" if there is none.
func versionIn(path string) (folder, version string) {
	for folder := range strings.SplitSeq(filepath.Dir(path), "/") {
		version := strings.TrimLeft(folder[strings.LastIndexByte(folder, '-')+1:], "v")
		number, _, _ := strings.Cut(version, ".")
		if number != "" && strings.Trim(version, "0123456789.") == "" && (number != version || folder == version) {
			return folder, version
		}
	}
	return "", ""
}

// notes are the comments above an entry.
func (s Service) notes() []string {
	var lines []string
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if s.About != "" && !strings.EqualFold(s.About, s.Name) {
		add("%s", s.About)
	}
	if s.Denied {
		add("Its process may not be looked at. This was started; what runs may be another program.")
		return lines
	}
	if s.Args != "" {
		add("Others run its program, too, or may: this argument tells. See that it stays the same.")
	}
	if s.User == "" {
		add("Its user has no name. Without user: anybody who runs the program makes it look up.")
	}
	switch folder, version := versionIn(s.Executable); {
	case s.AnyVersion != "":
		add("The newest version in the place of the * is meant, today %s.", version)
	case folder != "" && !strings.Contains(s.Name, version):
		add("The folder %s of its path has a version: see that the path is right after an upgrade.", folder)
	}
	if s.OldImage {
		add("It still runs what was there before an upgrade: a restart is due.")
	}
	switch {
	case len(s.Twins) > 0:
		add("It cannot be told from %s: give args: or user:, and take the # away.", some(s.Twins))
	case s.Strangers:
		add("Other processes run the same program and count, too: while one does, it is up.")
	}
	if len(s.Triggers) > 0 {
		add("It is also started on demand, by %s. If it may end when it is idle, take it out.", strings.Join(s.Triggers, ", "))
	}
	return append(lines, s.advice()...)
}
