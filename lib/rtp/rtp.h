/**
 * The RTP header (RFC 3550 section 5.1, header extensions RFC 8285).
 */
#ifndef VISAVIS_LIB_RTP_RTP_H
#define VISAVIS_LIB_RTP_RTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RTP_HEADER_SIZE = 12,
	RTP_MAX_CSRC = 15,
	RTP_PACKET_MAX = 1500,	/**< larger ones are neither made nor taken */
};

struct rtp_header {
	bool padding;
	bool marker;
	uint8_t pt;
	uint16_t seq;
	uint32_t ts;
	uint32_t ssrc;
	unsigned ncsrc;
	uint32_t csrc[RTP_MAX_CSRC];
	bool ext;		/**< has a header extension */
	uint16_t ext_profile;	/**< 0xbede: one-byte form of RFC 8285 */
	const uint8_t *ext_data;	/**< borrowed */
	size_t ext_len;		/**< bytes, a multiple of 4 */
};

struct rtp_packet {
	struct rtp_header hdr;
	size_t header_len;	/**< with CSRCs and extension */
	const uint8_t *payload;	/**< borrowed; without padding */
	size_t payload_len;
	size_t pad_len;
};

/**
 * Read the header alone: what may be trusted before decryption.
 * @return 0, ENODATA truncated, EBADMSG another version
 */
int rtp_header_parse(struct rtp_header *h, size_t *header_len,
		     const uint8_t *p, size_t len);

/** Read a whole packet. @return as above; EBADMSG also for bad padding */
int rtp_parse(struct rtp_packet *pkt, const uint8_t *p, size_t len);

/**
 * Write the header; padding is the caller's business.
 * @param len  out: bytes written
 * @return 0, EOVERFLOW, EINVAL (pt, CSRC count, extension length)
 */
int rtp_header_write(uint8_t *dst, size_t *len, size_t max,
		     const struct rtp_header *h);

/** Is this RTCP rather than RTP (RFC 5761 section 4)? */
bool rtp_is_rtcp(const uint8_t *p, size_t len);

/** An element of the header extension, one- or two-byte form.
 *  @return false when absent or torn */
bool rtp_ext_find(const struct rtp_header *h, uint8_t id, const uint8_t **data,
		  size_t *len);

/** a - b of sequence numbers, -32768..32767 */
static inline int rtp_seq_diff(uint16_t a, uint16_t b)
{
	return (int16_t)(uint16_t)(a - b);
}

/** a - b of timestamps */
static inline int32_t rtp_ts_diff(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b);
}

#endif
