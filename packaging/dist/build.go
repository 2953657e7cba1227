package main

import (
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
)

// everywhere are the systems that archives are made for.
var everywhere = []string{
	"linux/amd64", "linux/arm64", "linux/armv7", "linux/386", "linux/riscv64",
	"freebsd/amd64", "freebsd/arm64", "freebsd/386",
}

// packaged are those that packages are made for.
var packaged = []string{"linux/amd64", "linux/arm64"}

// target is a system, and one of its processors.
type target struct{ os, arch string }

func parseTarget(text string) (target, error) {
	system, arch, ok := strings.Cut(text, "/")
	if !ok {
		return target{}, fmt.Errorf("cannot build for %q: write it as linux/amd64", text)
	}
	return target{system, arch}, nil
}

// environ names every choice that go would else take from the environment of whoever
// builds, for each of them changes the program.
func (t target) environ() []string {
	env := []string{
		"CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=", "GOFIPS140=off",
		"GOAMD64=v1", "GO386=sse2", "GOARM64=v8.0", "GORISCV64=rva20u64",
		"GOOS=" + t.os,
	}
	if arm, ok := strings.CutPrefix(t.arch, "armv"); ok {
		return append(env, "GOARCH=arm", "GOARM="+arm)
	}
	return append(env, "GOARCH="+t.arch)
}

// build makes a static program that knows its version and nothing of where it was
// made: neither folders nor the state of the repository.
func (r release) build(t target, file string) error {
	cmd := exec.Command("go", "build", "-mod=readonly", "-trimpath", "-buildvcs=false",
		"-ldflags", "-s -w -X daemon-keeper/internal/app.release="+string(r.version), "-o", file, ".")
	cmd.Env = append(os.Environ(), t.environ()...)
	cmd.Stderr = os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("cannot build for %s/%s: %w", t.os, t.arch, err)
	}
	return nil
}

// modules are those that are in the program.
func modules(program string) ([]*debug.Module, error) {
	info, err := buildinfo.ReadFile(program)
	if err != nil {
		return nil, err
	}
	return info.Deps, nil
}
