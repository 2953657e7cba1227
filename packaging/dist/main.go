// Command dist makes what is handed out. make dist and make packages run it, in the
// repository's folder:
//
//	go run ./packaging/dist [flags] archives   static programs for every system, and the sources
//	go run ./packaging/dist [flags] packages   deb, rpm, apk and Arch packages
//
// The same sources, version, time and Go give the same files, byte for byte, in
// whatever folder they are made.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "dist: error:", err)
		os.Exit(1)
	}
}

// release is what is being made.
type release struct {
	version version
	time    time.Time // of every file in it
	out     string    // the folder that all of it goes to
	targets []target
	formats []string // of packages
}

func run(args []string) error {
	flags := flag.NewFlagSet("dist", flag.ExitOnError)
	number := flags.String("version", "", "version, such as 1.2.3 or 1.2.3~rc1; by default that of the git tag")
	out := flags.String("out", "build/dist", "folder to make anew")
	targets := flags.String("target", "", "systems, such as linux/amd64,linux/armv7; by default all that are meant")
	formats := flags.String("format", "deb,rpm,apk,archlinux", "formats of packages")
	if err := flags.Parse(args); err != nil {
		return err
	}
	r := release{out: *out, formats: strings.Split(*formats, ",")}
	meant, do := everywhere, release.archives
	switch flags.Arg(0) {
	case "archives":
	case "packages":
		meant, do = packaged, release.packages
	default:
		return errors.New(`cannot make that: say "archives" or "packages"`)
	}
	if *targets != "" {
		meant = strings.Split(*targets, ",")
	}
	for _, text := range meant {
		t, err := parseTarget(text)
		if err != nil {
			return err
		}
		r.targets = append(r.targets, t)
	}
	var err error
	if r.version, r.time, err = identify(*number); err != nil {
		return err
	}
	if err := emptyFolder(r.out); err != nil {
		return err
	}
	return do(r)
}

// emptyFolder leaves nothing of an earlier version there. It refuses a folder that
// holds anything else, because -out may have been mistyped.
func emptyFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	for _, e := range entries {
		if n := e.Name(); n != "SHA256SUMS" && n != "MODULES" && !strings.HasPrefix(n, name) {
			return fmt.Errorf("cannot empty %s: it holds %s, which is not ours", dir, n)
		}
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return os.MkdirAll(dir, 0o755)
}
