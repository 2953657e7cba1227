// Package cli reads command lines by a grammar: a struct with a field for each command, whose
// flags are the fields of the command's own struct, as in kong.
//
// In addition to kong's tags, a command has
//
//	usage    what follows its name in the help, in several lines if there is a "; "
//	looks    it restarts nothing
//	program  what follows -- is the command line of a program
//
// and a flag or an argument has
//
//	takes    the kind of its value, see Kind
//	choices  all possible values, separated by blanks; anycase: capitals are
//	         accepted, too; refuse and hint: the error for any other value
//	repeats  it may be given more than once
//	nameless no arguments can be given with it
package cli

import (
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// Parser reads command lines.
type Parser struct{ kong *kong.Kong }

// New returns a parser for a pointer to a grammar. vars are the values of ${name} in its
// tags.
func New(grammar any, vars map[string]string) (*Parser, error) {
	k, err := kong.New(grammar, kong.Name("daemon-keeper"), kong.Vars(vars), kong.NoDefaultHelp(),
		kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(readDuration)))
	return &Parser{k}, err
}

func (p *Parser) model() *kong.Application { return p.kong.Model }

// Line is a command line that has been read.
type Line struct {
	Name    string   // of the command
	Command any      // points to its struct; nil if the line was refused
	Looks   bool     // the command restarts nothing, and therefore writes nothing to syslog
	Given   []string // long names of the flags on the line
	Meant   string   // the command that was probably meant, if the first name resembles one
	Program []string // what follows --, if the command takes a program
}

// UsageError is the error for a command line that is refused.
type UsageError struct {
	Message string
	hint    string
}

func (e *UsageError) Error() string { return e.Message }

// Hint says what the user can do.
func (e *UsageError) Hint() string { return e.hint }

// Refuse makes a UsageError.
func Refuse(hint, format string, args ...any) *UsageError {
	return &UsageError{Message: fmt.Sprintf(format, args...), hint: hint}
}

// Parse reads a command line. The name of the command is returned for a refused line, too.
func (p *Parser) Parse(args []string) (Line, error) {
	args = commandFirst(args, p.model())
	if wantsHelp(args) {
		args = append([]string{helpName}, topics(args, p.model())...)
	}
	args, program := beforeProgram(args, p.model())
	if i := slices.IndexFunc(args, notUTF8); i >= 0 { // kong would change it
		return p.refused(args), Refuse("give the daemon's program through a symbolic link with a plain name", "cannot use argument %q: it is not UTF-8", args[i])
	}
	parsed, err := p.kong.Parse(args)
	if err != nil {
		return p.refused(args), parseError(err, named(args, p.model()))
	}
	if err := checkChoices(parsed); err != nil {
		return p.refused(args), err
	}
	line := lineOf(parsed)
	line.Program, line.Meant = program, mistyped(args, p.model())
	return line, nil
}

// ParseFlags reads a line that has only flags. It returns false for any other line, and for a
// line with an error.
func (p *Parser) ParseFlags(args []string) (Line, bool) {
	if slices.ContainsFunc(args, notUTF8) || firstWord(args, valued(p.model())) < len(args) {
		return Line{}, false
	}
	parsed, err := p.kong.Parse(args)
	if err != nil || checkChoices(parsed) != nil {
		return Line{}, false
	}
	return lineOf(parsed), true
}

func lineOf(parsed *kong.Context) Line {
	node := parsed.Selected()
	line := Line{Name: node.Name, Command: node.Target.Addr().Interface(), Looks: node.Tag.Has("looks")}
	for _, part := range parsed.Path {
		if part.Flag != nil {
			line.Given = append(line.Given, part.Flag.Name)
		}
	}
	return line
}

// checkChoices refuses a value that is not one of a flag's choices, and gives the flag its
// default.
func checkChoices(parsed *kong.Context) error {
	for _, part := range parsed.Path {
		f := part.Flag
		if f == nil || !f.Tag.Has("choices") {
			continue
		}
		given := f.Target.String()
		word := given
		if f.Tag.Has("anycase") {
			word = strings.ToLower(word)
		}
		if !slices.Contains(strings.Fields(f.Tag.Get("choices")), word) {
			f.Target.SetString(f.Default)
			return Refuse(f.Tag.Get("hint"), f.Tag.Get("refuse"), given)
		}
	}
	return nil
}

func notUTF8(arg string) bool { return !utf8.ValidString(arg) }

// refused is the result for a line that cannot be used: that of the default command, unless
// the line names a command that only looks.
func (p *Parser) refused(args []string) Line {
	if node := find(named(args, p.model()), p.model()); node.Tag.Has("looks") {
		return Line{Name: node.Name, Looks: true}
	}
	return Line{Name: p.model().Children[0].Name}
}

// beforeProgram splits the arguments of a command that takes a program: what follows --
// belongs to the program, and may contain any bytes.
func beforeProgram(args []string, model *kong.Application) (own, program []string) {
	i := slices.Index(args, "--")
	if i < 0 || !find(named(args, model), model).Tag.Has("program") {
		return args, nil
	}
	return args[:i], args[i+1:]
}

// wantsHelp finds a request for help before the first "--".
func wantsHelp(args []string) bool {
	for _, a := range args {
		switch a {
		case "--":
			return false
		case "-h", "--help":
			return true
		}
	}
	return false
}
