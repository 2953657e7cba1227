package check

import (
	"strings"
	"testing"
)

// The context of a process is told by its whole, by SELinux's type, or by
// AppArmor's profile.
func TestHasLabel(t *testing.T) {
	const mls = "system_u:system_r:sshd_t:s0-s15:c0.c1023"
	for _, tc := range []struct {
		name, context, wanted string
		want                  bool
	}{
		{"SELinux's whole context", "system_u:system_r:init_t:s0", "system_u:system_r:init_t:s0", true},
		{"SELinux's type", "system_u:system_r:init_t:s0", "init_t", true},
		{"SELinux's type where there are no levels", "system_u:system_r:init_t", "init_t", true},
		{"the type, with a range of levels and categories", mls, "sshd_t", true},
		{"the whole context, with a range", mls, mls, true},
		{"the context without its range", mls, "system_u:system_r:sshd_t", false},
		{"SELinux's user", mls, "system_u", false},
		{"SELinux's role", mls, "system_r", false},
		{"SELinux's level", "system_u:system_r:init_t:s0", "s0", false},
		{"a level of a range", mls, "c0.c1023", false},
		{"another type", mls, "init_t", false},
		{"the beginning of a type", mls, "sshd", false},
		{"a type in capitals", mls, "SSHD_T", false},
		{"an unconfined domain", "unconfined_u:unconfined_r:unconfined_t:s0-s0:c0.c1023", "unconfined_t", true},
		{"the kernel's own", "kernel", "kernel", true},

		{"AppArmor's profile, enforced", "/usr/sbin/cupsd (enforce)", "/usr/sbin/cupsd", true},
		{"AppArmor's profile, complaining", "dovecot-auth (complain)", "dovecot-auth", true},
		{"AppArmor's profile with its mode", "/usr/sbin/cupsd (enforce)", "/usr/sbin/cupsd (enforce)", true},
		{"AppArmor's profile with another mode", "/usr/sbin/cupsd (enforce)", "/usr/sbin/cupsd (complain)", false},
		{"AppArmor's mode alone", "/usr/sbin/cupsd (enforce)", "(enforce)", false},
		{"another profile", "/usr/sbin/cupsd (enforce)", "/usr/sbin/sshd", false},
		{"the beginning of a profile", "/usr/sbin/cupsd-browsed (enforce)", "/usr/sbin/cupsd", false},
		{"unconfined by AppArmor", "unconfined", "unconfined", true},
		{"a profile of the mode unconfined", "chrome (unconfined)", "chrome", true},
		{"a profile of the mode unconfined is not unconfined", "chrome (unconfined)", "unconfined", false},
		{"a child profile", "/usr/bin/man//filter (enforce)", "/usr/bin/man//filter", true},
		{"the parent of a child profile", "/usr/bin/man//filter (enforce)", "/usr/bin/man", false},
		{"stacked profiles", "a//&b (enforce)", "a//&b", true},
		{"one of stacked profiles", "a//&b (enforce)", "a", false},
		{"a profile with spaces", "my own profile (enforce)", "my own profile", true},
		{"the beginning of a profile with spaces", "my own profile (enforce)", "my", false},
		{"a profile with brackets", "daemon (old) (enforce)", "daemon (old)", true},
		{"a profile with brackets, without them", "daemon (old) (enforce)", "daemon", false},
		{"a profile with brackets and a tail", "daemon (old) x", "daemon", false},
		{"a profile with two colons", "snap:daemon:init_t (enforce)", "snap:daemon:init_t", true},
		{"a profile with three colons is not a context of SELinux", "snap:daemon:init_t:x (enforce)", "init_t", false},
		{"a profile in a namespace is not that with its mode", ":lxd:daemon (enforce)", "daemon (enforce)", false},
		{"a profile in a namespace", ":lxd:daemon (enforce)", ":lxd:daemon", true},

		{"Smack's label", "System", "System", true},
		{"another of Smack's labels", "System", "User", false},
		{"a context of two parts", "a:b", "b", false},
		{"no context", "", "init_t", false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := hasLabel(tc.context, tc.wanted); got != tc.want {
				t.Errorf("%q has the label %q: %v", tc.context, tc.wanted, got)
			}
		})
	}
}

// FuzzHasLabel: a context is its own label; AppArmor's profile is one without its
// mode, and SELinux's type one part of four.
func FuzzHasLabel(f *testing.F) {
	for _, seed := range [][2]string{
		{"system_u:system_r:sshd_t:s0-s0:c0.c1023", "sshd_t"},
		{"/usr/sbin/mysqld (enforce)", "/usr/sbin/mysqld"},
		{"unconfined", "unconfined"},
		{"", ""},
		{"::", ""},
		{"a:b:c", "c"},
		{"x (", "x"},
		{" ()", ""},
		{"a (b) (c)", "a (b)"},
		{"\xff", "\xff"},
	} {
		f.Add(seed[0], seed[1])
	}
	f.Fuzz(func(t *testing.T, context, wanted string) {
		has := hasLabel(context, wanted)
		if !hasLabel(context, context) || has && !strings.Contains(context, wanted) {
			t.Errorf("%q has %q: %v", context, wanted, has)
		}
		if !hasLabel(wanted+" (enforce)", wanted) {
			t.Errorf("the profile %q is none", wanted)
		}
		if !strings.Contains(wanted, ":") && !strings.HasSuffix(wanted, ")") && !hasLabel("u:r:"+wanted+":s0", wanted) {
			t.Errorf("the type %q is none", wanted)
		}
	})
}
