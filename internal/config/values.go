package config

import (
	"math"
	"net/netip"
	"regexp"
	"strconv"
	"strings"

	"daemon-keeper/internal/words"
)

func readCount(text string) (*words.Count, *problem) {
	const hint = "write 1 for exactly one, 1- for at least one, or 1-2"
	least, most, isRange := strings.Cut(text, "-")
	if !isNumber(least) || isRange && most != "" && !isNumber(most) {
		return nil, wrong(hint, "it is neither a number nor a range")
	}
	c := &words.Count{Max: words.NoLimit}
	var p *problem
	if c.Min, p = readNumber(least, 0); p != nil {
		return nil, p
	}
	switch {
	case !isRange:
		c.Max = c.Min
	case most != "":
		if c.Max, p = readNumber(most, 0); p != nil {
			return nil, p
		}
		if c.Max < c.Min {
			return nil, wrong("write the smaller number first", "the range is empty")
		}
	}
	return c, nil
}

// String is tcp://127.0.0.1:22 or unix:///run/x.sock.
func (a Address) String() string { return a.Network + "://" + a.Address }

// maxSocket is the longest path of a socket, in bytes, that fits into sockaddr_un with its zero
// byte on every system, unix(4).
const maxSocket = 103

func readAddress(text string) (Address, *problem) {
	network, address, ok := strings.Cut(text, "://")
	const hint = "write tcp://127.0.0.1:22, tcp6://[::1]:22 or unix:///run/x.sock"
	switch {
	case !ok, network != "tcp" && network != "tcp6" && network != "unix":
		return Address{}, wrong(hint, "it is not a socket address")
	case network == "unix":
		switch {
		case !strings.HasPrefix(address, "/") || strings.Contains(address, "\x00"):
			return Address{}, wrong("write three slashes: unix:///run/x.sock", "it names no absolute path")
		case len(address) > maxSocket:
			return Address{}, wrong("a link with a shorter path will do", "the path has %d bytes, and a socket's at most %d", len(address), maxSocket)
		}
		return Address{network, address}, nil
	}
	colon := strings.LastIndexByte(address, ':')
	if colon < 0 {
		return Address{}, wrong(hint, "the port is missing")
	}
	host, port := address[:colon], address[colon+1:]
	if n, err := strconv.Atoi(port); err != nil || !isNumber(port) || n < 1 || n > math.MaxUint16 {
		return Address{}, wrong("write a number from 1 to 65535", "%s is not a port number", quote(port))
	}
	return Address{network, address}, checkHost(network, host)
}

func checkHost(network, host string) *problem {
	if host == "localhost" {
		return nil
	}
	bare, closed := strings.CutSuffix(host, "]")
	bare, opened := strings.CutPrefix(bare, "[")
	ip, err := netip.ParseAddr(bare)
	switch {
	case err != nil:
		return wrong("a name would have to be looked up, which may hang: write an address, such as 127.0.0.1, or localhost", "%s is not an address", quote(host))
	case opened != closed || opened != ip.Is6():
		return wrong("write brackets around IPv6 addresses only: tcp6://[::1]:22", "%s has the brackets wrong", quote(host))
	case network == "tcp6" && !ip.Is6():
		return wrong("write tcp:// before an IPv4 address", "%s is not an IPv6 address", quote(host))
	}
	return nil
}

// percentPattern allows at most three decimals: so many survive being written and read again.
const percentPattern = `^[0-9]{1,6}(\.[0-9]{1,3})?%$`

func readPercent(text string) (float64, *problem) {
	if !regexp.MustCompile(percentPattern).MatchString(text) {
		return 0, wrong("write a share such as 95%", "it is not a share")
	}
	f, err := strconv.ParseFloat(strings.TrimSuffix(text, "%"), 64)
	if err != nil {
		return 0, wrong("write a share such as 95%", "it is not a share")
	}
	return f / 100, nil
}

func percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1e5)/1e3, 'f', -1, 64) + "%"
}

func readCPU(text string) (float64, *problem) {
	share, p := readPercent(text)
	switch {
	case p != nil:
		return 0, p
	case share <= 0:
		return 0, wrong("100% is one whole processor", "it must be more than 0%%")
	case share > 1000:
		return 0, wrong("100% is one whole processor", "it must be at most 100000%%")
	}
	return share, nil
}

// String is 1000 or 80%.
func (f Files) String() string {
	if f.Share > 0 {
		return percent(f.Share)
	}
	return strconv.Itoa(f.Number)
}

func readFiles(text string) (*Files, *problem) {
	if !strings.HasSuffix(text, "%") {
		n, p := readNumber(text, 1)
		if p != nil && !isNumber(text) {
			p = wrong("write 1000, or 80% for a share of the process's own limit", "it is neither a number nor a share")
		}
		return &Files{Number: n}, p
	}
	share, p := readPercent(text)
	switch {
	case p != nil:
		return nil, p
	case share <= 0 || share > 1:
		return nil, wrong("100% is the process's own limit", "it must be more than 0%% and at most 100%%")
	}
	return &Files{Share: share}, nil
}

const (
	sizeUnits   = "BKMGT" // powers of 1024
	sizePattern = `^[0-9]+(\.[0-9]{1,3})? ?(B|[KMGT](i?B)?)$`
)

var sizeForm = words.Pattern{Text: sizePattern}

func readSize(text string) (uint64, *problem) {
	const hint = "write a size such as 512M or 2GiB; K, M, G and T are powers of 1024"
	m := sizeForm.Get().FindStringSubmatch(text)
	switch {
	case isNumber(text):
		return 0, wrong(hint, "the unit is missing")
	case m == nil:
		return 0, wrong(hint, "it is not a size")
	}
	f, err := strconv.ParseFloat(strings.TrimRight(text, " BKMGTi"), 64)
	f *= math.Pow(1024, float64(strings.IndexByte(sizeUnits, m[2][0])))
	switch {
	case err != nil || f >= 1<<53: // beyond, a float has no single bytes
		return 0, wrong(hint, "it is too large")
	case f < 1:
		return 0, wrong(hint, "it must be at least 1B")
	}
	return uint64(f), nil
}

// sizeText writes a size in the largest unit that needs no fraction.
func sizeText(n uint64) string {
	power := 0
	for n%1024 == 0 && n > 0 && power < len(sizeUnits)-1 {
		n /= 1024
		power++
	}
	if power == 0 {
		return strconv.FormatUint(n, 10) + "B"
	}
	return strconv.FormatUint(n, 10) + sizeUnits[power:power+1] + "iB"
}
