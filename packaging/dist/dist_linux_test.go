package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"debug/elf"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"daemon-keeper/internal/executable"
	"daemon-keeper/internal/realtest"
)

const madeVersion = "1.2.3"

// command runs a program in dir, with more in its environment than that.
func command(t *testing.T, dir string, env []string, name string, arg ...string) string {
	t.Helper()
	cmd := exec.Command(name, arg...)
	cmd.Dir = dir
	// A make above this test is another one's.
	cmd.Env = append(append(os.Environ(), "SOURCE_DATE_EPOCH=1700000000", "MAKEFLAGS=", "MAKELEVEL=", "MAKEOVERRIDES="), env...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, arg, err, out)
	}
	return string(out)
}

// some are built by the test: this machine's, and another system's, both of which make lint
// has compiled. Each of the others takes half a minute.
var some = []string{"linux/" + runtime.GOARCH, "freebsd/amd64"}

// make dist makes what it says; another folder, another user's
// umask and environment, and no repository make no difference; and the archive of the
// sources is enough for the port.
func TestDist(t *testing.T) {
	realtest.Need(t)
	repository, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(repository)
	out := t.TempDir()
	if !t.Run("made", func(t *testing.T) {
		command(t, ".", nil, "make", "dist", "VERSION="+madeVersion, "DIST="+out, "TARGETS="+strings.Join(some, ","))
		command(t, out, nil, "sha256sum", "--check", "--strict", "SHA256SUMS")
		for _, name := range some {
			checkArchive(t, out, name)
		}
	}) {
		return
	}
	t.Run("again", func(t *testing.T) { reproduces(t, out) })
	t.Run("port", func(t *testing.T) { builtAsPort(t, out) })
}

// checkArchive looks whether the program is a static one of that system, and what is
// beside it.
func checkArchive(t *testing.T, out, name string) {
	t.Helper()
	folder := "daemon-keeper-" + madeVersion + "-" + strings.Replace(name, "/", "-", 1)
	files := unpack(t, filepath.Join(out, folder+".tar.gz"))
	for _, n := range []string{"LICENSE", "README.md", "docs/daemon-keeper.8", "packaging/daemon-keeper.yaml", "packaging/completions/_daemon-keeper"} {
		if len(files[folder+"/"+n]) == 0 {
			t.Errorf("%s has no %s", name, n)
		}
	}
	if !bytes.Contains(files[folder+"/LICENSE"], []byte("golang.org/x/sys v")) {
		t.Errorf("%s does not tell the modules' licences", name)
	}
	program, err := elf.NewFile(bytes.NewReader(files[folder+"/daemon-keeper"]))
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	machine := map[string]elf.Machine{
		"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "armv7": elf.EM_ARM, "386": elf.EM_386, "riscv64": elf.EM_RISCV,
	}[filepath.Base(name)]
	if free := program.OSABI == elf.ELFOSABI_FREEBSD; program.Machine != machine || free != strings.HasPrefix(name, "freebsd") {
		t.Errorf("%s has a program for %v, %v", name, program.OSABI, program.Machine)
	}
	if libraries, err := program.ImportedLibraries(); err != nil || len(libraries) > 0 {
		t.Errorf("%s needs %q, %v", name, libraries, err)
	}
	modules, err := os.ReadFile(filepath.Join(out, "MODULES"))
	if err != nil {
		t.Fatal(err)
	}
	if !regexp.MustCompile(`(?m)^` + folder + `: go1.*\n\tpath\tdaemon-keeper\n`).Match(modules) {
		t.Errorf("MODULES has no %s:\n%s", folder, modules)
	}
	if name != "linux/"+runtime.GOARCH {
		return
	}
	path := filepath.Join(t.TempDir(), "daemon-keeper")
	if err := executable.WriteFile(path, files[folder+"/daemon-keeper"], 0o755); err != nil {
		t.Fatal(err)
	}
	if v := command(t, ".", nil, path, "--version"); !strings.HasPrefix(v, "daemon-keeper "+madeVersion+" go1") {
		t.Errorf("it says that it is %q", v)
	}
}

// reproduces builds one of them again, and the archive of the sources, from what that
// archive holds.
func reproduces(t *testing.T, out string) {
	elsewhere := unpackSources(t, out)
	tool := filepath.Join(t.TempDir(), "dist")
	command(t, elsewhere, nil, "go", "build", "-o", tool, "./packaging/dist")
	second, env := t.TempDir(), []string{"GOFLAGS=-tags=netgo", "GOAMD64=v3"} // which must not matter
	command(t, elsewhere, env, "sh", "-c", `umask 077; exec "$@"`, "sh",
		tool, "-version", madeVersion, "-out", second, "-target", "freebsd/amd64", "archives")
	made, err := filepath.Glob(filepath.Join(second, "*.tar.gz"))
	if err != nil || len(made) != 2 {
		t.Fatalf("%q, %v", made, err)
	}
	for _, path := range made {
		n := filepath.Base(path)
		if !bytes.Equal(contents(t, path), contents(t, filepath.Join(out, n))) {
			t.Errorf("%s differs", n)
		}
	}
}

// builtAsPort builds from the archive of the sources as bsd.port.mk does: for FreeBSD,
// with the port's own flags, and without a network or any module but the archive's.
func builtAsPort(t *testing.T, out string) {
	text := string(contents(t, "packaging/freebsd/Makefile"))
	flags := regexp.MustCompile(`(?m)^GO_BUILDFLAGS=\t(.*)$`).FindStringSubmatch(text)
	if flags == nil {
		t.Fatal("the port has no flags")
	}
	dir := unpackSources(t, out)
	build := "go build -buildmode=exe -trimpath -buildvcs=false -mod=vendor " +
		strings.ReplaceAll(flags[1], "${DISTVERSION}", madeVersion) + " -o built ."
	command(t, dir, []string{
		"GOOS=freebsd", "GOARCH=amd64", "CGO_ENABLED=0", "GOPROXY=off", "GOFLAGS=-modcacherw", "GOMODCACHE=" + t.TempDir(),
	}, "sh", "-c", build)
	if !bytes.Contains(contents(t, filepath.Join(dir, "built")), []byte(madeVersion)) {
		t.Error("the program does not know its version")
	}
}

// unpackSources returns the folder of the sources, of a user who hides their files.
func unpackSources(t *testing.T, out string) string {
	t.Helper()
	dir, folder := filepath.Join(t.TempDir(), "a", "longer", "path"), "daemon-keeper-"+madeVersion+"-src"
	command(t, out, nil, "sh", "-c", `umask 077; mkdir -p "$1"; tar -xzf "$2" -C "$1" --no-same-permissions`, "sh", dir, folder+".tar.gz")
	return filepath.Join(dir, folder)
}

func contents(t *testing.T, path string) []byte {
	t.Helper()
	body, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

// unpack returns the files of an archive by name.
func unpack(t *testing.T, path string) map[string][]byte {
	t.Helper()
	packed, err := gzip.NewReader(bytes.NewReader(contents(t, path)))
	if err != nil {
		t.Fatal(err)
	}
	files := make(map[string][]byte)
	for archive := tar.NewReader(packed); ; {
		header, err := archive.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if files[header.Name], err = io.ReadAll(archive); err != nil {
			t.Fatal(err)
		}
	}
}
