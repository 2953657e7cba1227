package check

import (
	"regexp"
	"testing"

	"daemon-keeper/check/proctable"
)

func TestIsThrough(t *testing.T) {
	const path = "/opt/app/current/app"
	for _, tc := range []struct {
		args []string
		want bool
	}{
		{nil, false},
		{[]string{path}, true},
		{[]string{path, "-f"}, true},
		{[]string{"/opt/app/./current//app"}, true},
		{[]string{"app: master process " + path + " -f x"}, true},
		{[]string{"/opt/app/r1/app"}, false},
		{[]string{"app"}, false},
		{[]string{"vi", path}, false},
		{[]string{"sh", "-c", path + " -f"}, false},
		{[]string{"python3", path, "-f"}, true},
		{[]string{"/usr/bin/python3.11", "-u", "-W", "ignore", path}, true},
		{[]string{"python3", "/x.py", path}, false},
		{[]string{"tail", "-f", path}, false},
	} {
		if got := isThrough(tc.args, path); got != tc.want {
			t.Errorf("%q: %v", tc.args, got)
		}
	}
}

// What a path has led to once has its name or its folder still, and not both.
func TestMayHaveMoved(t *testing.T) {
	const path = "/opt/app/current/app"
	for _, tc := range []struct {
		p    proctable.Process
		want bool
	}{
		{proctable.Process{Exe: "/opt/app/r1/app"}, true},
		{proctable.Process{Exe: "/opt/app/current/app.old"}, true},
		{proctable.Process{Exe: ""}, true},
		{proctable.Process{Exe: path}, false},
		{proctable.Process{Exe: "/usr/bin/perl"}, false},
		{proctable.Process{Exe: "/usr/bin/sleep", Script: "1000"}, false},
		{proctable.Process{Exe: "/usr/bin/python3", Script: path}, true},
	} {
		if got := mayHaveMoved(tc.p, path); got != tc.want {
			t.Errorf("%s, script %q: %v", tc.p.Exe, tc.p.Script, got)
		}
	}
}

// Who was started by the path, and is believed.
func TestLeads(t *testing.T) {
	const path = "/opt/app/current/app"
	f := newFakeTable()
	args := []string{path, "-f"}
	right := f.add(fakeRow{exe: "/opt/app/r1/app", p: proctable.Process{Exe: "/opt/app/r1/app"}, args: args})
	f.add(fakeRow{exe: "/usr/bin/vi", args: []string{"vi", path}})
	f.add(fakeRow{exe: "/opt/app/r1/app", p: proctable.Process{User: 12345}, args: args})
	wanted := f.add(fakeRow{exe: "/opt/app/r1/app", p: proctable.Process{User: 7}, args: args})
	f.add(fakeRow{exe: "/opt/app/r1/app", p: proctable.Process{Foreign: true}, args: args})
	f.add(fakeRow{exe: "/opt/app/r1/app", p: proctable.Process{Zombie: true}, args: args})
	f.add(fakeRow{exe: "/opt/app/r1/app", p: proctable.Process{Group: 8}, args: args})
	f.add(fakeRow{exe: "/opt/app/r1/app", args: []string{path}})
	f.add(fakeRow{exe: "/opt/app/r1/app", readErr: proctable.ErrGone, args: args})
	chrooted := f.add(fakeRow{exe: "/srv/opt/app/current/app", args: args})
	f.put(4711, fakeRow{exe: "/usr/bin/daemon-keeper", p: proctable.Process{File: proctable.FileID{Dev: 9, Ino: 9}}, args: args})
	for name, tc := range map[string]struct {
		spec Spec
		want []int
	}{
		"root's":         {Spec{Executable: path, Args: regexp.MustCompile("^-f$"), NotGroup: id(8)}, []int{right}},
		"the user's":     {Spec{Executable: path, User: id(7), Args: regexp.MustCompile("^-f$")}, []int{wanted}},
		"not by a path":  {Spec{Called: "app"}, nil},
		"another path":   {Spec{Executable: "/opt/app/current"}, nil},
		"another parent": {Spec{Executable: path, Parent: 1}, nil},
	} {
		list, err := leads(t.Context(), f, tc.spec, func(pid int) bool { return pid != chrooted })
		if err != nil {
			t.Fatal(err)
		}
		var got []int
		for _, p := range list {
			got = append(got, p.PID)
		}
		wantPIDs(t, name, got, tc.want...)
	}
}
