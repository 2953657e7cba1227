package notify

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"mime"
	"mime/quotedprintable"
	"os"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

// Mail sends a message through the system's sendmail(8). Those of Postfix, Exim, OpenSMTPD,
// dma and msmtp accept the few arguments that are used.
type Mail struct {
	To       []string
	Sendmail string        // an absolute path; "": the usual places are searched
	Timeout  time.Duration // 0: only the context limits it
}

const (
	subjectBytes = 250
	longestLine  = 998 // RFC 5322, without the line's end
)

// Tell passes the message to sendmail. Whether and when it arrives is unknown.
func (m Mail) Tell(ctx context.Context, msg Message) error {
	if len(m.To) == 0 {
		return errors.New("cannot mail anyone: there is no recipient")
	}
	if err := m.tell(ctx, msg); err != nil {
		return fmt.Errorf("cannot mail %s: %w", clean(strings.Join(m.To, ", "), lineBytes), err)
	}
	return nil
}

func (m Mail) tell(ctx context.Context, msg Message) error {
	for _, to := range m.To {
		if err := checkRecipient(to); err != nil {
			return err
		}
	}
	path := m.Sendmail
	if path == "" {
		var err error
		if path, err = findSendmail(sendmailPlaces()); err != nil {
			return err
		}
	}
	// -oi: a line with only a dot does not end the message. Not every sendmail
	// knows --, and no recipient begins with a dash.
	c := command(append([]string{path, "-oi"}, m.To...), m.Timeout)
	c.input = letter(m.To, msg, time.Now())
	if err := c.run(ctx); err != nil {
		return fmt.Errorf("%s: %w", words.Printable(path), err)
	}
	return nil
}

// checkRecipient refuses what sendmail would take for an option, a list, a program or a file,
// and what would end a header.
func checkRecipient(to string) error {
	bad := func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`,;:<>()[]"\|`, r) }
	if to == "" || len(to) > 254 || strings.IndexFunc(to, bad) >= 0 || strings.ContainsAny(to[:1], "-/") {
		return fmt.Errorf("recipient %q is not an address", words.Cut(to, 254))
	}
	return nil
}

// sendmailPlaces are the usual paths: FreeBSD and Linux, the FHS, then others.
func sendmailPlaces() []string {
	return []string{"/usr/sbin/sendmail", "/usr/lib/sendmail", "/usr/bin/sendmail", "/usr/local/sbin/sendmail", "/sbin/sendmail"}
}

// MissingError means that the system cannot send mail.
type MissingError struct {
	places []string
}

func (e *MissingError) Error() string { return "no sendmail in " + strings.Join(e.places, ", ") }

// Hint says what the user can do.
func (e *MissingError) Hint() string {
	return "install a mail transfer agent such as postfix, dma or msmtp-mta, or use on_incident"
}

func findSendmail(places []string) (string, error) {
	for _, path := range places {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode().Perm()&0o111 != 0 {
			return path, nil
		}
	}
	return "", &MissingError{places}
}

// letter is the whole message, with the system's line ends. Quoted-printable keeps lines
// short and protects the text on its way through any server. The sender is left to sendmail:
// FreeBSD's dma(8) does not complete a From without a domain, and many servers refuse that.
func letter(to []string, msg Message, now time.Time) []byte {
	var b bytes.Buffer
	for _, header := range []struct{ key, value string }{
		{"To", strings.Join(to, ", ")},
		{"Subject", header(msg.Subject)},
		{"Date", now.Format(time.RFC1123Z)},
		{"Auto-Submitted", "auto-generated"}, // asks for no automatic replies, RFC 3834
		{"MIME-Version", "1.0"},
		{"Content-Type", "text/plain; charset=utf-8"},
		{"Content-Transfer-Encoding", "quoted-printable"},
	} {
		b.WriteString(header.key + ": " + header.value + "\n")
	}
	b.WriteByte('\n')
	var body bytes.Buffer
	w := quotedprintable.NewWriter(&body)
	_, _ = w.Write([]byte(msg.Text)) // writing to memory does not fail
	_ = w.Close()
	b.Write(bytes.ReplaceAll(body.Bytes(), []byte("\r\n"), []byte("\n")))
	return b.Bytes()
}

// header encodes any text as the value of a header: one line, RFC 2047. A text that looks
// like an encoded one is encoded again. Encoding can make it more than four times as long;
// then the text is cut.
func header(text string) string {
	for most := subjectBytes; ; most -= 10 {
		plain := strings.ReplaceAll(clean(text, most), "=?", "= ?")
		value := mime.QEncoding.Encode("utf-8", plain)
		if len("Subject: ")+len(value) <= longestLine {
			return value
		}
	}
}
