#!/bin/sh
# control.sh TREE SCRATCH PLAY COMMAND…: run a command of the Debian tree TREE where all
# machines can be reached: outside of them, in a mount namespace of its own.
#
#   SCRATCH  an empty folder to mount on; what the command writes is dropped with it
#   PLAY     the folder that it has as /play, and works in
set -eu
tree=$1 scratch=$2 play=$3
shift 3
mount -t tmpfs tmpfs "$scratch"
cd "$scratch"
mkdir upper work root
mount -t overlay -o "lowerdir=$tree,upperdir=$scratch/upper,workdir=$scratch/work" overlay root
cd root
mount --rbind /proc proc # with the numbers of the machines' processes
mount --rbind /dev dev
mkdir play
mount --bind "$play" play
exec chroot . sh -c 'cd /play && exec "$@"' sh "$@"
