package ansible

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"daemon-keeper/internal/realtest"
)

const installed = "/usr/share/ansible/collections/ansible_collections/daemon_keeper/fleet"

// The collection as it is handed out is what Ansible's own tools want it to be.
func TestCollection(t *testing.T) {
	realtest.Need(t)
	t.Parallel()
	l := realtest.NewLayer(t)
	withAnsible(t, l)
	m := realtest.Enter(t, tree(t), l)
	inside := func(arg ...string) (string, int) {
		return m.Run(t, "env", append(settings(), arg...)...)
	}

	if out, status := inside("sh", "-c", "cd "+installed+" && ansible-lint --offline --nocolor --profile production"); status != 0 ||
		!strings.Contains(out, "Passed with production profile: 0 failure(s), 0 warning(s)") {
		t.Errorf("ansible-lint: exit status %d\n%s", status, out)
	}
	if out, status := inside("ansible-doc", "-t", "role", "daemon_keeper.fleet.daemon_keeper"); status != 0 ||
		!strings.Contains(out, "- daemon_keeper_daemons\n") ||
		!strings.Contains(strings.Join(strings.Fields(out), " "), "Path of the program; of a script daemon, of the script. A * in a folder's name") { // wherever it is wrapped
		t.Errorf("ansible-doc: exit status %d\n%s", status, out)
	}
	out, status := inside("ansible", "-i", installed+"/inventory/hosts.yml", "-c", "local", "-m", "ansible.builtin.debug",
		"-a", "msg={{ daemon_keeper_daemons | map(attribute='daemon') | join(' ') }}", "all")
	for host, daemons := range map[string]string{"mail.example.org": "sshd clamd postfix", "web2.example.org": "sshd nginx", "gate.example.org": "sshd"} {
		if want := host + " | SUCCESS => {\n    \"msg\": \"" + daemons + "\"\n}"; status != 0 || !strings.Contains(out, want) {
			t.Errorf("%s of the example: exit status %d\n%s", host, status, out)
		}
	}
	handedOut, err := filepath.Glob(filepath.Join(folder, "galaxy/*.tar.gz"))
	if err != nil || len(handedOut) != 1 {
		t.Fatalf("%q, %v", handedOut, err)
	}
	var names []string
	for _, dir := range []string{".", "roles/daemon_keeper"} {
		entries, err := os.ReadDir(filepath.Join(fleet(t), dir))
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			names = append(names, e.Name())
		}
	}
	if want := strings.Fields("CHANGELOG.md FILES.json MANIFEST.json README.md inventory meta playbooks roles README.md defaults files meta tasks templates vars"); !slices.Equal(names, want) {
		t.Errorf("it holds %q", names)
	}
}

// onFreeBSD runs the site's play on a host that says it is one.
const onFreeBSD = `
- name: Be a FreeBSD
  hosts: all
  gather_facts: false
  tasks:
    - name: Say so
      ansible.builtin.set_fact:
        system: FreeBSD
        pkg_mgr: pkgng
        cacheable: true
- name: Keep daemons
  ansible.builtin.import_playbook: daemon_keeper.fleet.site
`

// On FreeBSD the files are elsewhere, and the job is in root's crontab, beside others.
func TestFreeBSD(t *testing.T) {
	realtest.Need(t)
	t.Parallel()
	l := realtest.NewLayer(t)
	withAnsible(t, l)
	l.File("/play/hosts.yml", inventory, 0o644)
	l.File("/play/freebsd.yml", onFreeBSD, 0o644)
	l.Copy(filepath.Join(tree(t), "usr/bin/sleep"), "/usr/local/sbin/toy")
	for _, service := range []string{"toy", "other"} { // whose manager is System V's, whatever Ansible is told
		l.File("/etc/init.d/"+service, "#!/bin/sh\nexit 3\n", 0o755)
	}
	m := realtest.Enter(t, tree(t), l)
	m.Must(t, "sh", "-c", "echo '1 2 3 4 5 others' | crontab -")

	play(t, m, "freebsd.yml").only(t, recap{Changed: 5})
	crontab := m.Must(t, "crontab", "-l")
	if want := "1 2 3 4 5 others\n#Ansible: daemon-keeper\n* * * * * -n PATH=/sbin:/bin:/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin " +
		"/usr/local/sbin/daemon-keeper --prometheus /var/tmp/100\\%.prom --at-once 2\n"; crontab != want {
		t.Errorf("root's crontab is\n%s", crontab)
	}
	files := m.Must(t, "find", "/etc", "/usr/local", "-name", "*daemon-keeper*", "-o", "-name", "ansible-*.yaml")
	if got, want := slices.Sorted(strings.SplitSeq(strings.TrimSpace(files), "\n")), []string{
		"/usr/local/etc/daemon-keeper.d", "/usr/local/etc/daemon-keeper.d/ansible-other.yaml", "/usr/local/etc/daemon-keeper.d/ansible-toy.yaml",
		"/usr/local/etc/daemon-keeper.yaml", "/usr/local/sbin/daemon-keeper",
	}; !slices.Equal(got, want) {
		t.Errorf("there are %q", got)
	}

	m.Must(t, "mkdir", "-p", "/var/db/daemon-keeper", "/run/daemon-keeper") // as a run would
	play(t, m, "freebsd.yml", "-e", "daemon_keeper_state=absent").only(t, recap{Changed: 2})
	if left := remains(t, m); left != "" {
		t.Errorf("left:\n%s", left)
	}
	if crontab := m.Must(t, "crontab", "-l"); crontab != "1 2 3 4 5 others\n" {
		t.Errorf("root's crontab is\n%s", crontab)
	}
}
