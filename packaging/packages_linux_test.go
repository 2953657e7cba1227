package packaging

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"daemon-keeper/internal/realtest"
)

// number is the version that the tests' packages have.
const number = "1.2.3"

// noMake is the environment of a make that knows nothing of the one above this test.
var noMake = []string{"MAKEFLAGS=", "MAKELEVEL=", "MAKEOVERRIDES="}

// makePackages runs make packages, for the first test that needs them.
var makePackages = sync.OnceValue(func() error {
	began := time.Now()
	// Whoever makes them may hide their own files.
	cmd := exec.Command("sh", "-c", `umask 077; exec make -C .. packages "$@"`, "sh", "VERSION="+number, "PACKAGES=build/packages-tested")
	cmd.Env = append(os.Environ(), noMake...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("make packages: %w\n%s", err, out)
	}
	fmt.Printf("make packages took %.1f s\n", time.Since(began).Seconds())
	return nil
})

// packageFile is the package of that name, for the processor that the test runs on.
func packageFile(t *testing.T, named map[string]string) string {
	t.Helper()
	realtest.Need(t)
	if err := makePackages(); err != nil {
		t.Fatal(err)
	}
	found, err := filepath.Glob("../build/packages-tested/" + named[runtime.GOARCH])
	if err != nil || len(found) != 1 {
		t.Fatalf("packages named %q: %q, %v", named[runtime.GOARCH], found, err)
	}
	return found[0]
}

var (
	debs = map[string]string{"amd64": "*_amd64.deb", "arm64": "*_arm64.deb"}
	rpms = map[string]string{"amd64": "*.x86_64.rpm", "arm64": "*.aarch64.rpm"}
)

// Debian's own checker finds nothing but what lintian-overrides explains, and all of
// that.
func TestLintian(t *testing.T) {
	l := realtest.NewLayer(t)
	l.Copy(packageFile(t, debs), "/tmp/keeper.deb")
	m := realtest.Enter(t, realtest.Tree(t, realtest.Consumers()...), l)
	out, status := m.Run(t, "lintian", "--allow-root", "--fail-on", "error,warning,info", "--display-info",
		"--suppress-tags", "spelling-error-in-binary", // it finds words in machine code
		"/tmp/keeper.deb")
	if status != 0 || out != "" {
		t.Errorf("exit status %d:\n%s", status, out)
	}
}

// make install puts there what the port does, and make uninstall leaves nothing, no empty
// folder of ours either.
func TestMakeInstall(t *testing.T) {
	realtest.Need(t)
	dir := t.TempDir()
	run := func(target string) {
		t.Helper()
		cmd := exec.Command("make", "-C", "..", target, "DESTDIR="+dir)
		cmd.Env = append(os.Environ(), noMake...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("make %s: %v\n%s", target, err, out)
		}
	}
	installed := func() (names []string) {
		t.Helper()
		err := filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
			if err == nil && !entry.IsDir() {
				names = append(names, strings.TrimPrefix(path, dir+"/usr/local/"))
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return names
	}
	run("install")
	for _, line := range lines(t, "freebsd/pkg-plist") {
		name := strings.TrimSuffix(strings.TrimPrefix(line, "@sample "), ".gz")
		name = strings.Replace(name, "%%DATADIR%%/hooks/", "share/daemon-keeper/hooks/", 1) // the schemas are a package's only
		if !strings.HasPrefix(name, "@dir ") && !strings.HasPrefix(name, "%%DATADIR%%") && !slices.Contains(installed(), name) {
			t.Errorf("there is no %s", name)
		}
	}
	run("uninstall")
	if left := installed(); len(left) > 0 {
		t.Errorf("there are %q", left)
	}
	ours, others := filepath.Join(dir, "usr/local/share/daemon-keeper"), filepath.Join(dir, "usr/local/sbin")
	if _, err := os.Stat(ours); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%s is left: %v", ours, err)
	}
	if _, err := os.Stat(others); err != nil {
		t.Error(err)
	}
	run("install")
	mine := filepath.Join(ours, "hooks", "mine")
	if err := os.WriteFile(mine, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	run("uninstall")
	if left := installed(); len(left) != 1 {
		t.Errorf("there are %q, not only %s", left, mine)
	}
}
