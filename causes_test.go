package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// The causes are a closed list, and all of them are in the documents, for whoever counts deaths.
func TestCausesAreAClosedList(t *testing.T) {
	all := causesOf(t, "internal/words")
	if len(all) < 9 {
		t.Fatalf("found %q", all)
	}
	for _, file := range []string{"packaging/prometheus/README.md", "docs/why.md"} {
		page := read(t, file)
		for _, c := range all {
			if !strings.Contains(page, "`"+c+"`") {
				t.Errorf("%s does not have %q", file, c)
			}
		}
	}
	for _, file := range []string{"docs/daemon-keeper.why.schema.json", "docs/daemon-keeper.8"} {
		page := read(t, file)
		for _, c := range all {
			if !strings.Contains(page, c) {
				t.Errorf("%s does not have %q", file, c)
			}
		}
	}
}

// causesOf are the constants of the type Cause in a folder's package.
func causesOf(t *testing.T, folder string) []string {
	t.Helper()
	names, err := filepath.Glob(folder + "/*.go")
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok {
				return true
			}
			if typ, ok := spec.Type.(*ast.Ident); ok && typ.Name == "Cause" && len(spec.Values) == 1 {
				if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
					text, err := strconv.Unquote(lit.Value)
					if err != nil {
						t.Fatal(err)
					}
					list = append(list, text)
				}
			}
			return true
		})
	}
	return list
}
