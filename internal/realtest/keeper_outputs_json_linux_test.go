package realtest

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// keepPlay keeps daemons, and tells Ansible what has changed and what has failed.
const keepPlay = `
- name: Keep the daemons
  hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Bring back what is down
      ansible.builtin.command: /usr/local/sbin/daemon-keeper run -o json {{ only | default('') }}
      register: keeper
      changed_when: (keeper.stdout | from_json).changed
      failed_when: keeper.rc not in [0, 1]
`

// statesPlay reads the results by name.
const statesPlay = `
- name: Look at the daemons
  hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Look
      ansible.builtin.command: /usr/local/sbin/daemon-keeper check -o json
      register: keeper
      changed_when: false
      failed_when: keeper.rc not in [0, 2, 3]
    - name: Write the results down
      vars:
        daemons: "{{ (keeper.stdout | from_json).daemons }}"
      ansible.builtin.copy:
        content: "{{ daemons | items2dict(key_name='name', value_name='result') | to_json }}"
        dest: /run/states.json
        mode: "0644"
`

func addPlays(l *Layer) {
	l.File("/srv/keep.yml", keepPlay, 0o644)
	l.File("/srv/states.yml", statesPlay, 0o644)
}

// play is one ansible-playbook.
func play(t *testing.T, m *Machine, arg ...string) answer {
	t.Helper()
	return begin(t, m, append([]string{"env", "LC_ALL=C.UTF-8", "ansible-playbook", "-i", "localhost,"}, arg...)...)()
}

// Ansible calls a run changed that has brought a daemon back, and the next one ok;
// with the whole host, which is not well, it fails.
func outputsAnsibleChanged(t *testing.T, m *Machine) {
	kill(t, m, "/usr/local/sbin/up")
	expect(t, play(t, m, "-e", "only=up", "/srv/keep.yml"), 0, "ok=1 ", "changed=1 ", "failed=0 ")
	pid := onlyPid(t, m, "/usr/local/sbin/up")
	expect(t, play(t, m, "-e", "only=up", "/srv/keep.yml"), 0, "ok=1 ", "changed=0 ", "failed=0 ")
	expect(t, play(t, m, "/srv/keep.yml"), 2, "changed=0 ", "failed=1 ")
	samePid(t, m, "/usr/local/sbin/up", pid)
}

// A Jinja expression reads the five states by name.
func outputsAnsibleStates(t *testing.T, m *Machine) {
	expect(t, play(t, m, "/srv/states.yml"), 0, "failed=0 ")
	var got map[string]string
	if err := json.Unmarshal([]byte(read(t, m, "/run/states.json")), &got); err != nil {
		t.Fatal(err)
	}
	equalStates(t, got)
}

// What this host's commands print is as the published schema says.
func outputsSchema(t *testing.T, m *Machine) {
	schema, err := jsonschema.NewCompiler().Compile(filepath.Join(repository(t), "docs", "daemon-keeper.report.schema.json"))
	if err != nil {
		t.Fatal(err)
	}
	kill(t, m, "/usr/local/sbin/up") // so that the first run has something to tell
	for _, command := range [][]string{
		{"run"},
		{"run"},
		{"check"},
		{"status"},
		{"run", "--dry-run"},
		{"check", "-v"},
		{"check", "up:1-1", "down@root:1-", "/usr/local/sbin/forbidden:0"},
		{"check", "nosuch"},
	} {
		a := run(t, m, append(command, "-o", "json")...)
		value, err := jsonschema.UnmarshalJSON(strings.NewReader(a.stdout))
		if err == nil {
			err = schema.Validate(value)
		}
		if err != nil {
			t.Errorf("%q: %v\n%v", command, err, a)
			continue
		}
		if status, _ := value.(map[string]any)["status"].(json.Number); status.String() != string(rune('0'+a.status)) {
			t.Errorf("%q: the status is %v, not\n%v", command, status, a)
		}
	}
}
