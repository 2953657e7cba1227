package notify

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/quotedprintable"
	"net/mail"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"daemon-keeper/internal/executable"
	"daemon-keeper/internal/words"
)

// fakeSendmail stores what it gets.
func fakeSendmail(t *testing.T, then string) (path, dir string) {
	t.Helper()
	dir = t.TempDir()
	path = filepath.Join(dir, "sendmail")
	text := "#!/bin/sh\nprintf '%s\\n' \"$@\" >" + dir + "/args\ncat >" + dir + "/mail\n" + then + "\n"
	if err := executable.WriteFile(path, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, dir
}

// parsed is the mail that was stored, as a reader would see it.
func parsed(t *testing.T, dir string) (header mail.Header, subject, body string) {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, "mail"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	m, err := mail.ReadMessage(f)
	if err != nil {
		t.Fatal(err)
	}
	if subject, err = new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject")); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(quotedprintable.NewReader(m.Body))
	if err != nil {
		t.Fatal(err)
	}
	return m.Header, subject, string(text)
}

func TestMail(t *testing.T) {
	t.Parallel()
	path, dir := fakeSendmail(t, "")
	m := Compose("mx", []Item{{Name: "clamd", Event: words.Begin, Reason: "größer = besser", Blame: words.Blame{Cause: strings.Repeat("long ", 100)}}})
	m.Text += ".\n.dots\nFrom me\n"
	if err := (Mail{To: []string{"root", "o'brien+x@example.org"}, Sendmail: path, Timeout: time.Minute}).Tell(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if got := note(t, dir, "args"); got != "-oi\nroot\no'brien+x@example.org" {
		t.Errorf("arguments %q", got)
	}
	header, subject, body := parsed(t, dir)
	if subject != "clamd is down on mx" || body != m.Text {
		t.Errorf("subject %q, body\n%s", subject, body)
	}
	for key, want := range map[string]string{
		"From": "", "To": "root, o'brien+x@example.org", "Auto-Submitted": "auto-generated",
		"Mime-Version": "1.0", "Content-Type": "text/plain; charset=utf-8", "Content-Transfer-Encoding": "quoted-printable",
	} {
		if got := header.Get(key); got != want {
			t.Errorf("%s: %q, want %q", key, got, want)
		}
	}
	if date, err := header.Date(); err != nil || time.Since(date).Abs() > time.Minute || len(header) != 7 {
		t.Errorf("date %v, %v; headers %v", date, err, header)
	}
	if raw := note(t, dir, "mail"); strings.Contains(raw, "\r") || slices.ContainsFunc(strings.Split(raw, "\n"), func(l string) bool { return len(l) > 100 }) {
		t.Errorf("raw:\n%q", raw)
	}
}

// FuzzLetter: whatever a daemon is called, it adds no header and ends none.
func FuzzLetter(f *testing.F) {
	for _, evil := range []string{
		"x\nBcc: all@example.org", "x\r\n\r\nbody", "x\rBcc: y", "\n", "x\x00y", "x\u2028Bcc: y", "x\u0085Bcc: y",
		"=?utf-8?q?x=0ABcc:_y?=", "=?utf-8?b?eA==?=", strings.Repeat("ä\n", 5000), strings.Repeat("=?", 5000), "\xff\xfe", "",
		"ä" + strings.Repeat("=?", 200), // 1,010 bytes once it was encoded
	} {
		f.Add(evil)
	}
	f.Fuzz(func(t *testing.T, evil string) {
		raw := string(letter([]string{"root"}, Message{Subject: evil, Text: evil}, time.Now()))
		m, err := mail.ReadMessage(strings.NewReader(raw))
		if err != nil || len(m.Header) != 7 {
			t.Fatalf("%v, %v", m, err)
		}
		head, _, _ := strings.Cut(raw, "\n\n")
		for _, line := range strings.Split(head, "\n") {
			if len(line) > 998 || strings.IndexFunc(line, func(r rune) bool { return r < ' ' || r > '~' }) >= 0 {
				t.Errorf("line %.80q of %d bytes", line, len(line))
			}
		}
		subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		if err != nil || words.Printable(subject) != subject {
			t.Errorf("subject %q, %v", subject, err)
		}
	})
}

func TestHeader(t *testing.T) {
	if got := header("grüße"); got != "=?utf-8?q?gr=C3=BC=C3=9Fe?=" {
		t.Errorf("encoded: %q", got)
	}
	if got := header("=?utf-8?b?eA==?="); got != "= ?utf-8?b?eA== ?=" {
		t.Errorf("a forged encoding: %q", got)
	}
}

func TestRecipients(t *testing.T) {
	for to, good := range map[string]bool{
		"root": true, "a.b-c_d+e@mx.example.org": true, "o'brien@example.org": true, "user%host@gate": true,
		"": false, "-oQ/tmp": false, "-froot": false, "a b": false, "a,b": false, "a\n": false, "a\x00": false, "a\tb": false,
		"|/bin/sh": false, "/etc/passwd": false, ":include:/x": false, "<a@b>": false, `"a b"@c`: false, "grüße@x": false,
		"\xff": false, strings.Repeat("a", 255): false, "a;b": false, "a(b)": false, `a\b`: false,
	} {
		path, dir := fakeSendmail(t, "")
		err := Mail{To: []string{"root", to}, Sendmail: path, Timeout: time.Minute}.Tell(t.Context(), Message{})
		if _, ran := os.Stat(filepath.Join(dir, "args")); (err == nil) != good || (ran == nil) != good {
			t.Errorf("%.40q: %v, ran %v", to, err, ran)
		}
	}
}

func TestMailFails(t *testing.T) {
	t.Parallel()
	path, _ := fakeSendmail(t, "echo queue is full >&2; exit 75")
	for name, tc := range map[string]struct {
		mail Mail
		want string
	}{
		"status":   {Mail{To: []string{"root"}, Sendmail: path}, "cannot mail root: " + path + ": exit status 75: queue is full"},
		"missing":  {Mail{To: []string{"root"}, Sendmail: "/nonexistent/sendmail"}, "cannot mail root: /nonexistent/sendmail: no such file or directory"},
		"relative": {Mail{To: []string{"root"}, Sendmail: "sendmail"}, "cannot mail root: sendmail: its path is not absolute"},
		"nobody":   {Mail{Sendmail: path}, "cannot mail anyone: there is no recipient"},
		"a list":   {Mail{To: []string{"a,b"}, Sendmail: path}, `cannot mail a,b: recipient "a,b" is not an address`},
		"hostile":  {Mail{To: []string{"\x1b\n"}, Sendmail: path}, `cannot mail \x1b\x0a: recipient "\x1b\n" is not an address`},
	} {
		if err := tc.mail.Tell(t.Context(), Message{}); err == nil || err.Error() != tc.want {
			t.Errorf("%s: got  %v\nwant %s", name, err, tc.want)
		}
	}
}

func TestFindSendmail(t *testing.T) {
	path, dir := fakeSendmail(t, "")
	plain := filepath.Join(dir, "plain")
	if err := os.WriteFile(plain, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if got, err := findSendmail([]string{"/nonexistent", dir, plain, path, "/bin/sh"}); got != path || err != nil {
		t.Errorf("found %q, %v", got, err)
	}
	_, err := findSendmail([]string{"/nonexistent", plain})
	var missing *MissingError
	if !errors.As(err, &missing) || err.Error() != "no sendmail in /nonexistent, "+plain || missing.Hint() == "" {
		t.Errorf("got %v", err)
	}
}

// FuzzCheckRecipient: an address that is accepted is one argument, no option and no
// file, and one address of a header.
func FuzzCheckRecipient(f *testing.F) {
	for _, seed := range []string{"root", "a.b@mx.example.org", "o'brien@example.org", "-oQ/tmp", "/etc/passwd", ":include:/x", "a,b", "a b", "", "a\x00", "\xff", "a\u2028b", "@", "a@", "a@b@c", strings.Repeat("a", 255)} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, to string) {
		err := checkRecipient(to)
		if err != nil {
			if len(err.Error()) > 1200 || strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) {
				t.Errorf("error %q", err)
			}
			return
		}
		if to == "" || len(to) > 254 || to[0] == '-' || to[0] == '/' || strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(",;:<>()|\"\\", r) }) {
			t.Errorf("accepted %q", to)
		}
		raw := letter([]string{to}, Message{Subject: "x", Text: "y"}, time.Now())
		m, err := mail.ReadMessage(bytes.NewReader(raw))
		if err != nil || m.Header.Get("To") != to || len(m.Header) != 7 {
			t.Errorf("%q: header %v, %v", to, m, err)
		}
	})
}
