package page

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"io"
	"time"
)

//go:embed page.html
var source string

//go:embed page.css
var css string

//go:embed page.js
var script string

// moment is the layout of times.
const moment = "Mon 2 Jan 2006 15:04 MST"

// write parses the template when it is needed: a run that makes no page pays nothing for it.
func write(w io.Writer, v view) error {
	t, err := template.New("page").Funcs(template.FuncMap{
		"stamp": func(t time.Time) string { return t.UTC().Format(time.RFC3339) },
		"when":  func(t time.Time) string { return t.In(v.Written.Location()).Format(moment) },
		"clock": func(t time.Time) string { return t.In(v.Written.Location()).Format("15:04:05 MST") },
	}).Parse(source)
	if err != nil {
		return err
	}
	return t.Execute(w, v)
}

// look is the part of a page that is always the same. The policy allows no other scripts and
// styles, and no requests.
type look struct {
	Style, Script template.HTML
	Policy        string
}

func newLook() *look {
	return &look{
		Style:  template.HTML("<style>" + css + "</style>"),
		Script: template.HTML("<script>" + script + "</script>"),
		Policy: "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; style-src '" + hash(css) + "'; script-src '" + hash(script) + "'",
	}
}

// hash returns a hash of an element's content, by which Content-Security-Policy allows it.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "sha256-" + base64.StdEncoding.EncodeToString(sum[:])
}
