package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var noon = time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)

func TestVersionOf(t *testing.T) {
	for _, c := range []struct {
		described string
		changed   bool
		want      string
		apk, arch string
	}{
		{"v1.2.3-0-gd4ecfa2", false, "1.2.3", "1.2.3", "1.2.3"},
		{"v1.2.3-rc1-0-gd4ecfa2", false, "1.2.3~rc1", "1.2.3_rc1", "1.2.3rc1"},
		{"v1.2.3-5-gd4ecfa2", false, "1.2.3+git20261121120000.d4ecfa2", "1.2.3_git20261121120000", "1.2.3+git20261121120000.d4ecfa2"},
		{"v1.2.3-0-gd4ecfa2", true, "1.2.3+git20261121120000.d4ecfa2.dirty", "1.2.3_git20261121120000", "1.2.3+git20261121120000.d4ecfa2.dirty"},
		{"v1.2-rc1-7-gd4ecfa2", false, "1.2~rc1+git20261121120000.d4ecfa2", "1.2_rc1_git20261121120000", "1.2rc1+git20261121120000.d4ecfa2"},
		{"", false, "0.0.0~git20261121120000.d4ecfa2", "0.0.0_git20261121120000", "0.0.0git20261121120000.d4ecfa2"},
	} {
		text := versionOf(c.described, noon, "d4ecfa2", c.changed)
		v, err := parseVersion(text)
		if err != nil || string(v) != c.want {
			t.Errorf("%s: %s, %v, not %s", c.described, v, err, c.want)
		}
		for format, want := range map[string]string{"deb": c.want, "rpm": c.want, "apk": c.apk, "archlinux": c.arch} {
			if got := v.of(format); got != want {
				t.Errorf("%s for %s: %s, not %s", c.want, format, got, want)
			}
		}
	}
}

func TestParseVersion(t *testing.T) {
	for _, text := range []string{"", "1.2.3-rc1", "1.2.3~", "one", "1.2.3 ", "1.2.3~rc1-2", "1;2"} {
		if v, err := parseVersion(text); err == nil || !strings.HasPrefix(err.Error(), "cannot use ") {
			t.Errorf("%q: %q, %v", text, v, err)
		}
	}
}

func TestIdentify(t *testing.T) {
	t.Setenv("SOURCE_DATE_EPOCH", "1")
	if v, at, err := identify("v1.2.3"); v != "1.2.3" || at.Unix() != 1 || err != nil {
		t.Errorf("%s, %v, %v", v, at, err)
	}
	t.Chdir(t.TempDir()) // no repository
	if v, _, err := identify("1.2.3"); v != "1.2.3" || err != nil {
		t.Errorf("%s, %v", v, err)
	}
	if _, _, err := identify(""); err == nil || !strings.Contains(err.Error(), "give VERSION=") {
		t.Errorf("%v", err)
	}
	t.Setenv("SOURCE_DATE_EPOCH", "")
	if _, _, err := identify("1.2.3"); err == nil || !strings.Contains(err.Error(), "set SOURCE_DATE_EPOCH") {
		t.Errorf("%v", err)
	}
}

// An archive depends on what it is given, and neither on its order nor on who packs it.
func TestWriteArchive(t *testing.T) {
	dir := t.TempDir()
	files := []file{{"a", 0o644, []byte("x")}, {"b/c", 0o755, []byte("y")}}
	var written [][]byte
	for _, n := range []string{"1", "2"} {
		path := filepath.Join(dir, n)
		if err := writeArchive(path, "folder", files, noon); err != nil {
			t.Fatal(err)
		}
		body, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		written = append(written, body)
		slices.Reverse(files)
	}
	if !bytes.Equal(written[0], written[1]) {
		t.Error("the order of the files makes a difference")
	}
}

// What is emptied is what was made there, and nothing of somebody else's.
func TestEmptyFolder(t *testing.T) {
	dir := t.TempDir()
	put := func(name string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put("SHA256SUMS")
	put("daemon-keeper-1.2.3-linux-amd64.tar.gz")
	if err := emptyFolder(dir); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("there is %q", left)
	}
	put("daemon-keeper-1.2.3-linux-amd64.tar.gz")
	put("thesis")
	if err := emptyFolder(dir); err == nil || !strings.Contains(err.Error(), "thesis, which is not ours") {
		t.Errorf("%v", err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 2 {
		t.Errorf("there is only %q", left)
	}
}
