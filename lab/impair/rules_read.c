/* One rule: its filters and its impairments. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/impair/rules_int.h"
#include "lib/flow/flow.h"

static const int64_t time_max = 60000000000LL;	/* a minute */
static const double rate_max = 1e12;


/* One word read by a function, its mistake told. @return 0 or EBADMSG */
static int value(struct reading *r, struct words *w, const char *what,
		 int (*read_h)(void *to, const char *s), void *to)
{
	struct diag_pos pos;
	struct word d;
	char s[64];

	(void)rules_peek(w, &d);
	pos = rules_pos(w);
	(void)snprintf(s, sizeof(s), "%.*s", (int)d.len, d.p);
	if (!d.len || d.len >= sizeof(s) || read_h(to, s)) {
		diag_error(r->dl, pos, "here stands %s, not \"%s\"", what, s);
		return EBADMSG;
	}
	w->at += d.len;

	return 0;
}


/* A number that is not negative, and what follows it. */
static int number(double *x, const char **end, const char *s)
{
	char *e;

	if (*s < '0' || *s > '9' || strpbrk(s, "xX"))
		return EINVAL;
	*x = strtod(s, &e);
	*end = e;

	return *x >= 0 && *x < 1e18 ? 0 : EINVAL;
}


static int time_read(void *to, const char *s)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"", 1e6}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}};
	const char *end;
	double x;

	if (number(&x, &end, s))
		return EINVAL;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (!strcmp(end, units[i].unit) && x * units[i].ns <= (double)time_max) {
			*(int64_t *)to = (int64_t)(x * units[i].ns + 0.5);
			return 0;
		}

	return EINVAL;
}


static int rate_read(void *to, const char *s)
{
	static const char units[] = "kMG";
	const char *end, *u;
	double x;

	if (number(&x, &end, s))
		return EINVAL;
	if (*end) {
		u = strchr(units, *end);
		if (!u || end[1])
			return EINVAL;
		for (; u >= units; u--)
			x *= 1000;
	}
	if (x < 1 || x > rate_max)
		return EINVAL;
	*(uint64_t *)to = (uint64_t)x;

	return 0;
}


static int percent_read(void *to, const char *s)
{
	const char *end;
	double x;

	if (number(&x, &end, s) || strcmp(end, "%") || x > 100)
		return EINVAL;
	*(double *)to = x / 100;

	return 0;
}


static int whole(uint64_t *n, const char **end, const char *s, uint64_t max)
{
	char *e;

	if (*s < '0' || *s > '9')
		return EINVAL;
	errno = 0;
	*n = strtoull(s, &e, 10);
	*end = e;

	return errno || *n > max ? EINVAL : 0;
}


static int count_read(void *to, const char *s)
{
	const char *end;

	return whole(to, &end, s, UINT32_MAX) || *end || !*(uint64_t *)to ? EINVAL : 0;
}


static int dscp_read(void *to, const char *s)
{
	uint8_t dscp;

	if (flow_dscp_parse(&dscp, s))
		return EINVAL;
	*(int *)to = dscp;

	return 0;
}


static int range_read(struct pick_range *g, const char **end, const char *s, uint64_t max)
{
	if (whole(&g->lo, end, s, max))
		return EINVAL;
	g->hi = g->lo;
	if (**end == '-' && whole(&g->hi, end, *end + 1, max))
		return EINVAL;

	return g->hi < g->lo ? EINVAL : 0;
}


static int ports_read(void *to, const char *s)
{
	struct impair_rule *rule = to;
	struct pick_range g;
	const char *end;

	if (range_read(&g, &end, s, UINT16_MAX) || *end || !g.lo)
		return EINVAL;
	rule->port_lo = (uint16_t)g.lo;
	rule->port_hi = (uint16_t)g.hi;

	return 0;
}


/* The word at hand, to cut up at its commas: longer than those of value(). */
static int list_word(struct reading *r, struct words *w, const char **s, size_t *most)
{
	struct word d;

	*most = 1;
	if (!rules_next(w, &d)) {
		diag_error(r->dl, rules_pos(w), "here stands a list: 1,5-7,20");
		return EBADMSG;
	}
	for (size_t i = 0; i < d.len; i++)
		*most += d.p[i] == ',';
	*s = arena_strndup(r->a, d.p, d.len);

	return *s ? 0 : ENOMEM;
}


static int packets_read(struct reading *r, struct words *w, struct pick *k)
{
	struct diag_pos pos = rules_pos(w);
	struct pick_range *v;
	const char *s;
	size_t most;
	int err = list_word(r, w, &s, &most);

	if (err)
		return err;
	v = most <= IMPAIR_PICKS_MAX ? arena_calloc(r->a, most, sizeof(*v)) : NULL;
	if (!v && most <= IMPAIR_PICKS_MAX)
		return ENOMEM;
	while (v && k->nlist < most) {
		struct pick_range *g = &v[k->nlist];

		if (range_read(g, &s, s, UINT64_MAX) || !g->lo || (*s && *s != ',') ||
		    (k->nlist && g->lo <= g[-1].hi))
			break;
		k->nlist++;
		if (!*s) {
			k->list = v;
			k->kind = PICK_LIST;
			return 0;
		}
		s++;
	}
	diag_error(r->dl, pos, "here stand packets by number from 1, ascending, at most %d: "
		   "1,5-7,20", IMPAIR_PICKS_MAX);

	return EBADMSG;
}


static int burst_read(struct reading *r, struct words *w, struct pick *k)
{
	struct word d;
	int err = value(r, w, "the chance that a burst begins: 0.1%", percent_read, &k->enter);

	if (!err)
		err = value(r, w, "the chance that a burst ends: 20%", percent_read, &k->leave);
	k->kind = PICK_BURST;
	k->p = 1;
	if (!err && rules_peek(w, &d) && d.p[d.len - 1] == '%')
		err = value(r, w, "the share within a burst: 80%", percent_read, &k->p);

	return err;
}


static int pick_read(struct reading *r, struct words *w, struct pick *k)
{
	struct word d;

	*k = (struct pick){.kind = PICK_CHANCE};
	(void)rules_peek(w, &d);
	if (rules_is(&d, "every")) {
		(void)rules_next(w, &d);
		k->kind = PICK_EVERY;
		return value(r, w, "how many packets: 100", count_read, &k->every);
	}
	if (rules_is(&d, "packets")) {
		(void)rules_next(w, &d);
		return packets_read(r, w, k);
	}
	if (rules_is(&d, "burst")) {
		(void)rules_next(w, &d);
		return burst_read(r, w, k);
	}

	return value(r, w, "which packets: 0.5%, every 100, packets 1,5-7 or burst 0.1% 20%",
		     percent_read, &k->p);
}


/* A word that must, or may, stand here. */
static bool takes(struct words *w, const char *s)
{
	struct word d;

	if (!rules_peek(w, &d) || !rules_is(&d, s))
		return false;

	return rules_next(w, &d);
}


static int im_delay(struct reading *r, struct words *w, struct impair_rule *rule)
{
	return value(r, w, "a time: 20ms", time_read, &rule->delay_ns);
}


static int series_read(struct reading *r, struct words *w, struct dist *d)
{
	struct diag_pos pos = rules_pos(w);
	char *s, *save = NULL;
	const char *text;
	int64_t *v;
	size_t most;
	int err = list_word(r, w, &text, &most);

	if (err)
		return err;
	s = arena_strdup(r->a, text);
	v = arena_calloc(r->a, most, sizeof(*v));
	if (!s || !v)
		return ENOMEM;
	for (s = strtok_r(s, ",", &save); s && d->nseries < DIST_SERIES_MAX;
	     s = strtok_r(NULL, ",", &save))
		if (time_read(&v[d->nseries++], s))
			break;
	if (s || !d->nseries) {
		diag_error(r->dl, pos, "here stand times, at most %d: 0,1.5,20ms", DIST_SERIES_MAX);
		return EBADMSG;
	}
	d->series = v;

	return 0;
}


static int im_jitter(struct reading *r, struct words *w, struct impair_rule *rule)
{
	static const char *const names[] = {[DIST_UNIFORM] = "uniform", [DIST_NORMAL] = "normal",
					    [DIST_PARETO] = "pareto", [DIST_SERIES] = "series"};
	struct diag_pos pos;

	rule->jitter = (struct dist){.kind = DIST_NONE};
	for (enum dist_kind k = DIST_UNIFORM; k <= DIST_SERIES; k++) {
		if (!takes(w, names[k]))
			continue;
		rule->jitter.kind = k;
		return k == DIST_SERIES ? series_read(r, w, &rule->jitter)
					: value(r, w, "a time: 2ms", time_read,
						&rule->jitter.spread_ns);
	}
	pos = rules_pos(w);
	diag_error(r->dl, pos, "jitter is uniform, normal, pareto or series");

	return EBADMSG;
}


static int im_order(struct reading *r, struct words *w, struct impair_rule *rule)
{
	rule->free_order = takes(w, "free");
	if (rule->free_order || takes(w, "keep"))
		return 0;
	diag_error(r->dl, rules_pos(w), "order is keep or free");

	return EBADMSG;
}


static int im_rate(struct reading *r, struct words *w, struct impair_rule *rule)
{
	uint64_t n = rule->queue;
	int err = value(r, w, "bits a second: 10M", rate_read, &rule->rate_bps);

	if (!err && takes(w, "queue"))
		err = value(r, w, "a number of packets: 100", count_read, &n);
	if (!err && n > IMPAIR_QUEUE_MAX) {
		diag_error(r->dl, rules_pos(w), "a queue holds at most %d packets",
			   IMPAIR_QUEUE_MAX);
		err = EBADMSG;
	}
	rule->queue = (unsigned)n;

	return err;
}


static int im_loss(struct reading *r, struct words *w, struct impair_rule *rule)
{
	return pick_read(r, w, &rule->loss);
}


static int im_reorder(struct reading *r, struct words *w, struct impair_rule *rule)
{
	int err = pick_read(r, w, &rule->reorder);

	if (!err && !takes(w, "by")) {
		diag_error(r->dl, rules_pos(w), "reorder ends in how much longer those packets "
			   "are held: by 5ms");
		err = EBADMSG;
	}

	return err ? err : value(r, w, "a time: 5ms", time_read, &rule->reorder_ns);
}


static int im_duplicate(struct reading *r, struct words *w, struct impair_rule *rule)
{
	int err = pick_read(r, w, &rule->duplicate);

	if (!err && takes(w, "after"))
		err = value(r, w, "a time: 1ms", time_read, &rule->duplicate_ns);

	return err;
}


static int im_dscp(struct reading *r, struct words *w, struct impair_rule *rule)
{
	return value(r, w, "a DSCP: CS4, EF, 0", dscp_read, &rule->new_dscp);
}


static int fi_forward(struct reading *r, struct words *w, struct impair_rule *rule)
{
	rule->dir[IMPAIR_FORWARD] = true;
	return 0;
}


static int fi_back(struct reading *r, struct words *w, struct impair_rule *rule)
{
	rule->dir[IMPAIR_BACK] = true;
	return 0;
}


static int fi_both(struct reading *r, struct words *w, struct impair_rule *rule)
{
	rule->dir[IMPAIR_FORWARD] = rule->dir[IMPAIR_BACK] = true;
	return 0;
}


static int fi_udp(struct reading *r, struct words *w, struct impair_rule *rule)
{
	struct word d;

	rule->udp = true;
	if (!rules_peek(w, &d) || *d.p < '0' || *d.p > '9')
		return 0;

	return value(r, w, "ports: 16384-32768", ports_read, rule);
}


static int fi_dscp(struct reading *r, struct words *w, struct impair_rule *rule)
{
	return value(r, w, "a DSCP: CS4, EF, 0", dscp_read, &rule->dscp);
}


static int fi_neighbours(struct reading *r, struct words *w, struct impair_rule *rule)
{
	rule->neighbours = true;
	return 0;
}


struct clause {
	const char *name;
	int (*read_h)(struct reading *r, struct words *w, struct impair_rule *rule);
};

static const struct clause filters[] = {
	{"forward", fi_forward}, {"back", fi_back}, {"both", fi_both}, {"udp", fi_udp},
	{"dscp", fi_dscp}, {"neighbours", fi_neighbours}, {NULL, NULL},
};

static const struct clause impairments[] = {
	{"delay", im_delay}, {"jitter", im_jitter}, {"order", im_order}, {"rate", im_rate},
	{"loss", im_loss}, {"reorder", im_reorder}, {"duplicate", im_duplicate},
	{"dscp", im_dscp}, {NULL, NULL},
};


static int clause_read(struct reading *r, struct words *w, struct impair_rule *rule,
		       const struct clause *v, const char *what)
{
	struct diag_pos pos;
	struct word d;

	(void)rules_peek(w, &d);
	pos = rules_pos(w);
	for (; v->name; v++)
		if (rules_is(&d, v->name)) {
			(void)rules_next(w, &d);
			return v->read_h(r, w, rule);
		}
	diag_error(r->dl, pos, "\"%.*s\" is no %s", d.len > 40 ? 40 : (int)d.len, d.p, what);

	return EBADMSG;
}


int rule_read(struct reading *r, struct words *w, struct impair_rule *rule)
{
	struct word d;
	int err = 0;

	while (!err && !rules_colon(w)) {
		if (!rules_peek(w, &d)) {
			diag_error(r->dl, rules_pos(w), "after the direction and filters stands "
				   "a colon, then the impairments");
			return EBADMSG;
		}
		err = clause_read(r, w, rule, filters, "direction or filter");
	}
	if (!rule->dir[IMPAIR_FORWARD] && !rule->dir[IMPAIR_BACK])
		rule->dir[IMPAIR_FORWARD] = rule->dir[IMPAIR_BACK] = true;
	while (!err && rules_peek(w, &d))
		err = clause_read(r, w, rule, impairments, "impairment");

	return err;
}
