#include "daemons/sla/left.h"
#include "io/tstamp.h"

/* ns: a stamp farther from ours is not of this answer */
#define WITHIN INT64_C(50000000)


void left_add(struct left *l, const struct left_answer *answer)
{
	l->v[l->sent++ % LEFT_MAX] = *answer;
}


static void stamp_take(struct left *l, const struct tstamp_sent *t)
{
	const struct left_answer *answer = &l->v[t->id % LEFT_MAX];
	int64_t late = t->at - answer->wrote;

	if (t->hardware || l->astray || l->sent - 1 - t->id >= LEFT_MAX)
		return;
	if (late >= 0 && late < WITHIN)
		sla_history_left(&answer->op->history, answer->rseq, late);
}


void left_read(struct left *l, int fd)
{
	struct tstamp_sent v[TSTAMP_BATCH];
	size_t n;

	if (!l->sent)
		return;
	do {
		n = tstamp_sent(fd, v, TSTAMP_BATCH);
		for (size_t i = 0; i < n; i++)
			stamp_take(l, &v[i]);
	} while (n == TSTAMP_BATCH);
}
