package packaging

import (
	"slices"
	"strings"
	"testing"

	"daemon-keeper/internal/realtest"
)

const (
	sbin    = "/usr/sbin/daemon-keeper "
	zsh     = "/usr/share/zsh/site-functions/_daemon-keeper "
	license = "/usr/share/licenses/daemon-keeper/LICENSE "
	units   = "/usr/lib/systemd/system/daemon-keeper.service /usr/lib/systemd/system/daemon-keeper.timer "
	// common is in each package, besides the documentation.
	common = `/etc/cron.d/daemon-keeper
/etc/daemon-keeper.d/
/etc/daemon-keeper.yaml
/usr/share/bash-completion/completions/daemon-keeper
/usr/share/daemon-keeper/daemon-keeper.history.schema.json
/usr/share/daemon-keeper/daemon-keeper.inspect.schema.json
/usr/share/daemon-keeper/daemon-keeper.pidfiles.schema.json
/usr/share/daemon-keeper/daemon-keeper.report.schema.json
/usr/share/daemon-keeper/daemon-keeper.schema.json
/usr/share/daemon-keeper/daemon-keeper.why.schema.json
/usr/share/daemon-keeper/hooks/matrix
/usr/share/daemon-keeper/hooks/ntfy
/usr/share/daemon-keeper/hooks/pagerduty
/usr/share/daemon-keeper/hooks/slack
/usr/share/daemon-keeper/hooks/telegram
/usr/share/daemon-keeper/hooks/webhook
/usr/share/daemon-keeper/hooks/with-pings
/usr/share/fish/vendor_completions.d/daemon-keeper.fish
/usr/share/man/man5/daemon-keeper.yaml.5.gz
/usr/share/man/man8/daemon-keeper.8.gz
/var/lib/daemon-keeper/
`
)

// documented is what of the documentation must be there.
var documented = []string{
	"/usr/share/doc/daemon-keeper/README.md",
	"/usr/share/doc/daemon-keeper/docs/page.md",
	"/usr/share/doc/daemon-keeper/docs/telling.md",
	"/usr/share/doc/daemon-keeper/docs/troubleshooting.md",
	"/usr/share/doc/daemon-keeper/examples/grafana/daemon-keeper.json",
	"/usr/share/doc/daemon-keeper/examples/prometheus/daemon-keeper.rules.yml",
}

// kinds are the packages, and commands that show what is in the one called $1.
var kinds = []struct {
	name   string
	files  map[string]string // by processor
	list   string            // prints the names
	more   string            // that are in this one
	config string            // prints which files the administrator may change
	facts  string            // prints what else is asked
	want   []string
}{
	{
		"deb", debs, "dpkg-deb --fsys-tarfile $1 | tar -t",
		sbin + units + "/usr/share/zsh/vendor-completions/_daemon-keeper /usr/share/lintian/overrides/daemon-keeper",
		"dpkg-deb -I $1 conffiles",
		"dpkg-deb -I $1; dpkg-deb --fsys-tarfile $1 | tar -xO ./usr/share/doc/daemon-keeper/changelog.Debian.gz | gzip -d;" +
			" dpkg-deb --fsys-tarfile $1 | tar -tv | sed -n 's,^\\([-rwx]*\\) .*/hooks/,\\1 ,p'",
		[]string{"Version: 1.2.3-1\n", "Recommends: cron | cron-daemon\n", "daemon-keeper (1.2.3-1) unstable;", "-rwxr-xr-x with-pings\n"},
	},
	{
		"rpm", rpms, "rpm -qp --qf '[%{FILEMODES:perms} %{FILENAMES}\n]' $1 | sed 's,^d.*,&/,; s,^[^ ]* ,,'",
		sbin + units + zsh + license,
		"rpm -qp --configfiles $1",
		"rpm -qpi --scripts --recommends --licensefiles $1; rpm -qp --qf '[%{FILEFLAGS:fflags} %{FILENAMES}\n%{FILEMODES:perms} %{FILENAMES}\n]' $1",
		[]string{"Version     : 1.2.3\n", "preuninstall", "cronie\n", strings.TrimSpace(license) + "\n", "cn /etc/daemon-keeper.yaml\n", "cn /etc/cron.d/daemon-keeper\n", "-rwxr-xr-x /usr/share/daemon-keeper/hooks/ntfy\n"},
	},
	{
		"apk",
		map[string]string{"amd64": "*_x86_64.apk", "arm64": "*_aarch64.apk"},
		"tar --warning=no-unknown-keyword -tzf $1",
		sbin + zsh + license, // no systemd there
		"printf '/etc/daemon-keeper.yaml /etc/cron.d/daemon-keeper'", // apk treats all of /etc so
		"tar --warning=no-unknown-keyword -xzOf $1 .PKGINFO",
		[]string{"pkgver = 1.2.3-r0\n", "license = MIT\n"},
	},
	{
		"arch",
		map[string]string{"amd64": "*-x86_64.pkg.tar.zst", "arm64": "*-aarch64.pkg.tar.zst"},
		"bsdtar -tf $1",
		"/usr/bin/daemon-keeper " + zsh + license + units,
		"bsdtar -xOf $1 .PKGINFO | sed -n 's,^backup = ,/,p'",
		"bsdtar -xOf $1 .PKGINFO .INSTALL",
		[]string{"pkgver = 1.2.3-1\n", "function pre_remove()"},
	},
}

// Each package holds what it should and where its distribution wants it, and nothing
// else; what the administrator may change is marked so.
func TestContents(t *testing.T) {
	l := realtest.NewLayer(t)
	for _, k := range kinds {
		l.Copy(packageFile(t, k.files), "/srv/keeper."+k.name)
	}
	m := realtest.Enter(t, realtest.Tree(t, realtest.Consumers()...), l)
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			ask := func(command string) string {
				t.Helper()
				return m.Must(t, "sh", "-c", command, "sh", "/srv/keeper."+k.name)
			}
			names, documents := sorted(ask(k.list))
			want := strings.Fields(common + k.more)
			slices.Sort(want)
			if !slices.Equal(names, want) {
				t.Errorf("it has\n%s\nnot\n%s", strings.Join(names, "\n"), strings.Join(want, "\n"))
			}
			for _, d := range documented {
				if !slices.Contains(documents, d) {
					t.Errorf("it has no %s, but\n%s", d, strings.Join(documents, "\n"))
				}
			}
			config := strings.Fields(ask(k.config))
			slices.Sort(config)
			if !slices.Equal(config, []string{"/etc/cron.d/daemon-keeper", "/etc/daemon-keeper.yaml"}) {
				t.Errorf("it marks %q", config)
			}
			facts := ask(k.facts)
			for _, w := range k.want {
				if !strings.Contains(facts, w) {
					t.Errorf("it does not say %q:\n%s", w, facts)
				}
			}
		})
	}
}

// sorted takes the documentation out of a list of files, and the folders that no
// package of ours has to itself, and the formats' own files.
func sorted(list string) (names, documents []string) {
	for line := range strings.Lines(list) {
		n := strings.TrimPrefix(strings.TrimSpace(line), ".")
		if !strings.HasPrefix(n, "/") {
			n = "/" + n
		}
		switch {
		case slices.Contains([]string{"/PKGINFO", "/MTREE", "/INSTALL"}, n):
		case strings.HasPrefix(n, "/usr/share/doc/"):
			documents = append(documents, n)
		case !strings.HasSuffix(n, "/"), strings.Contains(common, "\n"+n+"\n"):
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names, documents
}

// rpm installs it, and keeps a changed configuration and the state when it is erased.
func TestRPM(t *testing.T) {
	l := realtest.NewLayer(t)
	l.Copy(packageFile(t, rpms), "/srv/keeper.rpm")
	m := realtest.Enter(t, realtest.Tree(t, realtest.Consumers()...), l)
	m.Must(t, "rpm", "-i", "--nodeps", "/srv/keeper.rpm")
	if out := m.Must(t, "stat", "-c", "%a %U %n", "/var/lib/daemon-keeper", "/etc/daemon-keeper.d"); out !=
		"700 root /var/lib/daemon-keeper\n755 root /etc/daemon-keeper.d\n" {
		t.Error(out)
	}
	m.Must(t, "daemon-keeper")
	write(t, m, "/etc/daemon-keeper.yaml", "# ours\n")
	write(t, m, "/var/lib/daemon-keeper/memory.json", "")
	m.Must(t, "rpm", "-e", "daemon-keeper")
	if text := read(t, m, "/etc/daemon-keeper.yaml.rpmsave"); text != "# ours\n" {
		t.Errorf("it has saved %q", text)
	}
	if left := has(t, m, "/usr/sbin/daemon-keeper", "/etc/cron.d/daemon-keeper", "/var/lib/daemon-keeper/memory.json"); len(left) != 1 {
		t.Errorf("there are %q", left)
	}
}
