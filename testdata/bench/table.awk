# The tables and the goals of bench.sh, from lines of: processes, name, daemons, wall ms,
# CPU ms, peak KiB. goals is a file of what strace counted, a line for each run.
{
	size[NR] = $1; name[NR] = $2; daemons[NR] = $3; wall[NR] = $4; cpu[NR] = $5; peak[NR] = $6 / 1024
	of[$1, $2, $3] = NR
}
function ratio(i, processes, other, n) { return (processes, other, n) in of && cpu[of[processes, other, n]] > 0 ? cpu[i] / cpu[of[processes, other, n]] : 0 }
function thousands(n) { return n < 1000 ? n : thousands(int(n / 1000)) sprintf(",%03d", n % 1000) }
function goal(text, met) { printf "- %s %s\n", met ? "met:  " : "UNMET:", text }
function goal_of(x, most, text) { goal(sprintf("%.3f %s, at most %s", x, text, most), x <= most) }
END {
	print "\n| processes |                       | wall ms | CPU ms | x floor | x pipeline | peak MiB |"
	print "| --------: | --------------------- | ------: | -----: | ------: | ---------: | -------: |"
	for (i = 1; i <= NR; i++) {
		if (name[i] ~ /memory|-c$/) continue
		printf "| %9s | %-21s | %7.1f | %6.1f | %7.2f | %10s | %8.1f |\n", thousands(size[i]), name[i], wall[i], cpu[i],
			ratio(i, size[i], "loop in C (floor)", 1), name[i] == "daemon-keeper" ? sprintf("%.3f", ratio(i, size[i], "shell pipeline", 1)) : "", peak[i]
	}
	print "\nA configuration (-c) of daemons that are each a program of their own; the cost of one pipeline is multiplied.\n"
	print "| processes | daemons | wall ms | CPU ms | x one daemon | x that many pipelines | peak MiB |"
	print "| --------: | ------: | ------: | -----: | -----------: | --------------------: | -------: |"
	for (i = 1; i <= NR; i++)
		if (name[i] ~ /-c$/)
			printf "| %9s | %7d | %7.1f | %6.1f | %12.2f | %21.4f | %8.1f |\n", thousands(size[i]), daemons[i], wall[i], cpu[i],
				ratio(i, size[i], name[i], 1), ratio(i, size[i], "shell pipeline", 1) / daemons[i], peak[i]
	print "\nThe same with a memory (--state-dir) and without; 5 times as many rounds.\n"
	print "| processes | daemons |                 | wall ms | CPU ms | x no memory | peak MiB |"
	print "| --------: | ------: | --------------- | ------: | -----: | ----------: | -------: |"
	for (i = 1; i <= NR; i++)
		if (name[i] ~ /memory/)
			printf "| %9s | %7d | %-15s | %7.1f | %6.1f | %11.3f | %8.1f |\n", thousands(size[i]), daemons[i], name[i], wall[i], cpu[i],
				ratio(i, size[i], "no memory", daemons[i]), peak[i]
	print "\nNOTES"

	print "\nGoals of one daemon, in CPU time:\n"
	for (i = 1; i <= NR; i++) {
		if (name[i] == "daemon-keeper" && size[i] >= 10000) {
			goal_of(ratio(i, size[i], "loop in C (floor)", 1), 0.40, "times the loop in C at 10,000 processes")
			goal_of(ratio(i, size[i], "shell pipeline", 1), 0.06, "times the pipeline at 10,000 processes")
		}
		if (name[i] == "daemon-keeper" && size[i] < 1000)
			goal_of(ratio(i, size[i], "loop in Go", 1), 1.8, "times the loop in Go at " size[i] " processes")
		if (name[i] == "no memory" && daemons[i] == 1 && size[i] >= 10000)
			goal_of(ratio(i, size[i], "loop in C (floor)", 1), 1.3, "times the loop in C in the first run after a boot, at 10,000 processes")
	}
	print "\nGoals of 100 daemons, in CPU time:\n"
	for (i = 1; i <= NR; i++) {
		if (name[i] !~ /-c$/ || daemons[i] != 100) continue
		if (size[i] == 1000)
			goal_of((cpu[i] - cpu[of[size[i], name[i], 1]]) / 99, 0.05, "ms for each further daemon at 1,000 processes")
		if (size[i] < 10000) continue
		goal_of(ratio(i, size[i], name[i], 1), 1.8, "times a single daemon at 10,000 processes")
		goal_of(ratio(i, size[i], "loop in C (floor)", 1), 0.55, "times the loop in C at 10,000 processes")
		goal_of(peak[i], 14, "MiB of memory at the peak, at 10,000 processes")
	}
	while ((getline line < goals) > 0) {
		split(line, counts, " ")
		forks += counts[1]; traced[++runs] = counts[2] " files replaced and " counts[3] " waits for the disk"
		light[runs] = counts[2] <= 1 && counts[3] == 0
	}
	if (runs) goal(forks " processes made by healthy runs, at most 0", forks == 0)
	print "\nGoals of the memory:\n"
	for (i = 1; i <= NR; i++) {
		if (name[i] !~ /^memory/) continue
		x = ratio(i, size[i], "no memory", daemons[i])
		goal(sprintf("CPU %.3f times that without, %s, daemons: %d, at %s processes; at most 1.10", x, name[i], daemons[i], thousands(size[i])), x <= 1.1)
	}
	for (i = 1; i <= runs; i++) goal(traced[i] " in a healthy run, at most 1 and 0", light[i])
}
