package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// name is that of the program, and how every file that is made begins.
const name = "daemon-keeper"

// version is a release, 1.2.3, what leads to one, 1.2.3~rc1, or the state of a day,
// 1.2.3+git20261121140000.d4ecfa2. dpkg and rpm sort them in this order.
type version string

var versionPattern = regexp.MustCompile(`^\d+(\.\d+)*(~(alpha|beta|pre|rc)\d*)?([~+]git\d+\.[0-9a-f]+(\.dirty)?)?$`)

func parseVersion(text string) (version, error) {
	text = strings.TrimPrefix(text, "v")
	if !versionPattern.MatchString(text) {
		return "", fmt.Errorf("cannot use %q as the version: write it as 1.2.3 or 1.2.3~rc1", text)
	}
	return version(text), nil
}

// of is the version as a format of packages has it.
func (v version) of(format string) string {
	switch format {
	case "apk": // _rc comes before the release and _git after it; it knows no hash
		text, git, _ := strings.Cut(string(v), "git")
		if git != "" {
			git, _, _ = strings.Cut("git"+git, ".")
		}
		return strings.NewReplacer("~", "_", "+", "_").Replace(text) + git
	case "archlinux": // letters right after a number come before that number
		return strings.ReplaceAll(string(v), "~", "")
	}
	return string(v)
}

// identify tells the version, unless it is given, and the time of the sources: what
// SOURCE_DATE_EPOCH says (reproducible-builds.org), or that of the commit.
func identify(given string) (v version, at time.Time, err error) {
	commit, hash, err := lastCommit()
	if epoch := os.Getenv("SOURCE_DATE_EPOCH"); epoch != "" {
		seconds, err := strconv.ParseInt(epoch, 10, 64)
		if err != nil {
			return "", at, fmt.Errorf("cannot read SOURCE_DATE_EPOCH: %w", err)
		}
		at = time.Unix(seconds, 0).UTC()
	} else if err != nil {
		return "", at, fmt.Errorf("cannot tell the time of the sources: %w (outside of a repository set SOURCE_DATE_EPOCH to its Unix seconds)", err)
	} else {
		at = commit
	}
	if given == "" && err != nil {
		return "", at, fmt.Errorf("cannot tell the version: %w (outside of a repository give VERSION=1.2.3)", err)
	}
	if given == "" {
		described, err := git("describe", "--tags", "--long", "--match", "v[0-9]*")
		if err != nil {
			described = "" // no tag yet
		}
		changed, err := git("status", "--porcelain")
		if err != nil {
			return "", at, err
		}
		given = versionOf(described, commit, hash, changed != "")
	}
	v, err = parseVersion(given)
	return v, at, err
}

// versionOf makes a version of what git describe --long prints, v1.2.3-rc1-0-gd4ecfa2,
// and of the last commit.
func versionOf(described string, commit time.Time, hash string, changed bool) string {
	day := "git" + commit.Format("20060102150405") + "." + hash
	if changed {
		day += ".dirty"
	}
	parts := regexp.MustCompile(`^v(.+)-(\d+)-g[0-9a-f]+$`).FindStringSubmatch(described)
	if parts == nil {
		return "0.0.0~" + day
	}
	tag := strings.Replace(parts[1], "-", "~", 1)
	if parts[2] == "0" && !changed {
		return tag
	}
	return tag + "+" + day
}

func lastCommit() (at time.Time, hash string, err error) {
	text, err := git("log", "-1", "--format=%ct %h", "--abbrev=7")
	if err != nil {
		return at, "", err
	}
	var seconds int64
	if _, err := fmt.Sscan(text, &seconds, &hash); err != nil {
		return at, "", fmt.Errorf("cannot read what git log prints: %w", err)
	}
	return time.Unix(seconds, 0).UTC(), hash, nil
}

// git runs it without the locks that would disturb whoever works in the repository.
func git(args ...string) (string, error) {
	cmd := exec.Command("git", args...)
	cmd.Env = append(os.Environ(), "GIT_OPTIONAL_LOCKS=0")
	out, err := cmd.Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", fmt.Errorf("git %s: %s", args[0], strings.TrimSpace(string(exit.Stderr)))
	}
	return strings.TrimSpace(string(out)), err
}
