package proctable

import (
	"os"
	"reflect"
	"strings"
	"testing"
)

// A number belongs to a process, to a thread of one, to nothing, or it cannot be told.
func TestOwnerOf(t *testing.T) {
	f := newFakeProc(t)
	f.process(684, 1, "java")
	f.process(731, 1, "GC Thread#0")
	f.file("731/status", strings.Replace(readText(t, f.dir(731)+"/status"), "Tgid:\t731", "Tgid:\t684", 1))
	f.file("740/status", strings.Replace(readText(t, f.dir(731)+"/status"), "Tgid:\t684", "Tgid:\t9999", 1))
	f.file("750/status", strings.Replace(readText(t, f.dir(684)+"/status"), "684", "750\x00", 1))
	f.process(760, 1, `a\nb`)
	f.file("770/status", "Name:\tjava\n")
	dead := strings.NewReplacer("684", "780", "State:\tS", "State:\tZ")
	f.file("780/status", dead.Replace(readText(t, f.dir(684)+"/status")))
	dead = strings.NewReplacer("684", "790", "State:\tS", "State:\tZ", "Threads:\t1", "Threads:\t2") // its leader
	f.file("790/status", dead.Replace(readText(t, f.dir(684)+"/status")))
	for number, want := range map[int]Owner{
		684: {Known: true, PID: 684, Name: "java"},
		731: {Known: true, PID: 684, Name: "java"},
		740: {Known: true}, // its process has just ended
		750: {},
		760: {Known: true, PID: 760, Name: "a\nb"},
		770: {},
		780: {Known: true, PID: 780, Name: "java", Zombie: true},
		790: {Known: true, PID: 790, Name: "java"},
		999: {Known: true},
	} {
		if got := f.ownerOf(number); got != want {
			t.Errorf("%d: %+v, want %+v", number, got, want)
		}
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	must(t, err)
	return string(text)
}

// A line that says "lock:" tells of a lock, if it is one of those that processes
// hold on files.
func TestHoldsLock(t *testing.T) {
	for _, tc := range []struct {
		text string
		want bool
	}{
		{"pos:\t5\nflags:\t0100002\nmnt_id:\t29\nino:\t12\nlock:\t1: FLOCK  ADVISORY  WRITE 359 00:13:11691 0 EOF\n", true},
		{"lock:\t1: POSIX  ADVISORY  WRITE 359 00:13:11691 0 EOF\n", true},
		{"lock:\t1: OFDLCK ADVISORY  READ -1 00:13:11691 0 EOF\n", true},
		{"lock:\t1: LEASE  ACTIVE    READ 359 00:13:11691 0 EOF\nlock:\t2: FLOCK  ADVISORY  WRITE 359 00:13:11691 0 EOF\n", true},
		{"lock:\t1: LEASE  ACTIVE    READ 359 00:13:11691 0 EOF\n", false},
		{"pos:\t5\nflags:\t0100002\nmnt_id:\t29\nino:\t12\n", false},
		{"inotify wd:1 ino:9e7e sdev:800013 mask:800afce ignored_mask:0 fhandle-bytes:8\n", false},
		{"lock:\n", false},
		{"xlock:\t1: FLOCK\n", false},
		{"", false},
	} {
		if got := holdsLock([]byte(tc.text)); got != tc.want {
			t.Errorf("%q: %v", tc.text, got)
		}
	}
}

// What cannot be seen is unknown, never free.
func TestLockOfUnknown(t *testing.T) {
	const path = "/run/app.pid"
	lock := "lock:\t1: FLOCK  ADVISORY  WRITE 684 00:13:11691 0 EOF\n"
	for _, tc := range []struct {
		name string
		make func(f fakeProc)
		want Lock
	}{
		{"removed", func(f fakeProc) {
			f.process(684, 1, "java", path+DeletedMark)
			f.file("684/fdinfo/0", lock)
		}, Lock{Known: true, Removed: []int{684}}},
		{"removed from another folder", func(f fakeProc) {
			f.process(684, 1, "java", "/tmp/app.pid"+DeletedMark)
			f.file("684/fdinfo/0", lock)
		}, Lock{Known: true}},
		{"of a name that goes on", func(f fakeProc) {
			f.process(684, 1, "java", "/run/xapp.pid"+DeletedMark)
			f.file("684/fdinfo/0", lock)
		}, Lock{Known: true}},
		{"another file of that path in its own root", func(f fakeProc) {
			f.process(684, 1, "java", path)
			f.file("684/fdinfo/0", lock)
		}, Lock{Known: true}},
		{"closed meanwhile", func(f fakeProc) {
			f.process(684, 1, "java", path+DeletedMark)
		}, Lock{Known: true}},
		{"the process has ended", func(fakeProc) {}, Lock{}},
		{"what it has open is not a folder", func(f fakeProc) {
			f.process(684, 1, "java")
			f.remove("684/fd")
			f.file("684/fd", "")
		}, Lock{}},
	} {
		f := newFakeProc(t)
		tc.make(f)
		for _, id := range []FileID{{1, 2}, {}} { // there is another file now, or none
			if got := f.lockOf(id, path, []int{684, 684}); !reflect.DeepEqual(got, tc.want) {
				t.Errorf("%s: %+v, want %+v", tc.name, got, tc.want)
			}
		}
	}
}
