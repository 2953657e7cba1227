package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"strings"
)

// licences is our own licence and those of all that is in the program, which nearly
// all of them ask to be handed out with it. Debian's packages shall name its copy of
// the Apache licence, and not bring another one (policy 12.5).
func licences(program string, debian bool) ([]byte, error) {
	var out bytes.Buffer
	own, err := os.ReadFile("LICENSE")
	if err != nil {
		return nil, err
	}
	out.Write(own)
	fmt.Fprintf(&out, "\nThe program contains parts of Go's standard library, which has the licence of\ngolang.org/x/sys, and of these modules.\n")
	list, err := modules(program)
	if err != nil {
		return nil, err
	}
	for _, m := range list {
		text, err := licenceOf(m)
		if err != nil {
			return nil, err
		}
		if debian && bytes.Contains(text, []byte("Apache License")) {
			text = []byte("The Apache License, version 2.0: /usr/share/common-licenses/Apache-2.0.\n")
		}
		fmt.Fprintf(&out, "\n%s\n%s %s\n\n%s", strings.Repeat("-", 72), m.Path, m.Version, text)
	}
	return out.Bytes(), nil
}

func licenceOf(m *debug.Module) (text []byte, err error) {
	dir, err := exec.Command("go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", m.Path).Output()
	if err != nil {
		return nil, fmt.Errorf("cannot find the sources of %s: %w", m.Path, err)
	}
	for _, n := range []string{"LICENSE", "COPYING", "NOTICE"} {
		body, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(dir)), n))
		if err != nil && !os.IsNotExist(err) {
			return nil, err
		}
		text = append(text, body...)
	}
	if text == nil {
		return nil, fmt.Errorf("cannot find the licence of %s: look how its authors call it, and add the name", m.Path)
	}
	return text, nil
}
