#include <errno.h>
#include <string.h>

#include "daemons/sla/core.h"
#include "lib/sla/stamp.h"
#include "lib/sla/wire_v1.h"

enum { MS = 1000000, BURST = 64, PORT_TRIES = 32, PORT_FREE = 1024 };

/* A request of either version, as far as the state machine cares. */
struct request {
	uint8_t version;
	struct ip_addr from;
	uint16_t from_port;
	bool known;
	const struct sla_key *key;	/* that it proved */
	uint32_t control;
	uint16_t source_port;	/* 0: not told */
	uint16_t port;		/* 0: of our choice */
	uint32_t duration_ms;
	bool report;
	uint8_t dscp;
};


/* Are there messages left of this second's? */
static bool rate_ok(struct core *c, bool known, int64_t mono)
{
	const int64_t each = SLA_NS / (c->limits.per_second ? c->limits.per_second : 1);
	int64_t *until = &c->busy_until[known];
	int64_t at = *until < mono - BURST * each ? mono - BURST * each : *until;

	if (at > mono)
		return false;
	*until = at + each;
	return true;
}


/* Who sends from there answers what comes: two of us would go on for ever, and
 * so would what the lowest ports are for (echo, chargen). */
static bool answers_itself(const struct core *c, uint16_t port)
{
	return port < PORT_FREE || port == c->limits.control_port;
}


bool core_echo_ends(const struct core *c, const struct core_op *op)
{
	uint16_t port = op->source_port;

	return op->answered >= CORE_ECHOES &&
		(answers_itself(c, port) || (port >= c->limits.port_lo && port <= c->limits.port_hi));
}


static bool port_used(const struct core *c, uint16_t port, const struct core_op *but)
{
	for (unsigned i = 0; i < c->limits.ops; i++)
		if (c->ops[i].version && c->ops[i].port == port && &c->ops[i] != but)
			return true;
	return false;
}


static void op_end(struct core *c, struct core_op *op)
{
	bool shared = port_used(c, op->port, op);

	if (!shared)
		c->ports.close_h(op->port, c->ports.arg);
	op->version = 0;
	c->nops--;
}


unsigned core_expire(struct core *c, int64_t mono)
{
	unsigned n = 0;

	for (unsigned i = 0; c->nops && i < c->limits.ops; i++)
		if (c->ops[i].version && c->ops[i].until <= mono) {
			op_end(c, &c->ops[i]);
			n++;
		}
	return n;
}


void core_close(struct core *c)
{
	(void)core_expire(c, INT64_MAX);
}


static bool is_asker(const struct core_op *op, const struct request *r)
{
	return op->version == r->version && !ip_cmp(&op->source, &r->from) &&
		op->control_port == r->from_port;
}


/* The operation that this very request opened: its answer was lost. */
static struct core_op *op_of_request(struct core *c, const struct request *r)
{
	for (unsigned i = 0; i < c->limits.ops; i++)
		if (is_asker(&c->ops[i], r) && c->ops[i].control == r->control)
			return &c->ops[i];
	return NULL;
}


/* The same 5-tuple asked for anew: time and count begin again (section 4). */
static struct core_op *op_of_tuple(struct core *c, const struct request *r)
{
	for (unsigned i = 0; i < c->limits.ops; i++) {
		struct core_op *op = &c->ops[i];

		if (op->version == r->version && op->port == r->port && r->port &&
		    !ip_cmp(&op->source, &r->from) && op->source_port == r->source_port &&
		    r->source_port)
			return op;
	}
	return NULL;
}


static unsigned ops_of(const struct core *c, const struct ip_addr *ip)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->limits.ops; i++)
		n += c->ops[i].version && !ip_cmp(&c->ops[i].source, ip);
	return n;
}


static unsigned ops_strangers(const struct core *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->limits.ops; i++)
		n += c->ops[i].version && !c->ops[i].known;
	return n;
}


static const char *limits_hold(const struct core *c, const struct request *r)
{
	const struct core_limits *l = &c->limits;

	if (r->port && (r->port < l->port_lo || r->port > l->port_hi))
		return "the port is outside the site's range";
	if (!r->duration_ms || r->duration_ms > l->duration_ms)
		return "the duration is above the site's limit";
	if (c->nops >= l->ops)
		return "as many operations as the site allows are open";
	if (!r->known && ops_strangers(c) >= l->ops_strangers)
		return "the operations that are left are for the agents of the site";
	if (ops_of(c, &r->from) >= l->ops_source)
		return "this sender has as many operations open as it may";
	return NULL;
}


/* A port of our own choice is one that nobody can foresee. */
static int port_open(struct core *c, uint16_t *port)
{
	uint32_t n = (uint32_t)(c->limits.port_hi - c->limits.port_lo) + 1;
	int err = EADDRINUSE;

	if (*port)
		return port_used(c, *port, NULL) ? 0 : c->ports.open_h(*port, c->ports.arg);
	for (int i = 0; err == EADDRINUSE && i < PORT_TRIES; i++) {
		*port = (uint16_t)(c->limits.port_lo + c->random_h() % n);
		if (!port_used(c, *port, NULL))
			err = c->ports.open_h(*port, c->ports.arg);
	}
	return err;
}


static void op_begin(struct core_op *op, const struct request *r, int64_t mono)
{
	*op = (struct core_op){
		.version = r->version, .known = r->known, .source = r->from, .source_port = r->source_port,
		.control_port = r->from_port, .control = r->control, .port = r->port,
		.until = mono + (int64_t)r->duration_ms * MS,
		.report = r->report, .dscp = r->dscp,
	};
}


/* @return SLA_OK and *v filled, or the status to refuse with */
static uint16_t op_open(struct core_verdict *v, struct core *c, struct request *r, int64_t mono)
{
	struct core_op *op = op_of_tuple(c, r);

	if (op && r->duration_ms && r->duration_ms <= c->limits.duration_ms) {
		op_begin(op, r, mono);
		v->op = op;
		return SLA_OK;
	}
	v->why = limits_hold(c, r);
	if (v->why)
		return SLA_FAIL;
	switch (port_open(c, &r->port)) {
	case 0:
		break;
	case EADDRINUSE:
		v->why = "the port is another program's";
		return SLA_PORT_IN_USE;
	default:
		v->why = "the port cannot be opened";
		return SLA_FAIL;
	}
	for (op = c->ops; op->version; op++)
		;
	op_begin(op, r, mono);
	c->nops++;
	v->op = op;
	return SLA_OK;
}


static bool keyed(const struct core *c)
{
	return c->keys && c->keys->n;
}


static void control_v1(struct core_verdict *v, struct core *c, uint8_t *p, size_t *n,
		       struct request *r, int64_t mono)
{
	struct sla_v1_control m;

	if (sla_v1_control_parse(&m, p, *n)) {
		v->why = "malformed";
		return;
	}
	if (!c->v1 || keyed(c)) {
		v->status = SLA_AUTHENTICATION;
		v->why = keyed(c) ? "version 1 proves nothing and keys are asked for" :
				    "version 1 is switched off";
		return;
	}
	r->version = 1;
	r->control = m.id;
	r->port = m.port;
	r->duration_ms = m.duration_ms;
	v->op = op_of_request(c, r);
	v->again = v->op && v->op->port == m.port;
	if (v->again || !m.port) {
		v->why = m.port ? NULL : "version 1 must name its port";
		v->status = m.port ? SLA_OK : SLA_FAIL;
	}
	else {
		v->status = op_open(v, c, r, mono);
	}
	/* no form of a refusal is known: it is silence */
	v->answer = !v->status && !sla_v1_reply_write(p, n, *n, p, *n);
}


/* @return the key whose secret the sender knows, or NULL */
static const struct sla_key *key_proved(const struct core *c, const struct sla_v2_control *m,
					const uint8_t *p, size_t n)
{
	const struct sla_key *key = sla_key_find(c->keys, m->auth.key_id);

	if (!m->auth.full || !key || key->mode != m->auth.mode ||
	    sla_auth_verify(p, n, m->auth.digest_at, key))
		return NULL;
	return key;
}


/* @return SLA_OK: the key was proved, and that not for the first time is no
 *         matter while what it opened is open */
static uint16_t authentic(struct core_verdict *v, struct core *c, const struct sla_v2_control *m,
			  const struct request *r, const uint8_t *p, const struct core_time *now)
{
	if (!r->key) {
		v->why = !m->auth.mode || !sla_key_find(c->keys, m->auth.key_id) ?
			"no key, or one that is not known" : "wrong secret";
		return SLA_AUTHENTICATION;
	}
	/* by then what was sent before we began is too old; and if the clock is
	 * set back, nobody shall wait until it comes there again */
	if (now->mono - c->begun > c->replay.window_ns)
		c->replay.since_ns = 0;
	switch (sla_replay_check(&c->replay, p + m->auth.digest_at, sla_ntp_to_ns(m->sent, now->wall), now->wall)) {
	case 0:
		return SLA_OK;
	case EALREADY:
		if (v->op)
			return SLA_OK;
		v->why = "replayed";
		return SLA_AUTHENTICATION;
	case ESTALE:
		v->why = "its time is too far from ours, or before we began";
		return SLA_AUTHENTICATION;
	default:
		v->why = "too many requests to remember";
		return SLA_FAIL;
	}
}


/* @param key  of whoever proved to have it: nobody else gets our digest, least
 *             of all over words of his own choice */
static void answer_v2(struct core_verdict *v, uint8_t *p, size_t n, const struct sla_v2_control *m,
		      uint16_t status, const struct sla_key *key, int64_t wall)
{
	bool auth = status == SLA_AUTHENTICATION;
	const struct sla_v2_answer a = {
		/* the header knows the first four alone */
		.status = status == SLA_PORT_IN_USE ? SLA_FAIL : status,
		.auth_status = auth ? status : SLA_OK,
		.udp_status = auth ? SLA_OK : status,
		.report_status = status == SLA_FORMAT ? status : SLA_OK,
		.sent = sla_ntp_from_ns(wall),
		.port = v->op ? v->op->port : m->udp.destination_port,
	};

	sla_v2_control_answer(p, n, m, &a);
	if (key)
		(void)sla_auth_sign(p, n, m->auth.digest_at, key);
	v->status = status;
	v->answer = true;
}


/* The sender's port as it says, unless something on the way changed it. */
static uint16_t told_port(const struct sla_v2_control *m, const struct request *r)
{
	bool same = !ip_cmp(&m->udp.source, &r->from) &&
		(!m->udp.control_port || m->udp.control_port == r->from_port);

	return same ? m->udp.source_port : 0;
}


/* @param err  of reading m */
static void control_v2(struct core_verdict *v, struct core *c, uint8_t *p, size_t n,
		       const struct sla_v2_control *m, int err, struct request *r,
		       const struct core_time *now)
{
	uint16_t status = SLA_OK;

	/* an answer is made in place of the question: it looks the same but for this */
	if ((err && err != EPROTO) || m->status) {
		v->why = "malformed";
		return;
	}
	if (err) {
		v->why = "a part of it is not known";
		answer_v2(v, p, n, m, SLA_FORMAT, NULL, now->wall);
		return;
	}
	r->version = 2;
	r->control = m->seq;
	r->source_port = told_port(m, r);
	r->port = m->udp.destination_port;
	r->duration_ms = m->udp.duration_ms;
	r->report = m->report.present;
	r->dscp = m->report.dscp;
	v->op = op_of_request(c, r);
	if (keyed(c))
		status = authentic(v, c, m, r, p, now);
	v->again = !status && v->op;
	if (!status && !v->op)
		status = op_open(v, c, r, now->mono);
	if (status)
		v->op = NULL;
	answer_v2(v, p, n, m, status, r->key, now->wall);
	/* an old message on its way again gets nothing */
	if (v->why && !strcmp(v->why, "replayed"))
		v->answer = false;
}


void core_control(struct core_verdict *v, struct core *c, uint8_t *p, size_t *n,
		  const struct ip_addr *from, uint16_t from_port, const struct core_time *now)
{
	struct request r = {.from = *from, .from_port = from_port};
	struct sla_v2_control m;
	int err = sla_v2_control_parse(&m, p, *n);

	*v = (struct core_verdict){.status = SLA_FORMAT};
	if (answers_itself(c, from_port)) {
		v->why = "from a port that answers by itself";
		c->dropped++;
		return;
	}
	r.key = !err && keyed(c) ? key_proved(c, &m, p, *n) : NULL;
	r.known = keyed(c) ? r.key != NULL : c->known_h && c->known_h(from, c->known_arg);
	if (!rate_ok(c, r.known, now->mono)) {
		v->status = SLA_FAIL;
		v->why = "more requests a second than are looked at";
		c->dropped++;
		return;
	}
	(void)core_expire(c, now->mono);
	if (*n && p[0] == 1)
		control_v1(v, c, p, n, &r, now->mono);
	else
		control_v2(v, c, p, *n, &m, err, &r, now);
	if (v->status)
		c->refused++;
	else if (!v->again)
		c->taken++;
}


struct core_op *core_probe(struct core *c, uint16_t port, const struct ip_addr *from,
			   uint16_t from_port, int64_t mono)
{
	struct core_op *free_port = NULL;

	for (unsigned i = 0; i < c->limits.ops; i++) {
		struct core_op *op = &c->ops[i];

		if (op->port != port || !op->version || op->until <= mono || ip_cmp(&op->source, from))
			continue;
		if (op->source_port == from_port)
			return op;
		if (!op->source_port && !free_port)
			free_port = op;
	}
	if (free_port)
		free_port->source_port = from_port;
	return free_port;
}
