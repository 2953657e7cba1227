package check

import (
	"os"
	"testing"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

// A program that a remembered process executes is not read again; where that process does not
// prove it, all of it is.
func TestUnchanged(t *testing.T) {
	app := program(t, "app", elf)
	was := Remembered{PID: 100, Start: 5, Exe: app.Path, File: app.ID}
	running := fakeRow{exe: app.Path, p: proctable.Process{File: app.ID, Usage: proctable.Usage{}}, usage: proctable.Usage{Start: 5}}
	for _, tc := range []struct {
		name       string
		remembered []Remembered
		row        fakeRow
		change     func(t *testing.T)
		count      *words.Count
		want       State
		unread     bool
	}{
		{"it still runs", []Remembered{was}, running, nil, nil, Up, true},
		{"nothing is remembered", nil, running, nil, nil, Up, false},
		{"another file was executed", []Remembered{{PID: 100, Start: 5, Exe: app.Path, File: proctable.FileID{Dev: 1, Ino: 1}}}, running, nil, nil, Up, false},
		{"two are wanted", []Remembered{was}, running, nil, &words.Count{Min: 2, Max: words.NoLimit}, Down, false},
		{"no more than one is wanted", []Remembered{was}, running, nil, &words.Count{Min: 1, Max: 1}, Up, false},
		{"the number is another process's, of the same program", []Remembered{was}, fakeRow{exe: app.Path, p: proctable.Process{File: app.ID}, usage: proctable.Usage{Start: 6}}, nil, nil, Up, true},
		{"it has ended", []Remembered{was}, fakeRow{exe: "/bin/other", p: proctable.Process{File: proctable.FileID{Dev: 1, Ino: 3}}}, nil, nil, Down, false},
		{
			"it has ended, and its file is a script by now",
			[]Remembered{was},
			fakeRow{exe: "/usr/bin/python3.11", p: proctable.Process{
				File: proctable.FileID{Dev: 1, Ino: 11}, Args: []string{"python3", app.Path}, Script: app.Path, ScriptFile: app.ID, Taken: proctable.ArgsReading,
			}},
			func(t *testing.T) {
				if err := os.WriteFile(app.Path, []byte("#!/usr/bin/env python3\n"), 0o755); err != nil {
					t.Fatal(err)
				}
			},
			nil, Up, false,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if tc.change != nil {
				tc.change(t)
			}
			f := newFakeTable()
			f.put(100, tc.row)
			spec := Spec{Executable: app.Path, Remembered: tc.remembered, Count: tc.count}
			s := mustLook(t, f, Options{}, spec)
			if v := Judge(s, spec); v.State != tc.want {
				t.Errorf("it is %v, %v, want %v", v.State, v.Err, tc.want)
			}
			if got := s.files[app.Path].unread; got != tc.unread {
				t.Errorf("its program was left unread: %v, want %v", got, tc.unread)
			}
		})
	}
}
