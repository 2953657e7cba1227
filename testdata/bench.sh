#!/bin/sh
# make bench: bench.sh KEEPER. What a healthy run of daemon-keeper costs, beside the
# shell script that it replaces, pgrep, pidof, and a bare readlink loop, in C as the floor, and in Go;
# what a run over many daemons costs beside one over a single one; and what a memory
# costs beside none. All in one run, at several sizes of the process table, which it
# fills with idle processes. Prints Markdown. Linux only.
#
# From the environment: SIZES of the process table, ascending; ROUNDS at each size;
# LC_ALL for all commands; CHECK=1: exit 1 if a goal is unmet.
set -eu
keeper=$(realpath "${1:?the daemon-keeper to measure}")
sizes=${SIZES:-100 1000 10000} rounds=${ROUNDS:-} locale=${LC_ALL:-C}
here=$(dirname "$0")
fail() { echo "bench: error: $*" >&2; exit 3; }
[ "$(uname)" = Linux ] || fail "cannot measure on $(uname): it needs Linux's /proc"
sh "$here/../.ci/need" hyperfine:hyperfine /usr/bin/time:time ps:procps cc:gcc ld:libc6-dev </dev/null ||
	fail "cannot measure without these: install them"

dir=$(realpath "$(mktemp -d)") # /proc/PID/exe has no symbolic links
disk='' tmpfs=''
finish() {
	trap - EXIT
	exec 7>&- 9>&- # ends all idle processes
	wait
	while ls -l /proc/[0-9]*/exe 2>/dev/null | grep -q "$dir/idle"; do sleep 0.2; done
	rm -rf "$dir" ${disk:+"$disk"} ${tmpfs:+"$tmpfs"}
}
trap finish EXIT
trap 'exit 3' HUP INT TERM

# The idle processes are copies of cat that read a FIFO which nobody writes to. They
# end when the last writer is gone: even after kill -9 of this script none is left.
mkfifo "$dir/fifo" "$dir/fifo.toys"
for name in idle $(seq -f toy%03g 100); do cp "$(command -v cat)" "$dir/$name"; done
# shellcheck disable=SC2094 # one end to read from, one that keeps it open
exec 9<>"$dir/fifo" 8<"$dir/fifo"
cc -O2 -o "$dir/floor" "$here/bench/floor.c"
CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o "$dir/floor-go" "$here/bench/floor.go"
for n in 1 10 100; do # the last programs, each with a service of its own name
	echo daemons:
	seq -f %03g $((101 - n)) 100 | sed "s|.*|  toy&: {executable: $dir/toy&, services: [toy&]}|"
done >"$dir/all" # split below
awk -v dir="$dir" '/^daemons:/ { file = dir "/" (n = n ? n * 10 : 1) ".yaml" } { print > file }' "$dir/all"
[ "$(stat -f -c %T /var/tmp)" = tmpfs ] || disk=$(mktemp -d /var/tmp/keeper-bench-XXXXXX)
[ "$(stat -f -c %T /dev/shm 2>&1)" != tmpfs ] || tmpfs=$(mktemp -d /dev/shm/keeper-bench-XXXXXX)
toy=$dir/toy100 highest=0

table() {
	set -- /proc/[0-9]*
	echo $#
}
field() { awk -v name="$1" '$1 == name { print $2 }' "$2"; }
# limits: the names of what can forbid more processes, and how many it allows.
limits() {
	tasks=$(cut -d/ -f2 /proc/loadavg) # threads included
	tasks=${tasks%% *}
	echo kernel.pid_max $(($(cat /proc/sys/kernel/pid_max) - 300 - tasks))
	echo kernel.threads-max $(($(cat /proc/sys/kernel/threads-max) - tasks))
	echo memory $(($(field MemAvailable: /proc/meminfo) / 256)) # KiB for each, measured: 180
	[ "$(id -u)" = 0 ] || echo 'ulimit -u' $(($(awk '/^Max processes/ { print $3 }' /proc/self/limits) - tasks))
	group=/sys/fs/cgroup$(sed -n 's/^0:://p' /proc/self/cgroup)
	while [ "$group" != /sys/fs ]; do # of our own group and of all above it
		most=$(cat "$group/pids.max" 2>/dev/null) || most=max
		[ "$most" = max ] || echo "$group/pids.max" $((most - $(cat "$group/pids.current")))
		group=${group%/*}
	done
}
# grow SIZE: fill the table; the toys come last, so that an early end of the search helps no command.
grow() {
	exec 7>&- 6>&-
	# shellcheck disable=SC2086 # a word for each PID
	[ -z "${toys-}" ] || wait $toys
	# shellcheck disable=SC2094 # one end to read from, one that keeps it open
	exec 7<>"$dir/fifo.toys" 6<"$dir/fifo.toys"
	first=100 toys=
	[ "$1" -lt 1000 ] || first=1
	missing=$(($1 - $(table) - 101 + first))
	while [ "$missing" -gt 0 ]; do # by subshells: each fork of a shell with thousands of jobs is slow
		batch=$((missing > 100 ? 100 : missing)) missing=$((missing - 100))
		last=$(while [ "$((batch -= 1))" -ge 0 ]; do
			"$dir/idle" <&8 >/dev/null 6<&- 7>&- 8<&- 9>&- &
			echo $!
		done | sort -n | tail -n 1)
		[ "$last" -lt "$highest" ] || highest=$last
	done
	for name in $(seq -f toy%03g "$first" 100); do
		"$dir/$name" <&6 6<&- 7>&- 8<&- 9>&- &
		toys="$toys $!"
	done
	pid=$! # of toy100
	lowest=${toys# } lowest=${lowest%% *} # of the first toy
	if [ "$lowest" -le "$highest" ] || [ "$pid" -lt "$lowest" ]; then
		echo "- at $1 processes the PIDs have wrapped around: the daemons are not the last in the table" >>"$dir/notes"
	fi
}

# run COMMAND...: with the same environment for all, and without GOGC, GOMAXPROCS or GODEBUG.
run() { env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/ LC_ALL="$locale" "$@" 6<&- 7>&- 8<&- 9>&-; }
# race FILE RUNS: the commands of FILE (number, name, daemons, command) by turns, so that
# whatever else the machine does hits all of them alike. Each round has an order of chance:
# in a fixed one, the command after the pipeline always found the processor's caches cold.
race() {
	i=0
	while [ "$((i += 1))" -le "$2" ]; do
		shuf "$1" >"$dir/order"
		set -- "$1" "$2"
		while IFS='	' read -r number _ _ command; do
			set -- "$@" -n "$number" "$command"
			eval "run /usr/bin/time -a -o '$dir/peaks' -f '$number %M' $command" >/dev/null
		done <"$dir/order"
		file=$1 most=$2
		shift 2
		run hyperfine -N -r 2 --output=pipe --style none --export-csv "$dir/csv" "$@" 2>/dev/null
		sed 1d "$dir/csv" >>"$dir/samples"
		set -- "$file" "$most"
	done
	# Medians of the times in ms, the largest peak in KiB.
	awk -F'[\t, ]' -v size="$size" -v OFS='\t' '
	function median(values, n,   i, j, v, s) {
		for (i = 1; i <= n; i++) {
			v = values[i]
			for (j = i - 1; j > 0 && s[j] > v; j--) s[j + 1] = s[j]
			s[j + 1] = v
		}
		return (s[int((n + 1) / 2)] + s[int(n / 2) + 1]) / 2 * 1000
	}
	FILENAME ~ /samples$/ { k = $1; n[k]++; wall[k, n[k]] = $2; cpu[k, n[k]] = $5 + $6; next }
	FILENAME ~ /peaks$/ { if ($2 > peak[$1]) peak[$1] = $2; next }
	{
		split($0, c, "\t")
		for (i = 1; i <= n[c[1]]; i++) { w[i] = wall[c[1], i]; u[i] = cpu[c[1], i] }
		print size, c[2], c[3], median(w, n[c[1]]), median(u, n[c[1]]), peak[c[1]]
	}' "$dir/samples" "$dir/peaks" "$1" >>"$dir/rows"
	rm "$dir/samples" "$dir/peaks"
}
# command_line NAME DAEMONS WANT COMMAND: add a command to the race, once it has printed what it must.
command_line() {
	if ! eval "command -v ${4%% *}" >/dev/null; then
		echo "- $1: left out, not installed" >>"$dir/notes"
		return
	fi
	got=$(eval "run $4") || fail "cannot use $1: it exits $?: $got"
	[ "$got" = "$3" ] || fail "cannot use $1: it prints '$got', want '$3'"
	printf '%s\t%s\t%s\t%s\n' "$(($(wc -l <"$dir/race") + 1))" "$1" "$2" "$4" >>"$dir/race"
}
# trace DAEMONS COMMAND: count what a healthy run calls; a thread is not a process.
trace() {
	if ! eval "run strace -f -o '$dir/trace' $2" 2>/dev/null; then
		echo "- strace, at $size processes, daemons: $1: left out, it cannot trace" >>"$dir/notes"
		return
	fi
	awk -v size="$size" -v daemons="$1" -v goals="$dir/traced" '
	match($2, /^[a-z_0-9]+\(/) {
		name = substr($2, 1, RLENGTH - 1)
		total++
		if (name ~ /^execve/) execs++
		if (name ~ /^v?fork$/ || name ~ /^clone3?$/ && !/CLONE_THREAD/) forks++
		if (name ~ /^rename/) replaced++
		if (name ~ /sync/) synced++
	}
	END {
		printf "- strace, at %d processes, daemons: %d: %d processes made, %d programs run, %d system calls\n", size, daemons, forks, execs - 1, total
		if (daemons > 1) print forks + 0, replaced + 0, synced + 0 >> goals
	}' "$dir/trace" >>"$dir/notes"
}

: >"$dir/notes"
[ -n "$disk" ] || echo "- memory on disk: left out, /var/tmp is none" >>"$dir/notes"
[ -n "$tmpfs" ] || echo "- memory on tmpfs: left out, /dev/shm is none" >>"$dir/notes"
healthy="'$keeper' --service-command /bin/true --no-syslog --run-dir '$dir/run'"
mkdir -m 700 "$dir/run" "$dir/state"
for size in $sizes; do
	short=$(limits | awk -v more=$((size - $(table))) '$NF < more { print; exit }')
	if [ -n "$short" ]; then
		echo "- left out $size processes: ${short% *} allows ${short##* } more" >>"$dir/notes"
		break # the larger ones have no room either
	fi
	n=${rounds:-$([ "$size" -lt 10000 ] && echo 8 || echo 5)}
	echo "bench: $size processes, $n rounds" >&2
	grow "$size"
	: >"$dir/race"
	one="$healthy --state-dir='$dir/state' -e $toy -s toy"
	command_line daemon-keeper 1 '' "$one"
	command_line 'loop in C (floor)' 1 '' "$dir/floor $toy"
	command_line 'loop in Go' 1 '' "$dir/floor-go $toy"
	command_line 'shell pipeline' 1 1 "sh -c 'ps aux | grep -v grep | grep -v daemon-keeper.sh | grep -c $toy'"
	command_line 'pgrep -f' 1 $pid "pgrep -f $toy"
	command_line pidof 1 $pid "pidof $toy"
	trace 1 "$one"
	if [ "$first" = 1 ]; then
		for daemons in 1 10 100; do
			command_line 'daemon-keeper -c' $daemons '' "$healthy --state-dir='$dir/state' -c '$dir/$daemons.yaml'"
		done
		trace 100 "$healthy --state-dir='$dir/state' -c '$dir/100.yaml'"
	fi
	race "$dir/race" "$n"
	[ "$first" = 1 ] || continue
	# A small difference beside what chance makes of two equal runs: many more rounds.
	: >"$dir/race"
	for daemons in 1 100; do
		command_line 'no memory' $daemons '' "$healthy --state-dir= -c '$dir/$daemons.yaml'"
		[ -z "$disk" ] || command_line 'memory on disk' $daemons '' "$healthy --state-dir='$disk' -c '$dir/$daemons.yaml'"
		[ -z "$tmpfs" ] || command_line 'memory on tmpfs' $daemons '' "$healthy --state-dir='$tmpfs' -c '$dir/$daemons.yaml'"
	done
	race "$dir/race" $((5 * n))
done

echo "$(date +%F), $(nproc) cores, $(($(field MemTotal: /proc/meminfo) / 1024)) MiB of memory, Linux $(uname -rm), LC_ALL=$locale."
echo "Medians of rounds of two runs, in random order. CPU: user + system, with all children. Peak: the largest process."
awk -F'\t' -v goals="$dir/traced" -f "$here/bench/table.awk" "$dir/rows" | sed -e "/^NOTES$/{r $dir/notes" -e 'd;}' >"$dir/report"
cat "$dir/report"
[ -z "${CHECK-}" ] || ! grep -q '^- UNMET' "$dir/report" || exit 1
