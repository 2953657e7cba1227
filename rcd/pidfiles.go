package rcd

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// PIDFile is a pidfile that a unit or a script names.
type PIDFile struct {
	Path     string
	By       string   // who names it, for people: nginx.service, /etc/init.d/nginx
	Main     int      // the unit's main process; 0 if it has none, or its manager does not know
	Programs []string // what is started, as far as that is told
}

// PIDFiles are those that units and scripts of this machine name. Scripts are read, and not
// run; systemd is asked, if it is there. With an error the list has what could be learned.
func (h Host) PIDFiles(ctx context.Context) ([]PIDFile, error) {
	list := h.scriptPIDFiles()
	_, d, err := h.detect(basic{newSystem(new(Outputs))})
	if s, ok := d.(systemd); ok && err == nil { // nobody else can be asked
		units, err := s.pidFiles(ctx)
		return append(list, units...), err
	}
	return list, nil
}

// maxScripts bounds how many scripts of one folder are read.
const maxScripts = 2000

func (h Host) scriptPIDFiles() []PIDFile {
	dirs := []string{"/etc/init.d", "/etc/rc.d"}
	if h.OS == "freebsd" {
		dirs = []string{"/etc/rc.d", "/usr/local/etc/rc.d"}
	}
	open := scriptsIn(h.Root)
	var list []PIDFile
	for _, dir := range dirs {
		entries, err := os.ReadDir(h.Root + dir)
		if err != nil {
			continue
		}
		for _, e := range entries[:min(len(entries), maxScripts)] {
			path := filepath.Join(dir, e.Name())
			text, ok := open(path)
			if !ok {
				continue
			}
			facts := readScript(e.Name(), text, open)
			for _, file := range facts.pidFiles {
				list = append(list, PIDFile{Path: file, By: path, Programs: executables(h.Root, facts.daemons)})
			}
		}
	}
	return list
}

// pidFiles asks for all units that are loaded, and then for those that have a pidfile.
func (s systemd) pidFiles(ctx context.Context) ([]PIDFile, error) {
	argv := []string{s.systemctl, "show", "--no-pager", "-p", "Id,PIDFile", "--", "*.service"}
	r, err := s.query(ctx, argv)
	if err != nil {
		return nil, err
	}
	if r.status != 0 {
		return nil, fmt.Errorf("cannot list the pidfiles of units: %s", r.failure(argv))
	}
	paths := unitPIDFiles(r.output)
	var list []PIDFile
	for names := range slices.Chunk(slices.Sorted(maps.Keys(paths)), listBatch) {
		answers, err := s.units(ctx, "Id,MainPID,UnitFileState,ExecStart", names...)
		if err != nil {
			return list, err
		}
		for _, name := range names {
			f := PIDFile{Path: paths[name], By: name}
			if p := answers[name]; p != nil {
				if pid, err := strconv.ParseInt(p["MainPID"], 10, 32); err == nil && pid > 0 {
					f.Main = int(pid)
				}
				if program := startedProgram(p["ExecStart"]); program != "" {
					f.Programs = []string{program}
				}
			}
			list = append(list, f)
		}
	}
	if len(r.output) >= mostOutput {
		return list, errors.New("cannot list the pidfiles of all units: there are too many of them")
	}
	return list, nil
}

// unitPIDFiles reads the pidfiles of units, by their names.
func unitPIDFiles(text string) map[string]string {
	paths := make(map[string]string)
	for block := range strings.SplitSeq(text, "\n\n") {
		p := properties(block)
		if filepath.IsAbs(p["PIDFile"]) && strings.HasSuffix(p["Id"], ".service") {
			paths[p["Id"]] = filepath.Clean(p["PIDFile"])
		}
	}
	return paths
}
