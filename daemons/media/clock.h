/** CLOCK_REALTIME in microseconds: the clock of all *_us here. */
#ifndef VISAVIS_DAEMONS_MEDIA_CLOCK_H
#define VISAVIS_DAEMONS_MEDIA_CLOCK_H

#include <stdint.h>
#include <time.h>

static inline uint64_t clock_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}


static inline struct timespec clock_timespec(uint64_t us)
{
	return (struct timespec){ .tv_sec = (time_t)(us / 1000000), .tv_nsec = (long)(us % 1000000) * 1000 };
}

#endif
