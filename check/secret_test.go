package check

import (
	"slices"
	"strings"
	"testing"
)

// What may be secret is never told, however it is given; hunter2 and its like stand for
// all that nobody knows to be harmless.
func TestSecretsAreNotTold(t *testing.T) {
	for _, args := range []string{
		// by the option's name, beside it or joined
		"x --psk hunter2", "x --psk=hunter2", "x --community public", "x --community=public", "x --dsn user:pw@tcp(db:3306)/x", "x --dsn=user:pw@tcp(db:3306)/x",
		"x --password hunter2", "x --api-key hunter2", "x --apiKey=hunter2", "x --auth hunter2", "x --credentials hunter2", "x -storepass hunter2", "x --pin hunter2",
		"x --admin-pw hunter2", "x -pw hunter2", "x --pwd=hunter2", "x --cookie hunter2", "x --sentry-dsn hunter2", "x --db-conn hunter2", "x --passphrase hunter2",
		"x --login hunter2", "x --private-key=hunter2", "x --jwt hunter2", "x --license hunter2", "x --webhook=hunter2", "x --session hunter2", "x --otp hunter2",
		// by a name in the value
		"x password=hunter2", "x --set db.password=hunter2", "x -Dapp.secret=hunter2", "x token:hunter2", "x http://h/x?api_key=hunter2", "x PASSWORD hunter2", "x --env=A=1,TOKEN=hunter2",
		"x Authorization: Bearer hunter2", "x Bearer hunter2", "x Basic hunter2", "x --header Authorization:hunter2",
		// a single letter with a value that is not a path, a number or an address
		"x -k hunter2", "x -w hunter2", "x -p hunter2", "x -P hunter", "x -c public", "x -s correct-horse", "x -a hunter2", "x -x hunter2",
		"x -phunter2", "x -phunter", "x -khunter2", "x -whunter", "x -Phunter2", "x -bHunter2",
		// by its own shape
		"x ghp_16C7e42F292c6912E7710c838347Ae178B4a", "x github_pat_11ABC", "x glpat-abcdefghij", "x xoxb-123-abc", "x sk-abcdef", "x sk_live_abc", "x AKIAIOSFODNN7EXAMPLE",
		"x AIzaSyA", "x eyJhbGciOiJIUzI1NiJ9.e30.abc", "x hvs.CAES", "x npm_abc", "x SG.abc.def", "x --x=ghp_abc", "x $6$salt$hash", "x {SSHA}abcdef",
		"x user:pw@tcp(127.0.0.1:3306)/db", "x postgres://me:hunter2@db/x", "x amqp://:hunter2@mq", "x admin:hunter2", "x admin:letmein", "x scott/tiger@orcl",
		"x 5f4dcc3b5aa765d61d8327deb882cf99", "x aGVsbG8gd29ybGQhIQ1x", "x 7h15-15-4-53cr37-0f-0ur5", "x Zm9vYmFyYmF6cXV4QUJD", "x --x=5f4dcc3b5aa765d61d8327deb882cf99",
		"x 550e8400-e29b-41d4-a716-446655440000", "x 1234567890123456",
	} {
		words := strings.Fields(args)
		for _, got := range tellingArgs(words) {
			// A name may be told, its value may not.
			if got != words[1] || len(words) == 2 || !strings.HasPrefix(got, "-") && !namesSecret(got) {
				t.Errorf("%q: told %q", args, got)
			}
		}
	}
}

// What tells processes apart is still told.
func TestNoSecrets(t *testing.T) {
	for args, want := range map[string]string{
		"java -Xmx1g org.example.server.ApplicationMain start":             "org.example.server.ApplicationMain start -Xmx1g",
		"java org.springframework.boot.loader.launch.PropertiesLauncher":   "org.springframework.boot.loader.launch.PropertiesLauncher",
		"java -jar /srv/app-1.2.3.jar":                                     "/srv/app-1.2.3.jar -jar",
		"python3 -m http.server 8000":                                      "http.server",
		"python3 /usr/bin/app --config /etc/app.yaml --verbose":            "/usr/bin/app /etc/app.yaml --config --verbose",
		"node /opt/app/server.js --port=8080":                              "/opt/app/server.js --port=8080",
		"x -c /etc/x.conf -f other.conf -l 127.0.0.1:80 -b localhost:8080": "/etc/x.conf other.conf 127.0.0.1:80 localhost:8080",
		"x --name=blue --listen=0.0.0.0:80 worker@1":                       "worker@1 --name=blue --listen=0.0.0.0:80",
		"x --unix-socket /run/x/api.sock":                                  "/run/x/api.sock --unix-socket",
		"x -foreground -n3":                                                "-foreground -n3",
		"perl /usr/lib/auth/helper daemon":                                 "/usr/lib/auth/helper daemon",
	} {
		if got := tellingArgs(strings.Fields(args)); !slices.Equal(got, strings.Fields(want)) {
			t.Errorf("%q: %q, want %q", args, got, want)
		}
	}
}
