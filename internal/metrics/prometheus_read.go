package metrics

import (
	"bytes"
	"strconv"
	"strings"

	"daemon-keeper/internal/words"
)

// countedRestarts reads the counters out of a file that exposition has written, by
// the names of the daemons. Of a file with one line that it could not have written
// nothing is believed: there are none.
func countedRestarts(file []byte) map[string]uint64 {
	counted := make(map[string]uint64)
	for l := range bytes.Lines(file) {
		line, whole := strings.CutSuffix(string(l), "\n")
		if !whole || words.Printable(line) != line || !isOurs(line) {
			return nil
		}
		sample, isCounter := strings.CutPrefix(line, restartsName)
		if !isCounter {
			continue
		}
		name, n, ok := readCounter(sample)
		if _, twice := counted[name]; twice || !ok {
			return nil
		}
		counted[name] = n
	}
	return counted
}

func isOurs(line string) bool {
	for _, comment := range []string{"# HELP ", "# TYPE "} {
		line = strings.TrimPrefix(line, comment)
	}
	return strings.HasPrefix(line, "daemon_keeper_")
}

// readCounter reads what follows the name of the metric. It has to be what would
// be written.
func readCounter(text string) (daemon string, n uint64, ok bool) {
	i := strings.LastIndex(text, "} ")
	if i < 0 {
		return "", 0, false
	}
	label := strings.TrimSuffix(strings.TrimPrefix(text[:i], `{daemon="`), `"`)
	daemon = strings.NewReplacer(`\\`, `\`, `\"`, `"`, `\n`, "\n").Replace(label)
	n, err := strconv.ParseUint(text[i+len("} "):], 10, 64)
	if err != nil || n > mostRestarts || words.Printable(daemon) != daemon {
		return "", 0, false
	}
	var again promFile
	again.sample(restartsName, daemon, sample{value: float64(n)})
	return daemon, n, again.String() == restartsName+text+"\n"
}
