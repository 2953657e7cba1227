package main

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestLink(t *testing.T) {
	p := make(places)
	p.put("README.md", "doc/README.md")
	p.put("docs/a.md", "doc/docs/a.md")
	p.put("packaging/x/r.yml", "doc/examples/x/r.yml")
	p["docs/s.json"] = "share/s.json"
	for _, tc := range []struct{ page, text, want string }{
		{"README.md", "see [a](docs/a.md), [b c](docs/b.md).", "see [a](docs/a.md), b c."},
		{"README.md", "[s](docs/s.json) [p](packaging/) [x](packaging/x)", "[s](../share/s.json) [p](examples) [x](examples/x)"},
		{"docs/a.md", "[r](../README.md#many-daemons) [m](#here) [w](https://x.example/y.md)", "[r](../README.md#many-daemons) [m](#here) [w](https://x.example/y.md)"},
		{"docs/a.md", "[r](../packaging/x/r.yml) [f](../packaging/freebsd/)", "[r](../examples/x/r.yml) f"},
	} {
		if got := string(p.link(tc.page, []byte(tc.text))); got != tc.want {
			t.Errorf("%s: %q\nbecomes %q\nwant    %q", tc.page, tc.text, got, tc.want)
		}
	}
}

// Each link of a document that a package or an archive installs leads to what that
// installs, and each of the sources to what is there.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Chdir("../..")
	inSources := links(t, nil)
	if len(inSources) < 40 {
		t.Errorf("found only %d links", len(inSources))
	}
	for _, l := range inSources {
		if _, err := os.Stat(l.to); err != nil {
			t.Errorf("%s has a link to %s, which is not there", l.page, l.to)
		}
	}
	packages, err := inPackages()
	if err != nil {
		t.Fatal(err)
	}
	// The folders stand for files of theirs; nfpm.yaml names the others.
	nfpm, err := os.ReadFile("packaging/nfpm/nfpm.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, dst := range []string{"/usr/share/daemon-keeper", "/usr/share/man/man8/daemon-keeper.8.gz", "/usr/share/man/man5/daemon-keeper.yaml.5.gz", "/usr/share/doc/daemon-keeper"} {
		if !strings.Contains(string(nfpm), "dst: "+dst+"\n") {
			t.Errorf("nfpm.yaml installs no %s", dst)
		}
	}
	installed := links(t, packages)
	if len(installed) < 30 {
		t.Errorf("found only %d links in packages", len(installed))
	}
	for _, l := range installed {
		found := false
		for _, place := range packages {
			found = found || place == l.to
		}
		if !found {
			t.Errorf("%s has a link to /%s, which no package installs", l.page, l.to)
		}
	}
}

type link struct{ page, to string }

// links are those of the documents, as they are for the reader of a package; or of the
// sources.
func links(t *testing.T, p places) (found []link) {
	t.Helper()
	var pages []string
	for folder, patterns := range folders {
		for _, pattern := range patterns {
			names, err := filepath.Glob(pattern)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasPrefix(folder, "doc") {
				pages = append(pages, names...)
			}
		}
	}
	slices.Sort(pages)
	for _, page := range pages {
		if path.Ext(page) != ".md" {
			continue
		}
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		place := page
		if p != nil {
			text, place = p.link(page, text), p[page]
		}
		for _, m := range regexp.MustCompile(`\]\(([^)\s:#]+)(#[^)\s]*)?\)`).FindAllSubmatch(text, -1) {
			found = append(found, link{page, path.Join(path.Dir(place), string(m[1]))})
		}
	}
	return found
}
