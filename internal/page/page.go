// Package page makes a page for a browser from what runs have reported: one file that needs
// nothing else. It reads what daemon-keeper itself prints, reports and histories as JSON, so
// a page of this machine and one of a fleet are made in the same way.
package page

import (
	"bytes"
	"slices"
	"strings"
	"time"
)

// Source is one file: a report, or a history.
type Source struct {
	Host string // the machine that it is about
	Path string // "" if it is not from a file
	Data []byte
	Err  error // why it could not be read
}

// Page is the input of a page.
type Page struct {
	Written time.Time     // its time zone is that of all times in the page
	Limit   time.Duration // the age up to which a report, and the page itself, counts as current
	Sources []Source
}

// Make writes the page. broken are the errors of sources that could not be used; the page
// shows them, too.
func (p Page) Make() (html []byte, broken []error, err error) {
	hosts, broken := p.hosts()
	var b bytes.Buffer
	err = write(&b, newView(p, hosts))
	return b.Bytes(), broken, err
}

// host is one machine.
type host struct {
	name     string
	report   *report  // nil if there is none
	history  *history // nil if there is none
	troubles []string // what could not be used
}

// hosts joins the sources of each machine, in the order of the sources. Nothing is lost: if a
// machine has two reports, both are shown.
func (p Page) hosts() (list []*host, broken []error) {
	byName := make(map[string]*host)
	get := func(name string) *host {
		h := byName[name]
		if h == nil {
			h = &host{name: name}
			byName[name], list = h, append(list, h)
		}
		return h
	}
	for _, s := range p.Sources {
		report, history, err := s.parse()
		h := get(s.Host)
		if report != nil && h.report != nil || history != nil && h.history != nil {
			h = get(s.Host + " (" + s.Path + ")")
		}
		switch {
		case err != nil:
			broken = append(broken, err)
			h.troubles = append(h.troubles, err.Error())
		case report != nil:
			h.report = report
		default:
			h.history = history
		}
	}
	return list, broken
}

// HostOf returns the machine that a file is about: the file's name without its ending.
// Examples: web1.json and web1.history.json are about web1.
func HostOf(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	for _, end := range []string{".json", ".history"} {
		if rest, found := strings.CutSuffix(name, end); found && rest != "" {
			name = rest
		}
	}
	return name
}

// worstFirst sorts hosts by their state, then by how many of their daemons are in trouble,
// then by name.
func worstFirst(hosts []hostView) {
	slices.SortStableFunc(hosts, func(a, b hostView) int {
		if a.State.rank != b.State.rank {
			return a.State.rank - b.State.rank
		}
		if a.ill != b.ill {
			return b.ill - a.ill
		}
		return strings.Compare(a.Name, b.Name)
	})
}
