#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/media/picture/picture.h"

enum { ALIGN = 64 };


int picture_alloc(struct picture **pp, unsigned w, unsigned h)
{
	struct picture *p;
	size_t stride, size;

	if (w < PICTURE_MIN || h < PICTURE_MIN || w > PICTURE_MAX_W || h > PICTURE_MAX_H || (w | h) & 1)
		return EINVAL;

	stride = (w + 2 * ALIGN - 1) / (2 * ALIGN) * (2 * ALIGN);
	size = stride * h + stride / 2 * (h / 2) * 2;

	p = calloc(1, sizeof(*p));
	if (!p)
		return ENOMEM;
	if (posix_memalign((void **)&p->p[0], ALIGN, size)) {
		free(p);
		return ENOMEM;
	}

	p->w = w;
	p->h = h;
	p->stride[0] = (unsigned)stride;
	p->stride[1] = p->stride[2] = (unsigned)stride / 2;
	p->p[1] = p->p[0] + stride * h;
	p->p[2] = p->p[1] + stride / 2 * (h / 2);
	memset(p->p[0], 16, stride * h);
	memset(p->p[1], 128, size - stride * h);
	*pp = p;
	return 0;
}


void picture_free(struct picture *p)
{
	if (!p)
		return;
	free(p->p[0]);
	free(p);
}


void picture_copy(struct picture *dst, const struct picture *src)
{
	for (int i = 0; i < 3; i++) {
		unsigned w = i ? src->w / 2 : src->w;
		unsigned h = i ? src->h / 2 : src->h;

		if (dst->stride[i] == src->stride[i]) {
			memcpy(dst->p[i], src->p[i], (size_t)src->stride[i] * (h - 1) + w);
			continue;
		}
		for (unsigned y = 0; y < h; y++)
			memcpy(dst->p[i] + (size_t)y * dst->stride[i],
			       src->p[i] + (size_t)y * src->stride[i], w);
	}
	dst->capture_us = src->capture_us;
}


int picture_dup(struct picture **pp, const struct picture *src)
{
	int err = picture_alloc(pp, src->w, src->h);

	if (!err)
		picture_copy(*pp, src);
	return err;
}
