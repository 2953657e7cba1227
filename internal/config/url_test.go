package config

import "testing"

func TestReadURL(t *testing.T) {
	for text, good := range map[string]bool{
		"https://status.example.org/daemons.html": true, "http://10.0.0.1:8080/": true, "https://example.org": true, "http://[::1]/x?a=b#c": true,
		"": false, "status.example.org": false, "ftp://example.org/": false, "file:///x.html": false, "javascript:alert(1)": false, "https://": false, "https:///x": false,
		"https://user:secret@example.org/": false, "https://example.org/a b": false, "https://example.org/\nBcc: x": false, "https://example.org/<x>": false, "https://example.org/%zz": false,
	} {
		if _, wrong := readURL(text); (wrong == nil) != good {
			t.Errorf("%q: %v, want good %v", text, wrong, good)
		}
	}
}
