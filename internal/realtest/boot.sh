#!/bin/sh
# boot.sh hold MODE DROP SCRATCH LOWER: run the tree LOWER (overlayfs layers, a:b:c,
# the topmost first, never written to) in namespaces of its own.
#
#   MODE     systemd: its init; hybrid: the same, with the memory controller where
#            the host has it in a tree of its own, cgroups(7) version 1, so that
#            MemoryMax= works; idle: a PID 1 that only reaps
#   DROP     setpriv's list of capabilities that nothing in there may have
#   SCRATCH  an empty folder to mount on; the mounts are seen from inside only
#
# It writes the pid of that PID 1, as seen from here, to descriptor 3 as soon as
# one can enter, and runs until PID 1 ends (poweroff inside) or it gets SIGTERM.
set -eu

case $1 in
hold) # outermost: stays in the host's namespaces and cleans up
	shift
	mode=$1 scratch=$3
	groups= running=yes
	cleanup() {
		trap '' TERM INT HUP
		if [ -n "$running" ] && [ -n "${!-}" ]; then
			# With its PID 1 the kernel kills all of a pid namespace, and unshare
			# reaps that PID 1. If unshare were killed, nobody might.
			pid=$(cat "$scratch.pid" 2>/dev/null) || :
			kill -KILL "${pid:-$!}" || :
			wait $! || :
		fi
		tries=4000 # of 0.05 s: on a busy machine killed processes need a while to leave their groups
		for group in $groups; do
			until find "$group" -depth -type d -exec rmdir {} + 2>/dev/null; do
				tries=$((tries - 1))
				[ $tries -gt 0 ] || { echo "cannot remove $group"; break; }
				sleep 0.05
			done
		done
	}
	# enter WHERE CONTROLLER makes a group below our own one, of the tree that is mounted there.
	enter() {
		own=$(awk -F: -v c="$2" '$2 == c { sub(/^[^:]*:[^:]*:/, ""); print; exit }' /proc/self/cgroup)
		mkdir "$1${own%/}/daemon-keeper-test.$$"
		groups="$groups $1${own%/}/daemon-keeper-test.$$"
	}
	trap cleanup EXIT
	trap 'exit 143' TERM INT HUP
	memory=/sys/fs/cgroup/memory
	case $mode in
	systemd | hybrid)
		# Only cgroup2 is given to systemd, with the controllers that the host's
		# has: often no memory controller, and then MemoryMax= does nothing.
		top=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
		[ -n "$top" ] || { echo "no cgroup2 is mounted here" >&2; exit 1; }
		enter "$top" ""
		[ -e $memory/memory.limit_in_bytes ] || { mode=systemd; shift; set -- "$mode" "$@"; }
		;;
	esac
	if [ "$mode" = hybrid ]; then
		enter /sys/fs/cgroup/systemd name=systemd
		enter $memory memory
	fi
	# If this shell is killed outright, all that runs inside is still killed;
	# only an empty cgroup is left then.
	setpriv --pdeathsig KILL \
		unshare --pid --fork --kill-child sh "$0" enter "$groups" "$@" &
	exec 3>&- # so that the reader sees the end if the rest fails
	wait $! || :
	running=
	;;

enter) # PID 1 of the new pid namespace; /proc is still the host's
	groups=$2 scratch=$5
	shift 2
	# The init must sit in a cgroup below its parent's *before* the cgroup
	# namespace is made: the group it is in then becomes the root it sees.
	for group in $groups; do echo 0 >"$group/cgroup.procs"; done
	read -r pid _ </proc/self/stat
	echo "$pid" >"$scratch.pid"
	exec unshare --mount --uts --ipc --net --cgroup --propagation private \
		sh "$0" mounts "$pid" "$@"
	;;

mounts) # in all its namespaces, the host's tree is still the root
	pid=$2 mode=$3 drop=$4 scratch=$5 lower=$6
	mount -t tmpfs -o mode=755 tmpfs "$scratch"
	cd "$scratch"
	mkdir upper work root
	mount -t overlay -o "lowerdir=$lower,upperdir=$scratch/upper,workdir=$scratch/work" overlay root
	cd root
	mount -t proc -o nosuid,nodev,noexec proc proc
	# Of this network namespace, and before any socket is made: journald drops lines that rsyslogd
	# has not read yet, ten by default. systemd, which would raise it, cannot write there below.
	echo 512 2>/dev/null >proc/sys/net/unix/max_dgram_qlen || :
	# These two are the host's: systemd-sysctl would set the host's fs.* and
	# kernel.* if it could write there.
	for f in proc/sys proc/sysrq-trigger; do
		[ -e $f ] || continue
		mount --bind $f $f
		mount -o remount,bind,ro $f
	done
	mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
	# No kmsg, no disks, no console; and new nodes, for a chmod of the host's own
	# would be seen by the host.
	mount -t tmpfs -o mode=755,nosuid tmpfs dev
	while read -r name number; do
		mknod -m 666 "dev/$name" c "${number%:*}" "${number#*:}"
	done <<-END
		null 1:3
		zero 1:5
		full 1:7
		random 1:8
		urandom 1:9
		tty 5:0
	END
	mkdir dev/pts dev/shm
	mount -t devpts -o newinstance,ptmxmode=666,mode=620,gid=5 devpts dev/pts
	mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs dev/shm
	ln -s pts/ptmx dev/ptmx
	ln -s /proc/self/fd dev/fd
	ln -s fd/0 dev/stdin
	ln -s fd/1 dev/stdout
	ln -s fd/2 dev/stderr
	mount -t tmpfs -o mode=755,nosuid,nodev tmpfs run
	mkdir -m 1777 run/lock
	case $mode in
	systemd) mount -t cgroup2 cgroup2 sys/fs/cgroup ;;
	hybrid)
		mount -t tmpfs -o mode=755 tmpfs sys/fs/cgroup
		mkdir sys/fs/cgroup/unified sys/fs/cgroup/systemd sys/fs/cgroup/memory
		mount -t cgroup2 cgroup2 sys/fs/cgroup/unified
		mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
		mount -t cgroup -o memory cgroup sys/fs/cgroup/memory
		mount -o remount,ro sys/fs/cgroup
		;;
	esac

	# pivot_root, not chroot: in a chroot nobody may make a user namespace.
	mkdir .old
	pivot_root . .old
	umount -l /.old
	rmdir /.old

	case $mode in
	systemd | hybrid) set -- container=other setpriv --bounding-set "$drop" /sbin/init ;;
	# The kernel reaps the orphans of a PID 1 that ignores SIGCHLD, so it needs
	# no children of its own that a test might count. perl-base is essential.
	idle)
		hostname -F /etc/hostname # these two systemd does itself
		ip link set lo up
		set -- setpriv --bounding-set "$drop" perl -e '$SIG{CHLD} = "IGNORE"; sleep while 1'
		;;
	esac
	echo "$pid" >&3
	exec env -i TERM=dumb PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" </dev/null 3>&-
	;;
esac
