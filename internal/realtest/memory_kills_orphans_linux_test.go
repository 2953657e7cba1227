package realtest

import (
	"bytes"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// alone: at any moment, and its command goes on. The next run comes at once.
func (k *killer) alone() {
	for k.killed < k.rounds {
		k.down()
		k.shoot(k.start("toy"))
		k.nextAtOnce()
	}
	k.quiet()
}

// together: the child of ours that has started the command is killed with the run, so
// that nothing holds the locks of the command any more.
func (k *killer) together() {
	for k.killed < k.rounds {
		k.down()
		cmd, _ := k.start("toy")
		time.Sleep(rand.N(k.full + k.full/8))
		victims := append(k.children(), cmd.Process.Pid)
		rand.Shuffle(len(victims), func(i, j int) { victims[i], victims[j] = victims[j], victims[i] })
		for _, pid := range victims {
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		_ = cmd.Wait()
		for _, pid := range k.children() { // that it has started meanwhile
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
		if !cmd.ProcessState.Exited() {
			k.killed++
		}
		k.nextAtOnce()
	}
	k.quiet()
}

// twins: two runs at a time, of which one is killed, or both.
func (k *killer) twins() {
	for i := 0; k.killed < k.rounds; i++ {
		k.down()
		first, firstOut := k.start("toy")
		second, secondOut := k.start("toy")
		k.shoot(first, firstOut)
		if i%2 == 0 {
			k.shoot(second, secondOut)
		} else {
			k.ended(second, secondOut)
		}
		k.nextAtOnce()
	}
	k.quiet()
}

// nextAtOnce is the next run, which comes while a command may still be at work.
func (k *killer) nextAtOnce() {
	k.t.Helper()
	if len(k.commands()) > 0 {
		k.orphans++
	}
	k.run("toy")
	k.settle()
	k.well()
}

// children are the processes of ours that wait for a command.
func (k *killer) children() (list []int) {
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		k.t.Fatal(err)
	}
	for _, file := range files {
		if text, err := os.ReadFile(file); err == nil && bytes.HasPrefix(text, []byte("daemon-keeper: step\x00")) {
			if pid, err := strconv.Atoi(strings.Split(file, "/")[2]); err == nil {
				list = append(list, pid)
			}
		}
	}
	return list
}
