package rcd

import (
	"errors"
	"maps"
	"strings"
	"testing"
)

func TestAskedOf(t *testing.T) {
	const sound = "Id=x.service\nLoadState=loaded\nUser=www-data\nMainPID=417\nSystemCallFilter=~\nAppArmorProfile=[unprintable]\n" +
		"ExecStart={ path=/bin/a ; argv[]=/bin/a -c /etc/a.conf ; }\nExecStart={ path=/bin/b ; argv[]=/bin/b ; }\n"
	a := askedOf(sound)
	if a.Name != "x.service" || a.Main != 417 || a.Props["User"] != "www-data" || a.Props["AppArmorProfile"] != "" ||
		strings.Count(a.Props["ExecStart"], "path=") != 2 {
		t.Errorf("%+v", a)
	}
	for name, text := range map[string]string{
		"no such unit": "Id=x.service\nLoadState=not-found\nUser=\n",
		"nothing":      "",
		"garbage":      "loaded\n",
	} {
		if a := askedOf(text); a.Name != "" || a.Props != nil {
			t.Errorf("%s: %+v", name, a)
		}
	}
	if a := askedOf(sound + "User=root\n"); a.Props["User"] != "" {
		t.Errorf("a line end in an argument has changed the user to %q", a.Props["User"])
	}
}

// Only systemd is asked, by one command; what it cannot tell is an error, and of a unit that it
// does not have there is nothing.
func TestAsked(t *testing.T) {
	line := "/bin/systemctl show --no-pager -p " + askedProps + " -- x.service"
	for _, tt := range []struct {
		name   string
		answer result
		err    error
		want   string // a piece of the error
		unit   string
	}{
		{name: "a unit", answer: result{output: "Id=x.service\nLoadState=loaded\n"}, unit: "x.service"},
		{name: "none", answer: result{output: "Id=x.service\nLoadState=not-found\n"}},
		{name: "refused", answer: result{status: 1, output: "no bus"}, want: "cannot ask systemd what x asks for: "},
		{name: "too long", answer: result{output: strings.Repeat("x", mostOutput)}, want: "it is too long"},
		{name: "no answer", err: errors.New("killed"), want: "killed"},
	} {
		run := &fakeRunner{t: t, answers: map[string]result{line: tt.answer}, queryErr: tt.err}
		m := on(systemd{systemctl: "/bin/systemctl"}, run)
		a, err := m.Asked(t.Context(), "x")
		if a.Name != tt.unit || (err == nil) != (tt.want == "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %+v, %v", tt.name, a, err)
		}
	}
}

// FuzzAskedOf: what is told of a unit is a line of the answer, or nothing.
func FuzzAskedOf(f *testing.F) {
	f.Add("Id=x.service\nLoadState=loaded\nUser=a\nUser=b\nExecStart=1\nExecStart=2\n")
	f.Fuzz(func(t *testing.T, text string) {
		a := askedOf(text)
		for key, value := range maps.All(a.Props) {
			for line := range strings.SplitSeq(value, "\n") {
				if line != "" && !strings.Contains(text, "="+line) || strings.Contains(key, "\n") {
					t.Errorf("%q=%q in %q", key, value, text)
				}
			}
		}
	})
}
