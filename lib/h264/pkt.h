/**
 * H.264 in RTP payloads (RFC 6184): packetization modes 0 (single unit) and
 * 1 (non-interleaved: single units, STAP-A, FU-A).
 */
#ifndef VISAVIS_LIB_H264_PKT_H
#define VISAVIS_LIB_H264_PKT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/h264/nal.h"

/**
 * One payload of an access unit.
 * @param payload  borrowed for the call
 * @param marker   it is the last of the access unit
 * @return 0, or an error that ends the packetising
 */
typedef int (h264_payload_h)(const uint8_t *payload, size_t len, bool marker,
			     void *arg);

/** Room that a packetiser needs for one payload. */
#define H264_PAYLOAD_MAX 1460

/**
 * Cut an Annex B access unit into payloads. Access unit delimiters and
 * filler are left out. Small units that follow each other travel in one
 * STAP-A.
 *
 * @param mode  0 or 1
 * @param max   bytes a payload may have, 64..H264_PAYLOAD_MAX
 * @return 0; EMSGSIZE: mode 0 and a unit above max (nothing was sent);
 *         ENODATA: no unit; EINVAL; what h returned
 */
int h264_packetise(const uint8_t *au, size_t len, unsigned mode, size_t max,
		   h264_payload_h *h, void *arg);

/** Payloads that h264_packetise() would make; 0 on its errors. */
size_t h264_packet_count(const uint8_t *au, size_t len, unsigned mode,
			 size_t max);

/** An access unit being put together, in Annex B form. Zero-initialise, then
 *  give it buf and max. */
struct h264_depkt {
	uint8_t *buf;		/**< the caller's */
	size_t max;
	size_t len;		/**< of what lies in buf so far */
	size_t fu_start;	/**< where the open fragmented unit begins */
	bool fu_open;
	bool key;		/**< holds an IDR picture */
	bool has_picture;	/**< holds a coded slice */
	bool damaged;		/**< something of this access unit is missing */
};

/** Start the next access unit. */
void h264_depkt_reset(struct h264_depkt *d);

/** Packets are missing before the next payload: an open fragment is thrown
 *  away, the access unit is marked damaged. */
void h264_depkt_lost(struct h264_depkt *d);

/**
 * Add one payload, in order.
 * @return 0; EBADMSG malformed or a type of mode 2; EOVERFLOW: the access
 *         unit is above max. On errors the unit is marked damaged and what
 *         came whole before stays.
 */
int h264_depkt_put(struct h264_depkt *d, const uint8_t *p, size_t len);

/** The access unit is at its end: an open fragment is thrown away. */
void h264_depkt_end(struct h264_depkt *d);

/** Does an access unit start with this payload: a delimiter, parameter sets
 *  or SEI, or a slice that begins at the first macroblock? */
bool h264_payload_starts_picture(const uint8_t *p, size_t len);

#endif
