package importer

import (
	"strings"

	"daemon-keeper/internal/words"
)

// kind is the kind of a file.
type kind int

const (
	unclear kind = iota
	empty        // only comments
	crontab
	monit
)

var (
	// A line of a crontab with its schedule, crontab(5).
	cronLine = words.Pattern{Text: `^[ \t]*([0-9*][0-9*/,~-]*([ \t]+[0-9A-Za-z*][0-9A-Za-z*/,~-]*){4}[ \t]+\S|@[0-9a-z_]+[ \t]+\S)`}

	// A statement that only Monit's control file has.
	monitLine = words.Pattern{Text: `(?i)^[ \t]*(check[ \t]+(process|file|fifo|filesystem|device|directory|host|system|program|network)[ \t]|` +
		`set[ \t]+(daemon|log|logfile|httpd|mailserver|alert|idfile|pidfile|statefile|eventqueue|mmonit|limits|ssl|tls|mail-format|onreboot|init|terminal|fips)\b|` +
		`include[ \t]+["']?/)`}
)

// kindOf decides by the first line that is of a known kind.
func kindOf(text string) kind {
	k := empty
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		switch bare := strings.TrimSpace(line); {
		case bare == "" || bare[0] == '#':
		case cronLine.Get().MatchString(line):
			return crontab
		case monitLine.Get().MatchString(line):
			return monit
		default:
			k = unclear
		}
	}
	return k
}
