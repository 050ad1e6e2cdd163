/**
 * The SLA protocol version 2, RFC 6812: control messages and UDP-Measurement
 * probes. Times are NTP's 32.32 (the RFC's default).
 *
 * Two things that the RFC leaves open are decided here and written in
 * docs/sla.md: "Role" is written as 1 (section 3.1.1.2.2) and read as 1 or 2
 * (section 6 numbers them the other way); and a private CSLD, 10240, by
 * which two programs of this suite agree that the responder reports the DSCP
 * that it saw.
 */
#ifndef VISAVIS_LIB_SLA_WIRE_V2_H
#define VISAVIS_LIB_SLA_WIRE_V2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/ip.h"

enum {
	SLA_V2_RANDOM = 16,
	SLA_V2_DIGEST = 32,
	SLA_V2_CONTROL_MAX = 512,	/**< longer messages are malformed */
	SLA_V2_PROBE_MIN = 60,		/**< a probe without its data */
	SLA_V2_DATA_MIN = 64,		/**< data that a sender should add */
};

enum sla_status {		/**< section 6, status types */
	SLA_OK = 0,
	SLA_FAIL = 1,
	SLA_AUTHENTICATION = 2,
	SLA_FORMAT = 3,
	SLA_PORT_IN_USE = 4,	/**< in a CSLD alone */
};

enum sla_auth_mode { SLA_AUTH_NONE = 0, SLA_AUTH_SHA256 = 1, SLA_AUTH_HMAC = 2 };

/** The private CSLD: "report what you see". */
struct sla_v2_report {
	bool present;
	uint16_t status;
	uint8_t dscp;		/**< to mark the answers with */
};

struct sla_v2_auth {
	uint16_t status;
	uint8_t mode;
	uint16_t key_id;
	bool full;		/**< random and digest are there */
	uint8_t random[SLA_V2_RANDOM];
	size_t digest_at;	/**< where in the message, when full */
};

struct sla_v2_udp {
	uint16_t status;
	uint8_t role;
	uint32_t session;
	/* of one family; IPv4 when family is 0 in all of them */
	struct ip_addr control_source, control_destination;
	struct ip_addr source, destination;	/**< of the probes */
	uint16_t control_port;
	uint16_t source_port, destination_port;
	uint32_t duration_ms;
};

struct sla_v2_control {
	uint16_t status;
	uint32_t seq;
	uint64_t sent;		/**< NTP; 0: not used */
	struct sla_v2_auth auth;
	struct sla_v2_udp udp;
	struct sla_v2_report report;
	/* where the CSLDs lie, for the answer; 0: absent */
	size_t auth_at, udp_at, report_at;
};

/**
 * Read a request or an answer.
 * @return 0; ENODATA, EBADMSG: no control message of version 2, nobody to
 *         answer to; EPROTO: the header is good (seq is filled) and what
 *         follows is not known: answer with SLA_FORMAT
 */
int sla_v2_control_parse(struct sla_v2_control *c, const uint8_t *p, size_t n);

/**
 * Write a request. auth_at, udp_at, report_at and auth.digest_at are filled;
 * the digest itself is zero until sla_auth_sign().
 * @return 0, EOVERFLOW, EAFNOSUPPORT
 */
int sla_v2_control_write(uint8_t *p, size_t *n, size_t max, struct sla_v2_control *c);

/** What of a request changes in its answer. */
struct sla_v2_answer {
	uint16_t status;	/**< of the header */
	uint16_t auth_status, udp_status, report_status;
	uint64_t sent;
	uint16_t port;		/**< that is open */
};

/**
 * Make the answer out of the request in place: as long as the request was.
 * The digest is zero until sla_auth_sign().
 * @param c  what sla_v2_control_parse() made of p, also with EPROTO
 */
void sla_v2_control_answer(uint8_t *p, size_t n, const struct sla_v2_control *c,
			   const struct sla_v2_answer *a);

struct sla_v2_probe {
	uint64_t send;			/**< by the sender */
	uint64_t rx, tx;		/**< by the responder */
	uint64_t send_error, error;	/**< clock error of each, a span as in
					     lib/sla/stamp.h */
	uint32_t seq, rseq;
	bool reported;			/**< set by the caller: the report is agreed */
	uint8_t seen_dscp;		/**< by the responder, when reported */
	bool rx_kernel;			/**< rx is the kernel's, when reported */
	bool stepped;			/**< the responder's clock stepped near this
					     packet, when reported */
};

/** @param pr  "reported" is read: does the data begin with the report?
 *  @return 0, ENODATA, EBADMSG */
int sla_v2_probe_parse(struct sla_v2_probe *pr, const uint8_t *p, size_t n);

/** Did a responder answer it already? (RFC 6812: its time of sending is 0 before.) */
bool sla_v2_probe_answered(const struct sla_v2_probe *pr);

/** A request of n bytes, padded with zeros; n at least SLA_V2_PROBE_MIN, and
 *  four more when reported. @return 0, EOVERFLOW */
int sla_v2_probe_write(uint8_t *p, size_t n, const struct sla_v2_probe *pr);

/** Make the answer out of a parsed request in place: the responder's fields. */
void sla_v2_probe_answer(uint8_t *p, size_t n, const struct sla_v2_probe *pr);

/** The responder's time of sending alone, once more and as late as can be. It
 *  lies at the same place in the microsecond probe of version 1. */
void sla_probe_sent(uint8_t *p, uint64_t tx);

#endif
