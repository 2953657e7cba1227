/*
 * mortal MODE [WATCHDOG]: a daemon that dies as it is told to.
 *
 * It waits until there is a file of its name in /run/go, and does then what MODE
 * says. It has a second thread, "worker-7". With NOTIFY_SOCKET it tells systemd that
 * it is ready, unless there is a file of its name in /run/mute, and lives on until
 * then.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

static void notify(const char *text)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int s;

	if (!path || strlen(path) >= sizeof a.sun_path)
		return;
	strcpy(a.sun_path, path);
	if ((s = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) < 0)
		return;
	sendto(s, text, strlen(text), MSG_NOSIGNAL, (struct sockaddr *)&a, sizeof a);
	close(s);
}

static int is_there(const char *folder)
{
	char path[200];

	snprintf(path, sizeof path, "/run/%s/%s", folder, program_invocation_short_name);
	return access(path, F_OK) == 0;
}

/* target is the number in the file of our name in /run/go. */
static pid_t target(void)
{
	char path[200];
	int pid = 0;
	FILE *f;

	snprintf(path, sizeof path, "/run/go/%s", program_invocation_short_name);
	if ((f = fopen(path, "r"))) {
		if (fscanf(f, "%d", &pid) != 1)
			pid = 0;
		fclose(f);
	}
	return pid;
}

static void *worker(void *unused)
{
	prctl(PR_SET_NAME, "worker-7");
	for (;;)
		pause();
	return unused;
}

static void exit143(int sig)
{
	_exit(128 + sig);
}

/* again ends as the signal would have ended it: what a clean daemon does at last. */
static void again(int sig)
{
	signal(sig, SIG_DFL);
	raise(sig);
}

/* trace is a debugger that lets its target run on. */
static void trace(pid_t pid)
{
	int status;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0) < 0)
		exit(4);
	fclose(fopen("/run/go/traced", "w"));
	while (waitpid(pid, &status, __WALL) == pid && WIFSTOPPED(status))
		ptrace(PTRACE_CONT, pid, 0, status >> 16 ? 0 : WSTOPSIG(status));
}

static void end(const char *mode)
{
	if (!strcmp(mode, "abort"))
		abort();
	if (!strcmp(mode, "null"))
		*(volatile int *)0 = 1;
	if (!strcmp(mode, "exit3"))
		exit(3);
	if (!strcmp(mode, "eat"))
		for (size_t size = 200 << 20;;)
			memset(malloc(size), 1, size);
	if (!strcmp(mode, "burn"))
		for (volatile unsigned n = 0;;)
			n++;
	if (!strcmp(mode, "kill"))
		kill(target(), SIGTERM);
	if (!strcmp(mode, "trace"))
		trace(target());
	for (;;) /* hang, so that a watchdog bites */
		pause();
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "wait";
	pthread_t t;

	if (!strcmp(mode, "exit143"))
		signal(SIGTERM, exit143);
	if (!strcmp(mode, "again"))
		signal(SIGTERM, again);
	if (!strcmp(mode, "group"))
		fork();
	if (pthread_create(&t, NULL, worker, NULL))
		return 1;
	if (!is_there("mute"))
		notify("READY=1");
	while (!is_there("go")) {
		notify("WATCHDOG=1");
		usleep(20000);
	}
	end(mode);
}
