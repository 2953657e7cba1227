package importer

import (
	"fmt"
	"strings"
	"testing"
)

// watched is what becomes of a line of a crontab: each entry in one line.
func watched(line string) string {
	d, problems := Read([]File{{"t", []byte("* * * * * " + line + "\n")}}, nil)
	var out []string
	for _, e := range d.Daemons {
		var text []string
		if e.Off {
			text = append(text, "#")
		}
		for _, k := range e.Keys {
			text = append(text, fmt.Sprintf("%s=%v", k.Name, k.Value))
		}
		out = append(out, strings.Join(text, " "))
	}
	for _, p := range problems {
		if !strings.Contains(p.What, "cannot find a line") {
			out = append(out, "! "+p.What)
		}
	}
	return strings.Join(out, "\n")
}

// Lines that look for a daemon by themselves are entries. What is looked for and what is
// restarted then is told by running the line in the mind, whatever it is written like.
func TestWatches(t *testing.T) {
	for line, want := range map[string]string{
		// pgrep
		"pgrep -x toyd || service toy restart":                                               "name=toyd services=[toy]",
		"pgrep toyd >/dev/null 2>&1 || service toy restart >/dev/null":                       "name=toyd services=[toy]",
		"/usr/bin/pgrep -x toyd > /dev/null || /usr/sbin/service toy start":                  "name=toyd services=[toy]",
		"root /usr/bin/pgrep -x toyd || /etc/init.d/toy restart":                             "name=toyd services=[toy]",
		"root pgrep toyd || systemctl restart toy.service":                                   "name=toyd services=[toy]",
		"pgrep -u toy -x toyd || service toy start":                                          "name=toyd user=toy services=[toy]",
		"pgrep -xu root toyd || service toy start":                                           "name=toyd user=root services=[toy]",
		"pgrep -u a,b -x toyd || service toy start":                                          "name=toyd services=[toy]",
		"pgrep -f /usr/sbin/toyd || service toy start":                                       "executable=/usr/sbin/toyd services=[toy]",
		"pgrep -f \"/usr/bin/python3 /srv/toy.py\" || service toy start":                     `executable=/usr/bin/python3 args=^/srv/toy\.py services=[toy]`,
		"pgrep -f 'python3 /srv/toy.py' || service toy start":                                `# name=python3 args=^/srv/toy\.py services=[toy]`,
		"pgrep -f 'toy.*8080' || service toy start":                                          "# executable=/PATH args=8080 services=[toy]",
		"pgrep java || service toy start":                                                    "# name=java services=[toy]",
		"pgrep -F /run/toy.pid || service toy start":                                         "# executable=/PATH pidfile=/run/toy.pid services=[toy]",
		"pgrep -x fifteen-letters || service toy start":                                      "# name=fifteen-letters services=[toy]",
		"pgrep -x /usr/sbin/toyd || service toy start":                                       "# executable=/PATH services=[toy]",
		"pgrep -v toyd || service toy start":                                                 "# executable=/PATH services=[toy]",
		"pgrep || service toy start":                                                         "# executable=/PATH services=[toy]",
		"pkill -0 -x toyd || service toy start":                                              "name=toyd services=[toy]",
		"killall -0 toyd || service toy start":                                               "name=toyd services=[toy]",
		"pkill -9 toyd && service toy start":                                                 "",
		"kill -0 $(cat /run/toy.pid) || service toy start":                                   "# executable=/PATH pidfile=/run/toy.pid services=[toy]",
		"kill -0 `cat /run/toy.pid` 2>/dev/null || service toy start":                        "# executable=/PATH pidfile=/run/toy.pid services=[toy]",
		"kill -0 $(</run/toy.pid) || service toy start":                                      "# executable=/PATH pidfile=/run/toy.pid services=[toy]",
		"[ -d /proc/$(cat /run/toy.pid) ] || service toy start":                              "# executable=/PATH pidfile=/run/toy.pid services=[toy]",
		"test -f /run/toy.pid || service toy start":                                          "# executable=/PATH pidfile=/run/toy.pid services=[toy]",
		"ps -p $(cat /run/toy.pid) >/dev/null || service toy start":                          "# executable=/PATH pidfile=/run/toy.pid services=[toy]",
		"pidof toyd || service toy start":                                                    "name=toyd services=[toy]",
		"pidof -x /srv/toy.sh >/dev/null || service toy start":                               "executable=/srv/toy.sh services=[toy]",
		"pidof toyd toy2d || service toy start":                                              "# name=toyd services=[toy]",
		"pidof toyd | grep -q . || service toy start":                                        "name=toyd services=[toy]",
		"ps ax | grep -q [t]oyd || service toy start":                                        "name=toyd services=[toy]",
		"ps aux | grep -v grep | grep -q toyd || service toy start":                          "name=toyd services=[toy]",
		"ps -ef | grep /usr/sbin/toyd | grep -v grep >/dev/null || service toy start":        "executable=/usr/sbin/toyd services=[toy]",
		"ps -u toy -o comm= | grep -Eq '^toyd$' || service toy start":                        "name=toyd user=toy services=[toy]",
		"ps -aux | fgrep -q toyd || service toy start":                                       "name=toyd services=[toy]",
		"ps -C toyd >/dev/null || service toy start":                                         "name=toyd services=[toy]",
		"ps -fC toyd,toy2d || service toy start":                                             "# executable=/PATH services=[toy]",
		"ps ax || service toy start":                                                         "# executable=/PATH services=[toy]",
		"systemctl is-active toy || systemctl restart toy":                                   "# executable=/PATH services=[toy]",
		"systemctl is-active --quiet toy.service || systemctl restart toy.service":           "# executable=/PATH services=[toy]",
		"systemctl is-failed -q toy && systemctl restart toy":                                "# executable=/PATH services=[toy]",
		"systemctl is-failed -q toy || systemctl restart toy":                                "",
		"systemctl status toy | grep -q running || systemctl restart toy":                    "# executable=/PATH services=[toy]",
		"service toy status | grep -q 'not running' && service toy start":                    "# executable=/PATH services=[toy]",
		"/etc/init.d/toy status >/dev/null || /etc/init.d/toy start":                         "# executable=/PATH services=[toy]",
		"[ \"$(systemctl is-active toy)\" = active ] || systemctl start toy":                 "# executable=/PATH services=[toy]",
		"[ \"$(systemctl is-active toy)\" != active ] && systemctl start toy":                "# executable=/PATH services=[toy]",
		"[ \"$(systemctl is-active toy)\" = inactive ] && systemctl start toy":               "# executable=/PATH services=[toy]",
		"[ \"$(systemctl is-active toy)\" = active ] && systemctl restart toy":               "",
		"[ $(pgrep -c toyd) -eq 0 ] && service toy start":                                    "name=toyd services=[toy]",
		"[ $(pgrep -c toyd) -lt 1 ] && service toy start":                                    "name=toyd services=[toy]",
		"[ 0 -eq $(pgrep -c toyd) ] && service toy start":                                    "name=toyd services=[toy]",
		"[ 1 -gt $(pgrep -c toyd) ] && service toy start":                                    "name=toyd services=[toy]",
		"[ $(pgrep -c toyd) -gt 0 ] || service toy start":                                    "name=toyd services=[toy]",
		"[ `pgrep toyd | wc -l` -ne 0 ] || service toy start":                                "name=toyd services=[toy]",
		"[ ! $(pgrep -c toyd) -ne 0 ] && service toy start":                                  "name=toyd services=[toy]",
		"[ $(pgrep -c toyd) -gt 0 ] && service toy restart":                                  "",
		"[ $(pgrep -c toyd) -lt $N ] && service toy start":                                   "! cannot read this line: only a shell can tell what $N is",
		"[ -z \"$(pidof toyd)\" ] && service toy start":                                      "name=toyd services=[toy]",
		"[ -z \"`pidof toyd || true`\" ] && service toy start":                               "name=toyd services=[toy]",
		"[ -n \"$(pidof toyd)\" ] || service toy start":                                      "name=toyd services=[toy]",
		"[ \"$(pidof toyd)\" ] || service toy start":                                         "name=toyd services=[toy]",
		"[ ! \"$(pidof toyd)\" ] && service toy start":                                       "name=toyd services=[toy]",
		"[[ -z $(pgrep toyd) ]] && service toy start":                                        "name=toyd services=[toy]",
		"[ x$(pidof toyd) = x ] && service toy start":                                        "name=toyd services=[toy]",
		"test $(ps ax | grep -v grep | grep -c toyd) = 0 && service toy start":               "name=toyd services=[toy]",
		"test $(ps ax | grep toyd | wc -l) -eq 1 && service toy start":                       "name=toyd services=[toy]",
		"test $(ps ax | grep '[t]oyd' | wc -l) -eq 1 || service toy start":                   "name=toyd services=[toy]",
		"[ \"$(ps ax | grep -v grep | grep toyd)\" == \"\" ] && service toy start":           "name=toyd services=[toy]",
		"if ! pgrep toyd >/dev/null; then service toy restart; fi":                           "name=toyd services=[toy]",
		"root if ! pgrep toyd; then service toy restart; fi":                                 "name=toyd services=[toy]",
		"if pgrep toyd; then :; else service toy restart; fi":                                "name=toyd services=[toy]",
		"if [ -z \"$(pgrep toyd)\" ]; then service toy stop; sleep 2; service toy start; fi": "name=toyd services=[toy]",
		"if pgrep toyd; then service toy restart; fi":                                        "",
		"if [ -f /x ]; then true; elif ! pidof toyd; then service toy start; fi":             "name=toyd services=[toy]",
		"pgrep toyd || { logger down; service toy start; }":                                  "name=toyd services=[toy]",
		"pgrep toyd || ( sleep 5; service toy start; service toy2 start )":                   "name=toyd services=[toy toy2]",
		"pgrep toyd && exit 0; service toy start":                                            "name=toyd services=[toy]",
		"( pgrep toyd && exit 0 ); service toy start":                                        "",
		"pgrep toyd && true || service toy start":                                            "name=toyd services=[toy]",
		"! pgrep toyd && service toy start":                                                  "name=toyd services=[toy]",
		"pgrep toyd > /dev/null; if [ $? -ne 0 ]; then service toy start; fi":                "name=toyd services=[toy]",
		"pgrep toyd > /dev/null; [ $? -eq 1 ] && service toy start":                          "name=toyd services=[toy]",
		"pgrep toyd > /dev/null; [ $? = 0 ] || service toy start":                            "name=toyd services=[toy]",
		"until pgrep toyd; do service toy start; sleep 9; done":                              "name=toyd services=[toy]",
		"while ! pgrep toyd; do service toy start; sleep 9; done":                            "name=toyd services=[toy]",
		"sh -c 'pgrep toyd || service toy start'":                                            "name=toyd services=[toy]",
		"flock -n /run/lock/x sh -c \"pgrep toyd || service toy start\"":                     "name=toyd services=[toy]",
		"timeout 50 pgrep toyd || sudo -n service toy start":                                 "name=toyd services=[toy]",
		"[ -f /etc/no-toy ] || pgrep toyd || service toy start":                              "name=toyd services=[toy]",
		"pgrep toyd || service toy restart || mail -s toy root":                              "name=toyd services=[toy]",

		// several
		"pgrep a1d || service a1 start; pgrep b1d || service b1 start":                "name=a1d services=[a1]\nname=b1d services=[b1]",
		"pgrep a1d && pgrep b1d || service toy start":                                 "name=a1d services=[toy]\nname=b1d services=[toy]",
		"pgrep a1d || pgrep b1d || service toy start":                                 "# name=a1d services=[toy]\n# name=b1d services=[toy]",
		"for s in a1d b1d; do pgrep -x $s >/dev/null || service ${s} start; done":     "name=a1d services=[a1d]\nname=b1d services=[b1d]",
		"for s in a1d; do if ! pidof $s; then service $s start; fi; done; service c1": "name=a1d services=[a1d]",
		"for s in $ALL; do pgrep -x $s || service $s start; done":                     "! cannot read this line: only a shell can tell what $s is",

		// what restarts is not a service, or another machine's
		"pgrep toyd || /usr/sbin/toyd -d":                 "# name=toyd services=[]",
		"pgrep toyd || docker restart toy":                "# name=toyd services=[]",
		"pgrep toyd || service":                           "# name=toyd services=[]",
		"pgrep toyd || systemctl --user restart toy":      "# name=toyd services=[toy]",
		"pgrep toyd || systemctl -M box restart toy":      "# name=toyd services=[toy]",
		"pgrep toyd || /etc/init.d/toy restart one":       "# name=toyd services=[toy]",
		"pgrep toyd || service toy restart --quiet":       "name=toyd services=[toy]",
		"pgrep toyd || service toy onestart":              "name=toyd services=[toy]",
		"pgrep toyd || mail -s 'toy is down' root":        "name=toyd services=[]",
		"pgrep toyd || echo toy is down | mail root":      "name=toyd services=[]",
		"pgrep toyd || service $TOY start":                "! cannot read this line: only a shell can tell what $TOY is",
		"pgrep $TOY || service toy start":                 "! cannot read this line: only a shell can tell what $TOY is",
		"pgrep \"toyd || service toy start":               "! cannot read this line: the quotes are not closed",
		"nc -z localhost 25 || service toy restart":       "# executable=/PATH services=[toy]",
		"curl -fs http://localhost/ || service toy start": "# executable=/PATH services=[toy]",
		"[ $(cat /x) -gt 5 ] && service toy restart":      "# executable=/PATH services=[toy]",

		// these keep no daemon
		"service toy restart":                           "",
		"certbot renew && systemctl restart toy":        "",
		"[ -x /etc/init.d/toy ] && service toy restart": "",
		"cd /x && service toy restart":                  "",
		"pgrep toyd":                                    "",
		"pgrep toyd && echo it runs":                    "",
		"pgrep toyd && /root/work":                      "",
		"ps ax | grep toyd":                             "",
		"test -x /usr/sbin/anacron || run-parts /x":     "",
		"service toy status":                            "",
		"() ; { ; then fi && || ! ! if":                 "",
	} {
		if got := watched(line); got != want {
			t.Errorf("%s\n got: %s\nwant: %s", line, got, want)
		}
	}
}

// What is doubtful is said above the entry.
func TestWatchDoubts(t *testing.T) {
	for line, want := range map[string]string{
		"pgrep toyd || service toy start":                                  `Without -x, pgrep finds all names that "toyd" is a part of.`,
		"pgrep -P 1 -x toyd || service toy start":                          "Not carried over: -P 1.",
		"ps ax | grep toyd || service toy start":                           `"ps ax | grep toyd" also finds the shell that cron runs the line by: as it stands it always finds something.`,
		"pgrep -x toyd || /root/start":                                     `It was started by "/root/start", which does not call a service manager: write a unit or an rc.d script, and name it in services:.`,
		"systemctl is-active toy || systemctl start toy":                   "  readlink /proc/$(systemctl show -p MainPID --value toy)/exe",
		"kill -0 $(cat /run/t.pid) || service toy start":                   "  readlink /proc/$(cat /run/t.pid)/exe",
		"pgrep -x a1d || pgrep -x b1d || service toy start":                "Its services were restarted only if other things were the case, too.",
		"[ -f /etc/no-toy ] || pgrep -x toyd || service toy start":         "Not carried over of the same line: [ -f /etc/no-toy ] (daemon-keeper pause leaves a daemon alone for a time)",
		"pgrep -x toyd || systemctl --user start toy":                      `"systemctl --user start toy" asks another manager than the machine's, by --user.`,
		"pgrep -x toyd || /etc/init.d/toy start one":                       `Its script was asked for "start one", one of several, and a service is all of it: give that one a unit of its own, or see that a restart of all is right.`,
		"nc -z localhost 25 || service toy start":                          `It was restarted when "nc -z localhost 25" failed, and that tells no program.`,
		"test $(ps ax | grep -c [t]oyd) -lt 4 && service toy start":        "Not carried over: -lt 4, see count:.",
		"ps ax | grep -v grep | grep -v x | grep toyd || service toy stop": "",
	} {
		d, _ := Read([]File{{"t", []byte("* * * * * " + line + "\n")}}, nil)
		if len(d.Daemons) == 0 {
			if want != "" {
				t.Errorf("%s: no entry", line)
			}
			continue
		}
		if about := d.Daemons[0].About[1:]; len(about) == 0 || about[len(about)-1] != want {
			t.Errorf("%s: %q", line, about)
		}
	}
}

// What is not run often keeps a daemon only if it looks for it and restarts a service.
func TestWatchSeldom(t *testing.T) {
	for line, want := range map[string]int{
		"0 * * * * pgrep toyd || service toy start":       1,
		"@reboot pgrep toyd || service toy start":         1,
		"0 3 * * * pgrep -f toy.sh || /root/toy.sh":       0,
		"0 3 * * * apt-get update || service toy restart": 0,
	} {
		if d, _ := Read([]File{{"t", []byte(line + "\n")}}, nil); len(d.Daemons) != want {
			t.Errorf("%s: %d entries", line, len(d.Daemons))
		}
	}
}

// Two lines for one daemon are one entry; lines behind a # are counted.
func TestWatchesTogether(t *testing.T) {
	d, problems := Read([]File{{"t", []byte("* * * * * pgrep -x toyd || service a start\n* * * * * pgrep -x toyd || service b start\n" +
		"* * * * * /root/keep-alive.sh -d toyd -e c\n#* * * * * pidof x || service x start\n5 0 * * * date\n")}}, nil)
	if len(d.Daemons) != 1 || len(problems) > 0 {
		t.Fatalf("%+v, %v", d, problems)
	}
	text := string(d.YAML())
	for _, want := range []string{"# lines 1, 2, 3\n", "services: [a, b, c]", "take out the old lines", "1 line behind a #", "as far as import can tell: 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("there is no %q in\n%s", want, text)
		}
	}
}
