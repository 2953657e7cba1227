package golden

import "testing"

func TestTitle(t *testing.T) {
	for name, want := range map[string]string{
		"a start": "a start", `it's "so" \n`: `it's "so" \n`, "a\nb": `"a\nb"`, " x": `" x"`, "": `""`, "日本": "日本", "\xff": `"\xff"`,
	} {
		if got := title(name); got != want {
			t.Errorf("%q: %s", name, got)
		}
	}
}
