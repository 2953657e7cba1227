package main

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// sources makes the archive that a port builds from: what the repository holds, and
// the modules in its folder vendor, for a port may not fetch anything while it builds.
func (r release) sources() error {
	names, err := sourceFiles()
	if err != nil {
		return err
	}
	var files []file
	for _, n := range names {
		f, err := readSource(n, n)
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	vendor, err := os.MkdirTemp("", "daemon-keeper-vendor")
	if err != nil {
		return err
	}
	defer os.RemoveAll(vendor)
	cmd := exec.Command("go", "mod", "vendor", "-o", vendor)
	cmd.Env = append(os.Environ(), "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("cannot collect the modules: %w\n%s", err, out)
	}
	names, err = walk(vendor)
	if err != nil {
		return err
	}
	for _, n := range names {
		f, err := readSource(filepath.Join(vendor, n), filepath.Join("vendor", n))
		if err != nil {
			return err
		}
		files = append(files, f)
	}
	folder := fmt.Sprintf("%s-%s-src", name, r.version)
	path := filepath.Join(r.out, folder+".tar.gz")
	if err := writeArchive(path, folder, files, r.time); err != nil {
		return err
	}
	fmt.Println(path)
	return nil
}

// sourceFiles are those of the repository that git does not ignore, for what it does
// not know yet is compiled as well; or all files, where there is no repository but what
// was once taken from one.
func sourceFiles() ([]string, error) {
	if _, err := os.Stat(".git"); err != nil {
		return walk(".")
	}
	list, err := git("ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate")
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(strings.Split(list, "\n"), func(n string) bool {
		info, err := os.Lstat(n)
		return err != nil || !info.Mode().IsRegular() // it was removed, and git not told
	}), nil
}

// walk lists the files below dir, but for what is built there.
func walk(dir string) (names []string, err error) {
	err = filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		n, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		switch {
		case entry.IsDir() && slices.Contains([]string{".cache", "build", "vendor"}, n):
			return filepath.SkipDir
		case entry.Type().IsRegular():
			names = append(names, n)
		}
		return nil
	})
	return names, err
}

func readSource(path, as string) (file, error) {
	info, err := os.Stat(path)
	if err != nil {
		return file{}, err
	}
	body, err := os.ReadFile(path)
	// git keeps no more of a mode than this.
	mode := int64(0o644)
	if info.Mode()&0o100 != 0 {
		mode = 0o755
	}
	return file{as, mode, body}, err
}
