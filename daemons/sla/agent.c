#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemons/sla/agent_int.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "lib/sla/stamp.h"

enum { CLOSING_MS = 50, SPARE_MS = 1000, END_MS = 250, V1_MS_MAX = 65535, MS = 1000000 };

const char *const agent_protocols[] = {"2", "2-plain", "1-us", "1-ms", "1-echo", NULL};


/* Until the last stream's port is open those of the others wait, and their
 * time runs: so long as requests are repeated, and somewhat more. */
int64_t agent_duration(const struct agent *a)
{
	const struct agent_config *c = &a->cfg;
	int64_t asking = c->tries ? (int64_t)c->retry_ms * (c->tries - 1) : 0;

	return a->span_ns + (asking + c->wait_ms + SPARE_MS) * MS;
}


static void stream_close(struct agent_stream *s)
{
	if (s->fd < 0)
		return;
	fd_close(s->fd);
	(void)close(s->fd);
	s->fd = -1;
}


static void sockets_close(struct agent *a)
{
	tmr_cancel(&a->tmr);
	agent_control_end(a);
	agent_send_end(a);
	for (unsigned i = 0; i < a->run.nstreams; i++)
		stream_close(&a->own[i]);
}


static void destructor(void *data)
{
	struct agent *a = data;

	sockets_close(a);
	for (unsigned i = 0; i < SLA_PROFILE_STREAMS_MAX; i++) {
		free(a->streams[i].samples);
		free(a->streams[i].copies);
		free(a->own[i].wrote);
		free(a->own[i].past);
		free(a->streams[i].reached);
	}
	tstamp_batch_free(&a->batch);
}


/* Told from the loop, never from within agent_alloc(). */
static void tell(void *arg)
{
	struct agent *a = arg;

	a->h(a, a->arg);
}


/* The samples begin where sending stopped: what never went has no record. */
static void samples_cut(struct agent *a)
{
	for (unsigned i = 0; i < a->run.nstreams; i++) {
		a->streams[i].nsamples = a->own[i].sent;
		agent_past_apply(&a->own[i]);
	}
}


void agent_end(struct agent *a, enum sla_stop stop, const char *why)
{
	int64_t error;

	if (a->over)
		return;
	a->over = true;
	sockets_close(a);
	samples_cut(a);
	error = tstamp_clock_error();
	a->run.near.known = a->run.near.known && error >= 0;
	if (error > a->run.near.error_ns)
		a->run.near.error_ns = error;
	a->run.duration_ns = a->begun ? tstamp_mono() - a->begun : 0;
	a->run.stop = stop;
	(void)snprintf(a->why, sizeof(a->why), "%s", why ? why : "");
	a->run.why = why ? a->why : NULL;
	log_event("sla-run", "{s:s, s:s, s:s, s:s, s:s*}", "from", a->from, "to", a->to,
		  "profile", a->profile, "stop", sla_stop_name(stop), "why", why);
	tmr_start(&a->tmr, 0, tell, a);
}


static void done(struct agent *a)
{
	agent_end(a, a->cut ? SLA_STOP_LIMIT : SLA_STOP_DONE, a->cut ?
		  "this machine was held up for so long that the responder's time was over: not all was sent" : NULL);
}


static void wait_over(void *arg)
{
	done(arg);
}


/* What is sent later finds the port closed, and would count as lost. */
int64_t agent_until(const struct agent *a)
{
	return a->asked + agent_duration(a) - (int64_t)(a->cfg.wait_ms + END_MS) * MS;
}


static void closing_time(void *arg)
{
	struct agent *a = arg;

	agent_send_closing(a);
	a->closing = true;
	tmr_start(&a->tmr, a->cfg.wait_ms > CLOSING_MS ? a->cfg.wait_ms - CLOSING_MS : 1, wait_over, a);
}


void agent_wait(struct agent *a)
{
	tmr_start(&a->tmr, CLOSING_MS, closing_time, a);
}


void agent_answered(struct agent *a)
{
	if (!a->closing || a->over)
		return;
	for (unsigned i = 0; i < a->run.nstreams; i++)
		if (a->own[i].answers < a->own[i].sent)
			return;
	done(a);
}


static int stream_init(struct agent *a, unsigned i)
{
	struct agent_stream *s = &a->own[i];
	struct sla_stream *st = &a->streams[i];
	uint32_t n = sla_schedule_count(&a->schedule, i);
	const struct sla_shape *shape = a->schedule.streams[i].shape;

	s->a = a;
	s->index = i;
	s->fd = -1;
	*st = (struct sla_stream){
		.name = sla_schedule_name(&a->schedule, i, s->name),
		.profile = a->schedule.streams[i].profile->name,
		.kind = shape->kind, .codec = shape->codec,
		.dscp = a->cfg.dscp >= 0 ? (uint8_t)a->cfg.dscp : a->schedule.streams[i].profile->dscp,
		.period_us = shape->pps ? 1000000 / shape->pps : 0,
		.pps = (uint16_t)(shape->pictures ? shape->pps : 0), .pictures = (uint16_t)shape->pictures,
		.samples = calloc(n + AGENT_CLOSING, sizeof(*st->samples)),
	};
	s->wrote = calloc(n + AGENT_CLOSING, sizeof(*s->wrote));
	s->copies_room = 0;
	/* doubles reach the responder as well */
	s->past_room = a->cfg.protocol == AGENT_V2 ? 2 * (n + AGENT_CLOSING) : 0;
	s->past = calloc(s->past_room + 1, sizeof(*s->past));
	st->reached = calloc(s->past_room + 1, sizeof(*st->reached));
	a->run.nstreams = i + 1;
	return st->samples && st->reached && s->wrote && s->past ? 0 : ENOMEM;
}


/* From the first packet to the last. A profile without a duration is short. */
static int64_t span(const struct sla_schedule *schedule, int64_t duration_ns)
{
	struct sla_schedule s = *schedule;
	struct sla_send last = {0};

	if (duration_ns > 0)
		return duration_ns;
	while (sla_schedule_next(&s, &last))
		;
	return last.at_ns;
}


static const char *limits_hold(const struct agent *a)
{
	const struct agent_config *c = &a->cfg;

	if (sla_schedule_pps(&a->schedule) > c->pps_max)
		return "this profile sends more packets a second than may be sent; see sla-rate";
	if (a->span_ns > c->duration_max_ns)
		return "this is longer than may be measured; see sla-duration";
	if (c->protocol >= AGENT_V1_US && agent_duration(a) / MS > V1_MS_MAX)
		return "version 1 measures for at most 65 s, asking and the wait included: ask for less";
	if (c->key && c->protocol >= AGENT_V1_US)
		return "version 1 cannot prove a key: use protocol 2";
	return NULL;
}


static const char *schedule_why(int err)
{
	if (err == ENOENT)
		return "no such profile; man visavis-sla lists them";
	return err == EINVAL ? "how long this profile is sent must be said: --duration SECONDS" :
		"this is more streams or packets than are kept: ask for a shorter duration, or fewer profiles";
}


static int streams_init(struct agent *a, char *why, size_t size)
{
	int err = sla_schedule_init(&a->schedule, a->profile, a->cfg.duration_ns);
	const char *text;

	a->span_ns = err ? 0 : span(&a->schedule, a->cfg.duration_ns);
	text = err ? schedule_why(err) : limits_hold(a);
	if (text) {
		(void)snprintf(why, size, "%s", text);
		return err ? err : EOVERFLOW;
	}
	a->run.streams = a->streams;
	for (unsigned i = 0; !err && i < a->schedule.nstreams; i++)
		err = stream_init(a, i);
	return err;
}


int agent_stream_open(struct agent_stream *s)
{
	struct sa peer = s->a->cfg.peer;
	const int room = 4 << 20;
	uint16_t lo, hi;
	bool kernel;
	int err = flowtab_range(&lo, &hi, AGENT_ROW_PROBE);

	if (err)
		return err;
	/* a port that nobody can foresee; another responder may need this one */
	s->port = (uint16_t)(lo + rand_u32() % (uint32_t)(hi - lo + 1));
	sa_set_port(&peer, s->port);
	stream_close(s);
	err = flowtab_udp_dial(&s->fd, AGENT_ROW_PROBE, &peer, &s->local);
	if (err)
		return err;
	(void)setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room));
	(void)setsockopt(s->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	return tstamp_enable(s->fd, TSTAMP_ALL, &kernel);
}


static int begin(struct agent *a)
{
	int64_t error = tstamp_clock_error();
	int err = tstamp_batch_alloc(&a->batch);

	for (unsigned i = 0; !err && i < a->run.nstreams; i++)
		err = agent_stream_open(&a->own[i]);
	a->run.near = (struct sla_clock){error >= 0, error >= 0 ? error : 0};
	a->run.from = a->from;
	a->run.to = a->to;
	a->run.late_ns = a->cfg.late_ns;
	a->run.quantum_ns = a->cfg.protocol == AGENT_V1_MS ? MS : 1;
	a->run.start_ns = tstamp_wall();
	return err ? err : agent_control_begin(a);
}


int agent_alloc(struct agent **ap, const struct agent_config *cfg, agent_h *h, void *arg,
		char *why, size_t size)
{
	struct agent *a = mem_zalloc(sizeof(*a), destructor);
	int err;

	if (!a)
		return ENOMEM;
	a->cfg = *cfg;
	a->control_fd = a->timer_fd = -1;
	a->h = h;
	a->arg = arg;
	for (unsigned i = 0; i < SLA_PROFILE_STREAMS_MAX; i++)
		a->own[i].fd = -1;
	if (cfg->key) {
		a->key = *cfg->key;
		a->cfg.key = &a->key;
	}
	(void)snprintf(a->from, sizeof(a->from), "%s", cfg->from);
	(void)snprintf(a->to, sizeof(a->to), "%s", cfg->to);
	(void)snprintf(a->profile, sizeof(a->profile), "%s", cfg->profile);
	why[0] = '\0';
	err = streams_init(a, why, size);
	if (!err)
		err = begin(a);
	if (err && !why[0])
		(void)snprintf(why, size, "no packets can be sent to %s: %s", a->to, strerror(err));
	if (err)
		mem_deref(a);
	else
		*ap = a;
	return err;
}


const struct sla_run *agent_run(const struct agent *a)
{
	return &a->run;
}


unsigned agent_pps(const struct agent *a)
{
	return sla_schedule_pps(&a->schedule);
}


void agent_stop(struct agent *a)
{
	agent_end(a, SLA_STOP_INTERRUPTED, NULL);
}
