package rcd

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// Templates, and units that are only spoken of, cannot be started.
func TestStartable(t *testing.T) {
	const text = "cron.service enabled enabled\nplant@.service static -\nsyslog.service not-found inactive dead syslog.service\n" +
		"plant@one.service loaded active running The plant\n\nx.socket enabled\n"
	if got := startable(text); !slices.Equal(got, []string{"cron", "plant@one"}) {
		t.Errorf("%q", got)
	}
}

func TestNamesOfScripts(t *testing.T) {
	root := t.TempDir()
	for _, name := range []string{"README", "toy", "bad name", "cron"} {
		path := filepath.Join(root, "etc/init.d", name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got, err := on(sysv{root: root}, nil).Names(t.Context())
	if err != nil || !slices.Equal(got, []string{"cron", "toy"}) {
		t.Errorf("%q, %v", got, err)
	}
}
