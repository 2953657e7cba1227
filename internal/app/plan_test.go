package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/check"
	"daemon-keeper/internal/config"
	"daemon-keeper/internal/keeper"
	"daemon-keeper/internal/words"
)

// fill sets whatever a pointer leads to to something that is not zero, and
// different each time.
func fill(v reflect.Value, n *int) {
	*n++
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		if v.Type() == reflect.TypeFor[*regexp.Regexp]() {
			v.Set(reflect.ValueOf(regexp.MustCompile(fmt.Sprint(*n))))
			return
		}
		fill(v.Elem(), n)
	case reflect.Struct:
		for i := range v.NumField() {
			if !isIDErr(v, i) {
				fill(v.Field(i), n)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(v.Index(0), n)
		fill(v.Index(1), n)
	case reflect.String:
		v.SetString(fmt.Sprint("text", *n))
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(int64(*n))
	case reflect.Uint32, reflect.Uint64:
		v.SetUint(uint64(*n))
	case reflect.Float64:
		v.SetFloat(float64(*n))
	default:
		panic("cannot fill " + v.Type().String())
	}
}

// isIDErr: TestAccountIsMissing is about a user that is not there.
func isIDErr(v reflect.Value, field int) bool {
	return v.Type() == reflect.TypeFor[config.ID]() && v.Type().Field(field).Name == "Err"
}

// leaves calls f with each value that is one, and its path. What a pointer leads
// to, or a list holds, is a part of the whole.
func leaves(v reflect.Value, path string, f func(reflect.Value, string)) {
	switch {
	case v.Kind() == reflect.Pointer && !v.IsNil() && v.Type() != reflect.TypeFor[*regexp.Regexp]():
		leaves(v.Elem(), path, f)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			name := v.Type().Field(i).Name
			if isIDErr(v, i) {
				continue
			}
			if v.Type().Field(i).Anonymous {
				leaves(v.Field(i), path, f)
				continue
			}
			leaves(v.Field(i), strings.TrimPrefix(path+"."+name, "."), f)
		}
	case v.Kind() == reflect.Slice:
		f(v, path)
		for i := range v.Len() {
			leaves(v.Index(i), path, f)
		}
	default:
		f(v, path)
	}
}

// differences are the paths at which two values of a type differ.
func differences(a, b any) []string {
	return diff(reflect.ValueOf(a), reflect.ValueOf(b), "")
}

func diff(a, b reflect.Value, path string) []string {
	if reflect.DeepEqual(a.Interface(), b.Interface()) {
		return nil
	}
	switch {
	case a.Type() == reflect.TypeFor[*regexp.Regexp]():
	case a.Kind() == reflect.Pointer && !a.IsNil() && !b.IsNil():
		return diff(a.Elem(), b.Elem(), path)
	case a.Kind() == reflect.Slice && a.Len() == b.Len():
		var list []string
		for i := range a.Len() {
			list = append(list, diff(a.Index(i), b.Index(i), path)...)
		}
		return slices.Compact(list)
	case a.Kind() == reflect.Struct:
		var list []string
		for i := range a.NumField() {
			list = append(list, diff(a.Field(i), b.Field(i), strings.TrimPrefix(path+"."+a.Type().Field(i).Name, "."))...)
		}
		return list
	}
	return []string{path}
}

// Each key of a daemon and of a rule arrives where it belongs, and nowhere else.
// A key that has been added to the configuration and forgotten here has no place.
func TestEachKeyArrives(t *testing.T) {
	criteria := func(from, to string) map[string]string {
		m := make(map[string]string)
		for _, name := range []string{"Executable", "Called", "Args", "Label", "Parent"} {
			m[from+name] = to + name
		}
		for _, name := range []string{"User", "NotUser", "Group", "NotGroup"} {
			m[from+name+".Number"] = to + name
			m[from+name+".Text"] = "" // for people only
		}
		return m
	}
	limits := map[string]string{
		"Name":      "Name",
		"Count.Min": "Spec.Count.Min", "Count.Max": "Spec.Count.Max",
		"CPU.Over": "Spec.CPU.Over", "CPU.For": "Spec.CPU.For",
		"Memory.RSS": "Spec.Memory.RSS", "Memory.VMS": "Spec.Memory.VMS",
		"Files.Number": "Spec.Files.Number", "Files.Share": "Spec.Files.Share",
	}
	daemon := map[string]string{
		"Listen": "Spec.Listen", "Listen.Network": "Spec.Listen.Network", "Listen.Address": "Spec.Listen.Address",
		"Send": "Spec.Listen.Send", "Expect": "Spec.Listen.Expect", "ProbeTimeout": "Spec.Listen.Timeout",
		"PIDFile.Path": "Spec.PIDFile.Path", "PIDFile.Locked": "Spec.PIDFile.Locked",
		"MinAge": "Spec.MinAge", "RestartOn": "Spec.RestartOn", "After": "After", "Recheck": "Recheck", "BootGrace": "BootGrace", "BootLimit": "BootLimit", "WorkLimit": "WorkLimit",
		"Services": "Procedure.Services", "StopTimeout": "Procedure.StopTimeout", "StartTimeout": "Procedure.StartTimeout",
		"Verify": "Procedure.Verify", "Settle": "Procedure.Settle",
		"Backoff": "Policy.Delays", "Acceptable": "Policy.Acceptable", "Respect": "Respect", "Leftovers": "Leftovers",
	}
	rule := map[string]string{"Exempt": "Spec.Exempt"}
	for _, m := range []map[string]string{limits, criteria("", "Spec.")} {
		for from, to := range m {
			daemon[from], rule[from] = to, to
		}
	}
	daemon["Name"] = "Name Own.Name"
	for _, name := range []string{"Start", "Stop", "As", "Directory", "Environment"} {
		daemon[name] = "Own." + name
	}
	for from, to := range criteria("Exempt.", "Spec.Exempt.") {
		rule[from] = to
	}
	eachLeaf(t, daemon, fromDaemon)
	eachLeaf(t, rule, fromRule)
}

// eachLeaf changes each value of a configuration in turn, and sees what becomes
// different by it.
func eachLeaf[T any](t *testing.T, places map[string]string, convert func(T) keeper.Daemon) {
	t.Helper()
	full := func() *T {
		n, c := 0, new(T)
		fill(reflect.ValueOf(c).Elem(), &n)
		return c
	}
	var paths []string
	leaves(reflect.ValueOf(*full()), "", func(_ reflect.Value, path string) { paths = append(paths, path) })
	for i, path := range paths {
		changed, n := full(), 0
		leaves(reflect.ValueOf(changed).Elem(), "", func(v reflect.Value, _ string) {
			if n == i {
				v.SetZero()
			}
			n++
		})
		place, known := places[path]
		switch got := strings.Join(differences(convert(*full()), convert(*changed)), " "); {
		case !known:
			t.Errorf("%T: it is not known where %s belongs; it has changed %q", *changed, path, got)
		case got != place:
			t.Errorf("%T: %s has changed %q, want %q", *changed, path, got, place)
		}
	}
}

// What is filled in stands for what is written there.
func TestValuesArrive(t *testing.T) {
	user := config.ID{Text: "root"} // number 0 is not nothing
	parent := 1
	d := fromDaemon(config.Daemon{
		Name: "sshd", Criteria: config.Criteria{Executable: "/usr/sbin/sshd", User: &user, Parent: &parent, Args: regexp.MustCompile("x")},
		Count: &words.Count{Min: 1, Max: words.NoLimit}, Listen: []config.Address{{Network: "tcp", Address: "127.0.0.1:22"}},
		ProbeTimeout: 5 * time.Second, RestartOn: []string{"too_many", "listen", "cpu", "memory", "files", "age", "pidfile"},
		Services: []string{"ssh"},
	})
	switch s := d.Spec; {
	case s.User == nil || *s.User != 0 || s.NotUser != nil || s.Group != nil:
		t.Errorf("users %v %v %v", s.User, s.NotUser, s.Group)
	case s.Parent != 1, !s.Args.MatchString("x"), s.Rule:
		t.Errorf("%+v", s)
	case *s.Count != words.Count{Min: 1, Max: words.NoLimit}:
		t.Errorf("count %+v", s.Count)
	case !slices.Equal(s.Listen, []check.Listen{{Network: "tcp", Address: "127.0.0.1:22", Timeout: 5 * time.Second}}):
		t.Errorf("listen %+v", s.Listen)
	case s.CPU != nil || s.PIDFile != nil || s.Memory != check.MemoryLimit{} || s.Files != check.FilesLimit{}:
		t.Errorf("limits out of nothing: %+v", s)
	case !slices.Equal(s.RestartOn, []check.Aspect{check.TooMany, check.Listening, check.CPU, check.Memory, check.Files, check.Age, check.PIDFiles}):
		t.Errorf("restart on %q", s.RestartOn)
	}
	if p := d.Procedure; p.Hurry == 0 || p.FirstPoll == 0 || p.LastPoll < p.FirstPoll {
		t.Errorf("it would look without a pause: %+v", p)
	}
	bare := fromDaemon(config.Daemon{Name: "x", Count: &words.Count{Min: 1, Max: 2}})
	if s := bare.Spec; s.Listen != nil || s.Count.Max != 2 {
		t.Errorf("%+v", s)
	}
	r := fromRule(config.Rule{Name: "r", Count: &words.Count{}, Exempt: []config.Exemption{{Criteria: config.Criteria{User: &user}}}})
	if s := r.Spec; !s.Rule || *s.Count != (words.Count{}) || len(s.Exempt) != 1 || *s.Exempt[0].User != 0 || len(r.Services) > 0 {
		t.Errorf("%+v", s)
	}
}

func cfg(rules string, daemons ...string) config.Config {
	var c config.Config
	for _, d := range daemons {
		name, after, _ := strings.Cut(d, "<")
		daemon := config.Daemon{Name: name}
		if after != "" {
			daemon.After = strings.Split(after, ",")
		}
		c.Daemons = append(c.Daemons, daemon)
	}
	for r := range strings.FieldsSeq(rules) {
		c.Forbid = append(c.Forbid, config.Rule{Name: r})
	}
	return c
}

// What is wanted, in the order of the files; what that comes after, in brackets;
// then the rules that are wanted.
func TestDaemonsThatAreWanted(t *testing.T) {
	all := cfg("r q", "db", "web<cache,db", "cache<net", "net", "alone", "lost<nowhere", "loop<pool", "pool<loop")
	for _, tc := range []struct {
		wanted config.Config
		want   string
	}{
		{all, "db web cache net alone lost loop pool r q"},
		{cfg(""), ""},
		{cfg("", "alone"), "alone"},
		{cfg("q", "alone"), "alone q"},
		{cfg("q"), "q"},
		{cfg("", "web<cache,db"), "(db) web (cache) (net)"},
		{cfg("", "net", "web<cache,db"), "(db) web (cache) net"},
		{cfg("", "lost<nowhere"), "lost"},
		{cfg("", "loop<pool"), "loop (pool)"},
	} {
		var got []string
		for _, d := range daemonsOf(all, tc.wanted) {
			if d.LookOnly {
				d.Name = "(" + d.Name + ")"
			}
			got = append(got, d.Name)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("got %q, want %q", got, tc.want)
		}
	}
}

func TestDoubts(t *testing.T) {
	c := cfg("", "gone", "named", "never", "here")
	c.Daemons[0].Executable = "/nowhere/gone"
	c.Daemons[2].Executable, c.Daemons[2].Count = "/nowhere/never", new(words.Count)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c.Daemons[3].Executable = self
	if got := doubtsOf(c); len(got) != 1 || !strings.HasPrefix(got[0], "'gone': cannot ") {
		t.Errorf("%q", got)
	}
}

// A user or group that this machine does not have makes it unclear which processes are
// meant, and a doubt; whatever else is asked for.
func TestAccountIsMissing(t *testing.T) {
	missing := &config.ID{Text: "x", Err: &hinted{errors.New("cannot find user \"x\""), "write its number"}}
	for name, c := range map[string]config.Criteria{
		"user": {User: missing}, "not_user": {NotUser: missing}, "group": {Group: missing}, "not_group": {NotGroup: missing},
	} {
		c.Called = "d"
		d := fromDaemon(config.Daemon{Name: "d", Criteria: c})
		r := fromRule(config.Rule{Name: "r", Criteria: c})
		e := fromRule(config.Rule{Name: "e", Exempt: []config.Exemption{{Criteria: c}}})
		for _, k := range []keeper.Daemon{d, r, e} {
			if k.Spec.Unclear == nil || words.Hint(k.Spec.Unclear) == "" {
				t.Errorf("%s: %s is clear", name, k.Name)
			}
		}
		all := config.Config{Daemons: []config.Daemon{{Name: "d", Criteria: c}}, Forbid: []config.Rule{{Name: "r", Criteria: c}}}
		if got := doubtsOf(all); !slices.Equal(got, []string{"'d': cannot find user \"x\"", "'r': cannot find user \"x\""}) {
			t.Errorf("%s: %q", name, got)
		}
	}
}

// Without a configuration SPECs will do; without SPECs it is needed.
func TestWatched(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.yaml")
	for _, path := range []string{"", missing} {
		w, err := watched(path, true, []string{"sshd:1-2", "/bin/x:0"})
		list := w.daemons
		if err != nil || len(list) != 2 || list[0].Spec.Called != "sshd" || *list[0].Spec.Count != (words.Count{Min: 1, Max: 2}) || list[1].Spec.Executable != "/bin/x" {
			t.Errorf("%q: %+v, %v", path, list, err)
		}
	}
	if _, err := watched(missing, true, nil); !errors.As(err, new(*config.NotFoundError)) {
		t.Errorf("got %v", err)
	}
	if _, err := watched("", true, []string{"x:y"}); err == nil || !strings.HasPrefix(err.Error(), "cannot read SPEC ") {
		t.Errorf("got %v", err)
	}
	broken := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(broken, []byte("demons: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for words, want := range map[string]int{"sshd:1-2 /bin/x": 0, "cron:1 sshd@0": 0} {
		w, err := watched(broken, true, strings.Fields(words))
		if err != nil || len(w.mistakes) != want || len(w.daemons) != 2 {
			t.Errorf("%s: %+v, %v", words, w, err)
		}
	}
}

// A bare word is a process only where there is no configuration, and one that was
// named must be there.
func TestWatchedBareWords(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "none.yaml")
	if w, err := watched(missing, true, []string{"sshd"}); err != nil || len(w.daemons) != 1 {
		t.Errorf("%+v, %v", w, err)
	}
	if _, err := watched(missing, false, []string{"sshd"}); !errors.As(err, new(*config.NotFoundError)) {
		t.Errorf("a named one that is missing: %v", err)
	}
	broken := filepath.Join(t.TempDir(), "a.yaml")
	if err := os.WriteFile(broken, []byte("demons: {}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if w, err := watched(broken, true, []string{"sshd"}); !errors.As(err, new(*config.UnknownNameError)) || len(w.mistakes) != 1 {
		t.Errorf("%+v, %v", w, err)
	}
}

// What a daemon comes after is looked at, too, and not reported.
func TestWatchedLooksAtDependencies(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.yaml")
	text := "daemons:\n  a: {executable: /a, services: [a]}\n  b: {executable: /b, services: [b], after: [a]}\n"
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	w, err := watched(file, true, []string{"b", "cron:1-"})
	if err != nil || len(w.daemons) != 3 || !w.daemons[0].LookOnly || w.daemons[1].LookOnly || w.daemons[2].LookOnly {
		t.Errorf("%+v, %v", w.daemons, err)
	}
}
