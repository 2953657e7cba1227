package main

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// inArchives are the files that stand beside the program in an archive, under the
// names that they have in the repository.
var inArchives = []string{
	"README.md", "CHANGELOG.md", "docs/*.*",
	"packaging/completions/*daemon-keeper*", "packaging/cron/*", "packaging/systemd/*",
	"packaging/daemon-keeper.yaml",
	"packaging/prometheus/*.rules.yml", "packaging/grafana/*.json",
}

// file is one in an archive.
type file struct {
	name string
	mode int64
	body []byte
}

// archives makes one for each system, one of the sources, their sums, and the list of
// the modules in each program.
func (r release) archives() error {
	var list strings.Builder
	for _, t := range r.targets {
		folder := fmt.Sprintf("%s-%s-%s-%s", name, r.version, t.os, t.arch)
		program := filepath.Join(r.out, folder)
		if err := r.build(t, program); err != nil {
			return err
		}
		what, err := describe(r.out, folder)
		if err != nil {
			return err
		}
		list.WriteString(what)
		files, err := r.beside(program)
		if err != nil {
			return err
		}
		if err := writeArchive(program+".tar.gz", folder, files, r.time); err != nil {
			return err
		}
		if err := os.Remove(program); err != nil {
			return err
		}
		fmt.Println(program + ".tar.gz")
	}
	if err := os.WriteFile(filepath.Join(r.out, "MODULES"), []byte(list.String()), 0o644); err != nil {
		return err
	}
	if err := r.sources(); err != nil {
		return err
	}
	return sums(r.out)
}

// describe is what go version -m tells of the program.
func describe(dir, program string) (string, error) {
	cmd := exec.Command("go", "version", "-m", program)
	cmd.Dir = dir // so that it prints a name and no path
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("cannot list the modules of %s: %w", program, err)
	}
	return string(out), nil
}

// beside are the program and all that goes with it.
func (r release) beside(program string) ([]file, error) {
	body, err := os.ReadFile(program)
	if err != nil {
		return nil, err
	}
	licences, err := licences(program, false)
	if err != nil {
		return nil, err
	}
	files := []file{{name, 0o755, body}, {"LICENSE", 0o644, licences}}
	more, err := match(slices.Concat(inArchives, hooks))
	links := make(places)
	for _, f := range more {
		links.put(f.name, f.name)
	}
	for i, f := range more {
		if filepath.Ext(f.name) == ".md" {
			more[i].body = links.link(f.name, f.body)
		}
	}
	return append(files, more...), err
}

// match reads the repository's files of those names. Each pattern must have some.
func match(patterns []string) (files []file, err error) {
	for _, p := range patterns {
		names, err := filepath.Glob(p)
		if err != nil {
			return nil, err
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("cannot find any %s", p)
		}
		for _, n := range names {
			f, err := readSource(n, n)
			if err != nil {
				return nil, err
			}
			files = append(files, f)
		}
	}
	return files, nil
}

// writeArchive writes the files below folder, in the order of their names, owned by
// root and as old as the sources.
func writeArchive(path, folder string, files []file, at time.Time) error {
	slices.SortFunc(files, func(a, b file) int { return strings.Compare(a.name, b.name) })
	var buf bytes.Buffer
	packer, err := gzip.NewWriterLevel(&buf, gzip.BestCompression)
	if err != nil {
		return err
	}
	archive := tar.NewWriter(packer)
	for _, f := range files {
		header := &tar.Header{
			Name: folder + "/" + filepath.ToSlash(f.name), Mode: f.mode, Size: int64(len(f.body)), ModTime: at,
			Uname: "root", Gname: "root", Typeflag: tar.TypeReg,
		}
		if err := archive.WriteHeader(header); err != nil {
			return fmt.Errorf("cannot pack %s: %w", f.name, err)
		}
		if _, err := archive.Write(f.body); err != nil {
			return fmt.Errorf("cannot pack %s: %w", f.name, err)
		}
	}
	if err := archive.Close(); err != nil {
		return err
	}
	if err := packer.Close(); err != nil {
		return err
	}
	return os.WriteFile(path, buf.Bytes(), 0o644)
}

// sums writes the checksum of each file of the folder, for sha256sum -c.
func sums(dir string) error {
	entries, err := os.ReadDir(dir) // which sorts
	if err != nil {
		return err
	}
	var list strings.Builder
	for _, e := range entries {
		body, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&list, "%x  %s\n", sha256.Sum256(body), e.Name())
	}
	return os.WriteFile(filepath.Join(dir, "SHA256SUMS"), []byte(list.String()), 0o644)
}
