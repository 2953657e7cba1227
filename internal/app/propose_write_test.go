package app

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"daemon-keeper/internal/words"
)

// init --write makes a file where there is none, and never writes over one or through a link.
func TestWriteProposal(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "keeper.yaml")
	var out strings.Builder
	if err := writeProposal(&out, path, []byte("a: 1\n"), false); err != nil {
		t.Fatal(err)
	}
	info, err := os.Lstat(path)
	if err != nil || info.Mode() != 0o644 {
		t.Errorf("%v, %v", info, err)
	}
	for _, want := range []string{"validate -c " + path, "status -c " + path, "run -n -v -c " + path} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	out.Reset()
	if err := writeProposal(&out, path, []byte("a: 2\n"), false); !errors.Is(err, errExists) {
		t.Errorf("written over: %v", err)
	}
	if got, _ := os.ReadFile(path); string(got) != "a: 1\n" || !strings.Contains(out.String(), "\n-a: 1\n+a: 2\n") {
		t.Errorf("%q\n%s", got, out.String())
	}
	if err := os.WriteFile(path, []byte("\n # a\n#b\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := writeProposal(&out, path, []byte("a: 2\n"), false); err != nil || !strings.Contains(out.String(), "is now "+path+".old.\n") {
		t.Errorf("of comments only: %v\n%s", err, out.String())
	}
	got, _ := os.ReadFile(path)
	if old, err := os.ReadFile(path + ".old"); err != nil || string(got) != "a: 2\n" || string(old) != "\n # a\n#b\n" {
		t.Errorf("%q, and the old one is %q, %v", got, old, err)
	}
	if err := os.WriteFile(path, []byte("#c\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := writeProposal(&out, path, []byte("a: 3\n"), false); !strings.Contains(words.Hint(err), path+".old is there, too") {
		t.Errorf("with an old one: %v, %s", err, words.Hint(err))
	}
	// What was not read to its end may have more than comments.
	if err := errors.Join(os.Remove(path+".old"), os.WriteFile(path, []byte(strings.Repeat("#\n", largestConfig/2)+"a: 4\n"), 0o644)); err != nil {
		t.Fatal(err)
	}
	if err := writeProposal(&out, path, []byte("a: 3\n"), false); !errors.Is(err, errExists) || strings.Contains(words.Hint(err), "comments") {
		t.Errorf("longer than is read: %v, %s", err, words.Hint(err))
	}
	link := filepath.Join(dir, "link.yaml")
	if err := os.Symlink(filepath.Join(dir, "target"), link); err != nil {
		t.Fatal(err)
	}
	if err := writeProposal(&out, link, []byte("a: 3\n"), false); err == nil {
		t.Error("written through a link")
	}
	if list, err := os.ReadDir(dir); err != nil || len(list) != 2 {
		t.Errorf("%v, %v", list, err)
	}
}
