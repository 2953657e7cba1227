// Generate writes the completions of the shells into a folder.
package main

import (
	"fmt"
	"os"
	"path/filepath"

	"daemon-keeper/internal/cli"
	"daemon-keeper/internal/completion"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate FOLDER")
		os.Exit(2)
	}
	if err := write(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "generate:", err)
		os.Exit(1)
	}
}

func write(folder string) error {
	outline, err := cli.Model(cli.Defaults{})
	if err != nil {
		return err
	}
	files, err := completion.Files(outline)
	if err != nil {
		return err
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
