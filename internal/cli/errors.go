package cli

import (
	"errors"
	"reflect"
	"strings"

	"daemon-keeper/internal/words"

	"github.com/alecthomas/kong"
)

// kong's error messages. In them a flag is "--since" or "-o, --output".
var (
	kongNoValue  = words.Pattern{Text: `^(?:-., )?(--[a-z-]+)[^:]*: (?:missing value|expected .* value but got "EOL")`}
	kongFlagNext = words.Pattern{Text: `^(?:-., )?(--[a-z-]+)[^:]*: expected .* value but got "(.*)" \(.*perhaps try `}
	kongNoNumber = words.Pattern{Text: `^(?:-., )?(--[a-z-]+)[^:]*: expected a valid [0-9]+ bit u?int but got "(.*)"$`}
	kongSwitch   = words.Pattern{Text: `^(?:-., )?(--[a-z-]+)[^:]*: bool value must be .* but got "(.*)"$`}
	kongNearest  = words.Pattern{Text: `^(unknown flag -[^,]+), did you mean (?:one of )?(.+)\?$`}
)

// parseError translates kong's common errors into our words. Others are passed on unchanged.
func parseError(err error, command string) *UsageError {
	if own := new(UsageError); errors.As(err, &own) {
		return own
	}
	help := "see daemon-keeper help " + command
	text := strings.TrimPrefix(err.Error(), "daemon-keeper: ")
	if m := kongFlagNext.Get().FindStringSubmatch(text); m != nil {
		return Refuse("write "+m[1]+"="+m[2]+" if that is the value", "cannot use %s: its value is missing, for %s looks like a flag", m[1], m[2])
	}
	if m := kongNoValue.Get().FindStringSubmatch(text); m != nil {
		return Refuse(help, "cannot use %s: its value is missing", m[1])
	}
	if m := kongNoNumber.Get().FindStringSubmatch(text); m != nil {
		return Refuse(help, "cannot use %s %q: it is not a number", m[1], m[2])
	}
	if m := kongSwitch.Get().FindStringSubmatch(text); m != nil {
		return Refuse("leave the value out", "cannot use %s=%s: this flag takes no value", m[1], m[2])
	}
	if m := kongNearest.Get().FindStringSubmatch(text); m != nil {
		if near := strings.ReplaceAll(m[2], `"`, ""); strings.HasPrefix(near, "--") { // otherwise it is a single letter, and any other letter would be similar
			help = "did you mean " + near + "? Else " + help
		}
		return Refuse(help, "%s", m[1])
	}
	return Refuse(help, "%s", text)
}

// readDuration lets kong read times, with days and weeks.
func readDuration(k *kong.DecodeContext, target reflect.Value) error {
	var text string
	if err := k.Scan.PopValueInto("duration", &text); err != nil {
		return err
	}
	d, err := words.ParseDuration(text)
	if err != nil {
		return Refuse(words.DurationHint, "cannot use --%s %q: %v", k.Value.Name, text, err)
	}
	target.SetInt(int64(d))
	return nil
}
