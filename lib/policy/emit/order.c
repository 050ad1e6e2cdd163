#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "lib/policy/emit/order.h"
#include "lib/policy/model/addrs.h"
#include "lib/policy/pset/pset.h"
#include "lib/policy/pset/pset_walk.h"

enum {
	ASKED_MAX = 2048,	/* boxes of a rule that is asked for exactly */
	GIVEN_MAX = 8192,	/* boxes that may cover it */
	STEPS_MAX = 1 << 22,
	COUNTER_MAX = 40,	/* bytes of it in a comment */
};

static const struct flow_port every_port = { .lo = 0, .hi = 65535 };

struct ordering {
	struct arena *mem;
	const struct policy *p;
	const struct order_want *want;
	struct order *o;
	const struct policy_rule **named;	/**< [nrules] last in the comment */
	bool alone;			/**< a cover must be one line */
	bool *used;			/**< [nlines + 1], of the last answer */
	struct pset q, by;
	size_t *owner;			/**< [GIVEN_MAX] line of each box in by */
};


bool order_opens(const struct policy_rule *r)
{
	return r->transport != FLOW_ICMP || r->icmp & FLOW_ICMP_ECHO;
}


static struct need_addrs of_family(const struct need_addrs *s, unsigned family)
{
	struct need_addrs part = {0};

	part.n = addrs_family(s, family == ORDER_V4 ? 4 : 6, &part.v);
	return part;
}


static bool ports_meet(const struct flow_port *a, size_t na, const struct flow_port *b, size_t nb)
{
	if (!na || !nb)
		return true;
	for (size_t i = 0; i < na; i++)
		for (size_t k = 0; k < nb; k++)
			if (a[i].lo <= b[k].hi && b[k].lo <= a[i].hi)
				return true;
	return false;
}


/** Merged ports; none are all */
static bool ports_hold(const struct flow_port *out, size_t nout, const struct flow_port *in, size_t nin)
{
	if (!nin) {
		in = &every_port;
		nin = 1;
	}
	for (size_t i = 0, k = 0; nout && i < nin; i++) {
		while (k < nout && out[k].hi < in[i].lo)
			k++;
		if (k == nout || out[k].lo > in[i].lo || out[k].hi < in[i].hi)
			return false;
	}
	return true;
}


/** Have they packets in common? */
static bool meet(const struct ordering *g, const struct policy_rule *a, const struct policy_rule *b)
{
	const struct need_addrs *sets = g->p->sets;

	return a->transport == b->transport && (!g->want->helper || a->how == b->how) &&
	       ports_meet(a->dports, a->ndports, b->dports, b->ndports) &&
	       ports_meet(a->sports, a->nsports, b->sports, b->nsports) &&
	       (a->src == b->src || addrs_overlap(&sets[a->src], &sets[b->src])) &&
	       (a->dst == b->dst || addrs_overlap(&sets[a->dst], &sets[b->dst]));
}


/** Of two that meet, has `out` all that `in` has in that family? */
static bool holds(const struct ordering *g, const struct policy_rule *out,
		  const struct policy_rule *in, unsigned family)
{
	const struct need_addrs *sets = g->p->sets;
	struct need_addrs osrc = of_family(&sets[out->src], family);
	struct need_addrs odst = of_family(&sets[out->dst], family);
	struct need_addrs isrc = of_family(&sets[in->src], family);
	struct need_addrs idst = of_family(&sets[in->dst], family);

	return ports_hold(out->sports, out->nsports, in->sports, in->nsports) &&
	       ports_hold(out->dports, out->ndports, in->dports, in->ndports) &&
	       addrs_holds(&osrc, &isrc) && addrs_holds(&odst, &idst);
}


static int push_ports(struct pset *ps, const struct pset_box *addrs, const struct policy_rule *r)
{
	const struct flow_port *s = r->nsports ? r->sports : &every_port;
	const struct flow_port *d = r->ndports ? r->dports : &every_port;
	size_t ns = r->nsports ? r->nsports : 1, nd = r->ndports ? r->ndports : 1;
	struct pset_box b = *addrs;
	int err = 0;

	for (size_t i = 0; !err && i < ns; i++) {
		b.lo[PSET_SPORT] = s[i].lo;
		b.hi[PSET_SPORT] = s[i].hi;
		for (size_t k = 0; !err && k < nd; k++) {
			b.lo[PSET_DPORT] = d[k].lo;
			b.hi[PSET_DPORT] = d[k].hi;
			err = pset_push(ps, &b);
		}
	}
	return err;
}


/** Only rules of one transport are compared, so boxes do without it. */
static int push(struct pset *ps, const struct policy_rule *r, const struct need_addrs *src,
		const struct need_addrs *dst)
{
	struct pset_box b;
	int err = 0;

	for (size_t i = 0; !err && i < src->n; i++) {
		for (size_t k = 0; !err && k < dst->n; k++) {
			pset_box_init(&b, src->v[i].lo.family);
			pset_box_set_addrs(&b, PSET_SRC, &src->v[i]);
			pset_box_set_addrs(&b, PSET_DST, &dst->v[k]);
			err = push_ports(ps, &b, r);
		}
	}
	return err;
}


static size_t count_boxes(const struct ordering *g, const struct policy_rule *r, unsigned family)
{
	struct need_addrs src = of_family(&g->p->sets[r->src], family);
	struct need_addrs dst = of_family(&g->p->sets[r->dst], family);

	return src.n * dst.n * (r->nsports ? r->nsports : 1) * (r->ndports ? r->ndports : 1);
}


/** The packets of the rule that cross the firewall: nobody misses others. */
static int ask(struct ordering *g, const struct policy_rule *r, unsigned family)
{
	const struct policy *p = g->p;
	struct need_addrs all[2] = { of_family(&p->sets[r->src], family),
				     of_family(&p->sets[r->dst], family) };
	int err = 0;

	g->q.n = 0;
	for (size_t i = 0; !err && i < r->npairs; i++) {
		struct need_addrs src, dst;

		err = addrs_intersect(&src, g->mem, &all[0], &p->interfaces[r->pairs[i].in].addrs);
		if (!err)
			err = addrs_intersect(&dst, g->mem, &all[1],
					      &p->interfaces[r->pairs[i].out].addrs);
		if (!err)
			err = push(&g->q, r, &src, &dst);
	}
	return err;
}


/** What of the first n lines but `but` may cover the rule; *many: too much */
static int give(struct ordering *g, const struct policy_rule *r, unsigned family, size_t n,
		size_t but, bool *many)
{
	int err = 0;

	g->by.n = 0;
	*many = count_boxes(g, r, family) > ASKED_MAX;
	for (size_t i = 0; !err && !*many && i < n; i++) {
		const struct order_line *l = &g->o->v[i];
		size_t at = g->by.n;
		struct need_addrs src, dst;

		if (i == but || !(l->families & family) || !meet(g, l->rule, r))
			continue;
		if (count_boxes(g, l->rule, family) > GIVEN_MAX - at) {
			*many = true;
			break;
		}
		src = of_family(&g->p->sets[l->rule->src], family);
		dst = of_family(&g->p->sets[l->rule->dst], family);
		err = push(&g->by, l->rule, &src, &dst);
		for (; at < g->by.n; at++)
			g->owner[at] = i;
	}
	return err;
}


static int covered_together(bool *yes, struct ordering *g)
{
	bool *used = arena_calloc(g->mem, g->by.n + 1, sizeof(*used));
	struct pset_budget budget = { STEPS_MAX };
	int err = used ? 0 : ENOMEM;

	*yes = g->by.n && g->q.n;
	for (size_t i = 0; !err && *yes && i < g->q.n; i++)
		err = pset_covered(yes, used, NULL, &g->q.v[i], g->by.v, g->by.n, &budget);
	if (err == ETIME) {
		*yes = false;
		err = 0;
	}
	for (size_t i = 0; !err && *yes && i < g->by.n; i++)
		if (used[i])
			g->used[g->owner[i]] = true;
	return err;
}


/** Have the first n lines but `but` all packets that the rule has in the
 *  family? Then g->used tells which of them. */
static int covered(bool *yes, struct ordering *g, const struct policy_rule *r, unsigned family,
		   size_t n, size_t but)
{
	bool many;
	int err;

	memset(g->used, 0, (g->p->nrules + 1) * sizeof(*g->used));
	for (size_t i = 0; i < n; i++) {
		const struct order_line *l = &g->o->v[i];

		if (i == but || !(l->families & family) || !meet(g, l->rule, r) ||
		    !holds(g, l->rule, r, family))
			continue;
		g->used[i] = *yes = true;
		return 0;
	}

	*yes = false;
	if (g->alone)
		return 0;
	err = give(g, r, family, n, but, &many);
	if (err || many || !g->by.n)
		return err;
	err = ask(g, r, family);
	return err ? err : covered_together(yes, g);
}


/** "W-9 W-7: text"; the text is cut where all is too long */
static const char *with_counter(struct arena *a, const char *counter, const char *comment, size_t max)
{
	const char *text = strstr(comment, ": ");
	size_t ids = (size_t)(text ? text - comment : 0) + 1 + strnlen(counter, COUNTER_MAX);
	char *s, *cut;

	if (ids + 2 > max)
		return comment;
	s = arena_printf(a, "%.*s %s", COUNTER_MAX, counter, comment);
	if (s && strlen(s) > max) {
		s[max] = '\0';
		cut = strrchr(s + ids, ' ');
		if (cut)
			*cut = '\0';
	}
	return s;
}


/** Name the rule in the comments of those that g->used says. */
static int name_in_used(struct ordering *g, const struct policy_rule *r)
{
	for (size_t i = 0; i < g->o->n; i++) {
		size_t at;

		if (!g->used[i])
			continue;
		at = (size_t)(g->o->v[i].rule - g->p->rules);
		if (g->named[at] == r)
			continue;
		g->named[at] = r;
		g->o->comment[at] = with_counter(g->mem, r->counter, g->o->comment[at],
						 g->want->comment_max);
		if (!g->o->comment[at])
			return ENOMEM;
	}
	return 0;
}


static void insert(struct order *o, size_t at, const struct order_line *l)
{
	memmove(&o->v[at + 1], &o->v[at], (o->n - at) * sizeof(*o->v));
	o->v[at] = *l;
	o->n++;
}


static void take_out(struct order *o, size_t at)
{
	memmove(&o->v[at], &o->v[at + 1], (o->n - at - 1) * sizeof(*o->v));
	o->n--;
}


/** The last place, up to *at, where the rule has packets of its own there */
static int find_place(size_t *at, struct ordering *g, const struct policy_rule *r, unsigned family)
{
	size_t lo = 0, hi = *at;
	bool yes;
	int err = covered(&yes, g, r, family, hi, SIZE_MAX);

	if (err || !yes)
		return err;
	while (!err && hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;

		err = covered(&yes, g, r, family, mid, SIZE_MAX);
		if (yes)
			hi = mid;
		else
			lo = mid;
	}
	*at = lo;
	return err;
}


/** Has another line nothing of its own left in that family, now that `at` stands? */
static int find_victim(size_t *victim, struct ordering *g, size_t at, unsigned family)
{
	const struct policy_rule *r = g->o->v[at].rule;
	bool yes;
	int err = 0;

	*victim = SIZE_MAX;
	for (size_t i = at + 1; !err && i < g->o->n; i++) {
		const struct order_line *l = &g->o->v[i];

		if (!(l->families & family) || !meet(g, l->rule, r))
			continue;
		err = covered(&yes, g, l->rule, family, i, SIZE_MAX);
		if (!err && yes) {
			*victim = i;
			return 0;
		}
	}
	return err;
}


/** Leave the line's packets of a family to the others. */
static int leave_out(struct ordering *g, size_t at, unsigned family)
{
	struct order_line *l = &g->o->v[at];
	const struct policy_rule *r = l->rule;
	bool yes;
	int err = covered(&yes, g, r, family, g->o->n, at);

	if (!err)
		err = name_in_used(g, r);
	l->families &= ~family;
	if (!l->families)
		take_out(g->o, at);
	return err;
}


/** A line stands where all before it leave it something; where it takes the
 *  last of another, one of them goes: the one that no helper reads. */
static int add_apart(struct ordering *g, const struct order_line *l)
{
	size_t at = g->o->n, n = g->o->n, victim;
	int err = 0;

	for (unsigned f = ORDER_V4; !err && f <= ORDER_V6; f <<= 1)
		if (l->families & f)
			err = find_place(&at, g, l->rule, f);
	if (err)
		return err;

	insert(g->o, at, l);
	for (unsigned f = ORDER_V4; !err && at < n && f <= ORDER_V6; f <<= 1) {
		if (at >= g->o->n || g->o->v[at].rule != l->rule || !(g->o->v[at].families & f))
			continue;
		err = find_victim(&victim, g, at, f);
		if (!err && victim != SIZE_MAX)
			err = leave_out(g, l->rule->helper ? victim : at, f);
	}
	return err;
}


/** Without counters of its own, a line goes that another one covers, or
 *  (alone is false) others together. */
static int leave_out_covered(struct ordering *g, bool alone)
{
	int err = 0;

	g->alone = alone;
	for (size_t i = g->o->n; !err && i--;) {
		for (unsigned f = ORDER_V4; !err && f <= ORDER_V6; f <<= 1) {
			const struct policy_rule *r = g->o->v[i].rule;
			bool yes = false;

			if (g->o->v[i].families & f)
				err = covered(&yes, g, r, f, g->o->n, i);
			if (err || !yes)
				continue;
			err = leave_out(g, i, f);
			if (i == g->o->n || g->o->v[i].rule != r)
				break;
		}
	}
	return err;
}


static int add_lines(struct ordering *g)
{
	const struct policy *p = g->p;
	int err = 0;

	for (size_t i = 0; !err && i < p->nrules; i++) {
		struct order_line l = { .rule = &p->rules[i] };

		for (unsigned f = ORDER_V4; f <= ORDER_V6; f <<= 1)
			if (of_family(&p->sets[l.rule->src], f).n && of_family(&p->sets[l.rule->dst], f).n)
				l.families |= f;
		if (!l.families || !order_opens(l.rule))
			continue;
		if (g->want->apart)
			err = add_apart(g, &l);
		else
			insert(g->o, g->o->n, &l);
	}
	if (!err && !g->want->apart)
		err = leave_out_covered(g, true);
	if (!err && !g->want->apart)
		err = leave_out_covered(g, false);
	return err;
}


int order_make(struct order *o, struct arena *a, const struct policy *p,
	       const struct order_want *want)
{
	struct ordering g = { .mem = a, .p = p, .want = want, .o = o };
	int err;

	*o = (struct order){
		.v = arena_calloc(a, p->nrules + 1, sizeof(*o->v)),
		.families = arena_calloc(a, p->nrules + 1, sizeof(*o->families)),
		.comment = arena_calloc(a, p->nrules + 1, sizeof(*o->comment)),
	};
	g.named = arena_calloc(a, p->nrules + 1, sizeof(*g.named));
	g.used = arena_calloc(a, p->nrules + 1, sizeof(*g.used));
	g.owner = arena_calloc(a, GIVEN_MAX + 1, sizeof(*g.owner));
	if (!o->v || !o->families || !o->comment || !g.named || !g.used || !g.owner)
		return ENOMEM;

	for (size_t i = 0; i < p->nrules; i++)
		o->comment[i] = p->rules[i].comment;
	err = add_lines(&g);
	for (size_t i = 0; i < o->n; i++)
		o->families[o->v[i].rule - p->rules] = o->v[i].families;
	pset_reset(&g.q);
	pset_reset(&g.by);
	return err;
}
