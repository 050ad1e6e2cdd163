/** The picture format to send, within what the far end takes. */
#ifndef VISAVIS_DAEMONS_MEDIA_FORMAT_H
#define VISAVIS_DAEMONS_MEDIA_FORMAT_H

#include <stdint.h>

#include "lib/h264/fmtp.h"

struct format {
	unsigned w;
	unsigned h;
	unsigned fps;
	unsigned bitrate;	/**< bit/s */
};

/** Shrink f until it fits: the size in steps of two thirds and a half, the
 *  frame rate only where that leaves at least 15 a second.
 *  @return 0, or ERANGE: not even the smallest picture fits */
int format_fit(struct format *f, const struct h264_limits *l);

/** The lowest level of table A-1 that permits f. */
uint8_t format_level(const struct format *f);

/** What a peer with this fmtp text takes. @return 0, EBADMSG, EOVERFLOW */
int format_limits(struct h264_limits *l, const char *fmtp_ours, const char *fmtp_peer);

#endif
