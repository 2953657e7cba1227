package realtest

import (
	"strings"
	"testing"
)

// Where the memory fails, a run says so once, and what to do, brings the daemon back
// all the same, and so does the next one.
func TestMemoryFails(t *testing.T) {
	t.Parallel()
	user := strings.Join(asUser, " ")
	const (
		dir   = "/var/lib/daemon-keeper"
		made  = "mkdir -m 700 " + dir + "; "
		aside = "it counts as empty from now on, and is kept as " + dir + "/.bad-"
	)
	for _, c := range []struct {
		name, setUp string
		dir         string   // "": the default
		words       []string // of the warning
		again       bool     // the second run has the same to say
	}{
		{
			"full", made + "mount -t tmpfs -o size=64k,mode=700 none " + dir + "; ! dd if=/dev/zero of=" + dir + "/x bs=1k 2>/dev/null",
			"",
			[]string{"cannot write ", "no space left on device", "make room, or name another folder with --state-dir"},
			true,
		},
		{
			"no inodes", made + "mount -t tmpfs -o nr_inodes=1,mode=700 none " + dir,
			"",
			[]string{"no space left on device", "make room, or name another folder with --state-dir"},
			true,
		},
		{
			"read-only", made + "mount -t tmpfs -o ro,mode=700 none " + dir,
			"",
			[]string{"read-only file system", "its file system is mounted read-only; name another folder with --state-dir"},
			true,
		},
		{
			"missing on a read-only file system", "mkdir /run/ro; mount -t tmpfs -o ro,mode=755 none /run/ro",
			"/run/ro/keeper",
			[]string{"cannot use folder /run/ro/keeper: read-only file system (its file system is mounted read-only; name another folder with --state-dir)"},
			true,
		},
		{
			"its parent is a file", "touch /run/file",
			"/run/file/keeper",
			[]string{"not a directory", "--state-dir"},
			true,
		},
		{
			"a file", "touch " + dir,
			"",
			[]string{"cannot use folder " + dir + ": ", " (", "--state-dir"},
			true,
		},
		{
			"others can write to it", "mkdir -m 777 " + dir,
			"",
			[]string{"cannot use folder " + dir + ": others can write to it (chmod go-w " + dir + ")"},
			true,
		},
		{
			"another user's", "mkdir -m 700 " + dir + "; chown 1000 " + dir,
			"",
			[]string{"cannot use folder " + dir + ": another user owns it (chown root " + dir + ")"},
			true,
		},
		{
			"another user's link", "mkdir -m 700 /run/target; " + user + " ln -s /run/target /tmp/keeper",
			"/tmp/keeper",
			[]string{"cannot use folder /tmp/keeper: it is a symbolic link that another user has made (remove the link)"},
			true,
		},
		{
			"a lock that is a folder", made + "mkdir " + dir + "/lock",
			"",
			[]string{"cannot lock " + dir + "/lock: it is not a regular file (remove it)"},
			true,
		},
		{
			"a lock that is a link", made + "ln -s /run/target " + dir + "/lock",
			"",
			[]string{"cannot lock " + dir + "/lock: it is not a regular file (remove it)"},
			true,
		},
		{
			"a memory of garbage", made + "head -c 3000 /dev/urandom >" + dir + "/memory-MEMORY",
			"",
			[]string{"cannot read " + dir + "/memory-", aside + "memory"},
			false,
		},
		{
			"an empty memory", made + ": >" + dir + "/memory-MEMORY",
			"",
			[]string{"it is empty: the machine went down before it was on the disk", aside + "memory"},
			false,
		},
		{
			"a torn memory", made + `printf '{"version":1,"daemons":{"/usr/local/sbin/t' >` + dir + "/memory-MEMORY",
			"",
			[]string{"cannot read " + dir + "/memory-", aside + "memory"},
			false,
		},
		{
			"a memory of a later version", made + `echo '{"version":99,"daemons":{}}' >` + dir + "/memory-MEMORY",
			"",
			[]string{"version 99", aside + "memory"},
			false,
		},
		{
			"a memory that is a link", made + "ln -s /etc/passwd " + dir + "/memory-MEMORY",
			"",
			[]string{"it is not a regular file", aside + "memory"},
			false,
		},
		{
			"a memory that is a folder", made + "mkdir " + dir + "/memory-MEMORY; touch " + dir + "/memory-MEMORY/x",
			"",
			[]string{"it is not a regular file", aside + "memory"},
			false,
		},
		{
			"a memory that is a pipe", made + "mkfifo " + dir + "/memory-MEMORY",
			"",
			[]string{"it is not a regular file", aside + "memory"},
			false,
		},
		{
			"a memory that others can write", made + `echo '{"version":1,"daemons":{}}' >` + dir + "/memory-MEMORY; chmod 666 " + dir + "/memory-MEMORY",
			"",
			[]string{"others can write to it", aside + "memory"},
			false,
		},
		{
			"another user's memory", made + `echo '{"version":1,"daemons":{}}' >` + dir + "/memory-MEMORY; chown 1000 " + dir + "/memory-MEMORY",
			"",
			[]string{"another user owns it", aside + "memory"},
			false,
		},
		{
			"an endless memory", made + "truncate -s 1T " + dir + "/memory-MEMORY",
			"",
			[]string{"it is larger than ", aside + "memory"},
			false,
		},
		{
			"pauses of garbage", made + "echo nothing >" + dir + "/pauses.json",
			"",
			[]string{"cannot read " + dir + "/pauses.json: ", aside + "pauses"},
			false,
		},
		{
			"pauses of a later version", made + `echo '{"version":99,"pauses":[]}' >` + dir + "/pauses.json",
			"",
			[]string{"version 99", aside + "pauses"},
			false,
		},
		{
			"pauses that are a link", made + "ln -s /etc/passwd " + dir + "/pauses.json",
			"",
			[]string{"it is not a regular file", aside + "pauses"},
			false,
		},
		{
			"a journal of garbage", made + "echo nothing >" + dir + "/journal-x.json",
			"",
			[]string{"cannot read " + dir + "/journal-x.json: ", aside + "journal; see that no service was left stopped"},
			false,
		},
		{
			"a journal of a later version", made + `echo '{"version":99}' >` + dir + "/journal-x.json",
			"",
			[]string{"version 99", aside + "journal"},
			false,
		},
		{
			"a journal that is a link", made + "ln -s /etc/passwd " + dir + "/journal-x.json",
			"",
			[]string{"it is not a regular file", aside + "journal"},
			false,
		},
		{
			"a ledger that is a link", made + "ln -s /etc/passwd " + dir + "/ledger.jsonl",
			"",
			[]string{"ledger.jsonl: it is not a regular file"},
			true,
		},
		{
			"a ledger that is a folder", made + "mkdir " + dir + "/ledger.jsonl",
			"",
			[]string{"ledger.jsonl: it is not a regular file"},
			true,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			m := sysvMachine(t)
			args := []string{"-e", toy, "-s", "toy"}
			if c.dir != "" {
				args = append(args, "--state-dir", c.dir)
			}
			m.Must(t, "sh", "-e", "-c", strings.ReplaceAll(c.setUp, "memory-MEMORY", "memory-%2Fusr%2Flocal%2Fsbin%2Ftoy.json"))
			for i := range 2 {
				if i > 0 {
					kill(t, m, toy)
				}
				a := keep(t, m, args...)
				expect(t, a, 1, "is up again")
				warnings := linesWith(a.stderr, "; daemons are restarted all the same")
				switch {
				case i > 0 && !c.again:
					if len(warnings) > 0 {
						t.Errorf("again: %q", warnings)
					}
				case len(warnings) != 1:
					t.Errorf("one warning was expected:\n%s", a.stderr)
				}
				for _, w := range warnings {
					contains(t, "the warning", w, append(c.words, "WARNING ")...)
				}
			}
			if out := m.Must(t, "stat", "-c", "%s %A", "/etc/passwd"); !strings.HasSuffix(out, " -rw-r--r--\n") {
				t.Errorf("/etc/passwd: %s", out)
			}
			if _, status := m.Run(t, "sh", "-c", "ls -A /run/target | grep ."); status == 0 {
				t.Error("something was written through a link")
			}
		})
	}
}
