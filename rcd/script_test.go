package rcd

import (
	"slices"
	"strings"
	"testing"
)

// TestReadScript: the ways in which real init scripts name a pidfile and a daemon.
func TestReadScript(t *testing.T) {
	files := map[string]string{
		"/etc/default/x":          "RUN=/run/from-default\n",
		"/etc/default/other":      "export PIDFILE=/run/other.pid\n",
		"/etc/apache2/envvars":    "export APACHE_PID_FILE=/var/run/apache2$SUFFIX/apache2.pid\n",
		"/usr/share/x/functions":  "DAEMON=/usr/sbin/shared\n. /etc/default/other\n",
		"/lib/lsb/init-functions": "PIDFILE=/run/library.pid\n",
	}
	for _, tt := range []struct {
		what, script string
		pidFiles     string
		daemons      string
		loops        bool
	}{
		{"an option", "start-stop-daemon --start --pidfile /run/sshd.pid --exec /usr/sbin/sshd -- $OPTS", "/run/sshd.pid", "/usr/sbin/sshd", false},
		{"an option with =", "DOPTIONS=\"-d --pidfile=/run/spamd\"\nspamd --pidfile=/run/d", "/run/d", "", false},
		{"a folder", "RUNDIR=/run/redis\nPIDFILE=$RUNDIR/redis-server.pid", "/run/redis/redis-server.pid", "", false},
		{"another name", "NAME=zabbix_agentd\nDAEMON=/usr/sbin/$NAME\nDIR=/run/zabbix\nPID=$DIR/${NAME}.pid", "/run/zabbix/zabbix_agentd.pid", "/usr/sbin/zabbix_agentd", false},
		{"more names", "PIDFile='/run/1'\nPID_FILE=\"/run/2\"\nTORPID=/run/3", "/run/1 /run/2 /run/3", "", false},
		{"of the default file", "PIDFILE=$RUN/x.pid", "/run/from-default/x.pid", "", false},
		{"of a file that it reads", "N=other\n[ -r /etc/default/$N ] && . /etc/default/$N", "/run/other.pid", "", false},
		{"of a file that that one reads", "if true; then\n\t. /usr/share/x/functions\nfi", "/run/other.pid", "/usr/sbin/shared", false},
		{"what a command prints", "PIDFILE=$(. /etc/apache2/envvars && echo $APACHE_PID_FILE)", "/var/run/apache2/apache2.pid", "", false},
		{"a library", ". /lib/lsb/init-functions\n. /run/x\n. /etc/../tmp/x", "", "", false},
		{"its own name", "NAME=${0##*/}\nPIDFILE=/run/$NAME.pid\nB=`basename $0`\nPID=/run/$B", "/run/x.pid /run/x", "", false},
		{"an alternative", "PIDFILE=${CONF_PIDFILE:-/run/php/fpm.pid}\nA=${A:=/usr/sbin}\nDAEMON=${A}/a", "/run/php/fpm.pid", "/usr/sbin/a", false},
		{"a part that may be", "NAME=dnsmasq\nX=--pidfile; start-stop-daemon --pidfile /run/${NAME}${INSTANCE:+.${INSTANCE}}.pid -x /usr/sbin/dnsmasq", "/run/dnsmasq.pid", "/usr/sbin/dnsmasq", false},
		{"several values", "if a; then N=1; else N=2; fi\nPIDFILE=/run/$N.pid", "/run/2.pid /run/1.pid", "", false},
		{"a list", "for N in a b; do\nPIDFILE=/run/$N.pid; done", "/run/b.pid /run/a.pid", "", false},
		{"a list that only a shell can tell", "for f in $(ls /etc/x/*.conf); do\nPIDFILE=/run/$(basename $f).pid; done", "", "", true},
		{"a list whose command speaks of files", "for PIDFILE in `ls /run/x/*.pid 2> /dev/null`; do\nfor PID in $(cat /run/list); do", "", "", true},
		{"a path that begins with a command", "SELF=$(cd \"$(dirname $0)\"; pwd -P)/$(basename $0)\nPIDFILE=`dirname /a`/x.pid", "", "", false},
		{"a command as an alternative", "PIDFILE=${PIDFILE:-$(dirname /a)/x.pid}\nDAEMON=${DAEMON:-$(which x)/sbin/x}", "", "", false},
		{"names that end with their quotes", "N=redis\nPIDFILE=/run/\"$N\"d.pid\nPID=\"/run/$N\"2", "/run/redisd.pid /run/redis2", "", false},
		{"two lines", "start-stop-daemon --start \\\n  --pidfile \\\n /run/two.pid", "/run/two.pid", "", false},
		{"the head of RHEL's", "# processname: x\n# pidfile:  /var/run/h.pid", "/var/run/h.pid", "", false},
		{"a comment", "# PIDFILE=/run/comment.pid\nX=1 # PIDFILE=/run/comment.pid\nPIDFILE=/run/a#b", "/run/a#b", "", false},
		{"words of LSB", "DAEMON=/usr/sbin/slapd\nstatus_of_proc -p $PIDVAR \"/usr/sbin/slapd\" slapd\npidofproc -p /run/p /usr/sbin/q", "/run/p", "/usr/sbin/slapd /usr/sbin/q", false},
		{"another -p", "mkdir -p /run/named\n[ -d /run/x ] || mkdir -p -m 755 /run/x\ncp -p /etc/a /run/b; ps -p 1; [ -p /run/fifo ]", "", "", false},
		{"-p of start-stop-daemon and daemon(8)", "/sbin/start-stop-daemon -S -p /run/a -x /sbin/a\n/usr/sbin/daemon -f -P /run/b /usr/local/sbin/b", "/run/a /run/b", "/sbin/a /usr/local/sbin/b", false},
		{"what it cannot do without", "test -x /usr/sbin/mariadbd || exit 0\n[ -x /usr/sbin/b ] || exit 0", "", "/usr/sbin/mariadbd /usr/sbin/b", false},
		{"a test", "[ -x /sbin/restorecon ] && restorecon /run", "", "", false},
		{"single quotes", "N=a\nPIDFILE='/run/$N'\nPID=/run/\\$N", "", "", false},
		{"arguments", "PIDFILE=/run/$1.pid\nPID=/run/$@/x\nPIDX=/run/${2}", "", "", false},
		{"nothing", "", "", "", false},
	} {
		facts := readScript("x", tt.script, func(path string) (string, bool) {
			text, ok := files[path]
			return text, ok
		})
		if got := strings.Join(facts.pidFiles, " "); got != tt.pidFiles {
			t.Errorf("%s: pidfiles %q, want %q", tt.what, got, tt.pidFiles)
		}
		if got := strings.Join(facts.daemons, " "); got != tt.daemons {
			t.Errorf("%s: daemons %q, want %q", tt.what, got, tt.daemons)
		}
		if facts.loops != tt.loops {
			t.Errorf("%s: loops %v", tt.what, facts.loops)
		}
	}
}

// TestReadScriptBounds: variables that grow, and files that read each other, have an end.
func TestReadScriptBounds(t *testing.T) {
	script := "A=/aaaaaaaaaaaaaaaa\n" + strings.Repeat("A=$A$A\n", 200) + strings.Repeat("for B in 1 2 3 4 5 6; do\n", 50) +
		strings.Repeat("PID=/run/$B$B$B$B$B$B.pid\n", 500) + ". /etc/a\n. /etc/b\n"
	for n := range 2000 {
		script += "V" + strings.Repeat("x", n%7) + string(rune('a'+n%26)) + "=1\n"
	}
	opened := 0
	facts := readScript("x", script, func(string) (string, bool) {
		opened++
		return ". /etc/a\n. /etc/b\n. /etc/c$A\n", true
	})
	if opened > maxSourced || len(facts.pidFiles) > maxPaths {
		t.Errorf("%d files, %d pidfiles", opened, len(facts.pidFiles))
	}
}

func TestShellWords(t *testing.T) {
	for line, want := range map[string][][]string{
		"a b\t'c d' \"e $f\"g": {{"a", "b", "c d", "e ${f}g"}},
		"a;b|c&&(d)>e":         {{"a", "b", "c", "d", "e"}},
		"X=\"\" ''":            {{"X=", ""}},
		"a#b #c":               {{"a#b"}},
		"a \r":                 {{"a"}}, // of a file with the line ends of Windows
		"a\r":                  {{"a"}},
		"x=$(cat \"$f\")":      {{"x=" + unknown}, {"cat", "${f}"}},
		"x=`cat f`/$(g)":       {{"x=" + unknown + "/" + unknown}, {"cat", "f"}, {"g"}},
		"x=\"$(a \"b c\")\" d": {{"x=" + unknown, "d"}, {"a", "b c"}},
		"$(a $(b `c`) (d)) e":  {{unknown, "e"}, {"a", unknown, "d"}, {"b", unknown}, {"c"}},
		"a $(b":                {{"a", unknown}, {"b"}},
		"${a:-\"${b}\"}c":      {{"${a:-${b}}c"}},
		"'$a' \\$b":            {{dollar + "a", dollar + "b"}},
		"":                     {nil},
	} {
		if got := shellWords(line); !slices.EqualFunc(got, want, slices.Equal) {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
}
