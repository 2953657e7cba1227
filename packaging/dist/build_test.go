package main

import (
	"slices"
	"testing"
)

// What is built for a processor does not depend on the environment of who builds.
func TestEnviron(t *testing.T) {
	for text, want := range map[string][]string{
		"linux/amd64":   {"GOOS=linux", "GOARCH=amd64", "GOAMD64=v1"},
		"linux/armv7":   {"GOOS=linux", "GOARCH=arm", "GOARM=7"},
		"linux/386":     {"GOOS=linux", "GOARCH=386", "GO386=sse2"},
		"linux/riscv64": {"GOOS=linux", "GOARCH=riscv64", "GORISCV64=rva20u64"},
		"freebsd/arm64": {"GOOS=freebsd", "GOARCH=arm64", "GOARM64=v8.0"},
	} {
		target, err := parseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, one := range append(want, "CGO_ENABLED=0", "GOFLAGS=", "GOEXPERIMENT=") {
			if got := target.environ(); !slices.Contains(got, one) {
				t.Errorf("%s: %q lacks %s", text, got, one)
			}
		}
	}
	if target, err := parseTarget("linux"); err == nil {
		t.Errorf("a system alone is %v", target)
	}
}
