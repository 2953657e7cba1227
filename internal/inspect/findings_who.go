package inspect

import (
	"fmt"
	"path"
	"slices"
	"strconv"
	"strings"

	"daemon-keeper/check/proctable"
	"daemon-keeper/internal/words"
)

func whoRules() []rule {
	return []rule{
		{
			"user_differs", Who, Warning, "it is another user than its unit asks for",
			"what it can read, write and kill is decided by who it is, and its files will get the wrong owner",
			"restart the service; if it stays so, see why it is not started by its unit", userDiffers,
		},
		{
			"group_differs", Who, Warning, "its group is not the one that its unit asks for",
			"files that it makes belong to the wrong group, and it may reach what it should not",
			"restart the service; if it stays so, see why it is not started by its unit", groupDiffers,
		},
		{
			"groups_missing", Who, Warning, "it lacks groups that its unit asks for",
			"it cannot open what those groups may open",
			"restart the service: groups are given at the start only", groupsMissing,
		},
		{
			"never_dropped", Who, Warning, "it is root, and has never dropped that",
			"a program of this kind needs root only to begin with; a mistake in it now costs the whole machine",
			"name its user in its configuration, or write User= into its unit", neverDropped,
		},
		{
			"root_group", Who, Warning, "it is no longer root, and still of root's group",
			"it has called setuid(2) before setgid(2), which then cannot succeed: it can read and write what the group root may",
			"drop in this order: setgroups, setgid, setuid; or let the unit do it with User= and Group=", rootGroup,
		},
		{
			"root_groups_left", Who, Warning, "it is no longer root, and has kept groups of whoever started it",
			"it can open what those groups may open: disks, logs, terminals",
			"call setgroups(2) or initgroups(3) before setuid(2), or use User= in the unit, which does so", groupsLeft,
		},
		{
			"root_again", Who, Notice, "it can become root again",
			"its real or saved user is root: whoever takes the program over calls seteuid(0)",
			"if it need not be root again, let it call setresuid(2) with all three", rootAgain,
		},
		{
			"fsuid_differs", Who, Notice, "its files are opened as another user",
			"its file-system user is not its effective one, which only a file server that acts for its clients needs",
			"see whether it has failed to set it back", fsuidDiffers,
		},
		{
			"powers", Who, Notice, "it is not root, and can become as good as root",
			"each of these capabilities is enough to take the machine over, and its unit does not ask for them",
			"take them off: CapabilityBoundingSet= in the unit, or setcap -r on the program", powers,
		},
		{
			"powers_missing", Who, Notice, "it lacks capabilities that its unit asks for",
			"what it needs them for fails, often only later",
			"restart the service: capabilities are given at the start only", powersMissing,
		},
		{
			"bounds_differ", Who, Warning, "it may have capabilities that its unit forbids",
			"CapabilityBoundingSet= does not hold for it: it was started before that was written, or by somebody else",
			"restart the service", boundsDiffer,
		},
		{
			"new_privileges", Who, Warning, "it can gain privileges by what it executes",
			"its unit asks for NoNewPrivileges=, which does not hold for it",
			"restart the service", newPrivileges,
		},
		{
			"no_filter", Who, Warning, "its system calls are not filtered",
			"its unit asks for SystemCallFilter=, which does not hold for it",
			"restart the service", noFilter,
		},
		{
			"unconfined", Who, Warning, "no security module confines it as its unit asks for",
			"its unit names a profile, which does not hold for it",
			"load the profile (aa-status, or semodule -l), and restart the service", unconfined,
		},
		{
			"complains", Who, Notice, "its profile only complains",
			"what AppArmor would forbid it is allowed, and written down",
			"look at what was written (journalctl -k -g apparmor), then aa-enforce the profile", complains,
		},
	}
}

func userDiffers(f Facts) []evidence {
	return f.idDiffers("User", f.IDs.Value.user(), f.UserNumber, f.user)
}

func groupDiffers(f Facts) []evidence {
	return f.idDiffers("Group", f.IDs.Value.Groups[proctable.Effective], f.GroupNumber, f.group)
}

// idDiffers compares an id with a key of the unit. If that asks for root, the program may drop it by
// itself.
func (f Facts) idDiffers(key string, have uint32, number func(string) (uint32, bool), name func(uint32) string) []evidence {
	want := f.Unit.Value.Props[key]
	if !f.IDs.Known || !f.Unit.Known || want == "" || f.Unit.Value.yes("DynamicUser") {
		return nil
	}
	id, ok := numbered(want, number)
	return saw(ok && id != have && id != 0, fmt.Sprintf("%s=%s, and it is %s", key, want, name(have)))
}

// numbered is the id of a user or a group that is given by name or id. Ids are compared, and not
// names: two names may have the same id, and some names are not in the machine's own lists.
func numbered(want string, number func(string) (uint32, bool)) (id uint32, ok bool) {
	if n, err := strconv.ParseUint(want, 10, 32); err == nil {
		return uint32(n), true
	}
	if number == nil || want == "" {
		return 0, false
	}
	return number(want)
}

func (f Facts) isGroup(id uint32, want string) bool {
	n, ok := numbered(want, f.GroupNumber)
	return ok && n == id
}

func groupsMissing(f Facts) []evidence {
	if !f.Groups.Known || !f.IDs.Known || !f.Unit.Known {
		return nil
	}
	var missing []string
	for _, want := range f.Unit.Value.words("SupplementaryGroups") {
		id, ok := numbered(want, f.GroupNumber)
		if ok && !slices.Contains(f.Groups.Value, id) && !slices.Contains(f.IDs.Value.Groups[:], id) {
			missing = append(missing, want)
		}
	}
	return saw(len(missing) > 0, "SupplementaryGroups= names "+strings.Join(missing, ", "))
}

// droppers are programs that start as root, and change their user, or that of their workers, before
// they serve anybody. Programs that do so for each client (vsftpd, sshd), or only if they are told
// to (openvpn), are not in the list.
var droppers = []string{
	"apache2", "httpd", "nginx", "lighttpd", "named", "unbound", "nsd", "dnsmasq", "ntpd", "chronyd", "mysqld", "mariadbd", "postgres", "memcached",
	"redis-server", "haproxy", "squid", "proftpd", "dovecot", "exim4", "master", "slapd", "snmpd", "mosquitto", "tor", "clamd", "freshclam",
	"dhcpd", "rpcbind", "avahi-daemon", "dbus-daemon", "tinyproxy", "varnishd", "php-fpm", "zabbix_agentd", "zabbix_server", "beanstalkd", "amavisd",
}

// neverDropped leaves out main processes that stay root, but have workers that are not.
func neverDropped(f Facts) []evidence {
	if !f.IDs.Known || !f.Relatives.Known || f.IDs.Value.user() != 0 || !slices.Contains(droppers, path.Base(f.Exe)) {
		return nil
	}
	if slices.ContainsFunc(f.Relatives.Value, func(r Relative) bool { return r.User != 0 }) {
		return nil
	}
	if f.Unit.Value.Props["User"] != "" {
		return nil // it is another user than its unit asks for
	}
	text := path.Base(f.Exe) + " runs as root"
	if n := len(f.Relatives.Value); n > 0 {
		text += ", and so does all that it has started: " + words.Plural(n, "process")
	}
	return saw(true, text)
}

// rootGroup leaves out accounts in root's group, and units that ask for it: it is intended there.
func rootGroup(f Facts) []evidence {
	if !f.IDs.Known || !f.Account.Known || f.Account.Value.Group == 0 || slices.Contains(f.Account.Value.Member, 0) || f.asksForRootGroup() {
		return nil
	}
	ids := f.IDs.Value
	if slices.Contains(ids.Users[:], 0) || !slices.Contains(ids.Groups[:], 0) {
		return nil
	}
	return saw(true, fmt.Sprintf("user %s; groups real %s, effective %s, saved %s", f.user(ids.user()), f.group(ids.Groups[proctable.Real]), f.group(ids.Groups[proctable.Effective]), f.group(ids.Groups[proctable.Saved])))
}

func (f Facts) asksForRootGroup() bool {
	u := f.Unit.Value
	return f.isGroup(0, u.Props["Group"]) || slices.ContainsFunc(u.words("SupplementaryGroups"), func(g string) bool { return f.isGroup(0, g) })
}

func groupsLeft(f Facts) []evidence {
	if !f.IDs.Known || !f.Groups.Known || !f.Account.Known || f.asksForRootGroup() {
		return nil
	}
	ids, account := f.IDs.Value, f.Account.Value
	if slices.Contains(ids.Users[:], 0) || account.Group == 0 || slices.Contains(account.Member, 0) || !slices.Contains(f.Groups.Value, 0) {
		return nil
	}
	return saw(true, fmt.Sprintf("user %s is in the groups %s", f.user(ids.user()), f.groups(f.Groups.Value)))
}

func rootAgain(f Facts) []evidence {
	ids := f.IDs.Value
	if !f.IDs.Known || ids.user() == 0 || ids.Users[proctable.Real] != 0 && ids.Users[proctable.Saved] != 0 {
		return nil
	}
	return saw(true, fmt.Sprintf("user real %s, effective %s, saved %s", f.user(ids.Users[proctable.Real]), f.user(ids.user()), f.user(ids.Users[proctable.Saved])))
}

func fsuidDiffers(f Facts) []evidence {
	ids := f.IDs.Value
	if !f.IDs.Known || ids.Users[proctable.OfFiles] == ids.user() {
		return nil
	}
	return saw(true, fmt.Sprintf("effective %s, file system %s", f.user(ids.user()), f.user(ids.Users[proctable.OfFiles])))
}

func powers(f Facts) []evidence {
	if !f.Caps.Known || !f.IDs.Known || slices.Contains(f.IDs.Value.Users[:], 0) {
		return nil
	}
	asked := capsOf(f.Unit.Value.words("AmbientCapabilities"))
	mighty := (f.Caps.Value.Effective | f.Caps.Value.Permitted) & mightyCaps &^ asked
	return saw(mighty != 0, capNames(mighty))
}

func powersMissing(f Facts) []evidence {
	if !f.Caps.Known || !f.Unit.Known || !f.IDs.Known || f.IDs.Value.user() == 0 {
		return nil
	}
	c := f.Caps.Value
	missing := capsOf(f.Unit.Value.words("AmbientCapabilities")) &^ (c.Permitted | c.Effective | c.Ambient)
	return saw(missing != 0, "AmbientCapabilities= names "+capNames(missing))
}

func boundsDiffer(f Facts) []evidence {
	if !f.Caps.Known || !f.Unit.Known || !f.Unit.Value.has("CapabilityBoundingSet") {
		return nil
	}
	beyond := f.Caps.Value.Bounding &^ capsOf(f.Unit.Value.words("CapabilityBoundingSet")) & knownCaps
	return saw(beyond != 0, "beyond CapabilityBoundingSet= there are "+capNames(beyond))
}

func newPrivileges(f Facts) []evidence {
	return saw(f.NoNewPrivs.Known && f.Unit.Known && !f.NoNewPrivs.Value && f.Unit.Value.yes("NoNewPrivileges"), "NoNewPrivileges=yes, and NoNewPrivs is 0")
}

// noFilter looks for a filter of system calls. systemctl prints an empty one as "~".
func noFilter(f Facts) []evidence {
	asked := f.Unit.Value.has("SystemCallFilter") && f.Unit.Value.Props["SystemCallFilter"] != "~"
	return saw(f.Seccomp.Known && f.Unit.Known && f.Seccomp.Value == 0 && asked, "SystemCallFilter= is set, and Seccomp is 0")
}

// unconfined compares the profiles. One that begins with "-" need not exist, systemd.exec(5).
func unconfined(f Facts) []evidence {
	want := f.Unit.Value.Props["AppArmorProfile"]
	if !f.Label.Known || want == "" || strings.HasPrefix(want, "-") {
		return nil
	}
	have, _, _ := strings.Cut(f.Label.Value, " (")
	return saw(have != want, fmt.Sprintf("AppArmorProfile=%s, and it is %q", want, f.Label.Value))
}

func complains(f Facts) []evidence {
	return saw(f.Label.Known && strings.HasSuffix(f.Label.Value, " (complain)"), f.Label.Value)
}
