// Package realtest gives tests the real thing: a Debian whose systemd is PID 1,
// with its real cron and rsyslog, or the same Debian without any init.
//
// A machine is a set of namespaces on an overlay whose writable part is a tmpfs:
// it starts in less than a second, nothing that is done in it reaches the host,
// and nothing of it is left when the test ends, however the test ends.
//
//	tree := realtest.Tree(t)
//	layer := realtest.NewLayer(t)
//	layer.Copy(filepath.Join(tree, "usr/bin/sleep"), "/usr/local/sbin/toy")
//	layer.Unit("toy.service", "[Service]\nExecStart=/usr/local/sbin/toy infinity\n")
//	m := realtest.Boot(t, tree, layer)
//	m.Must(t, "systemctl", "start", "toy")
//
// It needs root and Linux, and a Debian's apt-get for the first build of the
// tree. Its tests are skipped unless DAEMON_KEEPER_REAL=1 is set.
package realtest
