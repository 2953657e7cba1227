package rcd

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
)

// supervisordConf is what is read of supervisord's configuration.
type supervisordConf struct {
	names   map[string]bool // of the programs, as supervisorctl has them
	unsure  map[string]bool // groups that have names which cannot be told from the files
	partial bool            // there may be more programs: a file is too long, or only supervisord can find it
	log     string          // its own log file, absolute; "" if it does not say
}

// The most that is read of it.
const (
	supervisordConfLimit = 1 << 20
	supervisordFiles     = 1000
)

// readSupervisord reads a configuration and what it includes.
func readSupervisord(root, conf string) (supervisordConf, error) {
	text, err := readRegular(root+conf, 0, supervisordConfLimit)
	if err != nil {
		return supervisordConf{}, err
	}
	partial := len(text) == supervisordConfLimit
	sections := parseINI(string(text))
	dir := filepath.Dir(conf)
	var files []string
	for _, pattern := range strings.Fields(sectionOf(sections, "include")["files"]) {
		pattern = strings.ReplaceAll(pattern, "%(here)s", dir)
		if strings.Contains(pattern, "%(") {
			partial = true
			continue
		}
		if !filepath.IsAbs(pattern) {
			pattern = filepath.Join(dir, pattern)
		}
		more, err := filepath.Glob(root + pattern)
		if err != nil {
			return supervisordConf{}, fmt.Errorf("cannot read what %s includes: %s: %w", conf, pattern, err)
		}
		files = append(files, more...)
	}
	if len(files) > supervisordFiles {
		return supervisordConf{}, fmt.Errorf("cannot read what %s includes: it has more than %d files", conf, supervisordFiles)
	}
	for _, file := range files {
		text, err := readRegular(file, 0, supervisordConfLimit)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return supervisordConf{}, err
		}
		partial = partial || len(text) == supervisordConfLimit
		sections = append(sections, parseINI(string(text))...)
	}
	c := supervisordConfOf(sections)
	c.partial = partial
	return c, nil
}

// section is one of an INI file.
type section struct {
	name string
	keys map[string]string
}

// parseINI reads what Python's ConfigParser does, as far as supervisord uses it.
func parseINI(text string) []section {
	var list []section
	for _, parts := range linesOfINI(text) {
		line := strings.Join(parts, " ")
		if name, ok := strings.CutPrefix(line, "["); ok {
			list = append(list, section{strings.TrimSuffix(name, "]"), make(map[string]string)})
			continue
		}
		i := strings.IndexAny(line, "=:")
		if i < 0 || len(list) == 0 {
			continue
		}
		list[len(list)-1].keys[strings.ToLower(strings.TrimSpace(line[:i]))] = strings.TrimSpace(line[i+1:])
	}
	return list
}

// linesOfINI leaves out comments: lines that begin with ; or #, and what stands behind a ; that
// follows white space. A value goes on in lines that are indented, which are parts of its line.
func linesOfINI(text string) [][]string {
	var lines [][]string
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(strings.ReplaceAll(line, "\t", " "), " ;")
		isIndented := strings.HasPrefix(line, " ")
		line = strings.TrimSpace(line)
		last := len(lines) - 1
		switch {
		case line == "" || strings.ContainsAny(line[:1], ";#"):
		case isIndented && last >= 0 && !strings.HasPrefix(lines[last][0], "["):
			lines[last] = append(lines[last], line)
		default:
			lines = append(lines, []string{line})
		}
	}
	return lines
}

func sectionOf(sections []section, name string) map[string]string {
	for _, s := range sections {
		if s.name == name {
			return s.keys
		}
	}
	return nil
}

// supervisordConfOf tells the programs' names: PROGRAM, or GROUP:PROCESS where a group has
// another name than its process.
func supervisordConfOf(sections []section) supervisordConf {
	c := supervisordConf{names: make(map[string]bool), unsure: make(map[string]bool)}
	if log := sectionOf(sections, "supervisord")["logfile"]; filepath.IsAbs(log) && !strings.Contains(log, "%(") {
		c.log = log
	}
	groups := make(map[string]string)
	for _, s := range sections {
		if group, ok := strings.CutPrefix(s.name, "group:"); ok {
			for program := range strings.SplitSeq(s.keys["programs"], ",") {
				groups[strings.TrimSpace(program)] = group
			}
		}
	}
	for _, s := range sections {
		kind, program, ok := strings.Cut(s.name, ":")
		if !ok || kind != "program" && kind != "fcgi-program" && kind != "eventlistener" {
			continue
		}
		group, isGrouped := groups[program]
		if !isGrouped {
			group = program
		}
		if !c.add(group, program, s.keys) {
			c.unsure[group] = true
		}
	}
	return c
}

// mostProcesses is more than anybody has of one program.
const mostProcesses = 10_000

// add adds the processes of a program, and reports whether their names could be told.
func (c *supervisordConf) add(group, program string, keys map[string]string) bool {
	number := func(key string, none int) (int, bool) {
		if keys[key] == "" {
			return none, true
		}
		n, err := strconv.Atoi(keys[key])
		return n, err == nil && n >= 0 && n <= mostProcesses
	}
	count, countOK := number("numprocs", 1)
	first, firstOK := number("numprocs_start", 0)
	if !countOK || !firstOK {
		return false
	}
	pattern := keys["process_name"]
	if pattern == "" {
		pattern = "%(program_name)s"
	}
	for i := range count {
		name, ok := expandProcess(pattern, group, program, first+i)
		if !ok {
			return false
		}
		if name != group {
			name = group + ":" + name
		}
		c.names[name] = true
	}
	return true
}

// expandProcess is a process_name with what supervisord puts into it.
func expandProcess(pattern, group, program string, number int) (string, bool) {
	name := strings.NewReplacer("%(program_name)s", program, "%(group_name)s", group).Replace(pattern)
	before, rest, found := strings.Cut(name, "%(process_num)")
	if !found {
		return name, !strings.Contains(name, "%(")
	}
	digits := strings.TrimLeft(rest, "0123456789")
	format := rest[:len(rest)-len(digits)]
	if digits == "" || digits[0] != 'd' && digits[0] != 's' || len(format) > 3 {
		return "", false
	}
	name = before + fmt.Sprintf("%"+format+"d", number) + digits[1:]
	return name, !strings.Contains(name, "%(")
}
