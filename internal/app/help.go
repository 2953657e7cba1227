package app

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"

	"daemon-keeper/internal/report"
)

// helpCommand prints how the program or a command is used.
type helpCommand struct {
	Names []string `arg:"" optional:"" sep:"none" name:"command" takes:"commands"`
}

func (h *helpCommand) run(context.Context, *job) (report.Status, error) {
	var out output
	err := Help(&out, h.Names...)
	return report.OK, cmp.Or(out.err, err)
}

// Help prints a page about the program, or about each command that is named.
func Help(w io.Writer, commands ...string) error {
	p, err := newParser(new(grammar))
	if err != nil {
		return err
	}
	return p.Help(w, commands...)
}

type versionCommand struct{}

func (*versionCommand) run(context.Context, *job) (report.Status, error) {
	var out output
	fmt.Fprintln(&out, "daemon-keeper", version())
	return report.OK, out.err
}

// release is the version of a package. Only the linker sets it: make dist, make packages and
// the FreeBSD port use -X daemon-keeper/internal/app.release=1.2.3.
var release string

// version is the version that the build has recorded, or that of the package.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(unknown)"
	}
	text := info.Main.Version
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && (text == "" || text == "(devel)") {
			text = s.Value
		}
	}
	if release != "" {
		text = release
	}
	return fmt.Sprintf("%s %s %s/%s", text, info.GoVersion, runtime.GOOS, runtime.GOARCH)
}
