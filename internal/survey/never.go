package survey

import (
	"cmp"
	"path"
	"path/filepath"
	"strings"
)

// kind is a group of services that must not be restarted by a program that only sees that a
// process is missing, and the reason.
type kind struct {
	names string // patterns, path.Match, for the service or the file name of its program
	why   string
}

// neverRestarted is a function, so that the table cannot be changed.
func neverRestarted() []kind {
	return []kind{
		{"daemon-keeper*", "it is daemon-keeper itself"},
		{"user@* user-runtime-dir@* session-*", "the session of a user, who would lose it"}, // it executes systemd, too
		{"systemd-* systemd init", "systemd's own, which systemd looks after"},
		{"rc-local rc.local", "all that it has started would be ended and started again"},
		{"dbus dbus-* dbus@* messagebus", "the programs on the bus lose their connection, and many end"},
		{"getty getty@* serial-getty@* console-getty container-getty@* autovt@* agetty kmsconvt@*", "who has logged in there is thrown out"},
		{"display-manager gdm gdm3 lightdm sddm lxdm xdm kdm wdm slim nodm greetd ly x11 xorg", "all who have logged in to the desktop are thrown out"},
		{"plymouth*", "it belongs to the boot"},
		{`
			polkit* accounts-daemon rtkit* colord udisks2* udisksd upower* power-profiles-daemon
			switcheroo-control bluetooth* modemmanager geoclue* packagekit* fwupd bolt boltd iio-sensor-proxy
			hald consolekit*`, "part of a desktop, which starts it when it needs it"},
		{`
			networkmanager* networking network netif routing wpa_supplicant* iwd connman* dhcpcd* dhclient*
			dhcp6c* udhcpc* rtsold wicked* netplan* ifup@* pppd* ppp hostapd* mpd5
			ovs-vswitchd ovsdb-server openvswitch*`, "the network may go away, and with it the way to mend it"},
		{`
			firewalld nftables iptables* ip6tables* ufw shorewall* netfilter-persistent pf ipfw ipfilter pflog*
			ebtables`, "between stop and start the firewall is open, or shuts you out"},
		{`
			docker* dockerd containerd* podman* conmon* cri-o crio cri-dockerd kubelet kube-* k3s* rke2* k0s*
			microk8s* nomad lxc* lxd* incus* jail bastille ezjail* iocage*`, "its containers may be stopped with it"},
		{`
			libvirt* libvirtd virtqemud virtlogd virtlockd virtproxyd virtnetworkd virtstoraged virtnodedevd
			virtinterfaced virtnwfilterd virtsecretd virtxend virtlxcd virtvboxd xen* qemu-system-* vboxsvc
			vboxheadless vboxweb* vboxdrv vm bhyve*`, "its virtual machines may be stopped with it"},
		{`
			multipathd iscsi* open-iscsi tgt tgtd ctld lvm2* dmeventd mdadm* mdmonitor* zed zfs* zfsd stratisd*
			blk-availability drbd* glusterd ceph* nbd-server vdo* hastd ggated`, "file systems may depend on it"},
		{"rpcbind rpc-* rpc.* nfs* mountd nfsd statd lockd gssproxy autofs automount amd", "mounts hang without it, and it forgets who has registered"},
		{"corosync* pacemaker* sbd ctdb* keepalived heartbeat* drbdmanage* patroni* repmgrd", "a cluster decides by itself what runs where"},
		{"udev* eudev* mdev devd devfs usbmuxd", "devices come and go meanwhile"},
		{"auditd", "it refuses to be stopped, and what happens meanwhile is not recorded"},
		{"cron crond cronie vixie-cron dcron fcron bcron* systemd-cron*", "cron starts daemon-keeper: without it nothing does"},
		{"snap.*", "snapd starts and updates it, and its path changes with each update"},
		{`
			unattended-upgrades apt-daily* dnf-automatic* yum-cron packagekitd snapd* cloud-init* cloud-*`, "it may be in the middle of an installation"},
		{`
			supervisor supervisord runit runsvdir* s6-svscan* svscan* daemontools* monit circus* god pm2*`, "it keeps daemons itself, and may stop them with it"},
	}
}

// never returns why a service is in one of these groups; "" if it is in none.
func never(s Service) string {
	names := []string{strings.ToLower(s.Name)}
	// The program that was started may be a helper that executes another one: dnsmasq's
	// helper is called systemd-helper.
	if p := cmp.Or(s.Executable, s.Started); p != "" {
		names = append(names, strings.ToLower(filepath.Base(p)))
	}
	for _, k := range neverRestarted() {
		for pattern := range strings.FieldsSeq(k.names) {
			for _, name := range names {
				if ok, err := path.Match(pattern, name); ok && err == nil {
					return k.why
				}
			}
		}
	}
	return ""
}
