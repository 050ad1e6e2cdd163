/* Whatever far end an agent met: figures and every format of what it saw. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/jsonr.h"
#include "lib/sla/show/show.h"

enum { EACH = 24, MAX = 128 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


/* A far end says of its times what it likes, our own are sound: see agent_recv.c. */
static void sample_read(struct sla_sample *s, uint32_t seq, const uint8_t *p, uint32_t *arrivals)
{
	int64_t t2, held;

	memcpy(&t2, p, sizeof(t2));
	memcpy(&held, p + 8, sizeof(held));
	*s = (struct sla_sample){.seq = seq, .t1 = seq * 20000000LL, .flags = SLA_HAS_T1, .bytes = 60};
	if (!p[20])
		return;
	s->arrival = ++*arrivals;
	memcpy(&s->rseq, p + 16, sizeof(s->rseq));
	s->t2 = t2 & INT64_MAX >> 1;
	s->t3 = (int64_t)(((uint64_t)s->t2 + (uint64_t)held) & INT64_MAX >> 1);
	s->t4 = s->t1 + (p[21] << 18);
	s->flags |= SLA_HAS_T4 | (p[22] & 1 ? SLA_STEPPED : 0) | (p[22] & 2 ? 0 : SLA_HAS_ALL);
	s->dscp_far = s->dscp_near = p[23];
}


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct sla_sample samples[MAX];
	struct sla_stream st = {.name = "s", .samples = samples, .kind = SLA_AUDIO, .codec = "g711", .period_us = 20000};
	struct sla_run run = {.from = "a", .to = "b", .streams = &st, .nstreams = 1, .quantum_ns = 1, .duration_ns = 1};
	uint32_t arrivals = 0;

	for (; st.nsamples < MAX && (st.nsamples + 1) * EACH <= size; st.nsamples++)
		sample_read(&samples[st.nsamples], (uint32_t)st.nsamples, data + st.nsamples * EACH, &arrivals);
	run.near.known = run.far.known = size % EACH == 1;
	st.pps = 50;
	st.pictures = size % EACH == 2 ? 10 : 0;
	for (const struct sla_format *f = sla_formats; f->name; f++) {
		struct sbuf sb = {0};
		struct arena a = {0};
		struct jsonr *root;

		if (sla_show_write(&sb, &run, f->name) ||
		    (!strcmp(f->name, "json") && jsonr_parse(&root, &a, sbuf_str(&sb), strlen(sbuf_str(&sb)), NULL)))
			abort();
		arena_reset(&a);
		sbuf_reset(&sb);
	}
	return 0;
}
