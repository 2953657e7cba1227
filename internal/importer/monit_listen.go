package importer

import (
	"fmt"
	"net/netip"
	"path"
	"regexp"
	"regexp/syntax"
	"strconv"
	"strings"
	"unicode/utf8"

	"daemon-keeper/internal/words"
)

// connection is a test of a port or a socket.
type connection struct {
	host, port, socket string
	kind               string // tcp, udp, tcpssl
	family             string // ipv4, ipv6
	tls                bool
	protocol           string
	request            string
	talk               []said // send and expect, in order
	timeout            int    // in seconds
	more               bool   // it also tests something else
	asked              string // what is sent, in the form of the configuration
	answer             string // how the answer must begin
	lost               string // what the configuration cannot express of the test
}

type said struct {
	send bool
	text string
}

func connectionOf(words []token) connection {
	var c connection
	next := func(i int) string {
		if i+1 < len(words) {
			return words[i+1].text
		}
		return ""
	}
	for i := 0; i < len(words); i++ {
		t := words[i]
		switch {
		case t.is("failed"):
			continue
		case t.is("ssl", "tls"):
			c.tls = true
			continue
		case t.is("ipv4", "ipv6"):
			c.family = strings.ToLower(t.text)
			continue
		case t.is("host"):
			c.host = next(i)
		case t.is("port", "portnumber"):
			c.port = next(i)
		case t.is("unix", "unixsocket"):
			c.socket = next(i)
		case t.is("type"):
			c.kind = strings.ToLower(next(i))
		case t.is("proto", "protocol"):
			c.protocol = strings.ToLower(next(i))
		case t.is("request"):
			c.request = next(i)
		case t.is("send", "expect"):
			c.talk = append(c.talk, said{t.is("send"), next(i)})
		case t.is("timeout"):
			c.timeout, _ = strconv.Atoi(next(i))
		case t.is("second", "seconds"):
			continue
		default:
			c.more = true
			continue
		}
		i++
	}
	c.asked, c.answer, c.lost = c.words()
	return c
}

// address returns the address in the form of the configuration, or the reason why that is
// impossible.
func (c connection) address() (address, why string) {
	if c.socket != "" {
		const most = 103 // bytes of a socket's path, on every system
		if !path.IsAbs(c.socket) || len(c.socket) > most || !usable(c.socket) {
			return "", "its path is not absolute, or too long"
		}
		return "unix://" + c.socket, ""
	}
	port, err := strconv.Atoi(c.port)
	if err != nil || port < 1 || port > 65535 {
		return "", "it is not a port"
	}
	if c.kind == "udp" {
		return "", "listen: is about TCP"
	}
	ip, err := netip.ParseAddr(strings.Trim(c.host, "[]"))
	switch {
	case c.host == "" || strings.EqualFold(c.host, "localhost"):
		if c.family == "ipv6" {
			return fmt.Sprintf("tcp6://[::1]:%d", port), ""
		}
		return fmt.Sprintf("tcp://127.0.0.1:%d", port), ""
	case err != nil:
		return "", fmt.Sprintf("listen: takes an address, such as tcp://127.0.0.1:%d", port)
	case ip.Zone() != "" || ip.Is4In6():
		return "", "listen: takes a plain address"
	case ip.Is6():
		return fmt.Sprintf("tcp6://[%s]:%d", ip, port), ""
	}
	return fmt.Sprintf("tcp://%s:%d", ip, port), ""
}

// protocols are what Monit sends to servers, and how they answer. Some send a greeting by
// themselves.
var protocols = map[string]struct{ send, expect string }{
	"ssh":          {"", "SSH-"},
	"smtp":         {"", "220"},
	"lmtp":         {"", "220"},
	"ftp":          {"", "220"},
	"pop":          {"", "+OK"},
	"imap":         {"", "* OK"},
	"nntp":         {"", "20"},
	"rsync":        {"", "@RSYNCD:"},
	"clamav":       {"PING\r\n", "PONG"},
	"redis":        {"PING\r\n", "+PONG"},
	"spamassassin": {"PING SPAMC/1.2\r\n\r\n", "SPAMD/"},
	"dwp":          {"HEAD / HTTP/1.0\r\n\r\n", "HTTP/"},
	"http":         {"GET / HTTP/1.0\r\n\r\n", "HTTP/"},
}

// words returns what is sent and expected, in the form of the configuration, and what is
// lost.
func (c connection) words() (send, expect, lost string) {
	p, known := protocols[c.protocol]
	switch {
	case c.tls || c.kind == "tcpssl":
		return "", "", "TLS is not spoken: it must only accept"
	case len(c.talk) > 0:
		return c.conversation()
	case c.protocol == "http":
		if httpPath.Get().MatchString(c.request) {
			p.send = "GET " + c.request + " HTTP/1.0\r\n\r\n"
		}
		return p.send, p.expect, "status and content are not looked at"
	case !known && c.protocol != "" && c.protocol != "default":
		return "", "", "protocol " + brief(c.protocol) + " is not spoken: it must only accept"
	}
	return p.send, p.expect, ""
}

var httpPath = words.Pattern{Text: `^/[A-Za-z0-9._~/?=&+:@%-]{0,200}$`}

// conversation takes the first text that is sent and the first that is expected. In Monit,
// expect is a regular expression; here it is the beginning of the answer.
func (c connection) conversation() (send, expect, lost string) {
	talk := c.talk
	if talk[0].send {
		send = unescape(talk[0].text)
		talk = talk[1:]
	}
	if len(talk) > 0 && !talk[0].send {
		expect = beginning(unescape(talk[0].text))
		talk = talk[1:]
	}
	switch {
	case expect == "" || !sendable(send) || !sendable(expect):
		return "", "", "what is sent and expected is not carried over: it must only accept"
	case len(talk) > 0:
		return send, expect, "only the first answer is looked at"
	}
	return send, expect, ""
}

// sendable reports whether YAML can hold a text unchanged.
func sendable(text string) bool {
	const most = 500
	return utf8.ValidString(text) && len(text) <= most
}

// beginning returns the text that an answer must begin with by the pattern ^text.*; "" for
// any other pattern.
func beginning(pattern string) string {
	const most = 500
	if len(pattern) > most {
		return ""
	}
	tree, err := syntax.Parse(pattern, syntax.POSIX)
	if err != nil || tree.Op != syntax.OpConcat || tree.Sub[0].Op != syntax.OpBeginText && tree.Sub[0].Op != syntax.OpBeginLine {
		return ""
	}
	re, err := regexp.CompilePOSIX(strings.TrimPrefix(pattern, "^"))
	if err != nil {
		return ""
	}
	prefix, _ := re.LiteralPrefix()
	return prefix
}

var escaped = words.Pattern{Text: `\\(0x[0-9A-Fa-f]{2}|[nrt\\])`}

// unescape decodes the escapes of Monit's strings.
func unescape(text string) string {
	return escaped.Get().ReplaceAllStringFunc(text, func(s string) string {
		switch s[1] {
		case 'n':
			return "\n"
		case 'r':
			return "\r"
		case 't':
			return "\t"
		case '\\':
			return `\`
		}
		n, _ := strconv.ParseUint(s[3:], 16, 8)
		return string([]byte{byte(n)})
	})
}
