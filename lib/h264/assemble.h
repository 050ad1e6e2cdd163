/**
 * Access units from RTP packets in order: a unit is whole at its marker, or
 * when the timestamp changes. Units with something missing are dropped, and
 * the next one says so.
 */
#ifndef VISAVIS_LIB_H264_ASSEMBLE_H
#define VISAVIS_LIB_H264_ASSEMBLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/h264/pkt.h"

struct h264_frame {
	const uint8_t *data;	/**< Annex B, valid until the next put */
	size_t len;
	uint32_t ts;
	uint64_t arrival_us;	/**< of its last packet */
	bool key;
	bool lost_before;	/**< something since the last frame is missing */
};

typedef void (h264_frame_h)(const struct h264_frame *f, void *arg);

struct h264_asm {
	struct h264_depkt d;
	bool open;
	bool lost;		/**< to be told with the next frame */
	uint32_t ts;
	uint64_t arrival_us;
	uint64_t dropped;	/**< access units thrown away */
	uint64_t malformed;	/**< payloads that were not RFC 6184 */
	h264_frame_h *h;
	void *arg;
};

/** @param max  bytes of the largest access unit; @return 0, ENOMEM */
int h264_asm_alloc(struct h264_asm *a, size_t max, h264_frame_h *h,
		   void *arg);
void h264_asm_free(struct h264_asm *a);
/** Throw away what is open; the next frame says that something is lost. */
void h264_asm_reset(struct h264_asm *a);

/** @param lost  packets are missing just before this one */
void h264_asm_put(struct h264_asm *a, uint32_t ts, bool marker,
		  const uint8_t *payload, size_t len, bool lost,
		  uint64_t arrival_us);

#endif
