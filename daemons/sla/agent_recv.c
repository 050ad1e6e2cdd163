/* What comes back: answers, each against the packet it answers, and the
 * kernel's word on when that packet left. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/sla/agent_int.h"
#include "io/flowtab.h"
#include "lib/sla/stamp.h"
#include "lib/sla/wire_v1.h"

enum {
	COPIES_FIRST = 16, COPIES_EACH = 4,
	LEAVES_WITHIN = 50000000,	/* ns after the program wrote its own stamp */
	IDS_ASTRAY = 64,
};

/* An answer, whatever the protocol. */
struct answer {
	uint32_t seq;		/* of our own count, from 0 */
	uint32_t rseq;		/* 0: not told; without the wrap */
	int64_t t2, t3;
	uint16_t flags;
	uint8_t dscp_far;
	uint64_t send;		/* our stamp, as it went out */
	uint64_t error;
};


/* Of the numbers that end in these 16 bits the one nearest to `near`. */
static uint32_t unwrap(uint16_t low, uint32_t near)
{
	return near + (uint32_t)(int32_t)(int16_t)(uint16_t)(low - (uint16_t)near);
}


static int read_v1(const struct agent_stream *s, struct answer *an, const struct tstamp_packet *pk)
{
	const struct agent *a = s->a;
	bool ms = a->cfg.protocol == AGENT_V1_MS;
	struct sla_v1_probe pr;
	int err = sla_v1_probe_parse(&pr, pk->p, pk->len);

	if (err)
		return err;
	if (pr.type != (a->cfg.protocol == AGENT_V1_ECHO ? SLA_V1_ECHO : ms ? SLA_V1_MS : SLA_V1_US))
		return EBADMSG;
	an->seq = unwrap(pr.seq, s->sent) - 1;
	an->send = pr.send;
	if (pr.type == SLA_V1_ECHO)
		return 0;
	an->rseq = unwrap(pr.rseq, s->rseq + 1);
	an->t2 = ms ? sla_day_ms_to_ns((uint32_t)pr.rx, pk->at) : sla_ntp_to_ns(pr.rx, pk->at);
	an->t3 = ms ? an->t2 : sla_ntp_to_ns(pr.tx, pk->at);
	an->flags = SLA_HAS_T2 | SLA_HAS_T3;
	return 0;
}


static int read_v2(const struct agent_stream *s, struct answer *an, const struct tstamp_packet *pk)
{
	struct sla_v2_probe pr = {.reported = s->a->cfg.protocol == AGENT_V2};
	int err = sla_v2_probe_parse(&pr, pk->p, pk->len);

	if (err)
		return err;
	an->seq = pr.seq;
	an->send = pr.send;
	an->rseq = pr.rseq;
	an->error = pr.error;
	an->t2 = sla_ntp_to_ns(pr.rx, pk->at);
	an->t3 = sla_ntp_to_ns(pr.tx, pk->at);
	an->flags = SLA_HAS_T2 | SLA_HAS_T3;
	if (pr.reported) {
		an->dscp_far = pr.seen_dscp;
		an->flags |= (pr.rx_kernel ? SLA_KERNEL_T2 : 0) | (pr.stepped ? SLA_STEPPED : 0);
	}
	return 0;
}


/* Does it carry what we wrote? Whoever does not see our packets cannot know. (An echo carries our number alone:
 * of it the connected socket is the proof.) */
static bool is_ours(const struct agent_stream *s, const struct answer *an)
{
	const struct agent *a = s->a;

	if (an->seq >= s->sent || an->t2 < 0 || an->t3 < 0)
		return false;
	if (a->cfg.protocol == AGENT_V1_ECHO)
		return true;
	return an->send == (a->cfg.protocol == AGENT_V1_MS ?
			    sla_day_ms_from_ns(s->wrote[an->seq]) : sla_ntp_from_ns(s->wrote[an->seq]));
}


static void copy_add(struct agent_stream *s, const struct answer *an, const struct tstamp_packet *pk)
{
	struct sla_stream *st = &s->a->streams[s->index];
	struct sla_sample *sample = &st->samples[an->seq];
	struct sla_copy *p = st->copies;

	sample->copies++;
	if (st->ncopies == s->copies_room) {
		uint32_t room = s->copies_room ? s->copies_room * 2 : COPIES_FIRST;

		/* who sends more than this is not a network */
		p = room > s->sent * COPIES_EACH + COPIES_FIRST ? NULL : realloc(p, room * sizeof(*p));
		if (!p) {
			sample->copies--;
			return;
		}
		st->copies = p;
		s->copies_room = room;
	}
	p[st->ncopies++] = (struct sla_copy){
		.seq = an->seq, .arrival = ++s->arrivals, .rseq = an->rseq,
		.flags = an->flags | SLA_HAS_T4 | (pk->kernel ? SLA_KERNEL_T4 : 0),
		.t2 = an->t2, .t3 = an->t3, .t4 = pk->at,
	};
}


static void first_log(const struct agent_stream *s)
{
	struct sa peer = s->a->cfg.peer;

	sa_set_port(&peer, s->port);
	flowtab_log(AGENT_ROW_PROBE, "out", &s->local, &peer, "ok", NULL);
}


static void sample_fill(struct agent_stream *s, const struct answer *an, const struct tstamp_packet *pk,
			bool stepped)
{
	struct sla_sample *sample = &s->a->streams[s->index].samples[an->seq];

	if (!s->arrivals)
		first_log(s);
	sample->arrival = ++s->arrivals;
	sample->rseq = an->rseq;
	sample->t2 = an->t2;
	sample->t3 = an->t3;
	sample->t4 = pk->at;
	sample->flags |= an->flags | SLA_HAS_T4 | (pk->kernel ? SLA_KERNEL_T4 : 0) |
		(stepped ? SLA_STEPPED : 0);
	sample->dscp_far = an->dscp_far;
	sample->dscp_near = pk->tos < 0 ? SLA_DSCP_UNKNOWN : (uint8_t)(pk->tos >> 2);
	s->answers++;
}


static void gap_add(struct sla_stamp_gap *g, int64_t gap)
{
	g->n++;
	g->sum_ns += gap;
	if (gap > g->max_ns)
		g->max_ns = gap;
}


/* The worst that it said of its clock, in any stream, is what holds for all. */
static void far_clock(struct agent *a, uint64_t error)
{
	struct sla_clock *far = &a->run.far;
	int64_t ns = error ? sla_span_to_ns(error) : -1;

	far->known = ns >= 0 && (!a->heard || far->known);
	if (ns > far->error_ns)
		far->error_ns = ns;
	a->heard = true;
}


/* Of each number what was told first: a later word can only know the time better. */
static void past_take(struct agent_stream *s, const struct answer *an, const struct tstamp_packet *pk)
{
	struct sla_past v[SLA_HISTORY];
	size_t n = s->past_room ? sla_history_read(v, pk->p, pk->len, an->rseq) : 0;

	for (size_t i = 0; i < n; i++) {
		struct sla_past *p = v[i].rseq <= s->past_room ? &s->past[v[i].rseq - 1] : NULL;

		if (!p || v[i].seq >= s->sent || (p->rseq && p->seq != v[i].seq))
			continue;
		if (!p->rseq || p->late_ns == SLA_LATE_UNKNOWN)
			*p = v[i];
	}
}


static void left_correct(struct sla_sample *sample, const struct sla_past *p)
{
	if (sample->rseq != p->rseq || p->late_ns == SLA_LATE_UNKNOWN)
		return;
	sample->t3 += p->late_ns;
	sample->flags |= SLA_KERNEL_T3;
}


void agent_past_apply(struct agent_stream *s)
{
	struct sla_stream *st = &s->a->streams[s->index];

	for (uint32_t i = 0; i < s->past_room; i++) {
		const struct sla_past *p = &s->past[i];

		if (!p->rseq || p->seq >= st->nsamples)
			continue;
		st->reached[st->nreached++] = (struct sla_reached){p->seq, p->rseq};
		left_correct(&st->samples[p->seq], p);
	}
}


static void packet_take(struct agent_stream *s, const struct tstamp_packet *pk, bool stepped)
{
	struct sla_run *run = &s->a->run;
	struct answer an = {.dscp_far = SLA_DSCP_UNKNOWN};
	int err = s->a->cfg.protocol >= AGENT_V1_US ? read_v1(s, &an, pk) : read_v2(s, &an, pk);

	if (err || pk->cut || !is_ours(s, &an))
		return;
	past_take(s, &an, pk);
	if (pk->kernel)
		gap_add(&run->gap_rx, pk->read_at - pk->at);
	if (s->a->streams[s->index].samples[an.seq].arrival) {
		copy_add(s, &an, pk);
	}
	else {
		if (an.flags & SLA_STEPPED && !stepped)
			run->steps++;
		far_clock(s->a, an.error);
		sample_fill(s, &an, pk, stepped);
	}
	if (an.rseq > s->rseq)
		s->rseq = an.rseq;
}


static bool left_fits(const struct agent_stream *s, uint32_t seq, int64_t at)
{
	return seq < s->sent && at >= s->wrote[seq] && at - s->wrote[seq] < LEAVES_WITHIN;
}


/* The kernel numbers what the socket sends. A packet that it refused may have
 * taken a number with it: then the numbers are ahead of ours. */
static bool left_find(struct agent_stream *s, uint32_t *seq, const struct tstamp_sent *t)
{
	for (uint32_t k = 0; k < IDS_ASTRAY && s->ids + k <= t->id; k++) {
		*seq = t->id - s->ids - k;
		if (left_fits(s, *seq, t->at)) {
			s->ids += k;
			return true;
		}
	}
	return false;
}


static void left_take(struct agent_stream *s, const struct tstamp_sent *t)
{
	struct sla_sample *sample;
	uint32_t seq;

	if (t->hardware) {
		seq = t->id - s->ids;
		if (seq >= s->sent)
			return;
		sample = &s->a->streams[s->index].samples[seq];
		if (sample->flags & SLA_KERNEL_T1)
			sample->t1 = tstamp_choose(sample->t1, t->at);
		return;
	}
	if (!left_find(s, &seq, t))
		return;
	sample = &s->a->streams[s->index].samples[seq];
	sample->t1 = t->at;
	sample->flags |= SLA_KERNEL_T1;
	gap_add(&s->a->run.gap_tx, t->at - s->wrote[seq]);
}


bool agent_stamps_read(struct agent_stream *s)
{
	struct tstamp_sent v[TSTAMP_BATCH];
	bool any = false;
	size_t n;

	do {
		n = tstamp_sent(s->fd, v, TSTAMP_BATCH);
		for (size_t i = 0; i < n; i++)
			left_take(s, &v[i]);
		any = any || n;
	} while (n == TSTAMP_BATCH);
	return any;
}


void agent_recv_handler(int flags, void *arg)
{
	struct agent_stream *s = arg;
	struct agent *a = s->a;
	struct tstamp_batch *b = &a->batch;
	unsigned steps = a->run.steps;
	bool stepped;

	/* an exception without a stamp is an ICMP error, which receiving ends */
	if (flags & FD_EXCEPT && agent_stamps_read(s) && !(flags & FD_READ))
		return;
	if (tstamp_recv(s->fd, b))
		b->n = 0;
	agent_step_look(a);
	stepped = a->run.steps != steps;
	for (size_t i = 0; i < b->n; i++)
		packet_take(s, &b->v[i], stepped);
	b->n = 0;
	agent_answered(a);
}
