package importer

import (
	"slices"
	"strconv"
	"strings"
)

// test reads [ -z "$(pidof x)" ], [ $(pgrep -c x) -eq 0 ], [ -d /proc/$(cat PIDFILE) ] and
// [ -e PIDFILE ], and their opposites.
func (r lookReader) test(words []word) (look, bool) {
	words = slices.DeleteFunc(slices.Clone(words), func(w word) bool { return w.text == "]" || w.text == "]]" })
	turned := false
	for len(words) > 0 && words[0].text == "!" {
		words, turned = words[1:], !turned
	}
	k, ok := look{}, false
	switch len(words) {
	case 1:
		k, ok = r.within(words[0])
	case 2:
		k, ok = r.unary(words[0].text, words[1])
	case 3:
		k, ok = r.compared(words[0], words[1].text, words[2])
	}
	k.ifDown = k.ifDown != turned
	return k, ok
}

// within reads a look inside of a test: it has output while the daemon is up.
func (r lookReader) within(w word) (look, bool) {
	inner := inside(w.unread)
	if inner == "" || r.depth == 0 {
		return look{}, false
	}
	l, err := readList(inner, r.vars)
	if err != nil {
		return look{}, false
	}
	runs := l.runs
	if len(runs) == 0 || len(runs) > 2 { // the second of two is something like "|| true"
		return look{}, false
	}
	return lookReader{r.vars, r.depth - 1}.pipeline(runs[0])
}

func (r lookReader) unary(operator string, w word) (look, bool) {
	switch operator {
	case "-n", "-z":
		k, ok := r.within(w)
		k.ifDown = k.ifDown != (operator == "-z")
		return k, ok
	case "-d", "-e", "-f", "-s", "-r":
		file := w.text
		if w.unread != "" {
			if file = ""; strings.HasPrefix(w.text, "/proc/") {
				file = r.catOf(w.unread)
			}
		} else if !strings.HasSuffix(file, ".pid") {
			file = ""
		}
		return look{pidfile: file}, file != ""
	}
	return look{}, false
}

// compared reads $(...) OPERATOR VALUE, in either order.
func (r lookReader) compared(left word, operator string, right word) (look, bool) {
	k, ok := r.within(left)
	value := right
	if !ok {
		if k, ok = r.within(right); !ok {
			return k, false
		}
		value = left
		operator = strings.NewReplacer("-lt", "-gt", "-le", "-ge", "-gt", "-lt", "-ge", "-le").Replace(operator)
	}
	n, err := strconv.Atoi(value.text)
	switch {
	case value.unread != "":
		k.unread = value.unread
	case err != nil:
		return k, k.says(operator, value.text)
	}
	floor := 0
	if k.itself {
		floor = 1
	}
	down := false // it succeeds if the daemon is down
	switch operator {
	case "-eq", "=", "==":
		down = n <= floor
	case "-ne", "!=":
		down = n > floor
	case "-lt", "-le", "<":
		down = true
	case "-gt", "-ge", ">":
	default:
		return look{}, false
	}
	if n > floor+1 {
		k.itself = false // the number may already take that into account
		k.notes = append(k.notes, "not carried over: "+operator+" "+strconv.Itoa(n)+", see count:")
	}
	k.ifDown = k.ifDown != down
	return k, true
}

// says reads = active, and x$(pidof y) = x.
func (k *look) says(operator, text string) bool {
	down := saysDown.Get().MatchString(text)
	if k.service == "" {
		down = true // the output for a daemon that is up is unknown
	}
	switch operator {
	case "=", "==":
		k.ifDown = down
	case "!=":
		k.ifDown = !down
	default:
		return false
	}
	return true
}
