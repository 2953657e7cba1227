package main

import (
	"path"
	"path/filepath"
	"regexp"
	"strings"
)

// places are where files and folders of the sources are for the reader of a document
// that was installed.
type places map[string]string

// put notes down where a file is, and with it the folders above that have kept their
// depth.
func (p places) put(source, place string) {
	for source != "." && place != "." && source != "/" && place != "/" {
		if _, known := p[source]; !known {
			p[source] = place
		}
		source, place = path.Dir(source), path.Dir(place)
	}
}

// link makes the links of a page, by the name that it has in the sources, lead to what is
// installed; of one that leads to anything else only its text is left.
func (p places) link(source string, page []byte) []byte {
	return regexp.MustCompile(`\[([^]\n]*)\]\(([^)\s]+)\)`).ReplaceAllFunc(page, func(link []byte) []byte {
		text, target, _ := strings.Cut(strings.TrimSuffix(string(link), ")"), "](")
		file, anchor, marked := strings.Cut(target, "#")
		if strings.Contains(target, "://") || file == "" {
			return link
		}
		place, found := p[path.Join(path.Dir(source), file)]
		if !found {
			return []byte(strings.TrimPrefix(text, "["))
		}
		to, err := filepath.Rel("/"+path.Dir(p[source]), "/"+place)
		if err != nil {
			return link
		}
		if marked {
			to += "#" + anchor
		}
		return []byte(text + "](" + filepath.ToSlash(to) + ")")
	})
}

// inPackages are the places of a package: those of its folder of documents, which all
// formats have, and of the schemas and manuals beside it.
func inPackages() (places, error) {
	p := make(places)
	for folder, patterns := range folders {
		below, found := strings.CutPrefix(folder+"/", "doc/")
		if !found {
			continue
		}
		files, err := match(patterns)
		if err != nil {
			return nil, err
		}
		for _, f := range files {
			p.put(f.name, path.Join("usr/share/doc", name, below, path.Base(f.name)))
		}
	}
	schemas, err := match([]string{"docs/*.json"})
	for _, f := range schemas {
		p[f.name] = path.Join("usr/share", name, path.Base(f.name))
	}
	for page, place := range map[string]string{"docs/daemon-keeper.8": "man8", "docs/daemon-keeper.yaml.5": "man5"} {
		p[page] = path.Join("usr/share/man", place, path.Base(page)+".gz")
	}
	return p, err
}
