package proctable

import (
	"os"
	"strconv"
	"strings"
)

func newPeeks() *peeks {
	return &peeks{program: "/proc/self/exe", waiting: peeksOfBefore, begun: make(map[string]*peek)}
}

// peeksOfBefore finds the processes of our program that wait for a file since an
// earlier run. Only processes of root and of our own user count as such.
func peeksOfBefore() (map[string]int, error) {
	ours, err := os.Readlink("/proc/self/exe")
	if err != nil {
		return nil, err
	}
	ours = strings.TrimSuffix(ours, DeletedMark)
	pids, err := Numbers("/proc", processesLimit)
	if err != nil {
		return nil, err
	}
	found := make(map[string]int)
	for _, pid := range pids {
		dir := "/proc/" + strconv.Itoa(pid)
		if exe, err := os.Readlink(dir + "/exe"); err != nil || strings.TrimSuffix(exe, DeletedMark) != ours {
			continue
		}
		st, err := procTable{root: "/proc"}.readStatus(pid, nil)
		if err != nil || st.Users[Real] != 0 && st.Users[Real] != uint32(os.Getuid()) {
			continue
		}
		text, err := readProc(dir+"/cmdline", nil, argsLimit)
		if argv := strings.Split(strings.TrimSuffix(string(text), "\x00"), "\x00"); err == nil && IsPeek(argv) {
			found[argv[2]+" "+argv[3]] = pid
		}
	}
	return found, nil
}

// ourMounts are the mount points of our own that others serve; none if they cannot be
// read.
func ourMounts() mountPoints {
	f, err := os.Open("/proc/self/mountinfo")
	if err != nil {
		return nil
	}
	defer f.Close()
	m, err := parseMounts(f)
	if err != nil {
		return nil
	}
	return m
}
