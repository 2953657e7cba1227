package hooks

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"daemon-keeper/internal/golden"
)

// programs are all that packages install.
var programs = []string{"matrix", "ntfy", "pagerduty", "slack", "telegram", "webhook", "with-pings"}

// shells are those that this machine has of what may stand behind /bin/sh.
func shells() (found [][]string) {
	for _, shell := range [][]string{{"dash"}, {"busybox", "sh"}, {"bash", "--posix"}, {"sh"}} {
		if path, err := exec.LookPath(shell[0]); err == nil && (shell[0] != "sh" || len(found) == 0) {
			found = append(found, append([]string{path}, shell[1:]...))
		}
	}
	return found
}

// inEachShell runs a test at the same time in each of them.
func inEachShell(t *testing.T, test func(t *testing.T, shell []string)) {
	t.Helper()
	for _, shell := range shells() {
		t.Run(filepath.Base(shell[0]), func(t *testing.T) {
			t.Parallel()
			test(t, shell)
		})
	}
}

// isFirst reports whether it is the shell in which everything is tested; the others
// are asked only what they could do in another way.
func isFirst(shell []string) bool { return shell[0] == shells()[0][0] }

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each program is complete, and what they have in common is the same in all of them.
func TestCommon(t *testing.T) {
	common := read(t, "common.sh")
	first, _, _ := strings.Cut(common, "\n")
	const last = "# ---- end of common.sh ----\n"
	for _, name := range programs {
		text := read(t, name)
		before, rest, ok := strings.Cut(text, first+"\n")
		_, after, ends := strings.Cut(rest, last)
		if !ok || !ends {
			t.Fatalf("%s has no place for common.sh", name)
		}
		golden.File(t, name, before+common+after)
		if info, err := os.Stat(name); err != nil || info.Mode()&0o111 == 0 {
			t.Errorf("%s is not a program: %v", name, err)
		}
	}
}

func TestShellcheck(t *testing.T) {
	path, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skip("shellcheck is not installed")
	}
	// 2154: variables are assigned by settings. 2317: no program uses all of common.sh.
	out, err := exec.Command(path, append([]string{"-s", "sh", "-e", "SC2154,SC2317"}, programs...)...).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// inCommon runs a line of sh that may use common.sh.
func inCommon(t *testing.T, shell []string, line string, args ...string) string {
	t.Helper()
	cmd := exec.Command(shell[0], append(append(shell[1:len(shell):len(shell)], "-c", ". ./common.sh; "+line, "sh"), args...)...)
	cmd.Env = append(os.Environ(), "LANG=C")
	var out, errs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errs
	if err := cmd.Run(); err != nil || errs.Len() > 0 {
		t.Fatalf("%q %q: %v\n%s", line, args, err, errs.Bytes())
	}
	return out.String()
}

// hostile are texts that processes can have in their names and paths.
var hostile = []string{
	"", " ", `"`, `\`, `\"`, `\n`, "a\nb\r\tc", "\x01\x1b[31m\x7f", "%s%n%%", "$(id) `id` ${HOME} $$", "-n", "-e x", "*", "'", "{}", "</script>",
	"\xff", "\xff\xfe\xfd", "\xc3", "a\xc3", "\xc3(", "\xe2\x82", "\xe2\x82\xac", "\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80",
	"grüße", "日本語", "😀", "\u202etxt.exe", "\ufeff", "\uffff", "\U0010ffff", strings.Repeat("\"\\\n", 300),
}

// A string is the same once it was JSON, but for bytes that are not text.
func TestJSON(t *testing.T) {
	t.Parallel()
	texts := append([]string{}, hostile...)
	random := rand.New(rand.NewPCG(1, 2))
	for range 400 {
		text := make([]byte, 1+random.IntN(12))
		for i := range text {
			// Bytes that begin or go on with a character are more likely than by chance.
			text[i] = byte([]int{1 + random.IntN(127), 128 + random.IntN(64), 192 + random.IntN(64)}[random.IntN(3)])
		}
		texts = append(texts, string(text))
	}
	var members []string
	for i, text := range texts {
		members = append(members, fmt.Sprint(i), text)
	}
	inEachShell(t, func(t *testing.T, shell []string) {
		out := inCommon(t, shell, `json 10000 "$@"`, members...)
		var got map[string]string
		if err := json.Unmarshal([]byte("{"+out+"}"), &got); err != nil || len(got) != len(texts) {
			t.Fatalf("%d texts, %v:\n%s", len(got), err, out)
		}
		for i, text := range texts {
			if got := got[fmt.Sprint(i)]; got != string([]rune(text)) {
				t.Errorf("%q became %q", text, got)
			}
		}
		if strings.ContainsFunc(out, func(c rune) bool { return c < ' ' || c > '~' }) {
			t.Errorf("it is not all plain: %q", out)
		}
	})
}

// awks are folders to begin a PATH with, each with another awk; FreeBSD has the
// original one.
func awks(t *testing.T) (folders []string) {
	t.Helper()
	for _, name := range []string{"mawk", "gawk", "original-awk"} {
		if path, err := exec.LookPath(name); err == nil {
			dir := filepath.Join(t.TempDir(), name)
			if err := errors.Join(os.Mkdir(dir, 0o755), os.Symlink(path, filepath.Join(dir, "awk"))); err != nil {
				t.Fatal(err)
			}
			folders = append(folders, dir)
		}
	}
	return folders
}

// What awk does is the same in each of them.
func TestAwks(t *testing.T) {
	needCurl(t)
	t.Parallel()
	for _, dir := range awks(t) {
		if out := inCommon(t, shells()[0], `PATH=$1:$PATH; json 20 "$2" "$3"`, dir, "a\"\\\x01", "ü\xff\xc3(%d😀"); out != `"a\"\\\u0001":"\u00fc\ufffd\ufffd(%d\ud83d\ude00"` {
			t.Errorf("%s: %s", dir, out)
		}
		s := serve(t, 400)
		file := secret(t, "url = "+s.URL+"\nroom = !a:b\ntoken = x\n")
		got := tell(t, shells()[0], incident("begin", "PATH="+dir+":"+os.Getenv("PATH")), "", "matrix", file)
		if paths := s.paths(); !strings.HasPrefix(paths, "PUT /_matrix/client/v3/rooms/%21%61%3A%62/send/") || !strings.Contains(got.errors, " answers 400") {
			t.Errorf("%s: %s, %+v", dir, paths, got)
		}
	}
}

// In a shell whose printf is a program of its own, others could see the secret.
func TestPrintfIsBuiltIn(t *testing.T) {
	t.Parallel()
	file := secret(t, "url = s3cret\n")
	out := inCommon(t, shells()[0], `command() { echo /usr/bin/printf; }; settings "$1" url 2>&1 || echo refused; unset -f command; settings "$1" url && echo taken`, file)
	if !strings.HasPrefix(out, "sh: cannot keep the secret of "+file+": ") || !strings.HasSuffix(out, "\nrefused\ntaken\n") {
		t.Error(out)
	}
}

// What is too long is cut between characters, not within one.
func TestJSONIsCut(t *testing.T) {
	t.Parallel()
	inEachShell(t, func(t *testing.T, shell []string) {
		for text, want := range map[string]string{
			"": `""`, "abc": `"abc"`, "abcd": `"abc..."`, "ä€😀": `"\u00e4\u20ac\ud83d\ude00"`, "ä€😀\xff": `"\u00e4\u20ac\ud83d\ude00..."`, `"""`: `"\"\"\""`, `""""`: `"\"\"\"..."`,
		} {
			if got := inCommon(t, shell, `json 3 "$1" ""`, text); got != want+`:""` {
				t.Errorf("%q became %s, not %s", text, got, want)
			}
		}
	})
}

// The lines of a file of settings: values of each kind, and what is refused without
// being quoted, for it may be the secret.
func TestSettings(t *testing.T) {
	t.Parallel()
	inEachShell(t, func(t *testing.T, shell []string) {
		file := filepath.Join(t.TempDir(), "file")
		for text, want := range map[string]string{
			"url = x\n":                           "url=x token=",
			"url=x":                               "url=x token=",
			" \turl\t=  x y \t\n":                 "url=x y token=",
			"url = \"x\"\r\n\r\n":                 "url=x token=",
			"# url = y\n\nurl = x # no comment\n": "url=x # no comment token=",
			"url = a=b\ntoken = $(id)`id`\\n\n":   "url=a=b token=$(id)`id`\\n",
			"url = x\nurl = y\n":                  "url=y token=",
			"url = \n":                            "url= token=",
			"url = \"\n":                          "url=\" token=",
			"secret\n":                            "1",
			"url = x\nsecret = y\n":               "2",
			"url = x\n= secret\n":                 "2",
			"url token = secret\n":                "1",
			"url; id = secret\n":                  "1",
			"x = url secret\n":                    "1",
			"https://x.org/?secret=secret url\n":  "1",
		} {
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			got := inCommon(t, shell, `if settings "$1" url token 2>"$1.errors"; then printf %s "url=$url token=$token"; fi`, file)
			said := read(t, file+".errors")
			if got == "" && strings.HasPrefix(said, fmt.Sprintf("sh: cannot use %s: line %s is not a ", file, want)) && !strings.Contains(said, "secret") {
				continue
			}
			if got != want || said != "" || !utf8.ValidString(got) {
				t.Errorf("%q: %q, not %q\n%s", text, got, want, said)
			}
		}
	})
}
