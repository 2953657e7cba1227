package rcd

import (
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"daemon-keeper/internal/words"
)

// Whatever a manager prints, a name is a word, a property is a line of its own unit's
// answer, and a number is one that was printed.
func FuzzLists(f *testing.F) {
	for _, name := range []string{
		"list/units", "list/show", "list/show-transient", "freebsd/enabled-list", "freebsd/onestatus-several", "freebsd/onestatus-stopped",
	} {
		f.Add(recorded(f, name).output)
	}
	f.Add("# pidfile: /run/x.pid\nPIDFILE=\"/run/$NAME.pid\"\n# Short-Description: \x1b[31m\n")
	f.Fuzz(func(t *testing.T, text string) {
		units := unitNames(text)
		for i, name := range units {
			if len(strings.Fields(name)) != 1 || !strings.HasSuffix(name, ".service") || slices.Contains(units[:i], name) {
				t.Errorf("unit %q", name)
			}
		}
		for id, props := range unitAnswers(text) {
			if props != nil && props["Id"] != id {
				t.Errorf("the answer about %q is one about %q", id, props["Id"])
			}
			for key, value := range props {
				if strings.Contains(value, "\n") || !strings.Contains(text, key+"="+value) {
					t.Errorf("property %q of %q is %q", key, id, value)
				}
			}
			if l, ok := (systemd{root: "/nonexistent"}).listed(id, props); ok && (l.Main < 0 || l.Program != "" && !filepath.IsAbs(l.Program)) {
				t.Errorf("%+v", l)
			}
		}
		for _, name := range scriptNames(text) {
			if words.CheckName(name) != nil || !strings.Contains(text, name) {
				t.Errorf("script %q", name)
			}
		}
		for _, pid := range runningAs(text) {
			if pid <= 0 || !strings.Contains(text, strconv.Itoa(pid)) {
				t.Errorf("pid %d", pid)
			}
		}
		if strings.Contains(shortDescription(text), "\n") {
			t.Error("a description of several lines")
		}
	})
}
