/**
 * A picture in memory: 8-bit 4:2:0 (I420), limited range, BT.709 colours.
 */
#ifndef VISAVIS_DAEMONS_MEDIA_PICTURE_H
#define VISAVIS_DAEMONS_MEDIA_PICTURE_H

#include <stddef.h>
#include <stdint.h>

enum { PICTURE_MIN = 64, PICTURE_MAX_W = 3840, PICTURE_MAX_H = 2160 };

/** Width and height are even. The planes are borrowed or owned, as the maker
 *  says; nobody frees a picture that is handed to a handler. */
struct picture {
	unsigned w;
	unsigned h;
	unsigned stride[3];
	uint8_t *p[3];
	uint64_t capture_us;	/**< CLOCK_REALTIME; 0: not known */
};

/** Planes in one block, owned: free with picture_free(). Black.
 *  @return 0, EINVAL (odd, too small or too large), ENOMEM */
int picture_alloc(struct picture **pp, unsigned w, unsigned h);
void picture_free(struct picture *p);

/** Copy planes and times; both have the same size. */
void picture_copy(struct picture *dst, const struct picture *src);

/** @return 0, EINVAL, ENOMEM; *pp is owned by the caller */
int picture_dup(struct picture **pp, const struct picture *src);

#endif
