package importer

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/internal/draft"
)

// resource reads cpu > 60%, total memory > 200 MB, filedescriptors > 80% and uptime < 5
// minutes. A limit that only alerted in Monit only warns here.
func (m *maker) resource(c condition) {
	words := slices.Clone(c.words)
	total := words[0].is("total", "totalcpu", "totalmem", "totalmemory")
	if words[0].is("total") && len(words) > 1 {
		words = words[1:]
	}
	above, value, ok := compared(words[1:])
	switch {
	case !ok:
		m.lost(c.statement, "")
	case words[0].is("uptime") && !above:
		m.uptime(c, value)
	case !above:
		m.lost(c.statement, "")
	case words[0].is("cpu", "totalcpu"):
		m.cpu(c, value, total)
	case words[0].is("mem", "memory", "totalmem", "totalmemory"):
		m.memory(c, value, total)
	case words[0].is("filedescriptors"):
		m.descriptors(c, value, total)
	case words[0].is("children", "child"):
		m.lost(c.statement, "count: is about all processes of the program")
	default:
		m.lost(c.statement, "")
	}
}

// compared reads > 60 %, greater 2 GB.
func compared(words []token) (above bool, value []token, ok bool) {
	if len(words) < 2 {
		return false, nil, false
	}
	switch {
	case words[0].is(">", ">=", "gt", "ge", "greater", "more", "older"):
		return true, words[1:], true
	case words[0].is("<", "<=", "lt", "le", "less", "newer"):
		return false, words[1:], true
	}
	return false, nil, false
}

// weight orders Monit's limits where the configuration takes only one: a limit that restarts
// comes first.
func weight(action string) int {
	if action == "restart" || action == "start" {
		return 1
	}
	return 0
}

// limit sets a key that takes one limit, unless there is a better one.
func (m *maker) limit(c condition, key string, value any, about string) bool {
	old, there := m.limits[key]
	switch {
	case there && weight(old.action) >= weight(c.action):
		m.lost(c.statement, "there is room for one limit")
		return false
	case there:
		m.lost(old.statement, "there is room for one limit")
		m.entry.keys = withoutKey(m.entry.keys, key)
	}
	m.limits[key] = c
	if weight(c.action) == 0 && c.action != "alert" {
		m.lost(c.statement, "it only warns here")
	}
	m.set(key, value)
	m.explain(key, about)
	return true
}

// cpu reads a CPU limit. Monit's 100% were all processors that the process's threads could
// use, so its limit may be far too low here. Therefore it only warns.
func (m *maker) cpu(c condition, value []token, total bool) {
	share, ok := percentage(value)
	if !ok || share > 100_000 || total {
		m.lost(c.statement, "cpu: is about single processes")
		return
	}
	window := "10s"
	if c.cycles > 0 {
		window = inSeconds(min(50, max(1, c.cycles*m.cycle)))
	}
	about := ""
	if weight(c.action) > 0 {
		about = "only warns, for 100% is one processor here"
	}
	if c.cycles*m.cycle > 50 {
		about = strings.TrimPrefix(about+c.waited(), "; ")
	}
	m.limit(c, "cpu", draft.Raw(fmt.Sprintf("{over: %s%%, for: %s}", short(share), window)), about)
}

// ofEach says what a limit applies to here. Monit looked only at the process of the pidfile.
const ofEach = "of each process that counts"

func (m *maker) memory(c condition, value []token, total bool) {
	size, ok := sizeOf(value)
	if !ok {
		m.lost(c.statement, "give a size: memory: {rss: 2GiB}")
		return
	}
	about := ofEach
	if total {
		about += ", not together with its children"
	}
	if m.limit(c, "memory", draft.Raw("{rss: "+size+"}"), about+c.waited()) {
		m.restartOn("memory", c)
	}
}

func (m *maker) descriptors(c condition, value []token, total bool) {
	if total {
		m.lost(c.statement, "files: is about single processes")
		return
	}
	text := ""
	if share, ok := percentage(value); ok && share <= 100 {
		text = short(share) + "%"
	} else if n, ok := wholeNumber(value[0]); ok && n > 0 && len(value) == 1 {
		text = strconv.Itoa(n)
	}
	if text == "" {
		m.lost(c.statement, "")
	} else if m.limit(c, "files", draft.Raw(text), ofEach+c.waited()) {
		m.restartOn("files", c)
	}
}

// uptime reads uptime < 5 minutes, which means that the daemon is flapping.
func (m *maker) uptime(c condition, value []token) {
	unit := 1
	if len(value) > 1 {
		unit = map[string]int{"second": 1, "minute": 60, "hour": 3600, "day": 86_400}[strings.TrimSuffix(strings.ToLower(value[1].text), "s")]
	}
	n, ok := wholeNumber(value[0])
	if !ok || n*unit == 0 || n*unit > 86_400 || c.action != "alert" {
		m.lost(c.statement, "")
		return
	}
	m.limit(c, "min_age", inSeconds(n*unit), strings.TrimPrefix(c.waited(), "; "))
}

// waited notes that Monit waited for several failures: here one look decides.
func (c condition) waited() string {
	if c.often == "" {
		return ""
	}
	return "; Monit waited for " + c.often
}

// restartOn makes a limit a reason to restart, if it was one in Monit.
func (m *maker) restartOn(reason string, c condition) {
	if weight(c.action) > 0 {
		m.reasons = append(m.reasons, reason)
	}
}

// percentage reads 60%, 60 % and 60 percent.
func percentage(words []token) (float64, bool) {
	text := words[0].text
	number, percent := strings.CutSuffix(text, "%")
	if len(words) > 1 {
		percent = words[1].is("%", "percent")
	}
	f, err := strconv.ParseFloat(number, 64)
	return f, err == nil && percent && isDecimal(number) && f >= 0.001
}

// isDecimal reports whether a text is a plain decimal number. strconv would also accept 1e3,
// 0x1 and Inf.
func isDecimal(text string) bool {
	return text != "" && len(text) <= 12 && strings.Trim(text, "0123456789.") == ""
}

// short formats a number with at most three decimals.
func short(f float64) string { return strconv.FormatFloat(math.Round(f*1000)/1000, 'f', -1, 64) }

// sizeOf reads 200.0 MB, in the largest unit that leaves a whole number.
func sizeOf(words []token) (string, bool) {
	number := strings.TrimRight(words[0].text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	unit := words[0].text[len(number):]
	if unit == "" && len(words) > 1 {
		unit = words[1].text
	}
	power, known := map[string]int{"b": 0, "byte": 0, "kb": 1, "kilobyte": 1, "mb": 2, "megabyte": 2, "gb": 3, "gigabyte": 3}[strings.TrimSuffix(strings.ToLower(unit), "s")]
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || !known || !isDecimal(number) {
		return "", false
	}
	bytes := math.Round(f * math.Pow(1024, float64(power)))
	if bytes < 1 || bytes >= 1<<50 {
		return "", false
	}
	n, at := uint64(bytes), 0
	for n%1024 == 0 && at < 3 {
		n, at = n/1024, at+1
	}
	return fmt.Sprintf("%d%s", n, []string{"B", "KiB", "MiB", "GiB"}[at]), true
}
