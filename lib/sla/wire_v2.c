#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/sla/wire_v2.h"

enum {
	VERSION = 2, HEADER = 20, CSLD = 8, ADDRESS = 16,
	AUTHENTICATION = 1, UDP_MEASUREMENT = 2, REPORT = 10240,
	AUTH_SHORT = 12, AUTH_FULL = 60, UDP_LEN = 92, REPORT_LEN = 12,
	IPV4 = 2, IPV6 = 3, ROLE_1 = 1, ROLE_2 = 2,
	/* header */
	AT_STATUS = 2, AT_SEQ = 4, AT_LENGTH = 8, AT_SENT = 12,
	/* authentication */
	AT_MODE = 8, AT_KEY = 10, AT_RANDOM = 12, AT_DIGEST = 28,
	/* UDP-Measurement */
	AT_FAMILY = 8, AT_ROLE = 9, AT_SESSION = 12, AT_ADDRESSES = 16,
	AT_CONTROL_PORT = 80, AT_SOURCE_PORT = 84, AT_PORT = 86, AT_DURATION = 88,
	/* probe */
	TYPE_UDP = 3, P_SEND = 4, P_RX = 12, P_TX = 20, P_SEND_ERROR = 36, P_ERROR = 44,
	P_SEQ = 52, P_RSEQ = 56, P_DSCP = 60, P_FLAGS = 61, P_REPORT_END = 64,
	FLAG_RX_KERNEL = 1, FLAG_STEPPED = 2,
};


static int auth_read(struct sla_v2_control *c, const uint8_t *p, size_t len)
{
	struct sla_v2_auth *a = &c->auth;

	if (len != AUTH_SHORT && len != AUTH_FULL)
		return EPROTO;
	a->status = get16(p + 2);
	a->mode = p[AT_MODE];
	a->key_id = get16(p + AT_KEY);
	a->full = len == AUTH_FULL;
	if (a->mode > SLA_AUTH_HMAC || (a->mode && !a->full))
		return EPROTO;
	if (a->full) {
		memcpy(a->random, p + AT_RANDOM, SLA_V2_RANDOM);
		a->digest_at = c->auth_at + AT_DIGEST;
	}
	return 0;
}


static void address_read(struct ip_addr *a, uint8_t family, const uint8_t *p)
{
	a->family = family;
	memcpy(a->b, p, family == 4 ? 4 : 16);
}


static int udp_read(struct sla_v2_control *c, const uint8_t *p, size_t len)
{
	struct sla_v2_udp *u = &c->udp;
	uint8_t family;

	if (len != UDP_LEN || (p[AT_FAMILY] != IPV4 && p[AT_FAMILY] != IPV6))
		return EPROTO;
	family = p[AT_FAMILY] == IPV4 ? 4 : 6;
	u->status = get16(p + 2);
	u->role = p[AT_ROLE];
	u->session = get32(p + AT_SESSION);
	address_read(&u->control_source, family, p + AT_ADDRESSES);
	address_read(&u->control_destination, family, p + AT_ADDRESSES + ADDRESS);
	address_read(&u->source, family, p + AT_ADDRESSES + 2 * ADDRESS);
	address_read(&u->destination, family, p + AT_ADDRESSES + 3 * ADDRESS);
	u->control_port = get16(p + AT_CONTROL_PORT);
	u->source_port = get16(p + AT_SOURCE_PORT);
	u->destination_port = get16(p + AT_PORT);
	u->duration_ms = get32(p + AT_DURATION);
	return u->role == ROLE_1 || u->role == ROLE_2 ? 0 : EPROTO;
}


static int report_read(struct sla_v2_control *c, const uint8_t *p, size_t len)
{
	if (len != REPORT_LEN || p[8] > 63)
		return EPROTO;
	c->report.present = true;
	c->report.status = get16(p + 2);
	c->report.dscp = p[8];
	return 0;
}


/* The RFC orders them: authentication first. Each at most once. */
static int csld_read(struct sla_v2_control *c, const uint8_t *msg, size_t at, size_t len)
{
	uint16_t command = get16(msg + at);

	if (command == AUTHENTICATION && !c->auth_at && !c->udp_at) {
		c->auth_at = at;
		return auth_read(c, msg + at, len);
	}
	if (command == UDP_MEASUREMENT && c->auth_at && !c->udp_at) {
		c->udp_at = at;
		return udp_read(c, msg + at, len);
	}
	if (command == REPORT && c->udp_at && !c->report_at) {
		c->report_at = at;
		return report_read(c, msg + at, len);
	}
	return EPROTO;
}


int sla_v2_control_parse(struct sla_v2_control *c, const uint8_t *p, size_t n)
{
	size_t at = HEADER;
	int err = 0;

	if (n < HEADER)
		return ENODATA;
	if (p[0] != VERSION || n > SLA_V2_CONTROL_MAX || get32(p + AT_LENGTH) != n)
		return EBADMSG;
	memset(c, 0, sizeof(*c));
	c->status = get16(p + AT_STATUS);
	c->seq = get32(p + AT_SEQ);
	c->sent = get64(p + AT_SENT);
	while (!err && at < n) {
		size_t len = n - at < CSLD ? 0 : get32(p + at + 4);

		if (len < CSLD || len > n - at)
			return EPROTO;
		err = csld_read(c, p, at, len);
		at += len;
	}
	return err || c->udp_at ? err : EPROTO;
}


static void csld_begin(uint8_t *p, size_t at, uint16_t command, uint16_t status, uint32_t len)
{
	put16(p + at, command);
	put16(p + at + 2, status);
	put32(p + at + 4, len);
}


static void auth_write(uint8_t *p, struct sla_v2_control *c)
{
	struct sla_v2_auth *a = &c->auth;

	csld_begin(p, c->auth_at, AUTHENTICATION, a->status, a->full ? AUTH_FULL : AUTH_SHORT);
	p[c->auth_at + AT_MODE] = a->mode;
	put16(p + c->auth_at + AT_KEY, a->key_id);
	a->digest_at = a->full ? c->auth_at + AT_DIGEST : 0;
	if (a->full)
		memcpy(p + c->auth_at + AT_RANDOM, a->random, SLA_V2_RANDOM);
}


static void udp_write(uint8_t *msg, const struct sla_v2_control *c)
{
	const struct sla_v2_udp *u = &c->udp;
	const struct ip_addr *const v[] = {
		&u->control_source, &u->control_destination, &u->source, &u->destination,
	};
	uint8_t *p = msg + c->udp_at;

	csld_begin(msg, c->udp_at, UDP_MEASUREMENT, u->status, UDP_LEN);
	p[AT_FAMILY] = u->destination.family == 6 ? IPV6 : IPV4;
	p[AT_ROLE] = u->role;
	put32(p + AT_SESSION, u->session);
	for (size_t i = 0; i < 4; i++)
		memcpy(p + AT_ADDRESSES + i * ADDRESS, v[i]->b, v[i]->family == 6 ? 16 : 4);
	put16(p + AT_CONTROL_PORT, u->control_port);
	put16(p + AT_SOURCE_PORT, u->source_port);
	put16(p + AT_PORT, u->destination_port);
	put32(p + AT_DURATION, u->duration_ms);
}


int sla_v2_control_write(uint8_t *p, size_t *n, size_t max, struct sla_v2_control *c)
{
	size_t len;

	if (c->udp.destination.family != 4 && c->udp.destination.family != 6)
		return EAFNOSUPPORT;
	c->auth_at = HEADER;
	c->udp_at = c->auth_at + (c->auth.full ? AUTH_FULL : AUTH_SHORT);
	len = c->udp_at + UDP_LEN;
	c->report_at = c->report.present ? len : 0;
	len += c->report.present ? REPORT_LEN : 0;
	if (len > max)
		return EOVERFLOW;
	memset(p, 0, len);
	p[0] = VERSION;
	put16(p + AT_STATUS, c->status);
	put32(p + AT_SEQ, c->seq);
	put32(p + AT_LENGTH, (uint32_t)len);
	put64(p + AT_SENT, c->sent);
	auth_write(p, c);
	udp_write(p, c);
	if (c->report_at) {
		csld_begin(p, c->report_at, REPORT, c->report.status, REPORT_LEN);
		p[c->report_at + 8] = c->report.dscp;
	}
	*n = len;
	return 0;
}


static void status_put(uint8_t *p, size_t at, uint16_t status)
{
	if (at)
		put16(p + at + 2, status);
}


void sla_v2_control_answer(uint8_t *p, size_t n, const struct sla_v2_control *c,
			   const struct sla_v2_answer *a)
{
	(void)n;
	put16(p + AT_STATUS, a->status);
	put64(p + AT_SENT, a->sent);
	status_put(p, c->auth_at, a->auth_status);
	status_put(p, c->udp_at, a->udp_status);
	status_put(p, c->report_at, a->report_status);
	if (!a->status && c->udp_at)
		put16(p + c->udp_at + AT_PORT, a->port);
	if (c->auth.digest_at)
		memset(p + c->auth.digest_at, 0, SLA_V2_DIGEST);
}


int sla_v2_probe_parse(struct sla_v2_probe *pr, const uint8_t *p, size_t n)
{
	bool reported = pr->reported;

	if (n < SLA_V2_PROBE_MIN)
		return ENODATA;
	if (get16(p) != TYPE_UDP)
		return EBADMSG;
	*pr = (struct sla_v2_probe){
		.send = get64(p + P_SEND), .rx = get64(p + P_RX), .tx = get64(p + P_TX),
		.send_error = get64(p + P_SEND_ERROR), .error = get64(p + P_ERROR),
		.seq = get32(p + P_SEQ), .rseq = get32(p + P_RSEQ),
		.reported = reported && n >= P_REPORT_END,
	};
	if (pr->reported) {
		pr->seen_dscp = p[P_DSCP] & 63;
		pr->rx_kernel = p[P_FLAGS] & FLAG_RX_KERNEL;
		pr->stepped = p[P_FLAGS] & FLAG_STEPPED;
	}
	return 0;
}


bool sla_v2_probe_answered(const struct sla_v2_probe *pr)
{
	return pr->tx && pr->rseq;
}


int sla_v2_probe_write(uint8_t *p, size_t n, const struct sla_v2_probe *pr)
{
	if (n < (pr->reported ? (size_t)P_REPORT_END : SLA_V2_PROBE_MIN))
		return EOVERFLOW;
	memset(p, 0, n);
	put16(p, TYPE_UDP);
	put64(p + P_SEND, pr->send);
	put64(p + P_SEND_ERROR, pr->send_error);
	put32(p + P_SEQ, pr->seq);
	return 0;
}


void sla_probe_sent(uint8_t *p, uint64_t tx)
{
	put64(p + P_TX, tx);
}


void sla_v2_probe_answer(uint8_t *p, size_t n, const struct sla_v2_probe *pr)
{
	put64(p + P_RX, pr->rx);
	put64(p + P_TX, pr->tx);
	put64(p + P_ERROR, pr->error);
	put32(p + P_RSEQ, pr->rseq);
	if (pr->reported && n >= P_REPORT_END) {
		p[P_DSCP] = pr->seen_dscp;
		p[P_FLAGS] = (uint8_t)((pr->rx_kernel ? FLAG_RX_KERNEL : 0) |
				       (pr->stepped ? FLAG_STEPPED : 0));
	}
}
