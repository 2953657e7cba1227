package report

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"daemon-keeper/internal/golden"
	"daemon-keeper/internal/terminal"
)

const pidFilesSchema = "../../docs/daemon-keeper.pidfiles.schema.json"

// pidFiles is a machine with one of each kind.
func pidFiles() PIDFiles {
	written := time.Date(2026, 11, 27, 19, 3, 0, 0, time.Local)
	nginx := &PIDFileProcess{PID: 731, Name: "nginx", Executable: "/usr/sbin/nginx", User: "root", Unit: "nginx.service", Started: written}
	clamd := &PIDFileProcess{PID: 29789, Thread: new("worker-7"), Name: "clamd", Executable: "/usr/sbin/clamd", User: "clamav", Unit: "clamav-daemon.service", Started: written}
	return PIDFiles{
		Now:  dusk,
		Sums: map[string]int{"dangerous": 1, "wrong": 1, "note": 1, "right": 1002},
		List: []PIDFile{
			{
				Path: "/run/otherd.pid", Severity: "dangerous", Number: new(int64(29791)), Process: clamd, Locked: new(false), Owner: "root", Mode: "-rw-r--r--", Written: written, FileSystem: "tmpfs", NamedBy: []string{"/etc/init.d/otherd"},
				Findings: []PIDFileFinding{{"thread", "dangerous", `holds 29791, which is not a process but a thread of clamd(29789), "worker-7": who signals that, signals clamd(29789)`}},
			},
			{
				Path: "/run/a-long-name-of-a-folder/with-a-daemon-of-a-long-name.pid", Severity: "wrong", Owner: "root", Mode: "-rw-r--r--", Written: written, FileSystem: "tmpfs",
				Findings: []PIDFileFinding{{"empty", "wrong", "is empty"}},
			},
			{
				Path: "/run/nginx.pid", Severity: "note", Number: new(int64(731)), Process: nginx, Locked: new(true), LockedBy: []int{731}, Owner: "root", Mode: "-rw-r--r--", Written: written, FileSystem: "ext4", Persistent: true, NamedBy: []string{"nginx.service"},
				Findings: []PIDFileFinding{{"persistent", "note", "is on ext4, which survives a reboot: then another process has its number"}, {"right", "right", "names nginx(731), as nginx.service has it"}},
			},
			{
				Path: "/run/x\x1b[2J\n.pid", Severity: "right", Number: new(int64(731)), Process: nginx, Owner: "root", Mode: "-rw-r--r--", Written: written, FileSystem: "tmpfs",
				Findings: []PIDFileFinding{{"right", "right", "names nginx(731), which was started before it was written"}},
			},
		},
		Unseen: 2, Limits: []string{"/run/many holds 1003 pidfiles, of which only the 1000 worst are told"},
	}
}

func (p PIDFiles) string() string {
	var b bytes.Buffer
	p.Out = &b
	p.Write()
	return b.String()
}

// For eyes, in each width; the worst first.
func TestPIDFiles(t *testing.T) {
	for width, file := range map[int]string{0: "pidfiles.txt", 80: "pidfiles80.txt", 40: "pidfiles40.txt"} {
		p := pidFiles()
		p.Width = width
		got := p.string()
		golden.File(t, "testdata/"+file, got)
		for line := range strings.Lines(got) {
			if width > 0 && terminal.Breadth(strings.TrimSuffix(line, "\n")) > width {
				t.Errorf("longer than %d columns: %s", width, line)
			}
		}
		p.Color = true
		if plain := uncolored(p.string()); plain != got {
			t.Errorf("colour changes the text:\n%s", plain)
		}
	}
	if got := (PIDFiles{}).string(); got != "no pidfile\n" {
		t.Errorf("of none: %q", got)
	}
}

func uncolored(s string) string {
	for _, code := range []string{terminal.Red, terminal.Green, terminal.Yellow, terminal.Bold, "0"} {
		s = strings.ReplaceAll(s, "\x1b["+code+"m", "")
	}
	return s
}

func compiledPIDFiles(t *testing.T) *jsonschema.Schema {
	t.Helper()
	c := jsonschema.NewCompiler()
	c.AssertFormat()
	s, err := c.Compile(pidFilesSchema)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// What programs read. Who changes it changes pidFilesVersion too, unless a field is only
// added.
func TestPIDFilesAsJSON(t *testing.T) {
	p := pidFiles()
	p.JSON = true
	got := p.string()
	golden.File(t, "testdata/pidfiles.json", got)
	validate(t, compiledPIDFiles(t), []byte(got))
	validate(t, compiledPIDFiles(t), []byte(PIDFiles{JSON: true, Now: dusk}.string()))
}

// Whatever is found, the schema describes it, and nothing in it is hostile.
func TestRandomPIDFilesAreDescribedByTheSchema(t *testing.T) {
	s := compiledPIDFiles(t)
	for seed := range uint64(200) {
		random := rand.New(rand.NewPCG(seed, 7))
		p := pidFiles()
		p.JSON, p.Limits = true, []string{randomText(random)}
		for i := range p.List {
			f := &p.List[i]
			f.Path, f.Owner, f.FileSystem, f.Written = randomText(random), randomText(random), randomText(random), randomMoment(random)
			f.NamedBy, f.Findings[0].Text = []string{randomText(random)}, randomText(random)
			if f.Process != nil {
				f.Process.Name, f.Process.Executable, f.Process.User, f.Process.Unit = randomText(random), randomText(random), randomText(random), randomText(random)
				f.Process.Thread, f.Process.Started = new(randomText(random)), randomMoment(random)
			}
		}
		got := p.string()
		validate(t, s, []byte(got))
		if strings.ContainsFunc(got, func(r rune) bool { return r == '\u2028' || r < ' ' && r != '\n' }) || strings.Contains(got, `\u`) {
			t.Errorf("seed %d: something hostile in %q", seed, got)
		}
		if t.Failed() {
			return
		}
	}
}
