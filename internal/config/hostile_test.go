package config

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"
)

// fill repeats a piece up to the size of the largest file. %d becomes a number.
func fill(head, piece, tail string) string { return fillTo(maxBytes, head, piece, tail) }

func fillTo(size int, head, piece, tail string) string {
	var b strings.Builder
	b.WriteString(head)
	for i := 0; ; i++ {
		p := piece
		if strings.Contains(p, "%d") {
			p = strings.ReplaceAll(p, "%d", fmt.Sprint(i))
		}
		if b.Len()+len(p)+len(tail) > size {
			break
		}
		b.WriteString(p)
	}
	return b.String() + tail
}

// hostile are files of up to 1 MiB which would each take a plain reader seconds, minutes
// or gigabytes, by name.
func hostile() map[string]string {
	line := strings.Repeat
	files := map[string]string{
		"brackets":         fill("a: ", "[", ""),
		"brackets closed":  fill("a: ", "[]", ""),
		"bracket lines":    fill("a: ", line("[", 4000)+"\n", ""),
		"braces":           fill("a: ", "{", ""),
		"braces in lines":  fill("a: ", "{a: \n", ""),
		"brackets, closed": "a: " + line("[", maxBytes/2-10) + line("]", maxBytes/2-10),
		"dashes":           fill("", "- ", "a"),
		"dash lines":       fill("a:\n", "  "+line("- ", 2000)+"\n", ""),
		"question marks":   fill("", "? ", "a"),
		"deep keys":        deepKeys(),
		"one deep line":    fill("", "a: ", "b"),
		"keys":             fill("", "a%d:\n", ""),
		"keys of a daemon": fill("daemons:\n  a:\n", "    k%d: v\n", ""),
		"flow keys":        fill("daemons: {\n", "k%d: v,\n", "}"),
		"the same key":     fill("daemons:\n", "  a: {}\n", ""),
		"empty daemons":    fill("daemons:\n", "  d%d:\n", ""),
		"tiny daemons":     fill("daemons:\n", "  d%d: {}\n", ""),
		"aliases":          aliases(),
		"anchors":          fill("a:\n", "- &a%d x\n", ""),
		"merge keys":       fill("a: &a {b: c}\n", "x%d: {<<: *a}\n", ""),
		"tags":             fill("a:\n", "- !!str x\n", ""),
		"tags in a row":    fill("a: ", "!x ", ""),
		"one long line":    fill("a: ", "x", ""),
		"one long quote":   fill("a: \"", "x", "\""),
		"one open quote":   fill("a: '", "x\n", ""),
		"quotes":           fill("a: ", "'' ", ""),
		"quoted lines":     fill("a: \"", "\\x41\n", "\""),
		"quotes and tabs":  fill("a: ", "\"\t", ""),
		"comments":         fill("", "# comment\n", ""),
		"comment marks":    fill("", "#", ""),
		"blank lines":      fill("", "\n", ""),
		"blank text":       fill("a: |\n  x\n", "\n", "  y"),
		"spaces":           fill("", " ", "a: b"),
		"folded":           fill("a: >\n", "  x\n\n", ""),
		"literal":          fill("a: |+\n", "  x\n   \n", ""),
		"headers":          fill("", "|\n", ""),
		"less than":        fill("a: ", "<", ""),
		"less than, lines": fill("a:\n", "  "+line("<", 4000)+"\n", ""),
		"plain lines":      fill("a: x\n", "  x\n", ""),
		"documents":        fill("", "---\n", ""),
		"document ends":    fill("a: b\n", "...\n", ""),
		"directives":       fill("", "%%YAML 1.2\n", ""),
		"commas":           fill("a: [", ",", "]"),
		"colons":           fill("", ":", ""),
		"colon lines":      fill("", ": \n", ""),
		"reserved":         fill("", "@ ", ""),
		"zeroes":           fill("", "\x00", ""),
		"bytes":            fill("", "\xff", ""),
		"wide characters":  fill("a: ", "\U0001F600", ""),
		"marks":            fill("a: ", "\u0301", ""),
		"services":         fill("daemons:\n  a:\n    executable: /a\n    services:\n", "    - s%d\n", ""),
		"the same service": fill("daemons:\n  a:\n    executable: /a\n    services:\n", "    - s\n", ""),
		"exempt":           fill("forbid:\n  a:\n    user: root\n    exempt:\n", "    - /x%d\n", ""),
		"unknown users":    fill("forbid:\n", "  r%d: {user: u%d}\n", ""),
		"unknown after":    fill("daemons:\n", "  d%d: {name: a, services: [], after: [dx%d]}\n", ""),
		"regexps":          fill("forbid:\n", "  r%d: {args: 'x{1000}'}\n", ""),
		"large regexps":    fill("forbid:\n", "  r%d: {args: '"+line("x{1000}", 4)+"'}\n", ""),
		"nested regexps":   fill("forbid:\n", "  r%d: {args: '"+line("(", 300)+"x"+line("){2}", 300)+"'}\n", ""),
		"no regexps":       fill("forbid:\n", "  r%d: {args: '"+line("(", 900)+"'}\n", ""),
		"cycles":           fill("daemons:\n", "  d%d: {name: a, services: [], after: [e%d]}\n  e%d: {name: a, services: [], after: [d%d]}\n", ""),
		"long cycles":      longCycles(),
		"wide":             wide(),
	}
	for _, s := range []string{"[", "{", "- ", "a: ", "\"", "'", "|", ">", "&a ", "*a", "!a ", "<<: ", "#", "\\", "%", "@", "?", ": ", ", ", "\t", "\r", "]", "}", "~", "0x", "1", ".", "\u00e9"} {
		for _, end := range []string{"\n", "x\n  "} {
			// These are many: a quarter each, which a slow reader feels, too.
			files[fmt.Sprintf("%q and %q", s, end)] = fillTo(maxBytes/4, "a:\n", s+end, "")
			files[fmt.Sprintf("lines of %q and %q", s, end)] = fillTo(maxBytes/4, "a:\n", line(s, 4000/len(s))+end, "")
		}
	}
	return files
}

func deepKeys() string {
	var b strings.Builder
	for i := 0; b.Len() < maxBytes-2000; i++ {
		b.WriteString(strings.Repeat(" ", i) + "a:\n")
	}
	return b.String()
}

// aliases are those that grow by ten with each line, if they are followed.
func aliases() string {
	var b strings.Builder
	b.WriteString("a0: &a0 x\n")
	for i := 1; b.Len() < maxBytes-200; i++ {
		fmt.Fprintf(&b, "a%d: &a%d [%s]\n", i, i, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d, ", i-1), 10), ", "))
	}
	return b.String()
}

// longCycles are thousands, each through up to all daemons.
func longCycles() string {
	var b strings.Builder
	b.WriteString("daemons:\n  x: {name: a, services: [], after: [d8000]}\n  d0: {name: a, services: []}\n")
	for i := 1; i <= 8000; i++ {
		fmt.Fprintf(&b, "  d%d: {name: a, services: [], after: [d%d, x]}\n", i, i-1)
	}
	return b.String()
}

// wide daemons all come after many others.
func wide() string {
	var b strings.Builder
	b.WriteString("daemons:\n")
	for i := range 10 {
		fmt.Fprintf(&b, "  x%d: {name: a, services: []}\n", i)
	}
	for i := range 900 {
		fmt.Fprintf(&b, "  d%d:\n    name: a\n    services: []\n    after:\n    - x%d\n", i, i%10)
		for j := range min(i, 100) {
			fmt.Fprintf(&b, "    - d%d\n", j)
		}
	}
	return b.String()
}

// spent is how much processor time these tests have used.
func spent(t *testing.T) time.Duration {
	t.Helper()
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		t.Fatal(err)
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// Whatever a file holds, it is read or refused soon, and with a few times its size
// in memory. The bounds are generous: those who break them take minutes.
func TestHostileFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.yaml")
	for name, text := range hostile() {
		if len(text) > maxBytes {
			t.Errorf("%s: %d bytes", name, len(text))
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := spent(t)
		_, mistakes, err := Load(path, testOptions())
		took := spent(t) - start
		runtime.ReadMemStats(&after)
		allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
		if took > 10*time.Second || allocated > 512 {
			t.Errorf("%s: %v and %d MiB", name, took, allocated)
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if os.Getenv("HOSTILE") != "" { // to look for the worst
			message := ""
			if len(mistakes) > 0 {
				message = mistakes[0].Error()
			}
			fmt.Printf("%7.1f ms %4d MiB %5d mistakes  %-40s %s\n", float64(took.Microseconds())/1000, allocated, len(mistakes), name, strings.TrimPrefix(message, path))
		}
	}
}

// Nothing of a file that is none of ours is told, whatever word stood behind -c.
func TestNothingOfOtherFilesIsTold(t *testing.T) {
	for _, text := range []string{
		"root:$6$hunter2$hash:19000:0:99999:7:::\nsecond:hunter2:1:\n", "hunter2\n", "hunter2: x\n", "daemons: hunter2\n", "daemons: {hunter2: {executable: hunter2}}\n",
		"[client]\npassword = hunter2\n", "'hunter2\n", "\"\\hunter2\"\n", "- hunter2\n", "&hunter2 x\n", "a: *hunter2\n", "\thunter2\n", "a: b: hunter2\n", "{\"key\": \"hunter2\"}", "a: 1\nhunter2\n", "hunter2: [\n", "daemons: {x: {user: hunter2}}\n", "@hunter2\n",
	} {
		path := filepath.Join(t.TempDir(), "secret")
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, mistakes, err := Load(path, testOptions())
		if err != nil || len(mistakes) != 1 || mistakes[0].Line == 0 || mistakes[0].Hint() == "" {
			t.Errorf("%q: mistakes %v, %v", text, mistakes, err)
		}
		for _, m := range mistakes {
			if told := m.Error() + m.Hint() + m.Text; strings.Contains(strings.ReplaceAll(told, path, ""), "hunter2") {
				t.Errorf("%q: told %q", text, told)
			}
		}
		if err := os.Rename(path, path+".yaml"); err != nil {
			t.Fatal(err)
		}
		if _, mistakes, err = Load(path+".yaml", testOptions()); err != nil || len(mistakes) == 0 || mistakes[0].Message == "" || strings.Contains(mistakes[0].Message, "no configuration") {
			t.Errorf("%q in a file of ours: mistakes %v, %v", text, mistakes, err)
		}
	}
}
