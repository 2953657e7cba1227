#!/bin/sh
# demo.sh PROGRAM: a toy daemon dies, and one run of daemon-keeper brings it back.
# All of it happens in a folder of its own, which is removed at the end.
set -eu
keeper=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
dir=$(mktemp -d)
cleanup() {
	if [ -s "$dir/pid" ]; then kill "$(cat "$dir/pid")" 2>/dev/null || :; fi
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 1' INT TERM HUP

# Another user's process of its name may not be looked at, and might be it.
toyd=toyd$$
cp "$(command -v sleep)" "$dir/$toyd"
printf '#!/bin/sh\ntoyd=%s\n' "$toyd" >"$dir/service"
cat >>"$dir/service" <<'EOF'
# stands for service(8) in this demo: service NAME stop|start|status
cd "${0%/*}" || exit 1
case $2 in
start) "./$toyd" 600 & echo $! >pid ;;
stop) [ ! -s pid ] || kill "$(cat pid)" 2>/dev/null || : ;;
status) [ -s pid ] && kill -0 "$(cat pid)" 2>/dev/null || exit 3 ;;
esac
EOF
chmod 755 "$dir/service"

run() {
	echo "\$ daemon-keeper -e $dir/$toyd -s toy"
	status=0
	"$keeper" -e "$dir/$toyd" -s toy --service-command "$dir/service" --run-dir "$dir/run" \
		--boot-grace 0 --state-dir "$dir/state" --settle 500ms --no-syslog -v >"$dir/out" 2>"$dir/log" || status=$?
	echo "  exit status $status; what it sends to syslog:"
	sed "s/^daemon-keeper: /    DAEMON-KEEPER: /" "$dir/log"
	grep -Ev '^  (counts|excluded|no process)' "$dir/out" >"$dir/answer" || :
	if [ "$status" != 0 ]; then
		echo "  what it prints, and cron mails:"
		sed 's/^/    /' "$dir/answer"
	fi
	echo
}

"$dir/service" toy start >/dev/null 2>&1
echo "A toy daemon runs. One run finds it up, and has nothing to do:"
run
kill -9 "$(cat "$dir/pid")"
echo "The daemon is killed (kill -9). One run brings it back:"
run
[ "$status" = 1 ]
echo "The next run finds it up again:"
run
[ "$status" = 0 ]
