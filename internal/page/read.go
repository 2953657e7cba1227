package page

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"time"

	"daemon-keeper/internal/words"
)

const (
	// MostBytes is the size limit of a report in bytes: far more than thousands of daemons
	// need.
	MostBytes = 8 << 20
	// mostDepth is how deep objects may be nested; ours have six levels.
	mostDepth = 32
	// version is the only known version of the report and of the history.
	version = 1
)

// The fields that a page shows, as the schemas in docs describe them. They are not the types of
// package report, for three reasons. A report comes from another host and another version: what
// no page shows must not make it unusable. A length of time is a number of seconds there, which
// package json does not read into a time.Duration. And a page needs a third of the fields.
type (
	report struct {
		Command  string    `json:"command"`
		Time     time.Time `json:"time"`
		Mistakes []mistake `json:"mistakes"`
		Daemons  []daemon  `json:"daemons"`
	}
	mistake struct {
		Error string `json:"error"`
		Hint  string `json:"hint"`
	}
	daemon struct {
		Name      string    `json:"name"`
		Result    string    `json:"result"`
		Hold      string    `json:"hold"`
		Paused    string    `json:"paused"`
		NextTry   time.Time `json:"next_try"`
		DownSince time.Time `json:"down_since"`
		Reason    string    `json:"reason"`
		Hint      string    `json:"hint"`
		Trouble   string    `json:"trouble"`
		words.Blame
		Notices []string `json:"notices"`
		Steps   []step   `json:"steps"`
	}
	step struct {
		Verb    string `json:"verb"`
		Service string `json:"service"`
		Error   string `json:"error"`
	}
	history struct {
		From    time.Time `json:"from"`
		To      time.Time `json:"to"`
		Lost    int       `json:"unreadable_lines"`
		Daemons []past    `json:"daemons"`
	}
	past struct {
		Name         string     `json:"name"`
		KnownFrom    time.Time  `json:"known_from"`
		KnownTo      time.Time  `json:"known_to"`
		Availability *float64   `json:"availability_percent"`
		Deaths       int        `json:"deaths"`
		Incidents    []incident `json:"incidents"`
	}
	incident struct {
		Down     time.Time `json:"down"`
		UnderWay bool      `json:"under_way"`
		Seconds  float64   `json:"seconds"`
		Held     float64   `json:"held_seconds"`
		Death    bool      `json:"death"`
		Reason   string    `json:"reason"`
		words.Blame
		Outcome string `json:"outcome"`
		Tries   int    `json:"tries"`
	}
)

// sourceError says which source cannot be used, and why.
type sourceError struct {
	name  string
	cause error
}

func (e *sourceError) Error() string {
	return fmt.Sprintf("cannot use %s: %v", words.Printable(e.name), e.cause)
}

func (e *sourceError) Unwrap() error { return e.cause }

// Hint says what the user can do.
func (*sourceError) Hint() string {
	return "a report is made by daemon-keeper status -o json, and a history by daemon-keeper history --since 90d -o json"
}

var (
	errEmpty   = errors.New("it is empty")
	errDeep    = errors.New("it is nested too deeply for a report")
	errReport  = errors.New("it is JSON, but not a report or a history of daemon-keeper")
	errVersion = errors.New("it is from another version of daemon-keeper, which this one cannot read")
)

// parse reads a source, which may contain anything. Unless there is an error, exactly one of
// the two results is not nil.
func (s Source) parse() (*report, *history, error) {
	r, h, err := parse(s.Data)
	if s.Err != nil {
		err = s.Err
	}
	if err != nil {
		name := s.Path
		if name == "" {
			name = "what is told of " + s.Host
		}
		return nil, nil, &sourceError{name, err}
	}
	return r, h, nil
}

func parse(data []byte) (*report, *history, error) {
	switch {
	case len(data) == 0:
		return nil, nil, errEmpty
	case len(data) > MostBytes:
		return nil, nil, fmt.Errorf("it is longer than %d MiB", MostBytes>>20)
	case depth(data) > mostDepth:
		return nil, nil, errDeep
	}
	var head struct {
		Version *int            `json:"version"`
		Command *string         `json:"command"`
		Daemons json.RawMessage `json:"daemons"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, nil, jsonFault(err)
	}
	switch {
	case head.Version == nil, head.Command == nil, head.Daemons == nil:
		return nil, nil, errReport
	case *head.Version != version:
		return nil, nil, errVersion
	}
	if *head.Command == "history" {
		h := new(history)
		if err := json.Unmarshal(data, h); err != nil {
			return nil, nil, jsonFault(err)
		}
		return nil, h, nil
	}
	r := new(report)
	if err := json.Unmarshal(data, r); err != nil {
		return nil, nil, jsonFault(err)
	}
	if r.Time.IsZero() {
		return nil, nil, errReport
	}
	return r, nil, nil
}

// jsonFault describes what is wrong with the JSON, and where.
func jsonFault(err error) error {
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return fmt.Errorf("it is not JSON from byte %d on: it may be cut off", syntax.Offset)
	}
	var kind *json.UnmarshalTypeError
	if errors.As(err, &kind) && kind.Field == "" {
		return errors.New("it is JSON, but not an object")
	}
	if kind != nil {
		want := kind.Type.String()
		if kind.Type.Kind() == reflect.String { // words.Certainty is a string to people
			want = "string"
		}
		field := strings.ReplaceAll(kind.Field, "Blame.", "") // package json names the embedded struct, too
		return fmt.Errorf("%s is not a %s there", words.Printable(field), want)
	}
	return fmt.Errorf("a value is not as in a report: %s", words.Cut(words.Printable(err.Error()), 200))
}

// depth returns how deep objects and lists are nested. For text that is not JSON the result
// is arbitrary.
func depth(data []byte) int {
	now, deepest, text := 0, 0, false
	for i := 0; i < len(data); i++ {
		switch c := data[i]; {
		case text && c == '\\':
			i++
		case c == '"':
			text = !text
		case text:
		case c == '{', c == '[':
			now++
			deepest = max(deepest, now)
		case c == '}', c == ']':
			now--
		}
	}
	return deepest
}
