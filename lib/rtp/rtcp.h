/**
 * RTCP: reports, source descriptions, feedback (RFC 3550 section 6,
 * RFC 4585 section 6, RFC 5104 section 4).
 */
#ifndef VISAVIS_LIB_RTP_RTCP_H
#define VISAVIS_LIB_RTP_RTCP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum rtcp_type {
	RTCP_SR = 200,
	RTCP_RR = 201,
	RTCP_SDES = 202,
	RTCP_BYE = 203,
	RTCP_APP = 204,
	RTCP_RTPFB = 205,
	RTCP_PSFB = 206,
};

/** Formats of RTCP_RTPFB and RTCP_PSFB (the count field). */
enum {
	RTCP_FMT_NACK = 1,
	RTCP_FMT_TMMBR = 3,
	RTCP_FMT_TMMBN = 4,
	RTCP_FMT_PLI = 1,
	RTCP_FMT_FIR = 4,
};

enum {
	RTCP_MAX_ITEMS = 31,	/**< blocks, chunks or entries that are read */
	RTCP_TEXT_MAX = 256,
};

struct rtcp_report {
	uint32_t ssrc;
	uint8_t fraction;
	int32_t lost;		/**< 24 bits, signed */
	uint32_t max_seq;	/**< extended */
	uint32_t jitter;
	uint32_t lsr;		/**< middle 32 bits of the SR's NTP time */
	uint32_t dlsr;		/**< 1/65536 s */
};

struct rtcp_sender {
	uint64_t ntp;		/**< 32.32 s since 1900 */
	uint32_t rtp_ts;
	uint32_t packets;
	uint32_t octets;
};

struct rtcp_sdes_chunk {
	uint32_t ssrc;
	const uint8_t *cname;	/**< borrowed, not terminated; NULL: none */
	size_t cname_len;
};

struct rtcp_nack {
	uint16_t pid;
	uint16_t blp;
};

struct rtcp_fir {
	uint32_t ssrc;		/**< whose key frame is wanted */
	uint8_t seq;
};

struct rtcp_tmmbr {
	uint32_t ssrc;
	uint64_t bitrate;	/**< bit/s */
	unsigned overhead;	/**< bytes a packet */
};

/** One packet of a compound. Arrays hold the first RTCP_MAX_ITEMS. */
struct rtcp_packet {
	uint8_t type;		/**< enum rtcp_type, or an unknown one */
	uint8_t count;		/**< RC, SC, subtype or FMT */
	uint32_t ssrc;		/**< of the sender of this packet */
	uint32_t media;		/**< feedback: the media source */
	const uint8_t *body;	/**< after the common header, padding off */
	size_t body_len;
	size_t n;		/**< entries in the union's array */
	union {
		struct {
			struct rtcp_sender sender;	/**< SR only */
			struct rtcp_report v[RTCP_MAX_ITEMS];
		} report;
		struct rtcp_sdes_chunk sdes[RTCP_MAX_ITEMS];
		struct {
			uint32_t ssrc[RTCP_MAX_ITEMS];
			const uint8_t *reason;
			size_t reason_len;
		} bye;
		struct {
			char name[5];
			const uint8_t *data;
			size_t len;
		} app;
		struct rtcp_nack nack[RTCP_MAX_ITEMS];
		struct rtcp_fir fir[RTCP_MAX_ITEMS];
		struct rtcp_tmmbr tmmbr[RTCP_MAX_ITEMS];
	} u;
};

struct rtcp_iter {
	const uint8_t *p;
	const uint8_t *end;
	int err;
};

/**
 * Validate a compound as a whole (RFC 3550 section A.2: begins with SR or
 * RR, versions, padding only on the last, lengths add up) and begin a walk.
 * @return 0, ENODATA, EBADMSG
 */
int rtcp_begin(struct rtcp_iter *it, const uint8_t *p, size_t len);

/** The next packet, decoded. @return false at the end, or when a packet is
 *  malformed inside (it->err is then EBADMSG) */
bool rtcp_next(struct rtcp_iter *it, struct rtcp_packet *pkt);

/** A compound being written; check err once at the end. */
struct rtcp_writer {
	uint8_t *p;		/**< the caller's */
	size_t max;
	size_t len;
	int err;		/**< EOVERFLOW, EINVAL; sticky */
};

/** @param v  n reports, at most 31; NULL with n 0 */
void rtcp_put_sr(struct rtcp_writer *w, uint32_t ssrc,
		 const struct rtcp_sender *s, const struct rtcp_report *v,
		 size_t n);
void rtcp_put_rr(struct rtcp_writer *w, uint32_t ssrc,
		 const struct rtcp_report *v, size_t n);
/** One chunk with a CNAME of at most 255 bytes. */
void rtcp_put_sdes(struct rtcp_writer *w, uint32_t ssrc, const char *cname);
/** @param reason  NULL or at most 255 bytes */
void rtcp_put_bye(struct rtcp_writer *w, uint32_t ssrc, const char *reason);
/** @param name  four characters; len a multiple of 4 */
void rtcp_put_app(struct rtcp_writer *w, uint32_t ssrc, uint8_t subtype,
		  const char *name, const uint8_t *data, size_t len);
void rtcp_put_nack(struct rtcp_writer *w, uint32_t ssrc, uint32_t media,
		   const struct rtcp_nack *v, size_t n);
void rtcp_put_pli(struct rtcp_writer *w, uint32_t ssrc, uint32_t media);
/** The media source field is zero, targets stand in the entries. */
void rtcp_put_fir(struct rtcp_writer *w, uint32_t ssrc,
		  const struct rtcp_fir *v, size_t n);

/** NTP time of microseconds since 1970, and back. */
uint64_t rtcp_ntp_from_us(uint64_t us);
uint64_t rtcp_us_from_ntp(uint64_t ntp);

/** Round trip in microseconds from a report about us (RFC 3550 section
 *  6.4.1); 0 when it holds none. @param now  NTP time of its arrival */
uint64_t rtcp_rtt_us(const struct rtcp_report *r, uint64_t now);

#endif
