/* The control phase: a request for each stream, all on one socket, repeated
 * until each is answered or enough were sent. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "daemons/sla/addr.h"
#include "daemons/sla/agent_int.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "lib/sla/stamp.h"
#include "lib/sla/wire_v1.h"

enum { MS = 1000000 };


static bool is_v1(const struct agent *a)
{
	return a->cfg.protocol >= AGENT_V1_US;
}


static int request_v1(struct agent_stream *s, uint8_t *p, size_t *n, size_t max)
{
	struct sla_v1_control c = {
		.id = (uint8_t)s->control, .port = s->port,
		.duration_ms = (uint32_t)(agent_duration(s->a) / MS),
	};

	addr_ip(&c.target, NULL, &s->a->cfg.peer.u.sa);
	return sla_v1_control_write(p, n, max, &c);
}


static int request_v2(struct agent_stream *s, uint8_t *p, size_t *n, size_t max)
{
	const struct agent *a = s->a;
	const struct sla_key *key = a->cfg.key;
	struct sla_v2_control c = {
		.seq = s->control, .sent = sla_ntp_from_ns(tstamp_wall()),
		.udp = {
			.role = 1, .session = s->index + 1, .control_port = sa_port(&a->control_local),
			.source_port = sa_port(&s->local), .destination_port = s->port,
			.duration_ms = (uint32_t)(agent_duration(a) / MS),
		},
		.report = {.present = a->cfg.protocol == AGENT_V2, .dscp = a->streams[s->index].dscp},
	};
	int err;

	addr_ip(&c.udp.source, NULL, &s->local.u.sa);
	addr_ip(&c.udp.destination, NULL, &a->cfg.peer.u.sa);
	c.udp.control_source = c.udp.source;
	c.udp.control_destination = c.udp.destination;
	if (key) {
		c.auth = (struct sla_v2_auth){.mode = key->mode, .key_id = key->id, .full = true};
		memcpy(c.auth.random, s->random, sizeof(c.auth.random));
	}
	err = sla_v2_control_write(p, n, max, &c);
	return !err && key ? sla_auth_sign(p, *n, c.auth.digest_at, key) : err;
}


static void request_send(struct agent_stream *s)
{
	uint8_t p[SLA_V2_CONTROL_MAX];
	size_t n;
	int err = is_v1(s->a) ? request_v1(s, p, &n, sizeof(p)) : request_v2(s, p, &n, sizeof(p));

	/* what is lost on the way, or here, is sent again */
	if (!err && send(s->a->control_fd, p, n, 0) < 0)
		log_debug("control request: %s", strerror(errno));
}


static void request_begin(struct agent_stream *s, uint32_t control)
{
	s->control = control;
	rand_bytes(s->random, sizeof(s->random));
	request_send(s);
}


static void retry(void *arg)
{
	struct agent *a = arg;

	if (++a->tried >= a->cfg.tries) {
		agent_end(a, SLA_STOP_NO_RESPONDER, "the responder does not answer on its control port: "
			  "does it run, does it take this version and key, do the firewalls let row "
			  AGENT_ROW_CONTROL " pass?");
		return;
	}
	for (unsigned i = 0; i < a->run.nstreams; i++)
		if (!a->own[i].open)
			request_send(&a->own[i]);
	tmr_start(&a->tmr, a->cfg.retry_ms, retry, a);
}


static const char *refusal(uint16_t status)
{
	static const char *const why[] = {
		[SLA_FAIL] = "the responder refuses: port, duration or number of operations is above its limits",
		[SLA_AUTHENTICATION] = "the responder refuses the key: its number, its secret, or one of the two "
			"clocks is wrong",
		[SLA_FORMAT] = "the responder does not know a part of the request: try protocol 2-plain or 1",
		[SLA_PORT_IN_USE] = "the responder's ports are in use",
	};

	return status < sizeof(why) / sizeof(why[0]) && why[status] ? why[status] :
		"the responder refuses, for a reason of its own";
}


/* Another port, under a number of its own. */
static void port_another(struct agent_stream *s)
{
	if (++s->ports_tried == AGENT_PORT_TRIES || agent_stream_open(s))
		agent_end(s->a, SLA_STOP_REFUSED, refusal(SLA_PORT_IN_USE));
	else
		request_begin(s, s->control + SLA_PROFILE_STREAMS_MAX);
}


static void control_log(const struct agent *a, const char *outcome)
{
	struct sa peer = a->cfg.peer;
	uint16_t port;

	if (flowtab_port(&port, NULL, AGENT_ROW_CONTROL))
		return;
	sa_set_port(&peer, port);
	flowtab_log(AGENT_ROW_CONTROL, "out", &a->control_local, &peer, outcome, NULL);
}


static void stream_answered(struct agent_stream *s, uint16_t status)
{
	struct agent *a = s->a;

	if (status == SLA_PORT_IN_USE) {
		port_another(s);
		return;
	}
	if (status) {
		agent_end(a, SLA_STOP_REFUSED, refusal(status));
		return;
	}
	s->open = true;
	control_log(a, "ok");
	for (unsigned i = 0; i < a->run.nstreams; i++)
		if (!a->own[i].open)
			return;
	tmr_cancel(&a->tmr);
	if (agent_send_begin(a))
		agent_end(a, SLA_STOP_ERROR, "no timer could be had");
}


static struct agent_stream *stream_by_control(struct agent *a, uint32_t control)
{
	for (unsigned i = 0; i < a->run.nstreams; i++)
		if (!a->own[i].open && a->own[i].control == control)
			return &a->own[i];
	return NULL;
}


static void answer_v1(struct agent *a, const uint8_t *p, size_t n)
{
	struct agent_stream *s;
	uint32_t status;
	uint8_t id;

	if (sla_v1_reply_parse(&id, &status, p, n))
		return;
	s = stream_by_control(a, id);
	if (s)
		stream_answered(s, status > UINT16_MAX ? UINT16_MAX : (uint16_t)status);
}


/* An answer without our key's digest may be anybody's, except the word that
 * the key is wrong: to that no digest can be had. */
static bool is_proved(const struct agent *a, const struct sla_v2_control *c, const uint8_t *p, size_t n)
{
	const struct sla_key *key = a->cfg.key;

	if (!key || c->status)
		return true;
	return c->auth.full && c->auth.mode == key->mode && !sla_auth_verify(p, n, c->auth.digest_at, key);
}


static void answer_v2(struct agent *a, const uint8_t *p, size_t n)
{
	struct sla_v2_control c;
	struct agent_stream *s;
	uint16_t status;

	if (sla_v2_control_parse(&c, p, n) || !is_proved(a, &c, p, n))
		return;
	s = stream_by_control(a, c.seq);
	if (!s || (a->cfg.key && memcmp(c.auth.random, s->random, sizeof(s->random))))
		return;
	/* the CSLD says more than the header may */
	status = c.udp.status == SLA_PORT_IN_USE ? c.udp.status : c.status;
	if (!status && c.report.present != (a->cfg.protocol == AGENT_V2))
		status = SLA_FORMAT;
	if (!status && c.udp.destination_port != s->port)
		status = SLA_FAIL;
	stream_answered(s, status);
}


static void control_handler(int flags, void *arg)
{
	struct agent *a = arg;
	uint8_t p[SLA_V2_CONTROL_MAX + 1];
	ssize_t n = recv(a->control_fd, p, sizeof(p), MSG_DONTWAIT);

	(void)flags;
	if (n <= 0)
		return;
	if (is_v1(a))
		answer_v1(a, p, (size_t)n);
	else
		answer_v2(a, p, (size_t)n);
}


int agent_control_begin(struct agent *a)
{
	struct sa peer = a->cfg.peer;
	uint32_t first = rand_u32();
	uint16_t port;
	int err = flowtab_port(&port, NULL, AGENT_ROW_CONTROL);

	if (err)
		return err;
	sa_set_port(&peer, port);
	err = flowtab_udp_dial(&a->control_fd, AGENT_ROW_CONTROL, &peer, &a->control_local);
	if (!err)
		err = fd_listen(a->control_fd, FD_READ, control_handler, a);
	if (err)
		return err;
	/* version 1 has eight bits for them */
	if (is_v1(a))
		first %= 256 - SLA_PROFILE_STREAMS_MAX * (AGENT_PORT_TRIES + 1);
	a->asked = tstamp_mono();
	for (unsigned i = 0; i < a->run.nstreams; i++)
		request_begin(&a->own[i], first + i);
	flowtab_log(AGENT_ROW_CONTROL, "out", &a->control_local, &peer, "open", NULL);
	tmr_start(&a->tmr, a->cfg.retry_ms, retry, a);
	return 0;
}


void agent_control_end(struct agent *a)
{
	if (a->control_fd < 0)
		return;
	fd_close(a->control_fd);
	(void)close(a->control_fd);
	a->control_fd = -1;
}
