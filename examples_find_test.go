package main

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// example is a block of a document that can be pasted, or a piece of code in a sentence.
type example struct {
	kind string // as Markdown's fences name it; "" if there is no name; "span" in a sentence
	line int    // of its first line
	text string
}

// fromMarkdown finds the fenced and the indented blocks, and what stands in backquotes.
func fromMarkdown(text string) (found []example) {
	prose := ""
	kind, inside, blank := "", false, true
	for n, line := range strings.Split(text, "\n") {
		fence, isFence := strings.CutPrefix(line, "```")
		indented := !inside && strings.HasPrefix(line, "    ") && (blank || len(found) > 0 && found[len(found)-1].kind == "indented")
		switch {
		case isFence && !inside:
			kind, inside = fence, true
			found = append(found, example{kind: kind, line: n + 2})
		case isFence:
			inside = false
		case inside:
			found[len(found)-1].text += line + "\n"
		case indented:
			found = append(found, example{kind: "indented", line: n + 1, text: strings.TrimSpace(line) + "\n"})
		}
		if isFence || inside || indented {
			line = ""
		}
		prose += line + "\n"
		blank = line == ""
	}
	for _, m := range regexp.MustCompile("`[^`]+`").FindAllStringIndex(prose, -1) {
		found = append(found, example{kind: "span", line: 1 + strings.Count(prose[:m[0]], "\n"), text: strings.ReplaceAll(prose[m[0]+1:m[1]-1], "\n", " ")})
	}
	return found
}

var (
	manualBlock = regexp.MustCompile(`(?ms)^\.Bd [^\n]*\n(.*?)^\.Ed$`)
	manualLine  = regexp.MustCompile(`(?m)^\.(Dl|Li|Cm) (.*)$`)
	mapping     = regexp.MustCompile(`^[a-z_]+:(\s|$)`)
)

// fromManual finds what .Bd, .Dl, .Li and .Cm show.
func fromManual(text string) (found []example) {
	at := func(offset int) int { return 1 + strings.Count(text[:offset], "\n") }
	plain := func(s string) string {
		return strings.NewReplacer(`\&`, "", `\e`, `\`, `\-`, "-").Replace(s)
	}
	for _, m := range manualLine.FindAllStringSubmatchIndex(text, -1) {
		macro, line := text[m[2]:m[3]], plain(text[m[4]:m[5]])
		e := example{line: at(m[0]), text: line}
		if macro != "Dl" {
			e.kind, e.text = "span", regexp.MustCompile(`( [.,;:()])+$`).ReplaceAllString(line, "")
		}
		found = append(found, e)
	}
	for _, m := range manualBlock.FindAllStringSubmatchIndex(text, -1) {
		e := example{line: at(m[2]), text: plain(text[m[2]:m[3]])}
		if mapping.MatchString(e.text) {
			e.kind = "yaml"
		}
		found = append(found, e)
	}
	return found
}

// lines are those that a person would paste: in a session those behind a prompt.
func (e example) lines() (lines []string) {
	prompt := e.text[:min(2, len(e.text))] // that of the first line: what is printed may begin with the other
	for line := range strings.Lines(strings.ReplaceAll(e.text, "\\\n", " ")) {
		line = strings.TrimSuffix(line, "\n")
		if e.kind == "console" && !strings.HasPrefix(line, prompt) {
			continue // what a command has printed
		}
		lines = append(lines, line)
	}
	return lines
}

// crontab are the lines that run something at a time.
func (e example) crontab() (lines []string) {
	for _, line := range e.lines() {
		if strings.HasPrefix(line, "* ") || e.kind == "crontab" && !regexp.MustCompile(`^(#|\w+=|$)`).MatchString(line) {
			lines = append(lines, line)
		}
	}
	return lines
}

// commands are the arguments of each daemon-keeper that is run.
func (e example) commands() (found [][]string) {
	switch e.kind {
	case "yaml":
		for _, m := range regexp.MustCompile(`(?m)^ +[a-z.]+: (/\S+/daemon-keeper .*)$`).FindAllStringSubmatch(e.text, -1) {
			found = append(found, keeperCommands(m[1])...) // Ansible's
		}
		return found
	case "", "span", "sh", "console", "crontab", "indented", "ini":
	default:
		return nil
	}
	for _, line := range e.lines() {
		if e.kind == "console" || e.kind == "" {
			line = regexp.MustCompile(`^[#$] `).ReplaceAllString(line, "")
		}
		line = regexp.MustCompile(`^(ExecStart=)?(([-*/,0-9]+[ \t]+){5}(-[nq]+ |root )*)?`).ReplaceAllString(line, "")
		found = append(found, keeperCommands(line)...)
	}
	for n, c := range found {
		if e.kind == "span" && len(c) > 1 && c[len(c)-1] == "--" {
			found[n] = c[:len(c)-1] // what stands in front of something
		}
		for i, word := range c {
			if e.kind == "span" && slices.Contains([]string{"FILE", "PATH"}, word) {
				c[i] = "/" + word + ".prom" // the reader puts a path there; Prometheus' must end so
			}
		}
	}
	return found
}

// keeperCommands splits a line of a shell, and gives the arguments of each daemon-keeper
// in it: the first word of a command, a full path behind another one that runs it, or
// the beginning of a quoted command.
func keeperCommands(line string) (found [][]string) {
	for _, command := range shellCommands(line) {
		for i, word := range command {
			runs := i == 0 && word == "daemon-keeper" || path.IsAbs(word) && path.Base(word) == "daemon-keeper" && !removes(command[0])
			if i > 0 && strings.HasPrefix(word, "daemon-keeper ") {
				found = append(found, keeperCommands(word)...)
				break
			}
			if runs {
				args := command[i+1:]
				if i > 0 && len(args) > 0 && args[0] == "--" {
					args = args[1:] // the end of the other's own flags
				}
				found = append(found, args)
				break
			}
		}
	}
	return found
}

// removes reports whether a program handles files, and runs none.
func removes(program string) bool {
	return strings.Contains(" rm ls cp mv ln install chmod chown editor vi kill test stat ", " "+program+" ")
}

var (
	shellWord  = regexp.MustCompile(`^(?:[^\s'"|&;<>()#\\]|\\.|'[^']*'|"(?:[^"\\]|\\.)*"|\$\([^)]*\)|#)+`)
	assignment = regexp.MustCompile(`^\w+=`)
	redirect   = regexp.MustCompile(`^\d*(?:>>?|<)&?\s*\S+`)
)

// shellCommands are the words of each simple command, without assignments, redirections
// and those that only change the user.
func shellCommands(line string) (commands [][]string) {
	var words []string
	end := func() {
		if len(words) > 0 {
			commands = append(commands, words)
		}
		words = nil
	}
	for line != "" {
		switch {
		case strings.ContainsRune(" \t\n", rune(line[0])):
			line = line[1:]
			continue
		case line[0] == '#':
			line = ""
			continue
		case redirect.MatchString(line):
			line = line[len(redirect.FindString(line)):]
			continue
		case strings.ContainsRune("|&;()<>\\'\"", rune(line[0])) && !shellWord.MatchString(line):
			end()
			line = line[1:]
			continue
		}
		word := shellWord.FindString(line)
		line = line[len(word):]
		if len(words) > 0 || !assignment.MatchString(word) && word != "sudo" && word != "doas" {
			words = append(words, unquoted(word))
		}
	}
	end()
	return commands
}

func unquoted(word string) string {
	return regexp.MustCompile(`(?s)'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)`).ReplaceAllString(word, "$1$2$3")
}
