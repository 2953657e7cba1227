package realtest

import "testing"

// sshd is proposed with the question that tells it from its sessions, on the port that
// it really has.
func TestInitAsksSshd(t *testing.T) {
	t.Parallel()
	l := keeperLayer(t)
	l.File("/etc/ssh/sshd_config.d/port.conf", "Port 2222\n", 0o644)
	m := Boot(t, mailTree(t), l)
	a := begin(t, m, program, "init")()
	expect(t, a, 0, entry("ssh", "executable: /usr/sbin/sshd", "user: root", "parent: 1  # not the sessions",
		"listen: tcp://127.0.0.1:2222", "expect: SSH-", "services: [ssh]  # Restart=on-failure"))
}
