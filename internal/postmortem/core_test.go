package postmortem

import (
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"time"

	"daemon-keeper/internal/words"
)

func TestCorePattern(t *testing.T) {
	processes := []words.Process{{PID: 29789}}
	for _, tc := range []struct {
		pattern string
		uses    bool
		folder  string
		yes, no string
	}{
		{"core\n", false, "", "core", "core.29789"},
		{"core\n", true, "", "core.29789", "core.2978"},
		{"/var/crash/core.%e.%p.%t", false, "/var/crash", "core.java.29789.1795846215", "core.java.2978.1795846215"},
		{"/cores/%E-%p-100%%", false, "/cores", "!usr!bin!java-29789-100%", "!usr!bin!java-29789-100"},
		{"%p", false, "", "29789", "129789"},
		{"core.%p%", false, "", "core.29789", "core.29789%"},
		{"core-%P", false, "", "core-1", "core1"}, // another namespace's number
		{"|/usr/lib/systemd/systemd-coredump %P", false, "-", "", ""},
		{"@/run/coredump.socket", false, "-", "", ""},
		{"", false, "-", "", ""},
		{"/var/%e/core", false, "-", "", ""},
		{"cores/core", false, "-", "", ""},
	} {
		p, ok := linuxCorePattern(tc.pattern, tc.uses)
		if ok != (tc.folder != "-") || ok && (p.folder != tc.folder || !p.matches(tc.yes, processes) || p.matches(tc.no, processes)) {
			t.Errorf("%q: %+v %t", tc.pattern, p, ok)
		}
	}
	if p, ok := splitCorePattern("%N.core", 'P'); !ok || p.folder != "" || !p.matches("crashd.core", processes) || p.matches("crashd.cor", processes) {
		t.Errorf("%+v %t", p, ok)
	}
}

// note is one of an image.
func note(owner string, kind uint32, desc []byte) []byte {
	le := binary.LittleEndian
	b := le.AppendUint32(nil, uint32(len(owner)+1))
	b = le.AppendUint32(b, uint32(len(desc)))
	b = le.AppendUint32(b, kind)
	b = append(b, owner...)
	b = append(b, make([]byte, 4-len(owner)%4)...)
	return append(append(b, desc...), make([]byte, (4-len(desc)%4)%4)...)
}

// imageHead is the head of an image of 64 bits, with a segment of memory and one of notes.
func imageHead(size int) []byte {
	le := binary.LittleEndian
	b := make([]byte, 64+2*56)
	copy(b, "\x7fELF\x02\x01\x01")
	le.PutUint16(b[16:], 4)
	le.PutUint64(b[32:], 64)
	le.PutUint16(b[54:], 56)
	le.PutUint16(b[56:], 2)
	le.PutUint32(b[64:], 1)
	le.PutUint32(b[120:], 4)
	le.PutUint64(b[128:], 1000)
	le.PutUint64(b[152:], uint64(size))
	return b
}

func linuxNotes() []byte {
	le := binary.LittleEndian
	status, info := make([]byte, 336), make([]byte, 136)
	le.PutUint16(status[12:], 11)
	le.PutUint32(info[24:], 29789)
	copy(info[40:], "java")
	return slices.Concat(note("CORE", 1, status), note("CORE", 3, info), note("CORE", 1, make([]byte, 336)))
}

func freebsdNotes() []byte {
	le := binary.LittleEndian
	status, info := make([]byte, 224), make([]byte, 120)
	le.PutUint32(status[36:], 6)
	copy(info[16:], "crashd")
	le.PutUint32(info[116:], 87)
	return slices.Concat(note("FreeBSD", 3, info), note("FreeBSD", 1, status))
}

func TestCoreImage(t *testing.T) {
	head := imageHead(9)
	if offset, size, ok := coreNoteAt(head); !ok || offset != 1000 || size != 9 {
		t.Errorf("%d %d %t", offset, size, ok)
	}
	for name, tc := range map[string]struct {
		notes []byte
		want  coreImage
		ok    bool
	}{
		"Linux":        {linuxNotes(), coreImage{29789, 11}, true},
		"FreeBSD":      {freebsdNotes(), coreImage{87, 6}, true},
		"cut":          {linuxNotes()[:400], coreImage{0, 11}, false},
		"of others":    {note("GNU", 3, make([]byte, 136)), coreImage{}, false},
		"nothing":      {nil, coreImage{}, false},
		"a large size": {[]byte("\x05\x00\x00\x00\xff\xff\xff\xff\x01\x00\x00\x00CORE\x00"), coreImage{}, false},
	} {
		if got, ok := readCoreNotes(head, tc.notes); got != tc.want || ok != tc.ok {
			t.Errorf("%s: %+v %t", name, got, ok)
		}
	}
	for name, bad := range map[string][]byte{"no image": []byte("core"), "a program": append([]byte("\x7fELF\x02\x01\x01"), make([]byte, 100)...), "cut": head[:100]} {
		if _, _, ok := coreNoteAt(bad); ok {
			t.Errorf("%s is an image", name)
		}
	}
}

func TestCoreFindings(t *testing.T) {
	d := jvm()
	d.Executable = "/opt/a java/bin/java"
	died := d.Wall.Add(-10 * time.Second)
	file := coreDump{PID: 29789, Signal: 11, When: died, File: "/var/crash/core.29789"}
	for _, tc := range []struct {
		name       string
		change     func(*coreDump)
		text, next string
		sure       Certainty
	}{
		{"a file", func(*coreDump) {}, "it dumped core after SIGSEGV: /var/crash/core.29789", "gdb '/opt/a java/bin/java' /var/crash/core.29789", Certain},
		{"a user's file", func(c *coreDump) { c.Doubt = true }, "it dumped core after SIGSEGV: /var/crash/core.29789", "gdb '/opt/a java/bin/java' /var/crash/core.29789", Likely},
		{"kept", func(c *coreDump) { c.Kept = true }, "it dumped core after SIGSEGV: /var/crash/core.29789", "coredumpctl debug 29789", Certain},
		{"not kept", func(c *coreDump) { c.Kept, c.File = true, "" }, "it dumped core after SIGSEGV", "coredumpctl debug 29789", Certain},
		{"a name for a terminal", func(c *coreDump) { c.File = "/x/\x1b[2J';rm" }, `it dumped core after SIGSEGV: /x/\x1b[2J';rm`, "gdb '/opt/a java/bin/java' FILE", Certain},
		{"a name for a shell", func(c *coreDump) { c.File = "/x/';rm" }, `it dumped core after SIGSEGV: /x/';rm`, `gdb '/opt/a java/bin/java' '/x/'\'';rm'`, Certain},
		{"an older one", func(c *coreDump) { c.When = died.Add(-time.Hour) }, "", "", ""},
		{"of another process", func(c *coreDump) { c.PID = 7 }, "", "", ""},
	} {
		c := file
		tc.change(&c)
		got := coreFindings([]coreDump{c}, d)
		if tc.text == "" && len(got) == 0 {
			continue
		}
		if len(got) != 1 || got[0].Text != tc.text || got[0].Next != tc.next || got[0].Sure != tc.sure || got[0].Cause != words.DumpedCore || got[0].Signal != 11 || !got[0].Main {
			t.Errorf("%s: %+v", tc.name, got)
		}
	}
}

// Anybody may write an entry with these fields.
func TestCoreOfJournal(t *testing.T) {
	const entry = `{"MESSAGE_ID":"fc2e22bc6ee647b6b90729ab34a250b1","COREDUMP_PID":"29789","COREDUMP_SIGNAL":"11","COREDUMP_TIMESTAMP":"1795846205000000","COREDUMP_EXE":"/usr/bin/java","COREDUMP_FILENAME":"/var/lib/systemd/coredump/core.java.zst","_SYSTEMD_UNIT":"systemd-coredump@0-1-0.service"}`
	want := coreDump{PID: 29789, Signal: 11, When: time.Unix(1_795_846_205, 0), Exact: true, File: "/var/lib/systemd/coredump/core.java.zst", Exe: "/usr/bin/java", Kept: true}
	if got, ok := coreOfJournal(journalEntries([]byte(entry))[0]); !ok || got != want {
		t.Errorf("%+v %t", got, ok)
	}
	for _, change := range [][2]string{{"systemd-coredump@", "user@"}, {"fc2e", "aaaa"}, {`"11"`, `"x"`}, {`"29789"`, `"-1"`}} {
		if got, ok := coreOfJournal(journalEntries([]byte(strings.Replace(entry, change[0], change[1], 1)))[0]); ok {
			t.Errorf("with %s: %+v", change[1], got)
		}
	}
}

func FuzzCore(f *testing.F) {
	f.Add(imageHead(900), linuxNotes())
	f.Add(imageHead(900), freebsdNotes())
	f.Fuzz(func(_ *testing.T, head, notes []byte) {
		coreNoteAt(head)
		readCoreNotes(head, notes)
	})
}

func FuzzCorePattern(f *testing.F) {
	f.Add("/var/crash/core.%e.%p.%t", "core.java.29789.1")
	f.Add("%N.core", "%")
	f.Fuzz(func(_ *testing.T, pattern, name string) {
		if p, ok := linuxCorePattern(pattern, true); ok {
			p.matches(name, []words.Process{{PID: 29789}})
		}
		if p, ok := splitCorePattern(pattern, 'P'); ok {
			p.matches(name, []words.Process{{PID: 29789}})
		}
	})
}
