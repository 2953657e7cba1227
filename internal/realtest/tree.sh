#!/bin/sh
# tree.sh FOLDER BASE PACKAGE...: a small Debian 12 tree in the new folder FOLDER. It is
# made from the tree BASE, with these packages more; if BASE is empty, from nothing.
#
# Nothing is installed on this machine: mmdebstrap is one perl script, and if it
# is missing it is only unpacked into a temporary folder. DEBIAN_MIRROR names
# another mirror than the one that this machine's own apt uses.
set -eu
out=$1
base=$2
shift 2
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# The filter on Codename needs the fetched Release files, so without lists the
# first question has no answer.
find_mirror() {
	apt-get indextargets --format '$(REPO_URI)' \
		'Created-By: Packages' 'Codename: bookworm' 'Component: main' | head -n 1
}
mirror=${DEBIAN_MIRROR:-$(find_mirror)}
if [ -z "$mirror" ]; then
	apt-get -qq update
	mirror=$(find_mirror)
fi
if [ -z "$mirror" ]; then
	echo "apt knows no mirror of bookworm main: set DEBIAN_MIRROR" >&2
	exit 1
fi

if ! command -v mmdebstrap >/dev/null; then
	# Without the Sandbox option apt complains that its user cannot write here.
	download() { (cd "$tmp" && apt-get -qq -o APT::Sandbox::User=root download mmdebstrap); }
	download || { apt-get -qq update && download; } # the lists may be older than the mirror
	dpkg-deb -x "$tmp"/mmdebstrap_*.deb "$tmp"
	PATH=$tmp/usr/bin:$PATH # mmdebstrap looks for its mmtarfilter there, too
fi

if [ -z "$base" ]; then
	set -- --variant=minbase --include="$(echo "$*" | tr ' ' ,)"
else # a tree of custom has nothing but what hooks put there
	packages=$*
	export base packages
	# shellcheck disable=SC2016 # the shell of mmdebstrap knows these variables
	set -- --variant=custom --setup-hook='cp -a "$base/." "$1"' \
		--customize-hook='APT_CONFIG=$MMDEBSTRAP_APT_CONFIG apt-get -qq --yes -o DPkg::Chroot-Directory="$1" install $packages'
fi
nice -n 10 mmdebstrap --quiet --mode=root "$@" \
	--dpkgopt=force-unsafe-io --aptopt='Acquire::Retries "5"' \
	--dpkgopt='path-exclude=/usr/share/man/*' \
	--dpkgopt='path-exclude=/usr/share/locale/*' \
	--dpkgopt='path-exclude=/usr/share/doc/*' \
	--dpkgopt='path-exclude=/usr/share/javascript/*' \
	bookworm "$out" "$mirror"

echo toyhost >"$out/etc/hostname" # mmdebstrap copies the host's

# Without a machine-id every boot is a "first boot", and systemd enables every
# unit that a preset allows, even one that a test wants disabled.
echo 0123456789abcdef0123456789abcdef >"$out/etc/machine-id"

# apt-daily and its like are overdue in a new tree, start at a random moment
# after boot, and fail for want of a network.
rm -f "$out"/etc/systemd/system/timers.target.wants/*

# service(8) asks systemd for the list of all unit files at each stop and start, and
# systemd then looks through every folder for each of them: half a second of its time.
# Without the units of disks, laptops and consoles, which no machine here has, it is a tenth.
(
	cd "$out/lib/systemd/system"
	rm -rf initrd* runlevel* rescue* emergency* kexec* systemd-kexec* system-update* kbrequest* \
		*hibernate* *suspend* sleep.target systemd-halt* systemd-backlight* systemd-rfkill* \
		bluetooth.target printer.target smartcard.target sound.target usb-gadget.target rpcbind.target \
		debug-shell* console-getty* container-getty* serial-getty* getty-static* systemd-vconsole* \
		apt-daily* dpkg-db-backup* e2scrub* fstrim* systemd-fsck* quotaon* systemd-quota* systemd-growfs* blockdev@* \
		*cryptsetup* *veritysetup* integritysetup* systemd-repart* systemd-pcr* systemd-volatile* \
		dev-hugepages* dev-mqueue* proc-sys-fs-binfmt* sys-fs-fuse* sys-kernel-* systemd-binfmt* systemd-modules* modprobe@* kmod* \
		systemd-ask-password* systemd-boot-check* boot-complete* factory-reset* first-boot* systemd-firstboot* systemd-machine-id* \
		systemd-hwdb* systemd-initctl* systemd-localed* systemd-network* systemd-pstore* systemd-sysext* systemd-time* systemd-udev* \
		dbus-org.freedesktop.locale1* dbus-org.freedesktop.timedate1*
	find . -type d -empty -delete
)
