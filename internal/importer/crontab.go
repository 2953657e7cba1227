package importer

import (
	"os"
	"strings"

	"daemon-keeper/internal/words"
)

// job is a line of a crontab that runs a command.
type job struct {
	file     string
	line     int
	schedule string // "" means each minute
	user     string // in a system crontab; "" if it has none
	commands []bare
	watch    *watchReader // how the line itself looks for daemons; nil if it could not be read
	raw      string
	err      error // why its commands could not be read
}

// cronFile is the content of a crontab.
type cronFile struct {
	name      string
	jobs      []job
	broken    []job // lines without a schedule: only raw and the place are set
	mailTo    string
	mailLine  int
	commented []job // lines that a # has disabled
}

var (
	fiveFields = words.Pattern{Text: `(?i)^(([0-9*/,~-]+[ \t]+){3}([0-9*/,~-]|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)+[ \t]+` +
		`([0-9*/,~-]|sun|mon|tue|wed|thu|fri|sat)+)[ \t]+(.*)$`}
	nickname = words.Pattern{Text: `^(@[0-9A-Za-z_]+)[ \t]+(.*)$`}
	variable = words.Pattern{Text: `^["']?([A-Za-z_][A-Za-z0-9_]*)["']?[ \t]*=[ \t]*(.*)$`}

	// FreeBSD: user:group/class.
	userColumn = words.Pattern{Text: `^[a-z_][a-z0-9_-]*\$?(:[a-z_][a-z0-9_-]*)?(/[a-z_][a-z0-9_-]*)?$`}
	cronOption = words.Pattern{Text: `^-[nq]+$`}

	// Commands that are followed by a path, as a user may be.
	noUser = words.Pattern{Text: `^(cd|rm|touch|mkdir|cat|find|source|umask|ulimit|export|eval|perl|python3?|php|` +
		`pgrep|pkill|pidof|ps|kill|killall|test|for|systemctl|service|rc-service|nc|curl|wget)$`}

	// Commands that only a user can precede.
	lookFirst = words.Pattern{Text: `^(pgrep|pkill|pidof|ps|kill|killall|test|\[|\[\[|if|for|\(|\{|!|systemctl|service|rc-service|nc|curl|wget)$`}
)

// mostLine is the longest line, in bytes: FreeBSD's cron takes 10,000, others 1,000.
const mostLine = 10_000

// mostValue bounds the variables of a crontab, in bytes: those with names of programs are
// shorter.
const mostValue = 1000

func readCrontab(name, text string) cronFile {
	c := cronFile{name: name}
	vars := make(map[string]string)
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		switch {
		case line == "":
		case line[0] == '#':
			if j, ok := c.job(strings.TrimLeft(line, "# \t"), number, vars); ok {
				c.commented = append(c.commented, j)
			}
		default:
			c.line(line, number, vars)
		}
	}
	return c
}

func (c *cronFile) line(line string, number int, vars map[string]string) {
	if j, ok := c.job(line, number, vars); ok {
		c.jobs = append(c.jobs, j)
		return
	}
	m := variable.Get().FindStringSubmatch(line)
	if m == nil {
		c.broken = append(c.broken, job{file: c.name, line: number, raw: line})
		return
	}
	value := unquoted(strings.TrimSpace(m[2]))
	if len(value) <= mostValue {
		vars[m[1]] = value
	}
	if m[1] == "MAILTO" {
		c.mailTo, c.mailLine = value, number
	}
}

func unquoted(s string) string {
	if len(s) > 1 && (s[0] == '"' || s[0] == '\'') && s[len(s)-1] == s[0] {
		return s[1 : len(s)-1]
	}
	return s
}

// job reads a line with a schedule.
func (c *cronFile) job(line string, number int, vars map[string]string) (job, bool) {
	m := fiveFields.Get().FindStringSubmatch(line)
	if m == nil {
		m = nickname.Get().FindStringSubmatch(line)
	}
	if m == nil {
		return job{}, false
	}
	j := job{file: c.name, line: number, schedule: strings.Join(strings.Fields(m[1]), " "), raw: m[len(m)-1]}
	if everyMinute(j.schedule) {
		j.schedule = ""
	}
	if len(line) > mostLine {
		j.err = errTooLong
		return j, true
	}
	command := beforePercent(j.raw)
	j.user, command = splitUser(command)
	l, err := readList(command, vars)
	if j.err = err; err == nil {
		j.commands, j.watch = l.commands(), watchesOf(l, vars)
	} else {
		j.raw = os.Expand(j.raw[:min(len(j.raw), mostValue)], func(name string) string { return vars[name] })
	}
	return j, true
}

// isOften reports whether the job runs several times an hour.
func (j job) isOften() bool {
	first, _ := cutWord(j.schedule)
	return j.schedule == "" || strings.ContainsAny(first, "*,-") || strings.Trim(first, "@0123456789") == "" && first[0] == '@'
}

func everyMinute(schedule string) bool {
	switch schedule {
	case "* * * * *", "*/1 * * * *", "@every_minute":
		return true
	}
	return false
}

// beforePercent returns the command without its standard input, which follows a %. \% is a
// percent sign.
func beforePercent(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '%':
			return b.String()
		case text[i] == '\\' && i+1 < len(text) && text[i+1] == '%':
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}

// splitUser removes the user, which only a system crontab has, and FreeBSD's options -n and
// -q after it. Nothing says which kind of crontab it is. So the first word counts as a user
// only if what follows looks like a command.
func splitUser(command string) (user, rest string) {
	first, behind := cutWord(command)
	if cronOption.Get().MatchString(first) {
		return "", skipOptions(command)
	}
	if _, known := wrappers[first]; known || first == own || noUser.Get().MatchString(first) || shells.Get().MatchString(first) || !userColumn.Get().MatchString(first) {
		return "", command
	}
	next, more := cutWord(skipOptions(behind))
	_, isWrapper := wrappers[next]
	switch {
	case strings.HasPrefix(next, "-"):
	case lookFirst.Get().MatchString(next) && more != "":
		return first, skipOptions(behind)
	case strings.ContainsAny(next, "/=$") && !strings.ContainsAny(next, "<>|&;#"), isWrapper, shells.Get().MatchString(next),
		next != "" && strings.HasPrefix(more, "-") && !cronOption.Get().MatchString(behind[:min(2, len(behind))]):
		return first, skipOptions(behind)
	}
	return "", command
}

func skipOptions(text string) string {
	for {
		first, rest := cutWord(text)
		if !cronOption.Get().MatchString(first) {
			return text
		}
		text = rest
	}
}

func cutWord(text string) (first, rest string) {
	text = strings.TrimLeft(text, " \t")
	i := strings.IndexAny(text, " \t")
	if i < 0 {
		return text, ""
	}
	return text[:i], strings.TrimLeft(text[i:], " \t")
}
