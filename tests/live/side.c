#include "side.h"

#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/def.h"
#include "test.h"
#include "vendors/vendor.h"

#define SIDES_MAX     48 /* at a time */
#define SIDE_NAME_MAX 64

static struct side {
	pid_t pid;
	char name[SIDE_NAME_MAX];
} sides[SIDES_MAX];
static size_t count;
static int failures_before; /* in a new process: of the old one */

static void join_one(void)
{
	int status = 0;
	pid_t pid = wait(&status);

	for (size_t i = 0; i < count; i++) {
		if (sides[i].pid != pid)
			continue;
		if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
			test_failed(sides[i].name, 0, "%s", WIFSIGNALED(status) ? "crashed" : "failed");
		sides[i] = sides[--count];
		return;
	}
}

bool side_begin(const char *name)
{
	pid_t pid;

	vendor_authority(); /* lives as long as this process */
	while (count == SIDES_MAX)
		join_one();
	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		failures_before = test_failures();
		count = 0;
		return true;
	}
	if (pid < 0) {
		test_failed(name, 0, "there can be no process for it");
		return false;
	}
	sides[count].pid = pid;
	str_copy(str_from(name), sides[count].name, SIDE_NAME_MAX);
	count++;
	return false;
}

void side_end(void)
{
	_exit(test_failures() > failures_before);
}

void side_join(void)
{
	while (count > 0)
		join_one();
}
