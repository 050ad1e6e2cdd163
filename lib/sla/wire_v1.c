#include <errno.h>
#include <string.h>

#include "lib/base/bytes.h"
#include "lib/sla/wire_v1.h"

/*
 * Request: version, id, length16, four zero bytes; command: type16, length16,
 * four zero bytes, address, port16, (IPv6: four zero bytes,) duration16;
 * authentication: type16, length16, 24 bytes.
 */
enum {
	VERSION = 1, HEADER = 8,
	OPEN_IP4 = 4, OPEN_IP6 = 8, AUTHENTICATION = 1,
	COMMAND_IP4 = 16, COMMAND_IP6 = 32, AUTH_LEN = 28,
	ADDRESS = HEADER + 8,
	REPLY_LENGTH = 8,
	/* echo: ours alone, the far side returns what it got */
	ECHO_SEQ = 4, ECHO_OURS = 6,
	/* millisecond probe */
	MS_SEND = 4, MS_RX = 8, MS_SEQ = 12, MS_RSEQ = 14,
	/* microsecond probe */
	US_SEND = 4, US_RX = 12, US_TX = 20, US_OFFSET = 36, US_SEQ = 52, US_RSEQ = 54,
};


/* The command's length tells the family; both types are taken with either,
 * since only the IPv6 one was ever seen. */
static size_t address_len(uint16_t command_len)
{
	if (command_len == COMMAND_IP4)
		return 4;
	return command_len == COMMAND_IP6 ? 16 : 0;
}


/* What proves a key in it is not known: its form alone is held to. */
static bool authentication_ok(const uint8_t *p, size_t n)
{
	if (!n)
		return true;
	return n >= 4 && get16(p) == AUTHENTICATION && get16(p + 2) >= 4 && get16(p + 2) <= n;
}


int sla_v1_control_parse(struct sla_v1_control *c, const uint8_t *p, size_t n)
{
	uint16_t type, command, len;
	size_t alen, end;

	if (n < HEADER + 4)
		return ENODATA;
	len = get16(p + 2);
	type = get16(p + HEADER);
	command = get16(p + HEADER + 2);
	alen = address_len(command);
	end = HEADER + (size_t)command;
	if (p[0] != VERSION || (type != OPEN_IP4 && type != OPEN_IP6) || !alen || len < end)
		return EBADMSG;
	if (n < len)
		return ENODATA;
	memset(c, 0, sizeof(*c));
	c->id = p[1];
	c->target.family = alen == 4 ? 4 : 6;
	memcpy(c->target.b, p + ADDRESS, alen);
	c->port = get16(p + ADDRESS + alen);
	c->duration_ms = get16(p + end - 2);
	return authentication_ok(p + end, len - end) ? 0 : EBADMSG;
}


int sla_v1_control_write(uint8_t *p, size_t *n, size_t max, const struct sla_v1_control *c)
{
	bool ip6 = c->target.family == 6;
	size_t alen = ip6 ? 16 : 4;
	size_t command = ip6 ? COMMAND_IP6 : COMMAND_IP4;
	size_t len = HEADER + command + AUTH_LEN;

	if (c->target.family != 4 && !ip6)
		return EAFNOSUPPORT;
	if (max < len || c->duration_ms > UINT16_MAX)
		return EOVERFLOW;
	memset(p, 0, len);
	p[0] = VERSION;
	p[1] = c->id;
	put16(p + 2, (uint16_t)len);
	put16(p + HEADER, ip6 ? OPEN_IP6 : OPEN_IP4);
	put16(p + HEADER + 2, (uint16_t)command);
	memcpy(p + ADDRESS, c->target.b, alen);
	put16(p + ADDRESS + alen, c->port);
	put16(p + HEADER + command - 2, (uint16_t)c->duration_ms);
	put16(p + HEADER + command, AUTHENTICATION);
	put16(p + HEADER + command + 2, AUTH_LEN);
	*n = len;
	return 0;
}


int sla_v1_reply_write(uint8_t *p, size_t *n, size_t max, const uint8_t *req, size_t len)
{
	size_t out = HEADER + get16(req + HEADER + 2);

	if (out > max || out > len)
		return EOVERFLOW;
	memmove(p, req, out);
	put16(p + 2, REPLY_LENGTH);
	memset(p + 4, 0, 8);
	*n = out;
	return 0;
}


int sla_v1_reply_parse(uint8_t *id, uint32_t *status, const uint8_t *p, size_t n)
{
	if (n < REPLY_LENGTH)
		return ENODATA;
	if (p[0] != VERSION || get16(p + 2) < REPLY_LENGTH)
		return EBADMSG;
	*id = p[1];
	*status = get32(p + 4);
	return 0;
}


static size_t probe_least(uint16_t type)
{
	static const uint8_t least[] = {
		[SLA_V1_ECHO] = SLA_V1_PROBE_ECHO, [SLA_V1_MS] = SLA_V1_PROBE_MS,
		[SLA_V1_US] = SLA_V1_PROBE_US,
	};

	return type < sizeof(least) ? least[type] : 0;
}


int sla_v1_probe_parse(struct sla_v1_probe *pr, const uint8_t *p, size_t n)
{
	size_t least;

	if (n < 2)
		return ENODATA;
	memset(pr, 0, sizeof(*pr));
	pr->type = get16(p);
	least = probe_least(pr->type);
	if (!least)
		return EBADMSG;
	if (n < least)
		return ENODATA;
	if (pr->type == SLA_V1_ECHO && n >= ECHO_OURS) {
		pr->seq = get16(p + ECHO_SEQ);
	}
	else if (pr->type == SLA_V1_MS) {
		pr->send = get32(p + MS_SEND);
		pr->rx = pr->tx = get32(p + MS_RX);
		pr->seq = get16(p + MS_SEQ);
		pr->rseq = get16(p + MS_RSEQ);
	}
	else if (pr->type == SLA_V1_US) {
		pr->send = get64(p + US_SEND);
		pr->rx = get64(p + US_RX);
		pr->tx = get64(p + US_TX);
		pr->seq = get16(p + US_SEQ);
		pr->rseq = get16(p + US_RSEQ);
	}
	return 0;
}


bool sla_v1_probe_answered(const struct sla_v1_probe *pr)
{
	return pr->type != SLA_V1_ECHO && pr->tx && pr->rseq;
}


static void pad(uint8_t *p, size_t from, size_t n)
{
	for (size_t i = from; i < n; i++)
		p[i] = (i - from) % 2 ? 0xcd : 0xab;
}


int sla_v1_probe_write(uint8_t *p, size_t n, const struct sla_v1_probe *pr)
{
	size_t least = probe_least(pr->type);

	if (!least || n < least)
		return EOVERFLOW;
	memset(p, 0, least);
	put16(p, pr->type);
	if (pr->type == SLA_V1_MS) {
		put32(p + MS_SEND, (uint32_t)pr->send);
		put16(p + MS_SEQ, pr->seq);
	}
	else if (pr->type == SLA_V1_US) {
		put64(p + US_SEND, pr->send);
		put16(p + US_SEQ, pr->seq);
	}
	pad(p, least, n);
	if (pr->type == SLA_V1_ECHO && n >= ECHO_OURS)
		put16(p + ECHO_SEQ, pr->seq);
	return 0;
}


void sla_v1_probe_answer(uint8_t *p, const struct sla_v1_probe *pr)
{
	if (pr->type == SLA_V1_MS) {
		put32(p + MS_RX, (uint32_t)pr->rx);
		put16(p + MS_RSEQ, pr->rseq);
	}
	else if (pr->type == SLA_V1_US) {
		put64(p + US_RX, pr->rx);
		put64(p + US_TX, pr->tx);
		/* a clock offset of all ones: not given */
		memset(p + US_OFFSET, 0xff, 8);
		put16(p + US_RSEQ, pr->rseq);
	}
}
