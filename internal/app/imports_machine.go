package app

import (
	"context"

	"daemon-keeper/check"
	"daemon-keeper/internal/importer"
	"daemon-keeper/internal/survey"
)

// thisMachine answers what runs on this machine, for import. It only looks.
type thisMachine struct{ ctx context.Context }

// Named implements importer.Machine.
func (m thisMachine) Named(asked []importer.Asked) []importer.Found {
	ctx, cancel := context.WithTimeout(m.ctx, surveyTime)
	defer cancel()
	list := make([]importer.Found, len(asked))
	paths := make([]string, len(asked))
	for i, a := range asked {
		paths[i] = a.PIDFile
	}
	named, err := check.NamedBy(ctx, paths)
	if err != nil {
		return withoutAnswer(list, err)
	}
	var sought []check.Sought
	var at []int // of asked
	for i, n := range named {
		list[i] = importer.Found{PID: n.PID, Why: n.Why}
		if n.PID != 0 {
			sought = append(sought, check.Sought{Main: n.PID, Path: asked[i].Program})
			at = append(at, i)
		}
	}
	if len(sought) == 0 {
		return list
	}
	programs, err := check.Programs(ctx, sought)
	if err != nil {
		return withoutAnswer(list, err)
	}
	for i, p := range programs {
		foundProgram(&list[at[i]], paths[at[i]], p)
	}
	return list
}

// withoutAnswer sets the reason why nothing was found.
func withoutAnswer(list []importer.Found, err error) []importer.Found {
	for i := range list {
		list[i] = importer.Found{Why: err.Error()}
	}
	return list
}

// foundProgram sets how to recognise a process, as init would write it.
func foundProgram(f *importer.Found, path string, p check.Program) {
	if p.Executable == "" {
		f.Why = path + " names a process, but " + p.Why
		return
	}
	f.Runs, f.Parent, f.Others = p.PID, p.Parent, p.Others
	s := survey.Service{
		Executable: p.Executable, Args: p.Args, User: userName(p.User), Parent: p.Parent, OldImage: p.OldImage,
		Strangers: len(p.Others) > 0,
	}
	s.AnyVersion = anyVersion(path, s.Executable)
	if survey.IsSSH(s.Executable) {
		s.Listen = listensAt(p.PID)
	}
	f.Entry = s.Entry("")
}
