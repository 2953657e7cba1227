package pidfiles

import (
	"io/fs"
	"slices"
)

// Step is a folder or a link on the way to a pidfile, or the pidfile itself.
type Step struct {
	Path         string
	Owner, Group uint32
	Mode         fs.FileMode
	ACL          bool // it has an access list, which Mode only summarizes
	Last         bool // it is the pidfile
}

// Writers are the users and groups, other than root, that can change what a path leads to: the
// file, the names in a folder on the way, or the target of a link. Group 0 counts as root.
func Writers(steps []Step, user, group func(uint32) string) []Writer {
	var list []Writer
	add := func(who, at string) {
		if !slices.ContainsFunc(list, func(w Writer) bool { return w.Who == who }) {
			list = append(list, Writer{who, at})
		}
	}
	for _, s := range slices.Backward(steps) {
		if s.Owner != 0 {
			add("user "+user(s.Owner), s.Path)
		}
		if s.Mode&fs.ModeSymlink != 0 { // the mode of a link has no meaning
			continue
		}
		if !s.Last && s.Mode&fs.ModeSticky != 0 { // nobody can rename or remove files of root's in it
			continue
		}
		if s.Mode.Perm()&0o020 != 0 && (s.Group != 0 || s.ACL) {
			who := "group " + group(s.Group)
			if s.ACL {
				who = "who is in its access list"
			}
			add(who, s.Path)
		}
		if s.Mode.Perm()&0o002 != 0 {
			add("everybody", s.Path)
		}
	}
	return list
}
