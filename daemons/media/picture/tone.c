#include <math.h>
#include <stdlib.h>

#include "daemons/media/picture/tone.h"

enum { BEEP_US = 50000, EDGE_US = 2000, LEVEL = 12000, LOUD = 2500, QUIET_MS = 200 };


static double beep(double us)
{
	double edge = us < EDGE_US ? us / EDGE_US : us > BEEP_US - EDGE_US ? (BEEP_US - us) / EDGE_US : 1.0;

	return LEVEL * edge * sin(us * 6.283185307e-3);
}


void tone_fill(int16_t *pcm, size_t n, unsigned rate, uint64_t us)
{
	double t = (double)(us % 1000000), step = 1e6 / rate;

	for (size_t i = 0; i < n; i++, t += step) {
		if (t >= 1e6)
			t -= 1e6;
		pcm[i] = t < BEEP_US ? (int16_t)beep(t) : 0;
	}
}


bool tone_detect(struct tone_detector *d, const int16_t *pcm, size_t n, unsigned rate, size_t *at)
{
	bool found = false;

	for (size_t i = 0; i < n; i++) {
		if (abs(pcm[i]) < LOUD) {
			d->quiet += d->quiet < rate;
			continue;
		}
		if (d->quiet >= rate / 1000 * QUIET_MS && !found) {
			*at = i;
			found = true;
		}
		d->quiet = 0;
	}
	return found;
}
