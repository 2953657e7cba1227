package completions

// row is what happens when TAB is pressed in the folder /srv of the machine.
type row struct {
	keys  string   // what is typed, before TAB unless it is there
	flag  string   // what stands before each candidate, or not, as the shell likes
	has   []string // some of the candidates; of a path, only the last element
	lacks []string // what is not a candidate
	none  bool     // there is no candidate
	after string   // the line then, "" if it is not looked at
}

const (
	other  = "'/srv/a dir/other.yaml'"
	broken = "/srv/broken.yaml"
)

var table = []row{
	// Commands, and the default command without its name.
	{keys: "daemon-keeper ", has: []string{
		"run", "check", "status", "match", "pause", "resume", "history", "page", "why", "pidfiles", "inspect", "validate", "schema", "import", "init", "trace",
		"clamd", "dovecot@1", "yes", "no-telnetd",
	}, lacks: []string{"recheck", "crontab.txt", "--config", "webapp"}},
	{keys: "daemon-keeper c", has: []string{"check", "clamd"}, lacks: []string{"status"}},
	{keys: "daemon-keeper hist", after: "daemon-keeper history "},
	{keys: "/usr/local/sbin/daemon-keeper pau", after: "/usr/local/sbin/daemon-keeper pause "},
	{keys: "daemon-keeper hist x\x02\x02\t", after: "daemon-keeper history x"},
	{keys: "KEY=value daemon-keeper hist", after: "KEY=value daemon-keeper history "},
	{keys: "KEY=value daemon-keeper pause cl", after: "KEY=value daemon-keeper pause clamd "},
	{keys: "true; daemon-keeper -o j", after: "true; daemon-keeper -o json "},
	{keys: "daemon-keeper clamd ", has: []string{"yes"}, lacks: []string{"check", "clamd"}},

	// The flags of the command, once each.
	{
		keys: "daemon-keeper --", has: []string{"--config", "--executable", "--service", "--dry-run", "--help", "--version"},
		lacks: []string{"--since", "--all", "--for", "-c", "check", "clamd"},
	},
	{keys: "daemon-keeper -", has: []string{"-c", "-e", "-s", "-n", "--no-syslog"}, lacks: []string{"check"}},
	{keys: "daemon-keeper check --", has: []string{"--config", "--prometheus", "--html"}, lacks: []string{"--executable", "--dry-run"}},
	{keys: "daemon-keeper status --", has: []string{"--service-command"}, lacks: []string{"--executable"}},
	{keys: "daemon-keeper pause --", has: []string{"--all", "--for", "--reason", "--output"}, lacks: []string{"--quiet"}},
	{keys: "daemon-keeper resume --", has: []string{"--all", "--state-dir"}, lacks: []string{"--for", "--config"}},
	{keys: "daemon-keeper history --", has: []string{"--since", "--output"}, lacks: []string{"--config", "--quiet"}},
	{keys: "daemon-keeper schema --", has: []string{"--help"}, lacks: []string{"--config"}},
	{keys: "daemon-keeper --dry", after: "daemon-keeper --dry-run "},
	{keys: "daemon-keeper -qv --", has: []string{"--output"}, lacks: []string{"--quiet", "--verbose"}},
	{keys: "daemon-keeper --tag clamd ", has: []string{"clamd"}, lacks: []string{"check"}},
	{keys: "daemon-keeper check -ojson --", has: []string{"--quiet"}, lacks: []string{"--output"}},
	{keys: "daemon-keeper --config=x.yaml -", has: []string{"--output"}, lacks: []string{"--config", "-c"}},
	{keys: "daemon-keeper -e /bin/x -s a --serv", has: []string{"--service"}},

	// Values of flags.
	{keys: "daemon-keeper -o ", has: []string{"text", "json", "nagios", "mon", "svstat"}, lacks: []string{"clamd"}},
	{keys: "daemon-keeper history -o ", has: []string{"text", "json"}, lacks: []string{"nagios", "mon"}},
	{keys: "daemon-keeper pause -o ", has: []string{"text", "json"}, lacks: []string{"nagios", "mon"}},
	{keys: "daemon-keeper --output=", flag: "--output=", has: []string{"text", "json", "nagios", "mon", "svstat"}},
	{keys: "daemon-keeper --output=j", after: "daemon-keeper --output=json "},
	{keys: "daemon-keeper check -on", after: "daemon-keeper check -onagios "},
	{keys: "daemon-keeper check -qon", after: "daemon-keeper check -qonagios "},
	{keys: "daemon-keeper --facility local", has: []string{"local0", "local7"}, lacks: []string{"kern"}},
	{keys: "daemon-keeper --recheck ", none: true},
	{keys: "daemon-keeper --recheck=", none: true},
	{keys: "daemon-keeper pause clamd --reason ", none: true},
	{keys: "daemon-keeper history --since ", none: true},
	{keys: "daemon-keeper -u keepert", after: "daemon-keeper -u keepertest "},
	{keys: "daemon-keeper match --user=keepert", after: "daemon-keeper match --user=keepertest "},

	// Files, folders and programs.
	{keys: "daemon-keeper -c ", has: []string{"broken.yaml", "a dir"}, lacks: []string{"crontab.txt", "clamd"}},
	{keys: `daemon-keeper -c /srv/a\ dir/`, has: []string{"other.yaml", "sub"}, lacks: []string{"notes.txt"}},
	{keys: `daemon-keeper -c /srv/a\ dir/o`, after: `daemon-keeper -c /srv/a\ dir/other.yaml `},
	{keys: `daemon-keeper -c '/srv/a dir/o`, after: `daemon-keeper -c '/srv/a dir/other.yaml' `},
	{keys: `daemon-keeper --config=/srv/a\ dir/o`, after: `daemon-keeper --config=/srv/a\ dir/other.yaml `},
	{keys: "daemon-keeper check -c/srv/br", flag: "-c", has: []string{"broken.yaml"}, lacks: []string{"crontab.txt"}},
	{keys: "daemon-keeper -c ~/ke", after: "daemon-keeper -c ~/keeper.yaml "},
	{keys: "daemon-keeper -e /usr/local/sb", after: "daemon-keeper -e /usr/local/sbin/"},
	{keys: "daemon-keeper -e /usr/local/sbin/", has: []string{"daemon-keeper", "toy"}, lacks: []string{"readme.txt"}},
	{keys: "daemon-keeper --executable=/usr/local/sbin/t", after: "daemon-keeper --executable=/usr/local/sbin/toy "},
	{keys: "daemon-keeper -e ", has: []string{"usr", "srv"}, lacks: []string{"a dir", "broken.yaml", "clamd"}},
	{keys: "daemon-keeper -e a", none: true},
	{keys: "daemon-keeper --service-command /usr/local/sbin/t", after: "daemon-keeper --service-command /usr/local/sbin/toy "},
	{keys: "daemon-keeper --state-dir /srv/", has: []string{"metrics", "a dir"}, lacks: []string{"crontab.txt", "broken.yaml"}},
	{keys: "daemon-keeper --run-dir=/srv/met", after: "daemon-keeper --run-dir=/srv/metrics/"},
	{keys: "daemon-keeper check --prometheus metrics/", has: []string{"x.prom"}, lacks: []string{"y.txt"}},
	{keys: "daemon-keeper import ", has: []string{"crontab.txt", "broken.yaml", "a dir"}, lacks: []string{"clamd"}},
	{keys: "daemon-keeper import crontab.txt br", after: "daemon-keeper import crontab.txt broken.yaml "},
	{keys: "daemon-keeper init >br", after: "daemon-keeper init >broken.yaml "},
	{keys: "daemon-keeper validate 2> met", after: "daemon-keeper validate 2> metrics/"},
	{keys: "daemon-keeper status >broken.yaml c", after: "daemon-keeper status >broken.yaml clamd "},

	// Names of the configuration that stands on the line, if one does.
	{keys: "daemon-keeper run ", has: []string{"clamd", "dovecot@1", "yes", "no-telnetd"}, lacks: []string{"check", "executable", "recheck"}},
	{keys: "daemon-keeper check clamd ", has: []string{"dovecot@1"}, lacks: []string{"clamd"}},
	{keys: "daemon-keeper status dovecot@", after: "daemon-keeper status dovecot@1 "},
	{keys: "daemon-keeper pause ", has: []string{"clamd", "dovecot@1"}, lacks: []string{"no-telnetd"}},
	{keys: "daemon-keeper resume ", has: []string{"yes"}, lacks: []string{"clamd", "no-telnetd"}},
	{keys: "daemon-keeper resume --state-dir /no/such ", none: true},
	{keys: "daemon-keeper resume yes ", none: true},
	{keys: "daemon-keeper history --since 3d ", has: []string{"clamd"}, lacks: []string{"no-telnetd", "3d"}},
	{keys: "daemon-keeper -c " + other + " ", has: []string{"webapp"}, lacks: []string{"clamd", "check"}},
	{keys: `daemon-keeper check --config=/srv/a\ dir/other.yaml `, has: []string{"webapp"}, lacks: []string{"clamd"}},
	{keys: `daemon-keeper match -c/srv/a\ dir/other.yaml `, has: []string{"webapp"}, lacks: []string{"clamd"}},
	{keys: "daemon-keeper -nc " + other + " ", has: []string{"webapp"}, lacks: []string{"clamd"}},
	{keys: "daemon-keeper pause -c ~/keeper.yaml ", has: []string{"athome"}, lacks: []string{"clamd"}},
	{keys: "daemon-keeper check -c " + broken + " ", none: true},
	{keys: "daemon-keeper check -c /no/such/file ", none: true},
	{keys: "/srv/evil/daemon-keeper check ", has: []string{"kept"}},
	{keys: "/srv/old/daemon-keeper check cronta", after: "/srv/old/daemon-keeper check crontab.txt "},
	{keys: "/no/such/daemon-keeper check cronta", after: "/no/such/daemon-keeper check crontab.txt "},
	{keys: "daemon-keeper match /usr/local/sbin/t", after: "daemon-keeper match /usr/local/sbin/toy "},
	{keys: "daemon-keeper -e /usr/local/sbin/toy ", none: true},
	{keys: "daemon-keeper -s toy ", none: true},
	{keys: "daemon-keeper pause --all ", none: true},
	{keys: "daemon-keeper validate ", none: true},
	{keys: "daemon-keeper init ", none: true},

	// Behind -- nothing is a flag or a command.
	{keys: "daemon-keeper -- ", has: []string{"clamd"}, lacks: []string{"check", "--config"}},
	{keys: "daemon-keeper check -- --", none: true},
	{keys: "daemon-keeper check -- --config=", none: true},

	// Services, of systemd.
	{keys: "daemon-keeper -e /bin/x -s ", has: []string{"cron", "toy"}, lacks: []string{"plant@", "cron.service", "toy.service", "clamd"}},
	{keys: "daemon-keeper --service=plant", after: "daemon-keeper --service=plant@one "},
	{keys: "daemon-keeper -s toy -s cro", after: "daemon-keeper -s toy -s cron "},
}
