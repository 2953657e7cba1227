#!/bin/sh
# screens.sh PROGRAM FOLDER: pictures of what a person reads, in an xterm of 80 and of
# 120 columns, for somebody to look at. It is not part of the tests: the texts are held
# by the golden files. Run it with the program of before and of after a change.
#
# It needs Xvfb, xterm and import of ImageMagick, which are installed where they are missing.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
keeper=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
mkdir -p "$2"
folder=$(cd "$2" && pwd)
sh "$here/../.ci/need" Xvfb:xvfb xterm:xterm import:imagemagick

dir=$(mktemp -d)
server=
cleanup() {
	for file in "$dir"/pid.*; do
		[ ! -s "$file" ] || kill "$(cat "$file")" 2>/dev/null || :
	done
	[ -z "$server" ] || kill "$server" 2>/dev/null || :
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP
chmod 755 "$dir"

# A host of six daemons: one is well, one is paused, one cannot start, one was killed
# and came back, one is down and its program is missing, one has no service.
for name in well paused barren killed; do cp "$(command -v sleep)" "$dir/$name"; done
cat >"$dir/service" <<'EOF'
#!/bin/sh
# stands for service(8): service NAME stop|start|status
cd "${0%/*}" || exit 1
case $2 in
start)
	[ "$1" != barren ] || { echo "barren: cannot bind to port 25: address already in use"; exit 3; }
	./"$1" 600 >/dev/null 2>&1 & echo $! >"pid.$1" ;;
stop) [ ! -s "pid.$1" ] || kill "$(cat "pid.$1")" 2>/dev/null || : ;;
status) [ -s "pid.$1" ] && kill -0 "$(cat "pid.$1")" 2>/dev/null || exit 3 ;;
esac
EOF
chmod 755 "$dir/service"
{
	echo "defaults: {recheck: 0s, settle: 100ms, verify: 1s, boot_grace: 0s, boot_limit: 0s}"
	echo "daemons:"
	for name in well paused barren killed; do
		echo "  $name: {executable: $dir/$name, services: [$name], respect: [pause]}"
	done
	echo "  missing: {executable: $dir/no-such-program, services: [well]}"
	echo "forbid:"
	echo "  no-telnetd: {executable: /usr/sbin/telnetd}"
} >"$dir/keeper.yaml"
export DAEMON_KEEPER_CONFIG="$dir/keeper.yaml" DAEMON_KEEPER_RUN_DIR="$dir/run" DAEMON_KEEPER_STATE_DIR="$dir/state"
run() { "$keeper" run --no-syslog --service-command "$dir/service" >/dev/null 2>&1 || :; }
for name in well paused killed; do "$dir/service" $name start; done
run
kill -9 "$(cat "$dir/pid.killed")"
run
"$keeper" pause paused --for 2h --reason "new keys" >/dev/null

export DISPLAY=":${SCREENS_DISPLAY:-97}"
Xvfb "$DISPLAY" -screen 0 1400x1400x24 >/dev/null 2>&1 &
server=$!
n=0
until [ -S "/tmp/.X11-unix/X${DISPLAY#:}" ]; do
	n=$((n + 1))
	[ $n -lt 100 ] || { echo "Xvfb did not start" >&2; exit 1; }
	sleep 0.1
done

# shot NAME ROWS COMMAND...: the picture of a command's output. The window waits until it
# was taken.
shot() {
	name=$1 rows=$2
	shift 2
	for columns in 80 120; do
		rm -f "$dir/ready" "$dir/taken"
		cat >"$dir/show" <<EOF
$*
: >"$dir/ready"
n=0
while [ ! -e "$dir/taken" ] && [ \$n -lt 300 ]; do n=\$((n + 1)); sleep 0.1; done
EOF
		LC_ALL=C.UTF-8 xterm -u8 -fa Monospace -fs 10 -geometry "${columns}x$rows+0+0" -T shot -e sh "$dir/show" &
		window=$!
		n=0
		until [ -e "$dir/ready" ] || [ $n -gt 300 ]; do n=$((n + 1)); sleep 0.1; done
		sleep 0.5 # what was written is drawn a moment later
		import -silent -window root -trim "$folder/$name-$columns.png"
		: >"$dir/taken"
		wait "$window" || :
	done
}
k="'$keeper'"
shot status 30 "$k status --service-command $dir/service"
shot status-v 30 "$k status -v --service-command $dir/service"
shot run 30 "$k run --no-syslog --service-command $dir/service 2>&1"
# Each picture of an incident needs one of its own, and no memory of the one before.
cat >"$dir/incident" <<EOF
export DAEMON_KEEPER_STATE_DIR="$dir/state.incident"
kill -9 "\$(cat $dir/pid.well)"
rm -rf "\$DAEMON_KEEPER_STATE_DIR"
$k run --no-syslog --service-command $dir/service
EOF
shot incident 30 "sh $dir/incident"
shot history 30 "$k history --since 1h"
shot why 44 "$k why killed"
shot validate 70 "$k validate --service-command $dir/service"
shot help 44 "$k help"
echo "the pictures are in $folder"
