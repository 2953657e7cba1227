package inspect

import (
	"slices"
	"strings"
)

// capability are the names of capabilities, by their numbers, <linux/capability.h>.
var capability = []string{
	"chown", "dac_override", "dac_read_search", "fowner", "fsetid", "kill", "setgid", "setuid", "setpcap", "linux_immutable", "net_bind_service",
	"net_broadcast", "net_admin", "net_raw", "ipc_lock", "ipc_owner", "sys_module", "sys_rawio", "sys_chroot", "sys_ptrace", "sys_pacct", "sys_admin",
	"sys_boot", "sys_nice", "sys_resource", "sys_time", "sys_tty_config", "mknod", "lease", "audit_write", "audit_control", "setfcap", "mac_override",
	"mac_admin", "syslog", "wake_alarm", "block_suspend", "audit_read", "perfmon", "bpf", "checkpoint_restore",
}

// knownCaps are the capabilities that have a name here. A newer kernel has more, which an older
// systemd does not know.
var knownCaps = uint64(1)<<len(capability) - 1

// mightyCaps are the capabilities each of which is enough to become root, capabilities(7).
var mightyCaps = capsOf([]string{
	"chown", "dac_override", "dac_read_search", "fowner", "setgid", "setuid", "setpcap", "sys_module", "sys_rawio", "sys_ptrace", "sys_admin", "setfcap",
	"mac_admin", "mac_override", "bpf",
})

// capsOf is the set of these names, with or without cap_ before them.
func capsOf(names []string) uint64 {
	var set uint64
	for _, name := range names {
		if i := slices.Index(capability, strings.TrimPrefix(strings.ToLower(name), "cap_")); i >= 0 {
			set |= 1 << i
		}
	}
	return set
}

// capNames are the names of a set.
func capNames(set uint64) string {
	var list []string
	for i, name := range capability {
		if set&(1<<i) != 0 {
			list = append(list, name)
		}
	}
	switch {
	case len(list) == 0 && set != 0:
		return "some that have no name here"
	case len(list) == len(capability):
		return "all"
	case len(list) > len(capability)*3/4:
		return "all but " + capNames(knownCaps&^set)
	}
	return strings.Join(list, ", ")
}
