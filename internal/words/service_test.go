package words

import (
	"regexp"
	"strings"
	"testing"
	"unicode"
)

func TestCheckService(t *testing.T) {
	long := strings.Repeat("a", 240)
	for _, name := range []string{
		"clamav-clamd", "foo@bar", "foo@bar.service", "a.b", "x:y", "_x", "X", "0", "a..b", "a-", long,
		"systemd:nginx", "runit:redis", "openrc:sshd", "svc:/service/tinydns", "s6:/run/service/a.b", "own:game", "svc:a:b", "nosuch:x",
	} {
		if err := CheckService(name); err != nil {
			t.Errorf("CheckService(%q) = %v, want nil", name, err)
		}
		if !regexp.MustCompile(ServicePattern).MatchString(name) {
			t.Errorf("the pattern does not have %q", name)
		}
	}
	for _, name := range []string{
		"", "../x", "..", ".", ".x", "-x", "--help", "@x", ":x", "a b", " a", "a ", "a\tb", "a\nb", "a\n", "\n", "a\x00", "a\x7f",
		"a/b", "/a", "a/", `a\b`, "ü", "aü", "a\xff", "a;b", "a$b", "a`b", "a*", "a?", "a'b", `a"b`, "a=b", "a%b", "a+b",
		long + "a", strings.Repeat("a", 300),
		"svc:", "svc:/", "svc:/a/", "svc://a", "svc:/a/../b", "svc:/a/./b", "svc:a/b", "svc:-x", "systemd:/a", "own:/a", "svc:/a b", "svc:/a+b", "nosuch:/a",
	} {
		if CheckService(name) == nil {
			t.Errorf("CheckService(%q) = nil, want an error", name)
		}
	}
}

func TestCutService(t *testing.T) {
	for _, tt := range []struct{ name, prefix, inner string }{
		{"nginx", "", "nginx"},
		{"runit:redis", "runit", "redis"},
		{"svc:/service/tinydns", "svc", "/service/tinydns"},
		{"svc:a:b", "svc", "a:b"},
		{"x:y", "", "x:y"},
		{"", "", ""},
	} {
		if prefix, inner := CutService(tt.name); prefix != tt.prefix || inner != tt.inner {
			t.Errorf("CutService(%q) = %q, %q", tt.name, prefix, inner)
		}
	}
}

// FuzzCheckService holds an accepted name to what its users rely on: one word of a
// command line that is not an option, and one file name.
func FuzzCheckService(f *testing.F) {
	for _, seed := range []string{"clamav-clamd", "foo@bar.service", "../x", "-x", "a\n", "a b", "ü", "svc:/a/b", "runit:x", "svc:/..", strings.Repeat("a", 241)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if CheckService(name) != nil {
			return
		}
		_, inner := CutService(name)
		bad := func(r rune) bool {
			return r == '\\' || r > unicode.MaxASCII || unicode.IsSpace(r) || unicode.IsControl(r)
		}
		if inner == "" || strings.ContainsFunc(name, bad) || strings.Contains(name, "/") != strings.HasPrefix(inner, "/") {
			t.Errorf("CheckService accepts %q", name)
		}
		if strings.HasPrefix(inner, "-") || strings.HasPrefix(inner, ".") || strings.Contains(inner, "/..") && strings.Contains(inner+"/", "/../") {
			t.Errorf("CheckService accepts %q", name)
		}
		if file := ServiceFile(name); strings.Contains(file, "/") || len(file) > 240 || strings.ReplaceAll(file, "+", "/") != name {
			t.Errorf("the file of %q is %q", name, file)
		}
	})
}

func TestServiceFile(t *testing.T) {
	a, b := "svc:/"+strings.Repeat("a/", 200)+"x", "svc:/"+strings.Repeat("a/", 200)+"y"
	if ServiceFile(a) == ServiceFile(b) || len(ServiceFile(a)) > 240 || ServiceFile(ServiceFile(a)) != ServiceFile(a) {
		t.Errorf("%q, %q", ServiceFile(a), ServiceFile(b))
	}
}
