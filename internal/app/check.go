package app

import (
	"strings"

	"daemon-keeper/internal/cli"
)

// lookFlags are the flags of a command that only looks at daemons.
type lookFlags struct {
	looking
	Names []string `arg:"" optional:"" sep:"none" name:"spec" takes:"specs"`
	configFlag
	faceFlags
	folderFlags
	serviceCommandFlag
}

const specs = `
A SPEC is NAME or /PATH, then @USER, then :COUNT, all but the first optional:
sshd@root:1-, /usr/lib/postfix/sbin/master:1-2, telnetd:0. NAME is that of the
executable's file or of a script. A word without : / @ is a name of the
configuration, if there is one.
`

func (f *lookFlags) ask(j *job) (err error) {
	j.Names, j.faceFlags, j.folderFlags, j.serviceCommandFlag = f.Names, f.faceFlags, f.folderFlags, f.serviceCommandFlag
	if err := all(j.checkCommand, j.checkFolders, j.checkFace); err != nil {
		return err
	}
	j.configFile, err = f.file()
	return err
}

// checkCommand reports whether daemons are up, for other programs.
type checkCommand struct{ lookFlags }

// Help is what the help says of the command beside its flags.
func (checkCommand) Help() string {
	return specs + `
Examples:
  daemon-keeper check -o nagios nginx    as a plugin of Nagios or Icinga
  daemon-keeper check sshd:1- telnetd:0  without a configuration`
}

// statusCommand shows daemons in a table, for people; it also asks the manager.
type statusCommand struct{ lookFlags }

// Help is what the help says of the command beside its flags.
func (statusCommand) Help() string {
	return specs + `
Examples:
  daemon-keeper status
  daemon-keeper status -v nginx`
}

// monitorName is the program's name when it is called as a monitor of mon(8): ps.monitor,
// which looks for processes.
const monitorName = "ps.monitor"

// parseMonitor reads the arguments that mon passes: SPECs, each with a count.
func parseMonitor(args []string) (*job, error) {
	d := defaults()
	j := &job{Line: cli.Line{Name: checkName, Command: new(checkCommand), Looks: true}}
	j.Names, j.RunDir, j.StateDir, j.Output, j.NoSyslog = args, d.runDir, d.stateDir, outputMon, true
	if len(args) == 0 {
		return j, cli.Refuse("name them in mon.cf: monitor ps.monitor sshd:1- cron:1-1 ;;", "cannot look for any process: none is named")
	}
	for _, arg := range args {
		if !strings.Contains(arg, ":") {
			return j, cli.Refuse("write a count behind it, as in sshd:1-; if it is a host, end the monitor line in mon.cf with ;;", "cannot look for %q: it has no count", arg)
		}
	}
	return j, nil
}
