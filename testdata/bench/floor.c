/*
 * Floor is the least that a program can do to find an executable in Linux's process
 * table: the list of PIDs, then one readlink for each. The benchmark holds
 * daemon-keeper against it.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	DIR *proc = opendir("/proc");
	struct dirent *row;
	int status = 2;

	if (argc != 2 || proc == NULL)
		return 3;
	while ((row = readdir(proc)) != NULL) {
		char path[300], exe[4096];
		ssize_t n;

		if (row->d_name[0] < '0' || row->d_name[0] > '9')
			continue;
		snprintf(path, sizeof path, "/proc/%s/exe", row->d_name);
		n = readlink(path, exe, sizeof exe - 1);
		if (n < 0)
			continue;
		exe[n] = '\0';
		if (strcmp(exe, argv[1]) == 0)
			status = 0; /* no early end: every row is looked at */
	}
	return status;
}
