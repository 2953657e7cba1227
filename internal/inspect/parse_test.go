package inspect

import (
	"io/fs"
	"reflect"
	"slices"
	"testing"

	"daemon-keeper/check/proctable"
)

const statusText = `Name:	nginx
Tgid:	7
PPid:	1
Umask:	0027
State:	S (sleeping)
Uid:	33	33	0	33
Gid:	33	33	33	4
Threads:	5
Groups:	4 33 
VmSize:	   10240 kB
VmLck:	      64 kB
CapInh:	0000000000000000
CapPrm:	0000000000000400
CapEff:	0000000000000400
CapBnd:	000001ffffffffff
CapAmb:	0000000000000000
NoNewPrivs:	1
Seccomp:	2
`

func TestStatus(t *testing.T) {
	var f Facts
	f.readStatus([]byte(statusText), nil)
	want := Facts{
		IDs:    known(IDs{[4]uint32{33, 33, 0, 33}, [4]uint32{33, 33, 33, 4}}),
		Groups: known([]uint32{4, 33}), Caps: known(Caps{Permitted: 0x400, Effective: 0x400, Bounding: 0x1ffffffffff}),
		NoNewPrivs: known(true), Seccomp: known(2), Umask: known(uint32(0o27)), Locked: known(uint64(64 << 10)), Virtual: known(uint64(10240 << 10)),
	}
	if !reflect.DeepEqual(f, want) {
		t.Errorf("got %+v\nwant %+v", f, want)
	}
}

// What an old kernel does not tell, what is garbage, or what could not be read, is not known.
func TestStatusOfAnOldKernel(t *testing.T) {
	for _, err := range []error{nil, fs.ErrPermission} {
		var f Facts
		f.readStatus([]byte("Name:\tx\nUid:\t1\t2\t3\nGid:\tx\t0\t0\t0\nGroups:\t1 x\nUmask:\t9\nVmLck:\tx kB\n"), err)
		for name, isKnown := range map[string]bool{
			"ids": f.IDs.Known, "groups": f.Groups.Known, "caps": f.Caps.Known, "umask": f.Umask.Known, "seccomp": f.Seccomp.Known,
			"no new privileges": f.NoNewPrivs.Known, "locked": f.Locked.Known, "virtual": f.Virtual.Known,
		} {
			if isKnown {
				t.Errorf("%s: known", name)
			}
		}
		if f.Seccomp.Never != (err == nil) || f.Caps.Never != (err == nil) {
			t.Errorf("%v: %+v, %+v", err, f.Seccomp, f.Caps)
		}
	}
}

func TestParseLimits(t *testing.T) {
	got := parseLimits([]byte(`Limit                     Soft Limit           Hard Limit           Units
Max core file size        0                    unlimited            bytes
Max processes             96364                96365                processes
Max open files            1024                 524288               files
Max locked memory         8388608              8388608              bytes
Max address space         unlimited            unlimited            bytes
Max realtime timeout      x                    unlimited            us
`))
	want := map[Resource]Limit{
		CoreSize: {0, proctable.Unlimited}, Processes: {96364, 96365}, OpenFiles: {1024, 524288}, LockedMem: {8388608, 8388608}, Address: {proctable.Unlimited, proctable.Unlimited},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v", got)
	}
}

func TestMountAt(t *testing.T) {
	list := parseMountinfo([]byte(`22 1 254:0 / / rw,relatime - ext4 /dev/vda rw
30 22 0:40 / /srv/a\040b rw master:2 - nfs4 host:/x rw
31 22 0:41 / /srv rw - tmpfs x rw
garbage
32 30 0:42 / /srv/a\040b rw - fuse.sshfs y rw
`))
	for name, want := range map[string]string{
		"/usr": "ext4", "/": "ext4", "/srv": "tmpfs", "/srv/a b/c": "fuse.sshfs", "/srvx": "ext4", "/srv/a": "tmpfs",
	} {
		if m, ok := mountAt(list, name); !ok || m.Kind != want {
			t.Errorf("%s is on %+v, want %s", name, m, want)
		}
	}
	if _, ok := mountAt(nil, "/x"); ok {
		t.Error("without a table there is no answer")
	}
	for kind, want := range map[string]bool{"ext4": false, "nfs4": true, "cifs": true, "fuse.sshfs": true, "fuse.lxcfs": false, "overlay": false, "zfs": false, "9p": true} {
		if servedElsewhere(kind) != want {
			t.Errorf("%s: %v", kind, !want)
		}
	}
}

func TestParseReplaced(t *testing.T) {
	got := parseReplaced([]byte(`55d0-55d1 r-xp 00000000 fe:00 12 /usr/sbin/nginx (deleted)
7f00-7f01 r--p 00000000 fe:00 13 /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
7f01-7f02 r-xp 00000000 fe:00 13                         /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
7f02-7f03 r-xp 00000000 fe:00 13                         /usr/lib/x86_64-linux-gnu/libssl.so.3 (deleted)
7f03-7f04 r-xp 00000000 fe:00 14                         /usr/lib/x86_64-linux-gnu/libc.so.6
7f04-7f05 rwxp 00000000 00:01 15                         /memfd:jit (deleted)
7f05-7f06 rwxs 00000000 00:01 15                         /dev/zero (deleted)
7f06-7f07 r-xp 00000000 fe:00 16                         /tmp/libnetty123.so (deleted)
7f07-7f08 r-xp 00000000 00:00 0
7f08-7f09 r-xp 00000000 00:00 0                          [vdso]
`))
	if !slices.Equal(got, []string{"/usr/lib/x86_64-linux-gnu/libssl.so.3"}) {
		t.Errorf("got %q", got)
	}
}

func TestTerminalName(t *testing.T) {
	for device, want := range map[int]string{0: "", 34816: "/dev/pts/0", 34819: "/dev/pts/3", 1025: "/dev/tty1", 1088: "/dev/ttyS0", 1281: "/dev/console", 137<<8 | 1: "/dev/pts/257"} {
		if got := terminalName(device); got != want {
			t.Errorf("%d: %q, want %q", device, got, want)
		}
	}
}

// What a process writes is not its configuration.
func TestConfigPaths(t *testing.T) {
	f := Facts{Args: []string{"x", "-f", "/etc/x.db", "-c", "/etc/x"}, Files: known([]File{{Path: "/etc/x.db", Write: true}, {Path: "/etc/x"}})}
	if got := ConfigPaths(f); !slices.Equal(got, []string{"/etc/x"}) {
		t.Errorf("%q", got)
	}
}

func TestConfigArgs(t *testing.T) {
	for _, tt := range []struct{ args, want []string }{
		{[]string{"/usr/sbin/x", "-c", "/etc/x.conf"}, []string{"/etc/x.conf"}},
		{[]string{"x", "-f", "/opt/x/main", "-d"}, []string{"/opt/x/main"}},
		{[]string{"ntpd", "-f", "/var/lib/ntp/ntp.drift", "-c", "/etc/ntp.conf"}, []string{"/etc/ntp.conf"}},
		{[]string{"wpa_supplicant", "-f", "/var/log/wpa.conf"}, nil},
		{[]string{"sh", "-c", "/usr/bin/foo"}, nil},
		{[]string{"x", "--config=/srv/x.yaml"}, []string{"/srv/x.yaml"}},
		{[]string{"x", "--config.file", "/srv/p.yml"}, []string{"/srv/p.yml"}},
		{[]string{"x", "-c/srv/x.cfg"}, []string{"/srv/x.cfg"}},
		{[]string{"x", "/etc/redis/redis.conf"}, []string{"/etc/redis/redis.conf"}},
		{[]string{"x", "-c", "x.conf"}, nil}, // relative to what it was then
		{[]string{"x", "-f"}, nil},           // no file follows
		{[]string{"/etc/x.conf"}, nil},       // it is its own name
		{[]string{"x", "-C", "/etc/x", "/var/x.conf"}, []string{"/etc/x"}},
		{nil, nil},
	} {
		if got := configArgs(tt.args); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.args, got, tt.want)
		}
	}
}

func TestParseCounters(t *testing.T) {
	got := parseCounters([]byte("oom_kill_disable 0\nunder_oom 0\noom_kill 3\nmax\nlow x\n"))
	if !reflect.DeepEqual(got, map[string]uint64{"oom_kill_disable": 0, "under_oom": 0, "oom_kill": 3}) {
		t.Errorf("got %v", got)
	}
}

// Whatever stands there, nothing is read beyond its end.
func FuzzParsers(f *testing.F) {
	f.Add([]byte(statusText))
	f.Add([]byte("30 22 0:40 / /srv/a\\040b rw master:2 - nfs4 host:/x rw\n7f01-7f02 r-xp 00000000 fe:00 13 /usr/lib/x.so (deleted)\n"))
	f.Add(fileRow(kfileRow{kind: 1, fd: 3, path: "/x"}))
	f.Fuzz(func(_ *testing.T, text []byte) {
		new(Facts).readStatus(text, nil)
		parseLimits(text)
		mountAt(parseMountinfo(text), string(text))
		parseCounters(text)
		parseReplaced(text)
		_, _ = parseKfiles(text)
		parseLocalSockets(text, make(map[uint32]localSocket))
		u := Unit{Props: map[string]string{"ExecReload": string(text), "ExecStart": string(text)}}
		u.reloaded()
		ConfigPaths(Facts{Unit: known(u)})
	})
}
