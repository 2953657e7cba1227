package state

import "testing"

// What is true of the machine is said once, and again when it is true again.
func TestIsNews(t *testing.T) {
	s, err := OpenStore(t.TempDir() + "/state")
	if err != nil {
		t.Fatal(err)
	}
	for i, tc := range []struct {
		text string
		news bool
	}{{"", false}, {"no tracefs", true}, {"no tracefs", false}, {"locked", true}, {"", false}, {"locked", true}, {"locked", false}} {
		if got := s.IsNews("x", tc.text); got != tc.news {
			t.Errorf("%d: %q is news: %v", i, tc.text, got)
		}
	}
}
