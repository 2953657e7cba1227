package real

import (
	"testing"

	"daemon-keeper/internal/realtest"
)

// packages are Debian's, all in one tree: 230 MB to fetch.
func packages() []string {
	return []string{
		"amavisd-new", "apache2", "beanstalkd", "bind9", "clamav-daemon", "dnsmasq", "dovecot-imapd", "fail2ban", "frr",
		"gunicorn", "haproxy", "lighttpd", "mariadb-server", "memcached", "mosquitto", "munin-node", "nginx-light", "nsd",
		"openssh-server", "php8.2-fpm", "postfix", "postgresql", "postgrey", "prometheus-node-exporter", "proftpd-core",
		"rabbitmq-server", "redis-server", "rsync", "samba", "slapd", "snmpd", "spamd", "squid", "stunnel4", "tinyproxy",
		"tor", "unbound", "zabbix-agent",
	}
}

// settings are what the daemons need to live beside each other, and without a network.
func settings() map[string]string {
	return map[string]string{
		"/etc/hosts":                            "127.0.0.1 localhost toyhost.example.org toyhost\n",
		"/etc/amavis/conf.d/60-name":            "$myhostname = 'toyhost.example.org';\n1;\n",
		"/etc/dnsmasq.d/port.conf":              "port=5304\nlisten-address=127.0.0.1\nbind-interfaces\nno-resolv\n",
		"/etc/fail2ban/jail.local":              "[sshd]\nenabled = false\n", // there is no log of it yet
		"/etc/haproxy/haproxy.cfg":              "defaults\n\tmode http\n\ttimeout connect 5s\n\ttimeout client 5s\n\ttimeout server 5s\nfrontend f\n\tbind 127.0.0.1:8083\n",
		"/etc/lighttpd/lighttpd.conf":           "server.port = 8082\nserver.bind = \"127.0.0.1\"\nserver.document-root = \"/var/www/html\"\nserver.username = \"www-data\"\nserver.groupname = \"www-data\"\n",
		"/etc/nginx/sites-enabled/default":      "server {\n\tlisten 127.0.0.1:8081;\n\troot /var/www/html;\n}\n",
		"/etc/nsd/nsd.conf.d/port.conf":         "server:\n\tip-address: 127.0.0.1@5303\n",
		"/etc/redis/redis-second.conf":          "port 6380\nbind 127.0.0.1\nsupervised systemd\n",
		"/etc/rsyncd.conf":                      "address = 127.0.0.1\n",
		"/etc/stunnel/redis.conf":               "foreground = yes\npid =\n[redis]\naccept = 127.0.0.1:6381\nconnect = 127.0.0.1:6379\ncert = /etc/ssl/certs/ssl-cert-snakeoil.pem\nkey = /etc/ssl/private/ssl-cert-snakeoil.key\n",
		"/etc/unbound/unbound.conf.d/port.conf": "server:\n\tinterface: 127.0.0.1\n\tport: 5302\n",
		"/srv/app/app.py":                       "def app(environ, start_response):\n    start_response('200 OK', [])\n    return [b'']\n",
		// clamd takes any signature; the true ones are 200 MB, from the network.
		"/var/lib/clamav/toy.hdb":                              "44d88612fea8a8f36de82e1278abb02f:68:Eicar-Test-Signature\n",
		"/etc/systemd/system/clamav-daemon.service.d/toy.conf": "[Unit]\nConditionPathExistsGlob=\n",
		"/etc/systemd/system/clamav-daemon.socket.d/toy.conf":  "[Unit]\nConditionPathExistsGlob=\n",
		// Its workers ignore SIGTERM: systemd kills them after this time.
		"/etc/systemd/system/zabbix-agent.service.d/stop.conf": "[Service]\nTimeoutStopSec=5\n",
	}
}

// appUnit is how people run gunicorn: Debian has no unit of it.
func appUnit(port string) string {
	return "[Service]\nType=notify\nUser=www-data\nWorkingDirectory=/srv/app\nExecStart=/usr/bin/gunicorn -b 127.0.0.1:" + port +
		" app:app\n[Install]\nWantedBy=multi-user.target\n"
}

// lan is a network of two interfaces of the machine itself: nmbd waits for one that is
// not the loopback.
const lan = `[Unit]
DefaultDependencies=no
Before=network-pre.target
Wants=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/ip link add lan0 type veth peer name lan1
ExecStart=/usr/sbin/ip address add 192.0.2.1/24 broadcast + dev lan0
ExecStart=/usr/sbin/ip link set lan0 up
ExecStart=/usr/sbin/ip link set lan1 up
[Install]
WantedBy=sysinit.target
`

func layer(t *testing.T) *realtest.Layer {
	t.Helper()
	l := realtest.NewLayer(t)
	l.AddKeeper(program)
	for path, text := range settings() {
		l.File(path, text, 0o644)
	}
	l.Unit("lan.service", lan)
	l.Unit("one.service", appUnit("8101"))
	l.Unit("two.service", appUnit("8102"))
	for unit, file := range map[string]string{
		"redis-server@second": "redis-server@", "rsync": "rsync", "stunnel@redis": "stunnel@",
	} {
		l.Symlink("/usr/lib/systemd/system/"+file+".service", "/etc/systemd/system/multi-user.target.wants/"+unit+".service")
	}
	return l
}

// TestTree builds the tree unless it is there: CI does so while it lints.
func TestTree(t *testing.T) { realtest.Tree(t, packages()...) }
