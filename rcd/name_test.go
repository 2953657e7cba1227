package rcd

import (
	"strings"
	"testing"
	"unicode"
)

func TestCheckName(t *testing.T) {
	long := strings.Repeat("a", 240)
	for _, name := range []string{
		"clamav-clamd", "foo@bar", "foo@bar.service", "a.b", "x:y", "_x", "X", "0", "a..b", "a-", long,
	} {
		if err := CheckName(name); err != nil {
			t.Errorf("CheckName(%q) = %v, want nil", name, err)
		}
	}
	for _, name := range []string{
		"", "../x", "..", ".", ".x", "-x", "--help", "@x", ":x", "a b", " a", "a ", "a\tb", "a\nb", "a\n", "\n", "a\x00", "a\x7f",
		"a/b", "/a", "a/", `a\b`, "ü", "aü", "a\xff", "a;b", "a$b", "a`b", "a*", "a?", "a'b", `a"b`, "a=b", "a%b", "a+b",
		long + "a", strings.Repeat("a", 300),
	} {
		if CheckName(name) == nil {
			t.Errorf("CheckName(%q) = nil, want an error", name)
		}
	}
}

// FuzzCheckName holds an accepted name to what its users rely on: one word of a
// command line that is no option, and one file name.
func FuzzCheckName(f *testing.F) {
	for _, seed := range []string{"clamav-clamd", "foo@bar.service", "../x", "-x", "a\n", "a b", "ü", strings.Repeat("a", 241)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, name string) {
		if CheckName(name) != nil {
			return
		}
		bad := func(r rune) bool {
			return r == '/' || r == '\\' || r > unicode.MaxASCII || unicode.IsSpace(r) || unicode.IsControl(r)
		}
		if name == "" || strings.ContainsFunc(name, bad) {
			t.Errorf("CheckName accepts %q", name)
		}
		if strings.HasPrefix(name, "-") || strings.HasPrefix(name, ".") {
			t.Errorf("CheckName accepts %q", name)
		}
		file := strings.TrimPrefix((&Outputs{Dir: "/run/keeper"}).Path(name), "/run/keeper/")
		if file != name+".output" || len(file) > 255 {
			t.Errorf("the output of %q is in %q (%d bytes)", name, file, len(file))
		}
	})
}
