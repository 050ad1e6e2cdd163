/* Loaded before libc: the wall clock is a second ahead as soon as the file $STEP_FILE is there. */
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>


int clock_gettime(clockid_t id, struct timespec *ts)
{
	const char *file = getenv("STEP_FILE");
	int r = (int)syscall(SYS_clock_gettime, id, ts);

	if (!r && id == CLOCK_REALTIME && file && !access(file, F_OK))
		ts->tv_sec++;
	return r;
}
