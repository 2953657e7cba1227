package realtest

import (
	"io/fs"
	"strings"
	"testing"
)

func TestLayers(t *testing.T) {
	t.Parallel()
	Need(t)
	tree := Tree(t)
	low, high := NewLayer(t), NewLayer(t)
	low.File("/tmp/file", "low", 0o600)
	low.File("/etc/only-low", "low", 0o644)
	high.File("/tmp/file", "high", fs.ModeSetuid|0o755)
	m := Enter(t, tree, low, high)
	for command, want := range map[string]string{
		"cat /tmp/file /etc/only-low": "highlow",
		"stat -c %a /tmp":             "1777\n", // not hidden by the layers' 755
		"stat -c %A:%U /tmp/file":     "-rwsr-xr-x:root\n",
		"stat -c %a /etc":             "755\n",
	} {
		if out := m.Must(t, "sh", "-c", command); out != want {
			t.Errorf("%s: %q, want %q", command, out, want)
		}
	}
}

func TestLayerThatWouldHideTheTree(t *testing.T) {
	t.Parallel()
	Need(t)
	tree := Tree(t)
	for path, want := range map[string]string{
		"/bin/toy":      "cannot lay the folder /bin: in Debian it is not a folder but a link",
		"/var/run/file": "cannot lay the folder /var/run: in Debian",
		"/run/file":     "cannot lay /run: it is a mount inside",
	} {
		l := NewLayer(t)
		l.File(path, "", 0o644)
		if _, err := stack(tree, []*Layer{l}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%s: %v", path, err)
		}
	}
}
