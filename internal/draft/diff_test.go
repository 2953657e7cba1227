package draft

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestDiff(t *testing.T) {
	many := strings.Repeat("same\n", 20)
	for _, tc := range []struct{ name, before, after, want string }{
		{"equal", "a\nb\n", "a\nb\n", ""},
		{"one", "a\nb\nc\n", "a\nx\nc\n", "--- old\n+++ new\n@@ -1,3 +1,3 @@\n a\n-b\n+x\n c\n"},
		{"two hunks", "a\n" + many + "b\n", "x\n" + many + "y\n", "--- old\n+++ new\n@@ -1,4 +1,4 @@\n-a\n+x\n same\n same\n same\n@@ -19,4 +19,4 @@\n same\n same\n same\n-b\n+y\n"},
		{"hostile", "a\x1b[2J\n", "b\n", "--- old\n+++ new\n@@ -1,1 +1,1 @@\n-a?[2J\n+b\n"},
		{"added", "a\nc\n", "a\nb\nc\n", "--- old\n+++ new\n@@ -1,2 +1,3 @@\n a\n+b\n c\n"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var b strings.Builder
			Diff(&b, "old", "new", tc.before, tc.after)
			if b.String() != tc.want {
				t.Errorf("got\n%s\nwant\n%s", b.String(), tc.want)
			}
		})
	}
}

// patch(1) makes the new text from the old one.
func TestDiffIsAPatch(t *testing.T) {
	patch, err := exec.LookPath("patch")
	if err != nil {
		t.Skip("there is no patch(1)")
	}
	before := "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\nm\nn\n"
	for _, after := range []string{"", "x\n" + before, before + "x\n", strings.ReplaceAll(before, "g\n", ""), strings.NewReplacer("a\n", "z\ny\n", "n\n", "m\n").Replace(before)} {
		var b strings.Builder
		Diff(&b, "f", "f", before, after)
		file := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(file, []byte(before), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(patch, "--posix", file)
		cmd.Stdin = strings.NewReader(b.String())
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s\n%s", err, out, b.String())
		}
		if got, err := os.ReadFile(file); err != nil || strings.Trim(string(got), "\n") != strings.Trim(after, "\n") {
			t.Errorf("%v\n%s\nfrom\n%s", err, got, b.String())
		}
	}
}
