package packaging

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"daemon-keeper/internal/config"
)

// The configuration that comes with a package keeps nothing; and what its comments
// show, once it is none, is right.
func TestSample(t *testing.T) {
	text, err := os.ReadFile("daemon-keeper.yaml")
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "daemon-keeper.yaml")
	load := func(text string) (config.Config, error) {
		t.Helper()
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		c, mistakes, err := config.Load(path, config.Options{})
		for _, m := range mistakes {
			t.Error(m)
		}
		return c, err
	}
	if c, err := load(string(text)); err != nil || !c.Blank {
		t.Errorf("as it is: %+v, %v", c, err)
	}
	_, example, ok := strings.Cut(string(text), "\n\n")
	if !ok {
		t.Fatal("it has no example")
	}
	// What is not an example has a blank after its number sign.
	c, err := load(regexp.MustCompile(`(?m)^#(\S|  )`).ReplaceAllString(example, "$1"))
	if err != nil || len(c.Daemons) != 2 || c.Notify.Mail != "root" {
		t.Errorf("without its number signs: %+v, %v", c, err)
	}
}
