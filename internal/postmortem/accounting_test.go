package postmortem

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"daemon-keeper/internal/osutil"
	"daemon-keeper/internal/words"
)

// accounted is a record of version 3.
func accounted(order binary.ByteOrder, version byte, pid, status uint32, ended time.Time, took time.Duration) []byte {
	b := make([]byte, accountSize)
	b[1] = version
	order.PutUint32(b[4:], status)
	order.PutUint32(b[16:], pid)
	order.PutUint32(b[24:], uint32(ended.Add(-took).Unix()))
	order.PutUint32(b[28:], math.Float32bits(float32(took.Seconds()*100)))
	copy(b[48:], "java")
	return b
}

// files are accounting files that were read wholly.
func files(list ...[]byte) accountRecords {
	r := accountRecords{Whole: true}
	for _, data := range list {
		r.Files = append(r.Files, osutil.End{Data: data, Whole: true})
	}
	return r
}

func TestAccountFindings(t *testing.T) {
	died := jvm().Wall.Add(-10 * time.Second)
	le := func(pid, status uint32, ended time.Time) []byte {
		return accounted(binary.LittleEndian, 3, pid, status, ended, time.Hour)
	}
	be := func(pid uint32) []byte { return accounted(binary.BigEndian, 0x83, pid, 15, died, time.Hour) }
	const lived = "; it had lived 1 h 0 min"
	for _, tc := range []struct {
		name   string
		data   []byte
		text   string
		cause  words.Cause
		signal int
	}{
		{"TERM", le(29789, 15, died), "its main process was killed by SIGTERM" + lived, words.Signalled, 15},
		{"a core", le(29789, 139, died), "its main process was killed by SIGSEGV and dumped core" + lived, words.DumpedCore, 11},
		{"status 7", le(29789, 1792, died), "its main process has exited with status 7" + lived, words.Exited, 0},
		{"status 143", le(29789, 143<<8, died), "its main process has exited with status 143" + lived, words.Exited, 15},
		{"exit -1, which no signal has as its number", le(29789, 255<<8, died), "its main process has exited with status 255" + lived, words.Exited, 0},
		{"big-endian", be(29789), "its main process was killed by SIGTERM" + lived, words.Signalled, 15},
		{"at the time when it was seen up", le(29789, 15, jvm().Wall.Add(-time.Minute)), "its main process was killed by SIGTERM" + lived, words.Signalled, 15},
		{"version 2", accounted(binary.LittleEndian, 2, 29789, 15, died, time.Hour), "", "", 0},
		{"another process", le(2978, 15, died), "", "", 0},
		{"before it was seen", le(29789, 15, died.Add(-time.Hour)), "", "", 0},
		{"cut", le(29789, 15, died)[:63], "", "", 0},
		{"behind one that was cut", append(le(29780, 15, died)[:31], append(le(29789, 15, died), le(2, 15, died)...)...), "its main process was killed by SIGTERM" + lived, words.Signalled, 15},
		{"before one that is cut", append(le(29789, 15, died), le(2, 15, died)[:31]...), "its main process was killed by SIGTERM" + lived, words.Signalled, 15},
		{"a thread", le(29791, 15, died), "", "", 0},
		{"no time", accounted(binary.LittleEndian, 3, 29789, 15, died, -time.Hour), "", "", 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got := accountFindings(files(append(le(1, 9, died), tc.data...)), jvm())
			if tc.text == "" {
				if len(got) > 0 {
					t.Errorf("%+v", got)
				}
				return
			}
			if len(got) != 1 || got[0].Text != tc.text || got[0].Cause != tc.cause || got[0].Signal != tc.signal || got[0].Sure != Certain || !got[0].Main || got[0].When.IsZero() {
				t.Errorf("%+v", got)
			}
		})
	}
	for name, r := range map[string]accountRecords{
		"a number that was used twice":               files(append(le(29789, 15, died), le(29789, 9, died)...)),
		"a number that was used twice, in two files": files(le(29789, 15, died), le(29789, 9, died)),
	} {
		if twice := accountFindings(r, jvm()); len(twice) != 2 || twice[0].Sure != Likely || twice[1].Sure != Likely {
			t.Errorf("%s: %+v", name, twice)
		}
	}
	some := files(le(29789, 15, died))
	some.Whole = false
	if got := accountFindings(some, jvm()); len(got) != 1 || got[0].Sure != Likely {
		t.Errorf("only a part could be read: %+v", got)
	}
	if got := accountFindings(files(le(500, 15, died)), jvm()); len(got) != 1 || got[0].Main || !strings.HasPrefix(got[0].Text, "its process 500 was") {
		t.Errorf("a worker: %+v", got)
	}
}

// freebsdAccounted is a record of FreeBSD's version 2 or 3.
func freebsdAccounted(version byte, name string, flags byte, ended time.Time, took time.Duration) []byte {
	b, behind := make([]byte, accountSizeV3), 68
	if version == 2 {
		b, behind = make([]byte, accountSizeV2), 60
	}
	b[1] = version
	copy(b[4:20], name)
	le := binary.LittleEndian
	le.PutUint16(b[2:], uint16(len(b)))
	le.PutUint16(b[behind:], uint16(len(b)))
	le.PutUint32(b[28:], math.Float32bits(float32(took.Microseconds())))
	le.PutUint64(b[32:], uint64(ended.Add(-took).Unix()))
	b[behind+4] = flags
	return b
}

// FreeBSD's records have no number of a process: one of the daemon's name that has ended
// in this time is likely the daemon's, and of several nobody knows.
func TestFreeBSDAccountFindings(t *testing.T) {
	d := jvm()
	d.Executable = "/usr/local/sbin/a-very-long-name-d"
	died := d.Wall.Add(-10 * time.Second)
	ours := func(version, flags byte) []byte {
		return freebsdAccounted(version, "a-very-long-nam", flags, died, time.Hour)
	}
	for _, tc := range []struct {
		name  string
		data  []byte
		text  string
		cause words.Cause
	}{
		{"killed", ours(3, 0x10), "a process of its name was killed by a signal", words.Signalled},
		{"killed, version 2", ours(2, 0x10), "a process of its name was killed by a signal", words.Signalled},
		{"a core", ours(3, 0x18), "a process of its name was killed by a signal and dumped core", words.DumpedCore},
		{"an exit", ours(3, 1), "a process of its name has exited by itself", words.Exited},
		{"another name", freebsdAccounted(3, "crashd", 0x18, died, time.Hour), "", ""},
		{"hours ago", freebsdAccounted(3, "a-very-long-nam", 0x18, died.Add(-time.Hour), time.Minute), "", ""},
		{"it began after the daemon was seen", freebsdAccounted(3, "a-very-long-nam", 0x18, died, time.Second), "", ""},
		{"a length that is wrong", append(ours(3, 0x10)[:68], make([]byte, 12)...), "", ""},
	} {
		other := freebsdAccounted(tc.data[1], "sh", 0, died, time.Second)
		got := accountFindings(files(append(other, tc.data...)), d)
		if tc.text == "" {
			if len(got) > 0 {
				t.Errorf("%s: %+v", tc.name, got)
			}
			continue
		}
		if len(got) != 1 || got[0].Text != tc.text+"; it had lived 1 h 0 min" || got[0].Cause != tc.cause || got[0].Sure != Likely || got[0].Next != "lastcomm a-very-long-nam" {
			t.Errorf("%s: %+v", tc.name, got)
		}
	}
	if got := accountFindings(files(append(ours(3, 0x10), ours(3, 0x18)...)), d); len(got) != 2 || got[0].Sure != Hint || got[1].Sure != Hint || got[0].Main {
		t.Errorf("two of its name: %+v", got)
	}
	d.Rebooted = true
	if got := accountFindings(files(ours(3, 0x10)), d); len(got) > 0 {
		t.Errorf("after a reboot: %+v", got)
	}
}

// What was rotated is read, too; what is compressed is said.
func TestReadAccounts(t *testing.T) {
	dir, d := t.TempDir(), jvm()
	d.Wall = time.Now()
	died := d.Wall.Add(-10 * time.Second)
	write := func(name string, at time.Time, data []byte) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := errors.Join(os.WriteFile(path, data, 0o600), os.Chtimes(path, at, at)); err != nil {
			t.Fatal(err)
		}
	}
	folders := []accountFolder{{filepath.Join(dir, "none"), "pacct"}, {dir, "pacct"}}
	_, err := readAccounts(t.Context(), d, folders, "run it")
	if absent := Absent(""); !errors.As(err, &absent) || absent != "run it" {
		t.Errorf("nobody accounts: %v", err)
	}
	record := func(pid uint32) []byte {
		return accounted(binary.LittleEndian, 3, pid, 15, died, time.Hour)
	}
	write("pacct", d.Wall, record(1))
	write("pacct.0", died, slices.Concat(record(2), record(29789), record(3)[:20]))
	write("pacct.1", died.Add(-24*time.Hour), record(29789))
	write("other", d.Wall, record(29789))
	r, err := readAccounts(t.Context(), d, folders, "run it")
	if got := accountFindings(r, d); err != nil || len(r.Files) != 2 || len(got) != 1 || got[0].Sure != Certain {
		t.Errorf("%+v of %d files, %v", got, len(r.Files), err)
	}
	write("pacct.2.gz", d.Wall, nil)
	if _, err := readAccounts(t.Context(), d, folders, "run it"); err == nil || !strings.Contains(err.Error(), "pacct.2.gz: it is compressed") {
		t.Errorf("a compressed one: %v", err)
	}
	write("pacct", d.Wall, bytes.Repeat(record(29789), 1<<16+1)) // 4 MiB and more
	if r, err := readAccounts(t.Context(), d, folders[1:], "run it"); err == nil || r.Whole || len(r.Files) != 1 || len(accountsOf(r.Files[0])) != 1<<16 {
		t.Errorf("a large one: %d files, whole %t, %v", len(r.Files), r.Whole, err)
	}
}

// A folder that cannot be read is not an empty one, and nobody waits for the other end of a FIFO
// that somebody has put in its place.
func TestNamesIn(t *testing.T) {
	dir := t.TempDir()
	fifo, file := filepath.Join(dir, "fifo"), filepath.Join(dir, "file")
	if err := errors.Join(syscall.Mkfifo(fifo, 0o600), os.WriteFile(file, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	if names, err := namesIn(dir); err != nil || len(names) != 2 {
		t.Errorf("%q, %v", names, err)
	}
	if names, err := namesIn(t.TempDir()); err != nil || len(names) > 0 {
		t.Errorf("an empty one: %q, %v", names, err)
	}
	for _, path := range []string{file, fifo} {
		done := make(chan error, 1)
		go func() {
			_, err := namesIn(path)
			done <- err
		}()
		select {
		case err := <-done:
			if !errors.Is(err, syscall.ENOTDIR) {
				t.Errorf("%s: %v", path, err)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: it waits", path)
		}
	}
}

func FuzzAccounting(f *testing.F) {
	f.Add(accounted(binary.LittleEndian, 3, 29789, 15, jvm().Wall, time.Hour), int64(0))
	f.Add(freebsdAccounted(3, "java", 0x18, jvm().Wall, time.Hour), int64(80))
	f.Add(freebsdAccounted(2, "java", 0x18, jvm().Wall, time.Hour), int64(7))
	f.Fuzz(func(t *testing.T, data []byte, from int64) {
		d := jvm()
		d.Executable = "/usr/bin/java"
		harmless(t, accountFindings(accountRecords{Files: []osutil.End{{Data: data, From: max(from, 0)}}, Whole: true}, d))
	})
}
