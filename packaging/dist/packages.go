package main

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// revision is the number of the packaging of one version, as formats append it.
var revision = map[string]string{"deb": "1", "rpm": "1", "apk": "0", "archlinux": "1"}

// folders are those that nfpm.yaml takes as a whole: doc is /usr/share/doc/daemon-keeper.
var folders = map[string][]string{
	"doc":                     {"README.md", "CHANGELOG.md"},
	"doc/docs":                {"docs/*.md"}, // where README.md looks for them
	"doc/examples/prometheus": {"packaging/prometheus/*.rules.yml", "packaging/prometheus/README.md"},
	"doc/examples/grafana":    {"packaging/grafana/*.json", "packaging/grafana/README.md"},
	"hooks":                   hooks,
	"systemd":                 {"packaging/systemd/*"},
}

// hooks are the programs of on_incident; beside them are the tests of them.
var hooks = []string{
	"packaging/hooks/matrix", "packaging/hooks/ntfy", "packaging/hooks/pagerduty", "packaging/hooks/slack",
	"packaging/hooks/telegram", "packaging/hooks/webhook", "packaging/hooks/with-pings",
}

// packages makes each format for each system.
func (r release) packages() error {
	for _, t := range r.targets {
		if err := r.packagesOf(t); err != nil {
			return err
		}
	}
	return sums(r.out)
}

func (r release) packagesOf(t target) error {
	if t.os != "linux" {
		return fmt.Errorf("cannot make packages for %s: FreeBSD has its port, and nfpm knows no other", t.os)
	}
	stage, err := os.MkdirTemp("", "daemon-keeper-stage")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	program := filepath.Join(stage, name)
	if err := r.build(t, program); err != nil {
		return err
	}
	files, err := r.staged(program)
	if err != nil {
		return err
	}
	if err := writeFolder(stage, files, r.time); err != nil {
		return err
	}
	for _, format := range r.formats {
		if err := r.nfpm(stage, t, format); err != nil {
			return err
		}
	}
	return nil
}

// staged are the files, by name, that are made of others for a package, or that
// nfpm.yaml names as a folder.
func (r release) staged(program string) (map[string][]byte, error) {
	files := map[string][]byte{"debian/changelog.Debian.gz": compress(r.debianChangelog())}
	var err error
	if files["LICENSE"], err = licences(program, false); err != nil {
		return nil, err
	}
	if files["debian/copyright"], err = licences(program, true); err != nil {
		return nil, err
	}
	for as, from := range map[string]string{
		"daemon-keeper.8.gz":      "docs/daemon-keeper.8",
		"daemon-keeper.yaml.5.gz": "docs/daemon-keeper.yaml.5",
		"debian/changelog.gz":     "CHANGELOG.md",
	} {
		body, err := os.ReadFile(from)
		if err != nil {
			return nil, err
		}
		files[as] = compress(body)
	}
	links, err := inPackages()
	if err != nil {
		return nil, err
	}
	for folder, patterns := range folders {
		more, err := match(patterns)
		if err != nil {
			return nil, err
		}
		for _, f := range more {
			if filepath.Ext(f.name) == ".md" {
				f.body = links.link(f.name, f.body)
			}
			files[filepath.Join(folder, filepath.Base(f.name))] = f.body
		}
	}
	return files, nil
}

// debianChangelog is the one entry that a package must have (policy 12.7).
func (r release) debianChangelog() []byte {
	return fmt.Appendf(nil, `%s (%s-%s) unstable; urgency=medium

  * changelog.gz beside this file tells what has changed.

 -- The daemon-keeper authors <daemon-keeper@example.org>  %s
`, name, r.version.of("deb"), revision["deb"], r.time.Format(time.RFC1123Z))
}

// compress is gzip -9n.
func compress(body []byte) []byte {
	var buf bytes.Buffer
	w, _ := gzip.NewWriterLevel(&buf, gzip.BestCompression) // a level that it knows
	_, _ = w.Write(body)                                    // a Buffer takes all
	_ = w.Close()
	return buf.Bytes()
}

// writeFolder gives every file and folder the time of the sources, for nfpm takes it
// into the package.
func writeFolder(dir string, files map[string][]byte, at time.Time) error {
	for name, body := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, body, 0o600); err != nil {
			return err
		}
		if err := os.Chmod(path, 0o644); err != nil { // whatever the umask
			return err
		}
	}
	return filepath.WalkDir(dir, func(path string, entry os.DirEntry, err error) error {
		if err == nil && entry.IsDir() {
			err = os.Chmod(path, 0o755)
		}
		if err == nil {
			err = os.Chtimes(path, at, at)
		}
		return err
	})
}

// nfpm runs it for one format.
func (r release) nfpm(stage string, t target, format string) error {
	cmd := exec.Command("go", "tool", "-modfile=.ci/tools/nfpm/go.mod", "nfpm", "package",
		"--config", "packaging/nfpm/nfpm.yaml", "--packager", format, "--target", r.out)
	sbin, zsh := "/usr/sbin", "/usr/share/zsh/site-functions"
	switch format {
	case "deb":
		zsh = "/usr/share/zsh/vendor-completions"
	case "archlinux":
		sbin = "/usr/bin" // where its /usr/sbin leads, which no package may use
	}
	cmd.Env = append(os.Environ(), "GOFLAGS=",
		"STAGE="+stage, "VERSION="+r.version.of(format), "RELEASE="+revision[format],
		"ARCH="+strings.Replace(t.arch, "armv", "arm", 1), "SBIN="+sbin, "ZSH="+zsh,
		fmt.Sprintf("SOURCE_DATE_EPOCH=%d", r.time.Unix()))
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("cannot make %s for %s: %w", format, t.arch, err)
	}
	return nil
}
