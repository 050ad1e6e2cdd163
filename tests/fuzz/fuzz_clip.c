/* A media file, torn or changed: it opens to something that can be sent, or not at all. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemons/media/coding/clip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("clip", MFD_CLOEXEC);
	char path[40], why[512];
	int16_t pcm[960];
	struct clip *c;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (!clip_open(&c, path, why, sizeof(why))) {
		for (size_t i = 0; i < c->video.n; i++)
			if (c->video.v[i].off + c->video.v[i].len > c->len)
				abort();
		if (!c->video.n || !c->video.v[0].key || c->duration_us <= 0 || !c->fps)
			abort();
		clip_pcm(c, 123456789, pcm, 960);
		clip_free(c);
	}
	(void)close(fd);
	return 0;
}
