/* Loaded before libc: the wall clock is a second ahead as soon as $STEP_FILE is in the folder open at $STEP_FOLDER (a
 * number, so that whoever has become nobody need not reach the folder by its name). */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>


int clock_gettime(clockid_t id, struct timespec *ts)
{
	const char *folder = getenv("STEP_FOLDER"), *file = getenv("STEP_FILE");
	int r = (int)syscall(SYS_clock_gettime, id, ts);

	if (!r && id == CLOCK_REALTIME && folder && file && !faccessat(atoi(folder), file, F_OK, 0))
		ts->tv_sec++;
	return r;
}
