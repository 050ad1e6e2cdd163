/**
 * IP SLA's control protocol version 1 and its probes, as IOS speaks them.
 *
 * Version 1 has no published specification. The IPv6 request and the
 * millisecond probe are as routers were seen to send them; the IPv4 request
 * follows from the place of its port and the length that it is cut to in
 * the answer. docs/sla.md has the bytes and says of each how it is known.
 */
#ifndef VISAVIS_LIB_SLA_WIRE_V1_H
#define VISAVIS_LIB_SLA_WIRE_V1_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/ip.h"

enum {
	SLA_V1_REQUEST_MAX = 68,	/**< a control request, IPv6 */
	SLA_V1_REPLY_MAX = 40,
	SLA_V1_PROBE_MS = 16,		/**< the least bytes of each probe */
	SLA_V1_PROBE_US = 56,
	SLA_V1_PROBE_ECHO = 2,
};

struct sla_v1_control {
	uint8_t id;		/**< the answer has it too */
	struct ip_addr target;	/**< whose port to open */
	uint16_t port;
	uint32_t duration_ms;
};

/** @return 0; ENODATA: shorter than it says; EBADMSG: not a request to open
 *          a UDP port */
int sla_v1_control_parse(struct sla_v1_control *c, const uint8_t *p, size_t n);

/** @param n  bytes written, at most SLA_V1_REQUEST_MAX
 *  @return 0, EOVERFLOW: max is too small, or a duration above 65,535 ms,
 *          which the field cannot hold; EAFNOSUPPORT */
int sla_v1_control_write(uint8_t *p, size_t *n, size_t max, const struct sla_v1_control *c);

/**
 * The answer that says "the port is open"; there is no known form of the
 * other answer, a refusal is silence. Never longer than the request.
 * @param req  a request that sla_v1_control_parse() took
 * @return 0 or EOVERFLOW
 */
int sla_v1_reply_write(uint8_t *p, size_t *n, size_t max, const uint8_t *req, size_t len);

/** @param status  0: the port is open; else the peer's reason, unnamed
 *  @return 0, ENODATA, EBADMSG */
int sla_v1_reply_parse(uint8_t *id, uint32_t *status, const uint8_t *p, size_t n);

enum sla_v1_type {
	SLA_V1_ECHO = 1,
	SLA_V1_MS = 2,		/**< jitter, milliseconds since midnight */
	SLA_V1_US = 3,		/**< jitter, NTP times */
};

struct sla_v1_probe {
	uint16_t type;
	uint64_t send;		/**< ECHO: none of these; MS: of the day; US: NTP */
	uint64_t rx, tx;	/**< at the responder; MS has rx alone */
	uint16_t seq;		/**< the sender's, from 1; ECHO of 6 bytes and more has it */
	uint16_t rseq;		/**< the responder's count of what came */
};

/** The same in both directions. @return 0, ENODATA, EBADMSG */
int sla_v1_probe_parse(struct sla_v1_probe *pr, const uint8_t *p, size_t n);

/** Did a responder answer it already? Of an echo nobody can tell. */
bool sla_v1_probe_answered(const struct sla_v1_probe *pr);

/** A request of n bytes, padded; n at least what the type needs.
 *  @return 0, EOVERFLOW */
int sla_v1_probe_write(uint8_t *p, size_t n, const struct sla_v1_probe *pr);

/** Make the answer out of the request in place: rx, tx and rseq are put into
 *  p, the rest stays. Takes what sla_v1_probe_parse() took. */
void sla_v1_probe_answer(uint8_t *p, const struct sla_v1_probe *pr);

#endif
