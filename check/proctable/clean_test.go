package proctable

import "testing"

// What the modules put behind a context is not part of it.
func TestCleanLabel(t *testing.T) {
	for text, want := range map[string]string{
		"system_u:system_r:init_t:s0\x00": "system_u:system_r:init_t:s0",
		"/usr/sbin/cupsd (enforce)\n":     "/usr/sbin/cupsd (enforce)",
		"unconfined\n":                    "unconfined",
		"_\x00\n":                         "_",
		"System":                          "System",
		"a b ":                            "a b ",
		"\n":                              "",
		"":                                "",
	} {
		if got := CleanLabel([]byte(text)); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func FuzzCleanLabel(f *testing.F) {
	f.Add("system_u:system_r:init_t:s0\x00")
	f.Add("/usr/sbin/cupsd (enforce)\n")
	f.Fuzz(func(t *testing.T, context string) {
		if clean := CleanLabel([]byte(context)); CleanLabel([]byte(clean)) != clean || CleanLabel([]byte(clean+"\x00")) != clean || CleanLabel([]byte(clean+"\n")) != clean {
			t.Errorf("the context %q becomes %q", context, clean)
		}
	})
}
