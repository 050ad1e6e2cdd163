#include <errno.h>
#include <stdlib.h>

#include "lab/impair/model.h"
#include "lab/impair/prng.h"

/* A packet's draws: two each, the chain's move is the second. */
enum { DRAW_LOSS = 0, DRAW_REORDER = 2, DRAW_DUPLICATE = 4, DRAW_JITTER = 6 };

/* A rule in one direction. */
struct lane {
	uint64_t n;
	bool bad[3];		/* of loss, reordering, duplication */
	int64_t last_due;	/* of those that keep their order */
	int64_t free_at;	/* when the rate's line is free */
	int64_t *waiting;	/* ring: when each that waits will be off the line */
	unsigned head, nwaiting;
};

struct model {
	uint64_t seed;
	const struct impair_rule *rules;
	size_t n;
	struct lane *lanes;	/* [n][IMPAIR_DIRS] */
};


int model_alloc(struct model **mp, uint64_t seed, const struct impair_rule *rules, size_t n)
{
	struct model *m;

	if (n > IMPAIR_RULES_MAX)
		return EOVERFLOW;
	m = calloc(1, sizeof(*m));
	if (!m)
		return ENOMEM;
	*m = (struct model){.seed = seed, .rules = rules, .n = n};
	m->lanes = calloc(n * IMPAIR_DIRS + 1, sizeof(*m->lanes));
	for (size_t i = 0; m->lanes && i < n * IMPAIR_DIRS; i++) {
		const struct impair_rule *r = &rules[i / IMPAIR_DIRS];

		if (!r->rate_bps)
			continue;
		m->lanes[i].waiting = calloc(r->queue + 1, sizeof(int64_t));
		if (!m->lanes[i].waiting)
			return model_free(m), ENOMEM;
	}
	if (!m->lanes)
		return model_free(m), ENOMEM;
	*mp = m;

	return 0;
}


void model_free(struct model *m)
{
	if (!m)
		return;
	for (size_t i = 0; m->lanes && i < m->n * IMPAIR_DIRS; i++)
		free(m->lanes[i].waiting);
	free(m->lanes);
	free(m);
}


static bool list_has(const struct pick *k, uint64_t number)
{
	size_t lo = 0, hi = k->nlist;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (number > k->list[mid].hi)
			lo = mid + 1;
		else
			hi = mid;
	}

	return lo < k->nlist && number >= k->list[lo].lo;
}


bool pick_take(const struct pick *k, bool *bad, uint64_t seed, uint32_t stream, uint64_t n,
	       uint32_t draw)
{
	switch (k->kind) {
	case PICK_CHANCE:
		return prng_unit(seed, stream, n, draw) < k->p;
	case PICK_EVERY:
		return (n + 1) % k->every == 0;
	case PICK_LIST:
		return list_has(k, n + 1);
	case PICK_BURST:
		if (prng_unit(seed, stream, n, draw + 1) < (*bad ? k->leave : k->enter))
			*bad = !*bad;
		return *bad && prng_unit(seed, stream, n, draw) < k->p;
	case PICK_NONE:
	default:
		return false;
	}
}


static bool matches(const struct impair_rule *r, enum impair_dir dir, const struct packet *p)
{
	if (!r->dir[dir] || (p->neighbour && !r->neighbours) || (!p->ip && !p->neighbour))
		return false;
	if (r->dscp >= 0 && (!p->ip || p->dscp != r->dscp))
		return false;
	if (!r->udp)
		return true;

	return p->udp && (!r->port_hi || (p->sport >= r->port_lo && p->sport <= r->port_hi) ||
			  (p->dport >= r->port_lo && p->dport <= r->port_hi));
}


/* When the last bit is off a line of this rate; -1: the queue is full. */
static int64_t line_pass(struct lane *ln, const struct impair_rule *r, int64_t at, size_t len)
{
	unsigned size = r->queue + 1;	/* those that wait, and the one on the line */
	int64_t begin;

	while (ln->nwaiting && ln->waiting[ln->head] <= at) {
		ln->head = (ln->head + 1) % size;
		ln->nwaiting--;
	}
	if (ln->nwaiting == size)
		return -1;
	begin = ln->free_at > at ? ln->free_at : at;
	ln->free_at = begin + (int64_t)((double)len * 8e9 / (double)r->rate_bps);
	ln->waiting[(ln->head + ln->nwaiting++) % size] = ln->free_at;

	return ln->free_at;
}


/* Its time: no earlier than it came, and, where order is kept, than the one
 * before. One that is held back on purpose lets those behind it pass. */
static int64_t due(struct lane *ln, const struct impair_rule *r, const struct impair_verdict *v,
		   int64_t at, int64_t jitter)
{
	int64_t t = at + r->delay_ns + jitter;

	if (t < at)
		t = at;
	if (v->reordered)
		return t + r->reorder_ns;
	if (!r->free_order && t < ln->last_due)
		t = ln->last_due;
	ln->last_due = t;

	return t;
}


static void lane_decide(struct model *m, struct impair_verdict *v, struct lane *ln,
			enum impair_dir dir, int64_t at, size_t len)
{
	const struct impair_rule *r = &m->rules[v->rule];
	uint32_t stream = v->rule * IMPAIR_DIRS + dir;
	int64_t jitter;

	v->n = ln->n++;
	v->dscp = r->new_dscp;
	jitter = dist_value(&r->jitter, v->n, prng_unit(m->seed, stream, v->n, DRAW_JITTER),
			    prng_unit(m->seed, stream, v->n, DRAW_JITTER + 1));
	v->reordered = pick_take(&r->reorder, &ln->bad[1], m->seed, stream, v->n, DRAW_REORDER);
	v->duplicate = pick_take(&r->duplicate, &ln->bad[2], m->seed, stream, v->n,
				 DRAW_DUPLICATE);
	if (pick_take(&r->loss, &ln->bad[0], m->seed, stream, v->n, DRAW_LOSS)) {
		v->act = IMPAIR_LOSE;
		return;
	}
	if (r->rate_bps) {
		at = line_pass(ln, r, at, len);
		if (at < 0) {
			v->act = IMPAIR_FULL;
			return;
		}
	}
	v->act = IMPAIR_SEND;
	v->due_ns = due(ln, r, v, at, jitter);
	v->again_ns = v->due_ns + r->duplicate_ns;
}


void model_decide(struct model *m, struct impair_verdict *v, enum impair_dir dir,
		  const struct packet *p, int64_t at_ns, size_t len)
{
	*v = (struct impair_verdict){.act = IMPAIR_PASS, .due_ns = at_ns, .dscp = -1};
	for (size_t i = 0; i < m->n; i++) {
		if (!matches(&m->rules[i], dir, p))
			continue;
		v->rule = (unsigned)i;
		lane_decide(m, v, &m->lanes[i * IMPAIR_DIRS + dir], dir, at_ns, len);
		break;
	}
	/* what was not sent was neither held nor copied */
	if (v->act != IMPAIR_SEND)
		v->reordered = v->duplicate = false;
}
