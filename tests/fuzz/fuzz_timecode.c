/* A picture made of the input's bytes: first byte width, second height. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/media/picture/timecode.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct timecode tc;
	struct picture *p;

	if (size < 3 || picture_alloc(&p, 64 + 2u * data[0], 64 + 2u * data[1]))
		return 0;
	for (unsigned y = 0; y < p->h; y++)
		for (unsigned x = 0; x < p->w; x++)
			p->p[0][(size_t)y * p->stride[0] + x] = data[2 + ((size_t)y * p->w + x) / 16 % (size - 2)];
	if (!timecode_read(&tc, p)) {
		struct timecode again;

		timecode_burn(p, &tc);
		if (timecode_read(&again, p) || again.us != tc.us || again.tag != tc.tag)
			abort();
	}
	picture_free(p);
	return 0;
}
