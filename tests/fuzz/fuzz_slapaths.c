/* Whatever numbers a far end tells, with copies and word of what reached it: nothing is lost twice or not at all. */
#include <stdlib.h>

#include "lib/base/bytes.h"
#include "lib/sla/figures.h"

enum { N = 200, EACH = 6 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);


int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sla_sample s[N] = {{0}};
	struct sla_copy c[N];
	struct sla_reached r[N];
	struct sla_stream st = {.samples = s, .copies = c, .reached = r};
	const struct sla_run run = {.streams = &st, .nstreams = 1};
	struct sla_figures f;
	struct arena a = {0};
	uint32_t arrivals = 0;

	for (const uint8_t *p = data; size >= EACH && st.nsamples < N; p += EACH, size -= EACH) {
		uint32_t rseq = get32(p + 2), at = p[1], n = (uint32_t)st.nsamples;

		if (p[0] < 2)
			s[st.nsamples++] = (struct sla_sample){.seq = n, .arrival = p[0] ? ++arrivals : 0, .rseq = p[0] ? rseq : 0};
		else if (p[0] == 2 && at < n && s[at].arrival && st.ncopies < N)
			c[st.ncopies++] = (struct sla_copy){.seq = at, .rseq = rseq, .arrival = ++arrivals};
		else if (at < n && rseq && st.nreached < N)
			r[st.nreached++] = (struct sla_reached){at, rseq};
	}
	for (size_t i = 0; i < st.ncopies; i++)
		s[c[i].seq].copies++;
	if (sla_figures_get(&f, NULL, &a, &run) || f.sent != st.nsamples || f.sent != f.answered + f.loss.lost ||
	    f.loss.lost != f.loss_forward.lost + f.loss_back.lost + f.lost_unknown ||
	    f.duplicate != st.ncopies || f.duplicate_back > f.duplicate)
		abort();
	arena_reset(&a);
	return 0;
}
