package packaging

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// portOrder is the order of the port's variables, by line their sections, which the
// Porter's Handbook, chapter 15, and so portlint want.
const portOrder = `PORTNAME DISTVERSION CATEGORIES MASTER_SITES DISTNAME
MAINTAINER COMMENT WWW
LICENSE LICENSE_FILE
NOT_FOR_ARCHS NOT_FOR_ARCHS_REASON
USES
CGO_ENABLED GO_BUILDFLAGS GO_TARGET
SUB_FILES`

// port is the port's Makefile: its variables, and the commands that install files.
func port(t *testing.T) (variables map[string]string, commands [][]string) {
	t.Helper()
	assignment := regexp.MustCompile(`^([A-Z_]+)=(\t+)(\S.*)$`)
	variables = make(map[string]string)
	var order strings.Builder
	for i, line := range lines(t, "freebsd/Makefile") {
		a := assignment.FindStringSubmatch(line)
		switch {
		case a != nil:
			if column := (len(a[1])+1)/8 + len(a[2]); column != 2 && len(a[1]) < 12 {
				t.Errorf("line %d: the value of %s stands in column %d", i+1, a[1], column*8)
			}
			order.WriteString(" " + a[1])
			variables[a[1]] = a[3]
		case line == "":
			order.WriteString("\n")
		case strings.HasPrefix(line, "\t"):
			commands = append(commands, strings.Fields(line))
		case line != "post-install:" && line != ".include <bsd.port.mk>":
			t.Errorf("line %d: %q is neither a variable nor a command", i+1, line)
		}
	}
	got := strings.ReplaceAll(strings.TrimSpace(order.String()), "\n ", "\n")
	if got != portOrder {
		t.Errorf("the order is\n%s\nnot\n%s", got, portOrder)
	}
	return variables, commands
}

// lines are a file's. portlint wants no blanks at their ends.
func lines(t *testing.T, path string) []string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	list := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	for i, line := range list {
		if strings.TrimRight(line, " \t") != line {
			t.Errorf("%s:%d: blanks at its end", path, i+1)
		}
	}
	if list[len(list)-1] == "" {
		t.Errorf("%s ends with an empty line", path)
	}
	return list
}

// The port's texts are as portlint wants them.
func TestPortTexts(t *testing.T) {
	variables, _ := port(t)
	comment := variables["COMMENT"]
	if len(comment) > 70 || !regexp.MustCompile(`^[A-Z].*[^.]$`).MatchString(comment) ||
		regexp.MustCompile(`^(An?|The) `).MatchString(comment) || strings.Contains(comment, variables["PORTNAME"]) {
		t.Errorf("the comment is %q", comment)
	}
	if !strings.HasSuffix(variables["MASTER_SITES"], "/") {
		t.Error("MASTER_SITES does not end with /")
	}
	description := lines(t, "freebsd/pkg-descr")
	for i, line := range description {
		if len(line) > 80 {
			t.Errorf("pkg-descr:%d: longer than 80 columns", i+1)
		}
	}
	if len(description) < 3 || len(description) > 24 {
		t.Errorf("pkg-descr has %d lines", len(description))
	}
	message := strings.Join(lines(t, "freebsd/files/pkg-message.in"), "\n")
	if !regexp.MustCompile(`(?s)^\[\n\{ type: install\n  message: <<EOM\n.*\nEOM\n\}\n\{ type: remove\n  message: <<EOM\n.*\nEOM\n\}\n\]$`).MatchString(message) {
		t.Errorf("pkg-message.in is not a list of messages in UCL:\n%s", message)
	}
	// As the README has it, but for the prefix.
	if !strings.Contains(message, "\n\t* * * * * -n %%PREFIX%%/sbin/daemon-keeper\n") {
		t.Error("pkg-message.in has no line for the crontab")
	}
}

// pkg-plist names what the Makefile installs, all of it from files that there are.
func TestPortPlist(t *testing.T) {
	variables, commands := port(t)
	_, program, ok := strings.Cut(variables["GO_TARGET"], ":${PREFIX}/")
	if !ok {
		t.Fatalf("GO_TARGET is %q", variables["GO_TARGET"])
	}
	installed := []string{program}
	made := []string{"share/man/man5", "share/man/man8", "etc"} // by mtree
	short := strings.NewReplacer("${STAGEDIR}${PREFIX}/", "", "${STAGEDIR}${DATADIR}", "%%DATADIR%%")
	for _, c := range commands {
		to := short.Replace(c[len(c)-1])
		if c[0] == "${MKDIR}" {
			made = append(made, to)
			continue
		}
		from := strings.TrimPrefix(c[1], "${WRKSRC}")
		if _, err := os.Stat(".." + from); err != nil || from == c[1] {
			t.Errorf("%q: %v", c, err)
		}
		if !slices.Contains(made, filepath.Dir(to)) {
			t.Errorf("nobody makes the folder of %s", to)
		}
		switch {
		case c[0] == "${INSTALL_MAN}":
			to += ".gz" // the ports compress them
		case c[0] == "${INSTALL_SCRIPT}" && len(c) == 3:
		case c[0] != "${INSTALL_DATA}" || len(c) != 3:
			t.Errorf("%q installs nothing that is known", c)
		case strings.HasSuffix(to, ".sample"):
			to = "@sample " + to
		}
		installed = append(installed, to)
	}
	for _, dir := range made {
		// One that stays empty, pkg must be told of.
		if !slices.ContainsFunc(installed, func(f string) bool { return strings.Contains(f, dir+"/") }) {
			installed = append(installed, "@dir "+dir)
		}
	}
	listed := lines(t, "freebsd/pkg-plist")
	slices.Sort(installed)
	slices.Sort(listed)
	if !slices.Equal(installed, listed) {
		t.Errorf("the Makefile installs\n%s\nand the list has\n%s", strings.Join(installed, "\n"), strings.Join(listed, "\n"))
	}
}
