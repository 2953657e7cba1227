package notify

import (
	"strings"
	"testing"

	"daemon-keeper/internal/words"
)

func TestLink(t *testing.T) {
	const url = "https://status.example.org/daemons.html"
	m := Compose("mx", []Item{{Name: "clamd", Event: words.Begin}})
	plain := m.Text
	if got := m.WithLink(""); got.Text != plain || got.Env["KEEPER_PAGE"] != "" {
		t.Error("there is a link, and none is configured")
	}
	got := m.WithLink(url)
	if !strings.HasSuffix(got.Text, "\nThe page: "+url+"\n") || got.Env["KEEPER_PAGE"] != url {
		t.Errorf("KEEPER_PAGE=%s in\n%s", got.Env["KEEPER_PAGE"], got.Text)
	}
	if got := (Message{}).WithLink(url); got.Text != "" {
		t.Error("nothing happened, and there is a text")
	}
}
