//go:build !linux

package main

import (
	"fmt"
	"runtime"
)

// run says that it cannot: the contenders and the accounting are Linux's.
func run(options) int {
	return fail(fmt.Errorf("cannot measure on %s: only Linux is supported", runtime.GOOS))
}
