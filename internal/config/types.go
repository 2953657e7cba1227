// Package config reads the configuration: which processes the daemons are, what is required of
// them, and which services bring them back.
package config

import (
	"regexp"
	"time"

	"daemon-keeper/internal/words"
)

// Config is the content of all files together.
type Config struct {
	Daemons  []Daemon // in the order of files and of lines
	Forbid   []Rule
	Notify   Notify
	Evidence Evidence
	Files    []string // all files that were read, including refused ones
	Blank    bool     // they contain only comments, for example the file that a package installs
}

// Notify is who is told of incidents. It stands at the top of the main file.
type Notify struct {
	OnIncident []string      `yaml:"on_incident" kind:"word" repeats:"true" doc:"Command that is run at the beginning and the end of incidents: a program's path and its arguments; no shell."`
	Mail       string        `yaml:"mail" kind:"recipient" doc:"Who gets a mail at the beginning and the end of incidents, through the system's sendmail."`
	Remind     time.Duration `yaml:"remind" kind:"time" default:"0s" doc:"Interval of reminders about what is still down; 0s sends none."`
	PageURL    string        `yaml:"page_url" kind:"url" doc:"Address of the page of --html; messages about incidents have this link, too."`
}

// Evidence is what is recorded, and how long witnesses are asked, to find out why a daemon has
// ended. It stands at the top of the main file.
type Evidence struct {
	TraceSignals bool          `yaml:"trace_signals" kind:"bool" default:"false" doc:"Have the kernel record who sends signals, so that it is known afterwards who has ended a daemon."`
	Timeout      time.Duration `yaml:"evidence_timeout" kind:"patience" default:"2s" doc:"Limit for all who are asked why a daemon has ended, the service manager included; a restart waits no longer for them."` // 0 means the default
}

// top is what stands at the top of the main file.
type top struct {
	Notify
	Evidence
}

// Criteria say which processes are meant: those that meet all of them. A zero or nil criterion
// is not checked.
type Criteria struct {
	Executable string         `yaml:"executable" kind:"program" doc:"Path of the program; of a script daemon, of the script. A * in a folder's name means the newest version that exists."`
	Called     string         `yaml:"name" kind:"filename" doc:"File name of the program, or the kernel's name of the process; no path."`
	User       *ID            `yaml:"user" kind:"user" doc:"Effective user, a name or a number."`
	NotUser    *ID            `yaml:"not_user" kind:"user" doc:"Any user but this one."`
	Group      *ID            `yaml:"group" kind:"group" doc:"Effective group, a name or a number."`
	NotGroup   *ID            `yaml:"not_group" kind:"group" doc:"Any effective group but this one."`
	Args       *regexp.Regexp `yaml:"args" kind:"regexp" doc:"Regular expression that matches within one of the arguments."`
	Label      string         `yaml:"label" kind:"text" doc:"Security label: SELinux's type or whole context, AppArmor's profile."`
	Parent     *int           `yaml:"parent" kind:"pid" doc:"Process number of the parent; 1 leaves out what the daemon has forked."`
}

// ID is a user or a group. It is not a mistake if this machine does not have it, for it may be
// created later. Until then the state of the daemon is unknown, as with a missing program.
type ID struct {
	Text   string // as it was written
	Number uint32
	Err    error // why there is no Number, with a hint
}

// String is the text as it was written.
func (i ID) String() string { return i.Text }

// Daemon is one that is kept up.
type Daemon struct {
	Name string // its key
	Criteria
	Count        *words.Count  `yaml:"count" kind:"count" default:"1-" doc:"How many processes there must be; too few is down, too many is wrong but not restarted."` // never nil
	Listen       []Address     `yaml:"listen" kind:"address" single:"true" doc:"Address at which it must accept connections, or a list of them."`
	Send         string        `yaml:"send" kind:"text" needs:"listen" doc:"What is sent to each address first."`
	Expect       string        `yaml:"expect" kind:"text" needs:"listen" doc:"What each answer, or greeting, must begin with."`
	ProbeTimeout time.Duration `yaml:"probe_timeout" kind:"timeout" needs:"listen" doc:"How long connecting and answering may take."` // zero without Listen
	PIDFile      *PIDFile      `yaml:"pidfile" short:"path" doc:"File that must hold the number of one of the processes."`
	CPU          *CPU          `yaml:"cpu" doc:"Limit of processor time."`
	Memory       *Memory       `yaml:"memory" doc:"Limits of memory."`
	Files        *Files        `yaml:"files" kind:"files" doc:"Limit of open files: a number, or a share of the process's own limit."`
	MinAge       time.Duration `yaml:"min_age" kind:"time" doc:"A younger process was restarted recently: the daemon is flapping."` // zero: not asked
	RestartOn    []string      `yaml:"restart_on" kind:"reason" doc:"Problems that cause a restart, and not only a warning."`
	Services     []string      `yaml:"services" kind:"service" doc:"Services to stop and start, in this order; [] only watches. Required, unless start is given, or count may be 0 and restart_on is empty."`
	Start        []string      `yaml:"start" kind:"word" repeats:"true" doc:"For a daemon that no service manager knows: its program, an absolute path, and the arguments; no shell. It replaces services."`
	Stop         []string      `yaml:"stop" kind:"word" repeats:"true" needs:"start" doc:"Command that stops it: a program's path and its arguments. Without it its processes get TERM, and after stop_timeout KILL."`
	As           string        `yaml:"as" kind:"account" needs:"start" doc:"User that it runs as, or USER:GROUP, names or numbers; without it the user who runs daemon-keeper. If neither user nor not_user is given, its processes must be that user's."`
	Directory    string        `yaml:"directory" kind:"path" needs:"start" doc:"Folder that it is started in; without it the root folder."`
	Environment  []string      `yaml:"environment" kind:"variable" needs:"start" doc:"Its environment variables, in addition to PATH, HOME, LOGNAME, USER and SHELL."`
	After        []string      `yaml:"after" kind:"name" doc:"Daemons that must be up before this one is restarted."`

	// The rest has the value that applies: the daemon's own, else that of the file's defaults,
	// of the main file's defaults, or the built-in one.

	Times
	Retry
}

// take sets what holds for all daemons of a file.
func (d *Daemon) take(all defaults) {
	d.Times, d.ProbeTimeout, d.Retry = all.Times, all.ProbeTimeout, all.Retry
}

// Rule is about processes that should not run. A rule with limits is only about the processes
// above them.
type Rule struct {
	Name string // its key
	Criteria
	Count  *words.Count `yaml:"count" kind:"count" default:"0" doc:"How many such processes there may be."` // never nil
	CPU    *CPU         `yaml:"cpu" doc:"Only processes that use more processor time."`
	Memory *Memory      `yaml:"memory" doc:"Only processes that use more memory."`
	Files  *Files       `yaml:"files" kind:"files" doc:"Only processes with more open files: a number, or a share of the process's own limit."`
	Exempt []Exemption  `yaml:"exempt" short:"executable" doc:"Processes that the rule does not apply to: a program's path, or criteria."`
}

// Exemption says which processes a rule is not about.
type Exemption struct {
	Criteria
}

// Address is where a daemon listens: ("tcp", "127.0.0.1:22"), ("tcp6", "[::1]:22")
// or ("unix", "/run/x.sock"), as net.Dial takes them.
type Address struct {
	Network, Address string
}

// PIDFile is a file that holds a daemon's process number.
type PIDFile struct {
	Path   string `yaml:"path" kind:"path" required:"true" doc:"Path of the file."`
	Locked bool   `yaml:"locked" kind:"bool" default:"false" doc:"Whether the daemon keeps the file locked, as pidfile_open(3) does."`
}

// CPU is a limit of processor time.
type CPU struct {
	Over float64       `yaml:"over" kind:"cpu" required:"true" doc:"The limit; 100% is one whole processor."` // 1 is one whole CPU
	For  time.Duration `yaml:"for" kind:"window" default:"10s" doc:"How long it is measured."`
}

// Memory is a limit of memory in bytes; 0 is no limit.
type Memory struct {
	RSS uint64 `yaml:"rss" kind:"size" doc:"Limit of resident memory; K, M, G and T are powers of 1024."`
	VMS uint64 `yaml:"vms" kind:"size" doc:"Limit of virtual memory; K, M, G and T are powers of 1024."`
}

// Files is a limit of open files; one of the two fields is set.
type Files struct {
	Number int
	Share  float64 // of the process's own limit; 1 is all of it
}

// defaults are the values that a file may set for all its daemons. Those of the main file also
// apply to the drop-ins.
type defaults struct {
	Times
	ProbeTimeout time.Duration `yaml:"probe_timeout" kind:"timeout" default:"5s" doc:"How long connecting and answering may take."`
	Retry
}

// Times are the limits and waits of a restart. They are flags of run, too: placeholder, help,
// choices, refuse and hint are tags for those.
type Times struct {
	Recheck      time.Duration `yaml:"recheck" kind:"time" default:"2s" placeholder:"TIME" help:"Look again after this long before acting; 0 acts at once (${default})."`
	StopTimeout  time.Duration `yaml:"stop_timeout" kind:"timeout" default:"60s" placeholder:"TIME" help:"Limit for each stop command (${default})."`
	StartTimeout time.Duration `yaml:"start_timeout" kind:"timeout" default:"180s" placeholder:"TIME" help:"Limit for each start command (${default})."`
	Verify       time.Duration `yaml:"verify" kind:"time" default:"30s" placeholder:"TIME" help:"How long the daemon may take to appear after the last start (${default})."`
	Settle       time.Duration `yaml:"settle" kind:"time" default:"2s" placeholder:"TIME" help:"How long it must then stay up (${default})."`
	Leftovers    string        `yaml:"leftovers" kind:"leftovers" default:"report" placeholder:"WHAT" choices:"report end" refuse:"cannot use --leftovers %s" hint:"write report or end" help:"What is done about processes that a stop leaves behind: report tells of them, end ends those that are certainly the daemon's (${default})."`
	BootGrace    time.Duration `yaml:"boot_grace" kind:"time" default:"2m" placeholder:"TIME" help:"Do not act while the machine has been up for less than this (${default})."`
	BootLimit    time.Duration `yaml:"boot_limit" kind:"time" default:"10m" placeholder:"TIME" help:"While the machine boots, do not act for this long; 0 acts at once (${default})."`
	WorkLimit    time.Duration `yaml:"work_limit" kind:"time" default:"1h" placeholder:"TIME" help:"While somebody stops or starts a service, do not act for this long, if its manager has set no limit (${default})."`
}

// Retry is when a daemon is restarted again, and when it is left alone.
type Retry struct {
	Backoff    []time.Duration `yaml:"backoff" kind:"delay" repeats:"true" default:"0s, 1m, 2m, 5m, 15m, 30m, 1h" doc:"How long to wait before each try to bring it back, if it keeps dying; the last one repeats."`
	Acceptable time.Duration   `yaml:"acceptable" kind:"time" default:"5m" doc:"Once it has been up for this long, the first time of backoff applies again."`
	Respect    []words.Hold    `yaml:"respect" kind:"wish" default:"pause, stopped, disabled, packages" doc:"Reasons to leave it alone; with [] there is none."`
}
