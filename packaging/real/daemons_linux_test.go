package real

import "strings"

// row is a daemon of the suite: its service, and how it shows that it answers.
type row struct {
	service string
	ask     ask
}

// Questions that several daemons understand.
const (
	httpGet = "GET / HTTP/1.0\r\n\r\n"
	// Who is localhost? Each server repeats the number of the question, whatever it knows.
	dnsQuery  = dnsNumber + "\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x09localhost\x00\x00\x01\x00\x01"
	dnsNumber = "\x12\x34"
	// May we speak TLS? One byte says yes or no.
	postgresTLS = "\x00\x00\x00\x08\x04\xd2\x16\x2f"
)

// rows are the daemons that the tree starts at its boot.
func rows() []row {
	smb := "\x81\x00\x00\x44 CKFDENECFDEFFCFGEFFC" + strings.Repeat("CA", 6) + "\x00 FEEFFDFE" + strings.Repeat("CA", 12) + "\x00"
	nodeStatus := dnsNumber + "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00 CK" + strings.Repeat("AA", 15) + "\x00\x00\x21\x00\x01"
	policy := "request=smtpd_access_policy\nprotocol_state=RCPT\nclient_address=192.0.2.1\nsender=a@example.org\nrecipient=b@example.org\n\n"
	snmpGet := "0\x26\x02\x01\x00\x04\x06public\xa0\x19\x02\x01\x01\x02\x01\x00\x02\x01\x000\x0e0\x0c\x06\x08\x2b\x06\x01\x02\x01\x01\x05\x00\x05\x00"
	return []row{
		{service: "amavis", ask: ask{"tcp", "10024", "", "220 "}},
		{service: "apache2", ask: ask{"tcp", "80", httpGet, "Server: Apache"}},
		{service: "beanstalkd", ask: ask{"tcp", "11300", "stats\r\n", "OK "}},
		{service: "clamav-daemon", ask: ask{"unix", "/run/clamav/clamd.ctl", "zPING\x00", "PONG"}},
		{service: "dnsmasq", ask: ask{"udp", "5304", dnsQuery, dnsNumber}},
		{service: "dovecot", ask: ask{"tcp", "143", "", "* OK "}},
		{service: "fail2ban", ask: ask{"unix", "/run/fail2ban/fail2ban.sock", "(lp0\nVping\np1\na.<F2B_END_COMMAND>", "pong"}},
		{service: "frr", ask: ask{"unix", "/run/frr/watchfrr.vty", "show watchfrr\x00", "zebra"}},
		{service: "haproxy", ask: ask{"tcp", "8083", httpGet, "503 Service"}},
		{service: "lighttpd", ask: ask{"tcp", "8082", httpGet, "Server: lighttpd"}},
		{service: "mariadb", ask: ask{"tcp", "3306", "", "MariaDB"}},
		{service: "memcached", ask: ask{"tcp", "11211", "version\r\n", "VERSION "}},
		{service: "mosquitto", ask: ask{"tcp", "1883", "\x10\x0c\x00\x04MQTT\x04\x02\x00\x3c\x00\x00", "\x20\x02"}},
		{service: "munin-node", ask: ask{"tcp", "4949", "", "munin node"}},
		{service: "named", ask: ask{"udp", "53", dnsQuery, dnsNumber}},
		{service: "nginx", ask: ask{"tcp", "8081", httpGet, "Server: nginx"}},
		{service: "nmbd", ask: ask{"udp", "137", nodeStatus, dnsNumber}},
		{service: "nsd", ask: ask{"udp", "5303", dnsQuery, dnsNumber}},
		{service: "one", ask: ask{"tcp", "8101", httpGet, "Server: gunicorn"}},
		{service: "php8.2-fpm", ask: ask{"unix", "/run/php/php8.2-fpm.sock", "\x01\x09\x00\x00\x00\x00\x00\x00", "\x01\x0a"}},
		{service: "postfix@-", ask: ask{"tcp", "25", "", "ESMTP Postfix"}},
		{service: "postgresql@15-main", ask: ask{"tcp", "5432", postgresTLS, ""}},
		{service: "postgresql@15-second", ask: ask{"tcp", "5433", postgresTLS, ""}},
		{service: "postgrey", ask: ask{"tcp", "10023", policy, "action="}},
		{service: "proftpd", ask: ask{"tcp", "21", "", "220 "}},
		{service: "prometheus-node-exporter", ask: ask{"tcp", "9100", "GET /metrics HTTP/1.0\r\n\r\n", "200 OK"}},
		{service: "rabbitmq-server", ask: ask{"tcp", "5672", "AMQP\x00\x00\x09\x01", "RabbitMQ"}},
		{service: "redis-server", ask: ask{"tcp", "6379", "PING\r\n", "+PONG"}},
		{service: "redis-server@second", ask: ask{"tcp", "6380", "PING\r\n", "+PONG"}},
		{service: "rsync", ask: ask{"tcp", "873", "", "@RSYNCD:"}},
		{service: "rsyslog", ask: ask{"syslog", "/run/systemd/journal/dev-log", "", "/var/log/syslog"}},
		{service: "slapd", ask: ask{"tcp", "389", "0\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00", "a\x07\n\x01\x00"}},
		{service: "smbd", ask: ask{"tcp", "139", smb, "\x82"}},
		{service: "snmpd", ask: ask{"udp", "161", snmpGet, "public\xa2"}},
		{service: "spamd", ask: ask{"tcp", "783", "PING SPAMC/1.2\r\n\r\n", "PONG"}},
		{service: "squid", ask: ask{"tcp", "3128", httpGet, "squid"}},
		{service: "ssh", ask: ask{"tcp", "22", "", "SSH-2.0-OpenSSH"}},
		{service: "stunnel@redis", ask: ask{"tls", "6381", "PING\r\n", "+PONG"}},
		{service: "tinyproxy", ask: ask{"tcp", "8888", httpGet, "tinyproxy"}},
		{service: "tor@default", ask: ask{"tcp", "9050", httpGet, "Tor is not an HTTP Proxy"}},
		{service: "two", ask: ask{"tcp", "8102", httpGet, "Server: gunicorn"}},
		{service: "unbound", ask: ask{"udp", "5302", dnsQuery, dnsNumber}},
		{service: "zabbix-agent", ask: ask{"tcp", "10050", "ZBXD\x01\x0a\x00\x00\x00\x00\x00\x00\x00agent.ping", "ZBXD"}},
	}
}
