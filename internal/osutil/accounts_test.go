package osutil

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAccounts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "passwd")
	text := "# a comment:x:9:9\nroot:x:0:0:root:/root:/bin/sh\ntoor::0:0::/root:\nroot:x:7:7::/:\n+nis:x:8:8::/:\n-no:x:8:8::/:\n" +
		":x:5:5::/:\nshort:x:6\nhuge:x:4294967296:0::/:\nsigned:x:-2:0::/:\nnobody:*:65534:65534:nobody:/:/usr/sbin/nologin\ngroup:x:10:root,nobody\nlast:x:11:"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	a := ReadAccounts(path)
	for name, want := range map[string]int{
		"root": 0, "toor": 0, "nobody": 65534, "group": 10, "last": 11,
		"": -1, "short": -1, "huge": -1, "signed": -1, "+nis": -1, "nis": -1, "-no": -1, "# a comment": -1,
	} {
		id, ok := a.ID(name)
		if ok != (want >= 0) || ok && int(id) != want {
			t.Errorf("%q has number %d, %v", name, id, ok)
		}
	}
	if root, ok := a.Name(0); root != "root" || !ok {
		t.Errorf("0 is %q", root)
	}
	if name, ok := a.Name(8); ok {
		t.Errorf("8 is %q", name)
	}
	for _, missing := range []string{filepath.Join(t.TempDir(), "nosuch"), t.TempDir()} {
		if _, ok := ReadAccounts(missing).ID("root"); ok {
			t.Errorf("somebody is in %s", missing)
		}
	}
}

// A file that is too large is not read in parts: what is behind might be what holds.
func TestAccountsAreBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "passwd")
	if err := os.WriteFile(path, []byte("root:x:0:0::/:\n"+strings.Repeat("#", mostAccounts)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok := ReadAccounts(path).ID("root"); ok {
		t.Error("it was read")
	}
}

func FuzzAccounts(f *testing.F) {
	f.Add("root:x:0:0::/:\n", "root")
	f.Add("+:::::\n::\n", "")
	f.Fuzz(func(t *testing.T, text, name string) {
		a := parseAccounts(text)
		if id, ok := a.ID(name); ok {
			if _, named := a.Name(id); !named || !strings.Contains(text, name+":") {
				t.Errorf("%q has number %d", name, id)
			}
		}
	})
}
