/* Sending by the schedule: absolute deadlines of a timerfd, so that what one
 * packet was late by the next one is not. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "daemons/sla/agent_int.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "lib/sla/stamp.h"
#include "lib/sla/wire_v1.h"

enum {
	SOON = 30000,		/* ns: sent now rather than by another wake-up */
	STALLED = 250000000,	/* ns late: the schedule moves, no burst makes up for it */
	LEAD_MS = 20,		/* before the first packet */
	MS = 1000000, IP4_UDP = 28, IP6_UDP = 48,
};


size_t agent_head(const struct agent *a)
{
	static const uint8_t head[] = {
		[AGENT_V2] = SLA_V2_PROBE_MIN + 4, [AGENT_V2_PLAIN] = SLA_V2_PROBE_MIN,
		[AGENT_V1_US] = SLA_V1_PROBE_US, [AGENT_V1_MS] = SLA_V1_PROBE_MS,
		[AGENT_V1_ECHO] = 6,
	};

	return head[a->cfg.protocol];
}


static int probe_v1(const struct agent *a, uint8_t *p, size_t n, uint32_t seq, int64_t now)
{
	struct sla_v1_probe pr = {.seq = (uint16_t)(seq + 1)};

	pr.type = a->cfg.protocol == AGENT_V1_ECHO ? SLA_V1_ECHO :
		a->cfg.protocol == AGENT_V1_MS ? SLA_V1_MS : SLA_V1_US;
	pr.send = pr.type == SLA_V1_MS ? sla_day_ms_from_ns(now) : sla_ntp_from_ns(now);
	return sla_v1_probe_write(p, n, &pr);
}


static int probe_v2(const struct agent *a, uint8_t *p, size_t n, uint32_t seq, int64_t now)
{
	const struct sla_v2_probe pr = {
		.send = sla_ntp_from_ns(now), .seq = seq, .reported = a->cfg.protocol == AGENT_V2,
		.send_error = sla_span_from_ns(a->run.near.known ? a->run.near.error_ns : -1),
	};

	return sla_v2_probe_write(p, n, &pr);
}


static void packet_add(struct agent *a, unsigned stream, uint32_t seq, size_t bytes, uint16_t flags)
{
	struct agent_stream *s = &a->own[stream];
	struct sla_sample *sample = &a->streams[stream].samples[seq];
	struct tstamp_packet *pk = &a->batch.v[a->batch.n];
	size_t head = agent_head(a);

	pk->len = bytes < head ? head : bytes > TSTAMP_PACKET ? TSTAMP_PACKET : bytes;
	pk->peer_len = 0;
	pk->tos = TSTAMP_NO_TOS;
	*sample = (struct sla_sample){
		.seq = seq, .flags = flags | SLA_HAS_T1, .dscp_far = SLA_DSCP_UNKNOWN,
		.dscp_near = SLA_DSCP_UNKNOWN, .t1 = tstamp_wall(),
		.bytes = (uint16_t)(pk->len + (sa_af(&s->local) == AF_INET6 ? IP6_UDP : IP4_UDP)),
	};
	s->wrote[seq] = sample->t1;
	if (a->cfg.protocol >= AGENT_V1_US)
		(void)probe_v1(a, pk->p, pk->len, seq, sample->t1);
	else
		(void)probe_v2(a, pk->p, pk->len, seq, sample->t1);
	s->sent = seq + 1;
	a->batch.n++;
}


static void batch_drop(struct tstamp_batch *b, size_t gone)
{
	for (size_t i = gone; i < b->n; i++) {
		struct tstamp_packet pk = b->v[i - gone];

		b->v[i - gone] = b->v[i];
		b->v[i] = pk;
	}
	b->n -= gone;
}


/* What the kernel refuses twice counts as lost: it was to be sent, and will
 * not come back. The first refusal may be for an earlier packet (ICMP). */
static void batch_flush(struct agent *a, unsigned stream)
{
	struct tstamp_batch *b = &a->batch;
	unsigned refused = 0;
	size_t sent;

	while (b->n && tstamp_send(a->own[stream].fd, b, &sent)) {
		refused = sent ? 1 : refused + 1;
		batch_drop(b, refused > 1 ? 1 : sent);
	}
	b->n = 0;
	/* most drivers have taken it by now: no waking up for its stamp alone */
	(void)agent_stamps_read(&a->own[stream]);
}


void agent_step_look(struct agent *a)
{
	int64_t step = tstamp_stepped(&a->clock);

	if (!step)
		return;
	a->run.step_ns += step;
	a->run.steps++;
	log_warn("the clock stepped by %.6f s during a measurement", (double)step / SLA_NS);
	log_event("sla-step", "{s:f}", "seconds", (double)step / SLA_NS);
	/* whatever is on its way has one stamp from before and one from after */
	for (unsigned i = 0; i < a->run.nstreams; i++)
		for (uint32_t k = 0; k < a->own[i].sent; k++)
			if (!a->streams[i].samples[k].arrival)
				a->streams[i].samples[k].flags |= SLA_STEPPED;
}


static void timer_arm(struct agent *a)
{
	int64_t at = a->origin + a->next.at_ns;
	const struct itimerspec its = {
		.it_value = {.tv_sec = at / SLA_NS, .tv_nsec = at % SLA_NS},
	};

	(void)timerfd_settime(a->timer_fd, TFD_TIMER_ABSTIME, &its, NULL);
}


static void due_send(struct agent *a, int64_t until)
{
	unsigned stream = a->next.stream;

	while (a->more && a->origin + a->next.at_ns <= until) {
		if (a->batch.n && (a->next.stream != stream || a->batch.n == TSTAMP_BATCH))
			batch_flush(a, stream);
		stream = a->next.stream;
		packet_add(a, stream, a->next.seq, a->next.bytes, 0);
		a->more = sla_schedule_next(&a->schedule, &a->next);
	}
	batch_flush(a, stream);
}


/* Not read: to arm it anew, or to close it, ends its being ready. */
static void timer_handler(int flags, void *arg)
{
	struct agent *a = arg;
	int64_t now, late;

	(void)flags;
	agent_step_look(a);
	now = tstamp_mono();
	late = now - (a->origin + a->next.at_ns);
	if (late > STALLED)
		a->origin += late;
	if (!a->begun)
		a->begun = now;
	if (now > agent_until(a)) {
		a->more = false;
		a->cut = true;
	}
	due_send(a, now + SOON);
	if (a->more) {
		timer_arm(a);
		return;
	}
	agent_send_end(a);
	agent_wait(a);
}


void agent_send_closing(struct agent *a)
{
	for (unsigned i = 0; i < a->run.nstreams; i++)
		for (int k = 0; k < AGENT_CLOSING; k++) {
			packet_add(a, i, a->own[i].sent, SLA_HISTORY_BYTES, SLA_CLOSING);
			batch_flush(a, i);
		}
}


static void marks_set(struct agent *a)
{
	for (unsigned i = 0; i < a->run.nstreams; i++) {
		int tos = a->streams[i].dscp << 2;

		/* one of the two fails, by family */
		(void)setsockopt(a->own[i].fd, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
		(void)setsockopt(a->own[i].fd, IPPROTO_IPV6, IPV6_TCLASS, &tos, sizeof(tos));
	}
}


int agent_send_begin(struct agent *a)
{
	int err = 0;

	marks_set(a);
	a->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (a->timer_fd < 0)
		return errno;
	for (unsigned i = 0; !err && i < a->run.nstreams; i++) {
		err = fd_listen(a->own[i].fd, FD_READ, agent_recv_handler, &a->own[i]);
		flowtab_log(AGENT_ROW_PROBE, "out", &a->own[i].local, &a->cfg.peer, "open", NULL);
	}
	if (!err)
		err = fd_listen(a->timer_fd, FD_READ, timer_handler, a);
	if (err)
		return err;
	agent_step_look(a);
	a->origin = tstamp_mono() + LEAD_MS * MS;
	a->more = sla_schedule_next(&a->schedule, &a->next);
	timer_arm(a);
	return 0;
}


void agent_send_end(struct agent *a)
{
	if (a->timer_fd < 0)
		return;
	fd_close(a->timer_fd);
	(void)close(a->timer_fd);
	a->timer_fd = -1;
}
