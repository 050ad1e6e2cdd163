/** One channel of 16-bit sound from one rate to another. */
#ifndef VISAVIS_DAEMONS_MEDIA_RESAMPLE_H
#define VISAVIS_DAEMONS_MEDIA_RESAMPLE_H

#include <stddef.h>
#include <stdint.h>

struct resample;

/** @return 0, EINVAL, ENOMEM */
int resample_alloc(struct resample **rp, unsigned from, unsigned to);
void resample_free(struct resample *r);
/** @return the number of samples written, at most max */
size_t resample_run(struct resample *r, int16_t *out, size_t max, const int16_t *in, size_t n);

#endif
