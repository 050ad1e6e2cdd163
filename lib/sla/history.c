#include "lib/base/bytes.h"
#include "lib/sla/history.h"

enum { AT_COUNT = 62, AT_FIRST = 64, EACH = 8 };


void sla_history_add(struct sla_history *h, uint32_t rseq, uint32_t seq)
{
	h->v[rseq % SLA_HISTORY] = (struct sla_past){rseq, seq, SLA_LATE_UNKNOWN};
}


void sla_history_left(struct sla_history *h, uint32_t rseq, int64_t late_ns)
{
	struct sla_past *past = &h->v[rseq % SLA_HISTORY];

	if (past->rseq == rseq && late_ns >= 0 && late_ns < SLA_LATE_UNKNOWN)
		past->late_ns = (uint32_t)late_ns;
}


static size_t room(size_t n)
{
	size_t max = n < AT_FIRST ? 0 : (n - AT_FIRST) / EACH;

	return max < SLA_HISTORY ? max : SLA_HISTORY;
}


void sla_history_write(uint8_t *p, size_t n, const struct sla_history *h, uint32_t rseq)
{
	size_t max = room(n), count = 0;

	if (n < AT_FIRST)
		return;
	while (count < max && count + 1 < rseq) {
		uint32_t before = rseq - 1 - (uint32_t)count;
		const struct sla_past *past = &h->v[before % SLA_HISTORY];

		if (past->rseq != before)
			break;
		put32(p + AT_FIRST + count * EACH, past->seq);
		put32(p + AT_FIRST + count * EACH + 4, past->late_ns);
		count++;
	}
	p[AT_COUNT] = (uint8_t)count;
}


size_t sla_history_read(struct sla_past *v, const uint8_t *p, size_t n, uint32_t rseq)
{
	size_t count = n < AT_FIRST ? 0 : p[AT_COUNT];

	if (count > room(n) || count >= rseq)
		return 0;
	for (size_t i = 0; i < count; i++)
		v[i] = (struct sla_past){
			rseq - 1 - (uint32_t)i,
			get32(p + AT_FIRST + i * EACH), get32(p + AT_FIRST + i * EACH + 4),
		};
	return count;
}
