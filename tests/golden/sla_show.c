/* Prints a made-up path in a format: sla_show PATH FORMAT. Everything about
 * the path comes from a seed, so that the output never changes by itself. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sla/profile.h"
#include "lib/sla/show/show.h"

#define MS INT64_C(1000000)

enum { SAMPLES_MAX = 90000, COPIES_MAX = 200 };

static struct sla_sample samples[SLA_PROFILE_STREAMS_MAX][SAMPLES_MAX];
static struct sla_copy copies[COPIES_MAX];
static char names[SLA_PROFILE_STREAMS_MAX][SLA_STREAM_NAME];
static uint64_t random_state = 11;

struct path {
	const char *name;
	const char *profile;
	int64_t seconds;
	int64_t there, back, jitter;	/* ms */
	unsigned lose;			/* one of so many, in runs; 0: none */
	bool clocks;
	bool remark;
	const char *codec;		/* instead of the profile's */
};

static const struct path paths[] = {
	{"good", "room1-1080p-best", 30, 12, 14, 2, 0, true, false, NULL},
	{"bad", "room3-1080p-best+content", 20, 152, 40, 30, 400, true, true, NULL},
	{"few", "udp-jitter", 0, 20, 20, 3, 0, false, false, "g711"},
	{"none", "audio", 1, 0, 0, 0, 1, false, false, NULL},
};


static uint32_t rnd(uint32_t below)
{
	random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (uint32_t)((random_state >> 33) % below);
}


static int64_t delay(const struct path *p, int64_t base, int64_t at)
{
	/* a slow swell, and a crowd in the third quarter */
	int64_t swell = p->jitter * ((at / (20 * MS)) % 50) * MS / 100;
	bool crowd = p->lose && at > p->seconds * 500 * MS && at < p->seconds * 700 * MS;

	return base * MS + swell + (int64_t)rnd((uint32_t)(p->jitter * MS) + 1) / 4 + (crowd ? 60 * MS : 0);
}


static void send(const struct path *p, struct sla_stream *st, const struct sla_send *s, uint32_t *arrivals,
		 uint32_t *reached)
{
	static unsigned burst;
	struct sla_sample *o = &st->samples[s->seq];

	*o = (struct sla_sample){
		.seq = s->seq, .t1 = MS + s->at_ns, .bytes = (uint16_t)(s->bytes + 28), .flags = SLA_HAS_T1,
		.dscp_far = SLA_DSCP_UNKNOWN, .dscp_near = SLA_DSCP_UNKNOWN,
	};
	st->nsamples = s->seq + 1;
	if (p->lose && !burst && !rnd(p->lose))
		burst = 1 + rnd(5);
	if (p->lose == 1 || (burst && burst--))
		return;
	++*reached;
	if (p->lose && !rnd(p->lose))
		return;
	o->rseq = *reached;
	o->arrival = ++*arrivals;
	o->flags |= SLA_HAS_ALL;
	o->t2 = o->t1 + delay(p, p->there, s->at_ns);
	o->t3 = o->t2 + MS / 20;
	o->t4 = o->t3 + delay(p, p->back, s->at_ns);
	o->dscp_far = p->remark ? 0 : st->dscp;
	o->dscp_near = st->dscp;
}


static int fill(struct sla_run *run, struct sla_stream *streams, const struct path *p)
{
	uint32_t arrivals[SLA_PROFILE_STREAMS_MAX] = {0}, reached[SLA_PROFILE_STREAMS_MAX] = {0};
	struct sla_schedule sc;
	struct sla_send s;
	int err = sla_schedule_init(&sc, p->profile, p->seconds * 1000 * MS);

	if (err)
		return err;
	for (unsigned i = 0; i < sc.nstreams; i++)
		streams[i] = (struct sla_stream){
			.name = sla_schedule_name(&sc, i, names[i]), .profile = sc.streams[i].profile->name,
			.pps = (uint16_t)sc.streams[i].shape->pps,
			.pictures = (uint16_t)sc.streams[i].shape->pictures,
			.kind = sc.streams[i].shape->kind, .dscp = sc.streams[i].profile->dscp,
			.codec = p->codec ? p->codec : sc.streams[i].shape->codec,
			.samples = samples[i], .copies = copies,
		};
	while (sla_schedule_next(&sc, &s))
		send(p, &streams[s.stream], &s, &arrivals[s.stream], &reached[s.stream]);
	*run = (struct sla_run){
		.from = "paris", .to = "london", .streams = streams, .nstreams = sc.nstreams,
		.start_ns = INT64_C(1795363509) * 1000 * MS, .late_ns = 2000 * MS, .quantum_ns = 1,
		.near = { p->clocks, 200000 }, .far = { p->clocks, 300000 },
	};
	return 0;
}


int main(int argc, char *argv[])
{
	static struct sla_stream streams[SLA_PROFILE_STREAMS_MAX];
	struct sbuf sb = {0};
	struct sla_run run;
	size_t i = 0;
	int err;

	while (argc == 3 && i < sizeof(paths) / sizeof(paths[0]) && strcmp(paths[i].name, argv[1]))
		i++;
	if (argc != 3 || i == sizeof(paths) / sizeof(paths[0])) {
		(void)fprintf(stderr, "usage: sla_show good|bad|few|none FORMAT\n");
		return 2;
	}
	err = fill(&run, streams, &paths[i]);
	err = err ? err : sla_show_write(&sb, &run, argv[2]);
	if (err)
		(void)fprintf(stderr, "sla_show: %s\n", strerror(err));
	else
		(void)fwrite(sb.p, 1, sb.len, stdout);
	sbuf_reset(&sb);
	return err != 0;
}
