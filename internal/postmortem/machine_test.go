package postmortem

import (
	"encoding/binary"
	"fmt"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

func wtmp(kind int, user string) string {
	r := make([]byte, wtmpRecord)
	binary.LittleEndian.PutUint16(r, uint16(kind))
	copy(r[44:], user)
	return string(r)
}

func utx(kind byte) string {
	r := []byte{0, 9, kind, 0, 0, 0, 0, 0, 0, 0, 1}
	return string(r)
}

func TestEnding(t *testing.T) {
	boot, down, login := wtmp(2, "reboot"), wtmp(1, "shutdown"), wtmp(7, "alice")
	for _, tc := range []struct {
		name, data string
		want       bootEnd
	}{
		{"nothing", "", unknownEnding},
		{"the first boot", login + boot + login, unknownEnding},
		{"a shutdown", boot + login + down + boot + wtmp(1, "runlevel"), orderly},
		{"no shutdown", boot + login + boot + login, sudden},
		{"a shutdown of an earlier boot", down + boot + login + boot, sudden},
		{"cut off in front", boot[100:] + down + boot, orderly},
		{"a shutdown of now", boot + down, unknownEnding},
	} {
		if got := wtmpEnding([]byte(tc.data)); got != tc.want {
			t.Errorf("wtmp, %s: %d, want %d", tc.name, got, tc.want)
		}
	}
	for _, tc := range []struct {
		name, data string
		want       bootEnd
	}{
		{"nothing", "", unknownEnding},
		{"the first boot", utx(1) + utx(4), unknownEnding},
		{"a shutdown", utx(1) + utx(4) + utx(8) + utx(1), orderly},
		{"no shutdown", utx(8) + utx(1) + utx(4) + utx(1), sudden},
		{"a shutdown of now", utx(1) + utx(8), unknownEnding},
		{"cut off behind", utx(1) + utx(8) + utx(1) + utx(1)[:5], orderly},
	} {
		if got := utxEnding([]byte(tc.data)); got != tc.want {
			t.Errorf("utx.log, %s: %d, want %d", tc.name, got, tc.want)
		}
	}
	for _, tc := range []struct {
		name    string
		entries []map[string]string
		want    bootEnd
	}{
		{"nothing", nil, unknownEnding},
		{"a shutdown", []map[string]string{{"MESSAGE_ID": "x"}, {"MESSAGE_ID": journalEnd, "_COMM": "systemd-journal"}}, orderly},
		{"somebody else's words", []map[string]string{{"MESSAGE_ID": journalEnd, "_COMM": "logger"}}, sudden},
		{"no shutdown", []map[string]string{{"MESSAGE_ID": "x"}}, sudden},
	} {
		if got := journalEnding(tc.entries); got != tc.want {
			t.Errorf("journal, %s: %d, want %d", tc.name, got, tc.want)
		}
	}
}

// A daemon that was last seen in an earlier boot went down with it. The reboot is all that
// is said, unless somebody knows of an end.
func TestReboot(t *testing.T) {
	d := Dead{To: 90 * time.Second, Wall: time.Date(2026, 11, 28, 5, 43, 41, 0, time.UTC), Rebooted: true}
	const up = "the machine was rebooted, and came up at 2026-11-28 05:42:11"
	for ending, want := range map[bootEnd]string{
		unknownEnding: up,
		orderly:       up + ", after it had been shut down",
		sudden:        up + "; nothing tells of a shutdown before, so it may have crashed or lost power",
	} {
		found := machineFindings(happened{ending: ending}, d)
		v := Weigh(nil, found)
		if len(found) != 1 || v.Cause != words.Rebooted || v.Sure != Certain || v.Text != want+" (certain, machine)" {
			t.Errorf("%+v\n%+v", found, v)
		}
		said := says(words.Exited, 0, "its main process has exited with status 1")
		if v := Weigh(said, found); v.Cause != words.Exited || strings.Contains(v.Text, "reboot") {
			t.Errorf("with the manager's words: %+v", v)
		}
	}
}

func TestMachineLine(t *testing.T) {
	for _, tc := range []struct {
		text, want string
		sure       Certainty
	}{
		{"cgroup: fork rejected by pids controller in /system.slice/javad.service", "its control group had no room for a further process (TasksMax)", Likely},
		{"cgroup: fork rejected by pids controller in /system.slice/javad.service/worker", "its control group had no room for a further process (TasksMax)", Likely},
		{"cgroup: fork rejected by pids controller in /system.slice/other.service", "no further process could be started in the control group /system.slice/other.service (pids.max)", Hint},
		{"PM: suspend exit", "the machine woke up from a suspend", Hint},
		{"PM: hibernation: hibernation exit", "the machine woke up from hibernation", Hint},
		{"PM: suspend entry (deep)", "", ""},
		{"VFS: file-max limit 1000 reached", "no further file could be opened on this machine (fs.file-max)", Likely},
		{"maxproc limit exceeded by uid 0 (pid 321); see tuning(7) and login.conf(5)", "no further process could be started (kern.maxproc)", Likely},
		{"kern.maxfiles limit exceeded by uid 80, (nginx) please see tuning(7).", "no further file could be opened on this machine (kern.maxfiles)", Likely},
		{"pid 97 (dd), uid 0 inumber 4 on /var: filesystem full", "the file system on /var was full", Likely},
		{"pid 97 (dd), uid 0 inumber 4 on /var: out of inodes", "the file system on /var had no room for a further file", Likely},
		{"python3[29914]: segfault at 0 ip 0", "", ""},
	} {
		f, ok := machineLine(tc.text, "javad")
		if f.Text != tc.want || f.Sure != tc.sure || ok != (tc.want != "") || ok && !f.Aside {
			t.Errorf("%q: %+v", tc.text, f)
		}
	}
}

// Lines of another time are left out, each kind is told once, and what stands in a file
// others may have written.
func TestMachineLines(t *testing.T) {
	d := jvm()
	r := kernelRecords{Exact: true, Records: [][]byte{
		[]byte("6,1,4100000000,-;VFS: file-max limit 1000 reached"),
		[]byte("6,2,4250000000,-;PM: suspend exit"),
		[]byte("6,3,4251000000,-;PM: suspend exit"),
		[]byte("14,4,4251000000,-;VFS: file-max limit 1000 reached"), // written by a user
	}, Lines: []byte(d.Wall.Add(-5*time.Second).Format(time.RFC3339) + " fb kernel: maxproc limit exceeded by uid 0 (pid 1); see tuning(7)\n")}
	found := machineFindings(happened{kernel: r}, d)
	var got []string
	for _, f := range found {
		got = append(got, fmt.Sprintf("%s (%s, %s before)", f.Text, f.Sure, d.Wall.Sub(f.When)))
	}
	want := "the machine woke up from a suspend (hint, 10s before)\nno further process could be started (kern.maxproc) (hint, 5s before)"
	if strings.Join(got, "\n") != want {
		t.Error(strings.Join(got, "\n"))
	}
}

func TestClockStep(t *testing.T) {
	for step, want := range map[time.Duration]string{
		0: "", 500 * time.Millisecond: "", -time.Hour: "the clock was set back by 1 h 0 min in that time", 90 * time.Second: "the clock was set forward by 1 min 30 s in that time",
	} {
		d := jvm()
		d.LastUp = d.Wall.Add(d.From - d.To - step)
		found := machineFindings(happened{}, d)
		got := ""
		if len(found) > 0 {
			got = found[0].Text
		}
		if got != want {
			t.Errorf("%s: %q, want %q", step, got, want)
		}
	}
}

func FuzzEnding(f *testing.F) {
	f.Add([]byte(wtmp(2, "reboot") + wtmp(1, "shutdown") + wtmp(2, "reboot")))
	f.Add([]byte(utx(1) + utx(8) + utx(1)))
	f.Fuzz(func(_ *testing.T, data []byte) {
		wtmpEnding(data)
		utxEnding(data)
		journalEnding(journalEntries(data))
	})
}

func FuzzMachineLine(f *testing.F) {
	f.Add("cgroup: fork rejected by pids controller in /system.slice/javad.service", "javad")
	f.Add("pid 97 (dd), uid 0 inumber 4 on /var: filesystem full", "")
	f.Fuzz(func(t *testing.T, text, service string) {
		if found, ok := machineLine(text, service); ok && (strings.IndexFunc(found.Text, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 || !found.Aside) {
			t.Errorf("%+v", found)
		}
	})
}
