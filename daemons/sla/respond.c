#include <errno.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "daemons/sla/addr.h"
#include "daemons/sla/agents.h"
#include "daemons/sla/core.h"
#include "daemons/sla/left.h"
#include "daemons/sla/respond.h"
#include "io/flowtab.h"
#include "io/libre.h"
#include "io/log.h"
#include "io/tstamp.h"
#include "lib/sla/stamp.h"
#include "lib/sla/wire_v1.h"

#define ROW_CONTROL "A8-08"
#define ROW_PROBE "A8-09"

enum {
	TICK_MS = 50, ROUNDS = 8, FAMILIES = 2, RCVBUF = 8 << 20, REPLAY_S = 30,
	CONTROL_PER_SECOND = 500, PART = 4, PART_BUSY = 16, BUSY = 32, LOG_PER_SECOND = 10,
	FILES_OWN = 96, FILES_LOOP = 1024, SPARE_MS = 10000,
};

/* A socket of ours. */
struct sock {
	struct respond *r;
	int fd;			/* -1: not open */
	uint16_t port;		/* of a probe socket */
	struct left *left;	/* of one */
};

struct port {
	struct le le;
	struct sock socks[FAMILIES];
	struct left left[FAMILIES];
};

struct respond {
	struct core core;
	struct agents agents;
	const struct site_host *self;
	struct sock control[FAMILIES];
	struct list ports;
	struct tmr tmr;
	struct tstamp_batch batch;
	struct left_answer answers[TSTAMP_BATCH];	/* in the batch */
	struct tstamp_clock clock;
	uint64_t error;		/* of our clock, as the wire has it */
	unsigned ticks;
	unsigned logged;	/* this second, of what was not taken */
	uint64_t unlogged;
	bool stepped;
	uint64_t in, out, in_bytes, out_bytes, ignored, unsent, steps;
};


static const uint8_t families[FAMILIES] = {4, 6};


static void sock_close(struct sock *s)
{
	if (s->fd < 0)
		return;
	fd_close(s->fd);
	(void)close(s->fd);
	s->fd = -1;
}


/* One family of a port; a family that the host lacks is no mistake. */
static int sock_open(struct sock *s, const char *row, uint8_t family, uint16_t port, fd_h *h)
{
	const int size = RCVBUF;
	struct ip_addr ip;
	struct sa sa;
	bool kernel;
	int err;

	s->fd = -1;
	s->port = port;
	if (!site_host_addr(s->r->self, family, &ip))
		return 0;
	(void)flowtab_sa(&sa, &ip, port);
	err = flowtab_udp_answer(&s->fd, row, &sa);
	if (err)
		return err;
	(void)setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	(void)setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	err = tstamp_enable(s->fd, s->left ? TSTAMP_ASKED : TSTAMP_NONE, &kernel);
	if (!err)
		err = fd_listen(s->fd, FD_READ, h, s);
	if (err)
		sock_close(s);
	return err;
}


static void port_destructor(void *data)
{
	struct port *p = data;

	list_unlink(&p->le);
	for (int i = 0; i < FAMILIES; i++)
		sock_close(&p->socks[i]);
}


static bool clock_look(struct respond *r)
{
	int64_t step = tstamp_stepped(&r->clock);

	if (step) {
		r->steps++;
		log_warn("the clock stepped by %.6f s", (double)step / SLA_NS);
		log_event("sla-step", "{s:f}", "seconds", (double)step / SLA_NS);
	}
	return step != 0;
}


static void answer_v1(const struct tstamp_packet *pk, struct core_op *op, struct sla_v1_probe *pr)
{
	bool ms = pr->type == SLA_V1_MS;

	pr->rx = ms ? sla_day_ms_from_ns(pk->at) : sla_ntp_from_ns(pk->at);
	pr->tx = 0;
	pr->rseq = (uint16_t)++op->received;
	sla_v1_probe_answer(pk->p, pr);
}


static void answer_v2(const struct respond *r, const struct tstamp_packet *pk, struct core_op *op,
		      struct sla_v2_probe *pr)
{
	pr->seen_dscp = pk->tos < 0 ? 0 : (uint8_t)(pk->tos >> 2);
	pr->rx_kernel = pk->kernel;
	pr->stepped = r->stepped;
	pr->rx = sla_ntp_from_ns(pk->at);
	pr->error = r->error;
	pr->rseq = ++op->received;
	pr->tx = 0;
	sla_v2_probe_answer(pk->p, pk->len, pr);
	if (!op->report)
		return;
	sla_history_write(pk->p, pk->len, &op->history, pr->rseq);
	sla_history_add(&op->history, pr->rseq, pr->seq);
}


static void flow_log(const struct respond *r, const char *row, const struct sockaddr_storage *from,
		     uint16_t port)
{
	struct ip_addr own;
	struct sa peer, local;

	(void)sa_set_sa(&peer, (const struct sockaddr *)from);
	if (site_host_addr(r->self, sa_af(&peer) == AF_INET6 ? 6 : 4, &own) &&
	    !flowtab_sa(&local, &own, port))
		flowtab_log(row, "in", &local, &peer, "ok", NULL);
}


/* What was answered already comes from another that answers. */
static int probe_read(struct sla_v1_probe *v1, struct sla_v2_probe *v2, const struct respond *r,
		      const struct core_op *op, const struct tstamp_packet *pk)
{
	int err;

	if (op->version != 1) {
		v2->reported = op->report;
		err = sla_v2_probe_parse(v2, pk->p, pk->len);
		return err ? err : sla_v2_probe_answered(v2) ? EALREADY : 0;
	}
	err = sla_v1_probe_parse(v1, pk->p, pk->len);
	if (err)
		return err;
	if (v1->type == SLA_V1_ECHO)
		return core_echo_ends(&r->core, op) ? EALREADY : 0;
	return sla_v1_probe_answered(v1) ? EALREADY : 0;
}


/* @return does the packet, now an answer, go back? */
static bool probe_answer(struct respond *r, struct left_answer *answer, struct tstamp_packet *pk,
			 uint16_t port, int64_t mono)
{
	struct sla_v2_probe v2;
	struct sla_v1_probe v1;
	struct core_op *op;
	struct ip_addr from;
	uint16_t from_port;

	addr_ip(&from, &from_port, (const struct sockaddr *)&pk->peer);
	op = pk->cut ? NULL : core_probe(&r->core, port, &from, from_port, mono);
	if (!op || probe_read(&v1, &v2, r, op, pk))
		return false;
	if (op->version == 1)
		answer_v1(pk, op, &v1);
	else
		answer_v2(r, pk, op, &v2);
	*answer = (struct left_answer){op->report ? op : NULL, op->received, 0};
	pk->tos = op->report ? op->dscp << 2 : pk->tos & ~3;
	if (!op->answered++)
		flow_log(r, ROW_PROBE, &pk->peer, port);
	return true;
}


/* What cannot be sent (there is no way back to a source that was made up) is
 * passed over: it must not take the others' answers with it. */
static size_t part_send(struct respond *r, int fd, size_t from, size_t to)
{
	size_t total = 0;

	while (from < to) {
		size_t sent = 0;
		int err = tstamp_send_part(fd, &r->batch, from, to, &sent);

		for (size_t i = from; i < from + sent; i++)
			r->out_bytes += r->batch.v[i].len;
		total += sent;
		from += sent;
		if (!err)
			continue;
		/* no room for the others either */
		r->unsent += err == EAGAIN ? to - from : 1;
		from = err == EAGAIN ? to : from + 1;
		if (err != EAGAIN && err != ECONNREFUSED)
			log_debug("an answer cannot be sent: %s", strerror(err));
	}
	r->out += total;
	return total;
}


/* Probes of type 3, in both versions: the others have no such field. */
static bool has_sent_time(const struct tstamp_packet *pk)
{
	return pk->len >= SLA_V1_PROBE_US && pk->p[0] == 0 && pk->p[1] == SLA_V1_US;
}


/* What leaves with one system call has one stamp, from before it: few at a
 * time, so that the last of them is not long after; more under load, and then
 * without the kernel's word for it. */
static void probes_send(struct respond *r, struct sock *s)
{
	size_t part = r->batch.n < BUSY ? PART : PART_BUSY;

	for (size_t from = 0; from < r->batch.n; from += part) {
		size_t to = from + part < r->batch.n ? from + part : r->batch.n;
		int64_t wall = tstamp_wall();
		uint64_t now = sla_ntp_from_ns(wall);
		size_t sent;

		for (size_t i = from; i < to; i++) {
			if (has_sent_time(&r->batch.v[i]))
				sla_probe_sent(r->batch.v[i].p, now);
			r->batch.v[i].stamp = part == PART && r->answers[i].op;
		}
		sent = part_send(r, s->fd, from, to);
		s->left->astray |= sent < to - from;
		for (size_t i = from; i < to; i++) {
			r->answers[i].wrote = wall;
			if (r->batch.v[i].stamp)
				left_add(s->left, &r->answers[i]);
		}
	}
}


/* Those that are answered move to the front, in their order. */
static void batch_answer(struct respond *r, uint16_t port)
{
	struct tstamp_batch *b = &r->batch;
	int64_t mono = tstamp_mono();
	size_t n = 0;

	r->in += b->n;
	for (size_t i = 0; i < b->n; i++) {
		struct tstamp_packet pk = b->v[i];

		r->in_bytes += pk.len;
		if (!probe_answer(r, &r->answers[n], &pk, port, mono))
			continue;
		b->v[i] = b->v[n];
		b->v[n++] = pk;
	}
	r->ignored += b->n - n;
	b->n = n;
}


static void probe_handler(int flags, void *arg)
{
	struct sock *s = arg;
	struct respond *r = s->r;

	left_read(s->left, s->fd);
	if (!(flags & FD_READ))
		return;
	for (int i = 0; i < ROUNDS && !tstamp_recv(s->fd, &r->batch); i++) {
		bool full = r->batch.n == TSTAMP_BATCH;

		r->stepped = clock_look(r);
		batch_answer(r, s->port);
		if (r->batch.n)
			probes_send(r, s);
		left_read(s->left, s->fd);
		if (!full)
			break;
	}
}


static int port_open(uint16_t number, void *arg)
{
	struct respond *r = arg;
	struct port *p = mem_zalloc(sizeof(*p), port_destructor);
	int err = p ? 0 : ENOMEM;

	for (int i = 0; p && i < FAMILIES; i++)
		p->socks[i] = (struct sock){.r = r, .fd = -1, .port = number, .left = &p->left[i]};
	for (int i = 0; !err && i < FAMILIES; i++)
		err = sock_open(&p->socks[i], ROW_PROBE, families[i], number, probe_handler);
	if (err)
		mem_deref(p);
	else
		list_append(&r->ports, &p->le, p);
	return err;
}


static void port_close(uint16_t number, void *arg)
{
	struct respond *r = arg;

	for (struct le *le = list_head(&r->ports); le; le = le->next) {
		struct port *p = le->data;

		if (p->socks[0].port == number) {
			mem_deref(p);
			return;
		}
	}
}


/* What is not taken anybody can send without end: so many of these a second
 * are told one by one. */
static bool log_ok(struct respond *r, const struct core_verdict *v)
{
	if (!v->status && !v->again)
		return true;
	if (r->logged++ < LOG_PER_SECOND)
		return true;
	r->unlogged++;
	return false;
}


static void verdict_log(struct respond *r, const struct core_verdict *v,
			const struct sockaddr_storage *from, uint16_t port)
{
	struct sa sa;
	char who[64];

	if (!log_ok(r, v))
		return;
	(void)sa_set_sa(&sa, (const struct sockaddr *)from);
	(void)re_snprintf(who, sizeof(who), "%J", &sa);
	log_event("sla-control", "{s:s, s:i, s:b, s:b, s:s*, s:i}", "peer", who, "status", v->status,
		  "answered", v->answer, "again", v->again, "why", v->why,
		  "port", v->op ? v->op->port : 0);
	if (v->why)
		log_debug("%s: refused: %s", who, v->why);
	if (!v->status && !v->again)
		flow_log(r, ROW_CONTROL, from, port);
}


static void unlogged_say(struct respond *r)
{
	if (r->unlogged)
		log_event("sla-control-more", "{s:I}", "count", (json_int_t)r->unlogged);
	r->logged = 0;
	r->unlogged = 0;
}


static void control_handler(int flags, void *arg)
{
	struct sock *s = arg;
	struct respond *r = s->r;
	struct core_time now = {tstamp_mono(), tstamp_wall()};
	struct tstamp_batch *b = &r->batch;
	size_t n = 0;

	(void)flags;
	if (tstamp_recv(s->fd, b))
		return;
	r->in += b->n;
	for (size_t i = 0; i < b->n; i++) {
		struct tstamp_packet pk = b->v[i];
		struct core_verdict v;
		struct ip_addr from;
		uint16_t port;

		r->in_bytes += pk.len;
		/* longer than any question */
		if (pk.cut)
			continue;
		addr_ip(&from, &port, (const struct sockaddr *)&pk.peer);
		core_control(&v, &r->core, pk.p, &pk.len, &from, port, &now);
		verdict_log(r, &v, &pk.peer, s->port);
		pk.tos = TSTAMP_NO_TOS;
		if (!v.answer)
			continue;
		b->v[i] = b->v[n];
		b->v[n++] = pk;
	}
	b->n = n;
	if (n)
		(void)part_send(r, s->fd, 0, n);
}


static void tick(void *arg)
{
	struct respond *r = arg;

	(void)core_expire(&r->core, tstamp_mono());
	(void)clock_look(r);
	if (r->ticks++ % (1000 / TICK_MS) == 0) {
		r->error = sla_span_from_ns(tstamp_clock_error());
		unlogged_say(r);
	}
	tmr_start(&r->tmr, TICK_MS, tick, r);
}


static void destructor(void *data)
{
	struct respond *r = data;

	tmr_cancel(&r->tmr);
	unlogged_say(r);
	core_close(&r->core);
	list_flush(&r->ports);
	for (int i = 0; i < FAMILIES; i++)
		sock_close(&r->control[i]);
	tstamp_batch_free(&r->batch);
	agents_reset(&r->agents);
}


static int control_open(struct respond *r)
{
	uint16_t port = 0;
	int err = flowtab_port(&port, NULL, ROW_CONTROL);

	r->core.limits.control_port = port;
	for (int i = 0; !err && i < FAMILIES; i++)
		err = sock_open(&r->control[i], ROW_CONTROL, families[i], port, control_handler);
	if (err)
		log_error("the responder cannot listen: %s", err == EADDRINUSE ?
			  "another responder of this address is running" : err == EADDRNOTAVAIL ?
			  "this machine does not have the address that it is given" : strerror(err));
	return err;
}


/* Each operation has a socket of each family; the main loop has a table of
 * them, whose size is set before its first use. */
static void files_raise(unsigned ops)
{
	rlim_t need = FILES_OWN + (rlim_t)ops * FAMILIES;
	struct rlimit rl;
	int err;

	if (getrlimit(RLIMIT_NOFILE, &rl))
		return;
	if (rl.rlim_cur < need) {
		rl.rlim_cur = rl.rlim_max < need ? rl.rlim_max : need;
		(void)setrlimit(RLIMIT_NOFILE, &rl);
	}
	err = need > FILES_LOOP ? fd_setsize((int)need) : 0;
	if (err || rl.rlim_cur < need)
		log_warn("%lu files may be open, %u operations need %lu: raise the limit (LimitNOFILE=) or "
			 "set sla-operations lower", (unsigned long)rl.rlim_cur, ops, (unsigned long)need);
}


/* A site that names its agents keeps half of the places for them. */
static int agents_set(struct respond *r, const struct site *s)
{
	int err = s ? agents_read(&r->agents, s) : 0;

	if (err || !r->agents.n)
		return err;
	r->core.known_h = agents_has;
	r->core.known_arg = &r->agents;
	r->core.limits.ops_strangers -= r->core.limits.ops / 2;
	return 0;
}


int respond_alloc(struct respond **rp, const struct respond_config *cfg)
{
	struct respond *r = mem_zalloc(sizeof(*r), destructor);
	struct core_limits *l;
	int err;

	if (!r)
		return ENOMEM;
	l = &r->core.limits;
	r->self = cfg->self;
	for (int i = 0; i < FAMILIES; i++)
		r->control[i] = (struct sock){.r = r, .fd = -1};
	r->core.ports = (struct core_ports){port_open, port_close, r};
	r->core.keys = cfg->keys;
	r->core.v1 = cfg->v1;
	r->core.random_h = rand_u32;
	r->core.replay.window_ns = REPLAY_S * SLA_NS;
	r->core.replay.since_ns = tstamp_wall();
	r->core.begun = tstamp_mono();
	*l = (struct core_limits){
		.duration_ms = cfg->duration_s * 1000 + SPARE_MS, .ops = cfg->ops, .ops_source = cfg->ops,
		.ops_strangers = cfg->ops, .per_second = CONTROL_PER_SECOND,
	};
	files_raise(cfg->ops);
	err = agents_set(r, cfg->site);
	if (!err)
		err = flowtab_range(&l->port_lo, &l->port_hi, ROW_PROBE);
	if (!err)
		err = tstamp_batch_alloc(&r->batch);
	if (!err)
		err = control_open(r);
	if (err) {
		mem_deref(r);
		return err;
	}
	tick(r);
	*rp = r;
	return 0;
}


json_t *respond_status(const struct respond *r)
{
	const struct core *c = &r->core;
	json_t *v = json_array();

	for (unsigned i = 0; i < c->limits.ops; i++) {
		const struct core_op *op = &c->ops[i];
		char ip[IP_STRLEN];

		if (op->version)
			(void)json_array_append_new(v, json_pack("{s:s, s:i, s:i, s:i, s:I}",
				"from", ip_str(&op->source, ip), "from_port", op->source_port,
				"port", op->port, "version", op->version,
				"answered", (json_int_t)op->answered));
	}
	return json_pack("{s:i, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
			 "open", c->nops, "operations", v, "taken", (json_int_t)c->taken,
			 "refused", (json_int_t)c->refused, "dropped", (json_int_t)c->dropped,
			 "packets_in", (json_int_t)r->in, "packets_out", (json_int_t)r->out,
			 "bytes_in", (json_int_t)r->in_bytes, "bytes_out", (json_int_t)r->out_bytes,
			 "ignored", (json_int_t)r->ignored, "unsent", (json_int_t)r->unsent,
			 "clock_steps", (json_int_t)r->steps);
}
