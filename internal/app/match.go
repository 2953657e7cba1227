package app

import (
	"slices"

	"daemon-keeper/internal/cli"
)

// matchCommand explains which processes count.
type matchCommand struct {
	looking
	Names []string `arg:"" optional:"" sep:"none" name:"spec" takes:"specs"`
	configFlag
	executableFlag
	userFlag
}

// Help is what the help says of the command beside its flags.
func (matchCommand) Help() string {
	return specs + `
Examples:
  daemon-keeper match nginx
  daemon-keeper match -e /usr/bin/python3 -u www-data`
}

func (m *matchCommand) ask(j *job) (err error) {
	j.Names, j.executableFlag, j.userFlag = m.Names, m.executableFlag, m.userFlag
	j.folderFlags = folderFlags{} // match judges only the processes and ignores what is remembered
	switch {
	case len(m.Executable) > 0 && (slices.Contains(j.Given, "config") || len(m.Names) > 0):
		return cli.Refuse("give one of the two", "cannot use both -e and names")
	case len(m.Executable) > 0:
		return all(j.checkExecutable, j.findUser)
	case m.User != nil:
		return cli.Refuse("write -e PATH -u USER, or NAME@USER", "cannot use -u without -e")
	}
	j.configFile, err = m.file()
	return err
}
