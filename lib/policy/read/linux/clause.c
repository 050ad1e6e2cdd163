#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/read/lines.h"
#include "lib/policy/read/linux/clause.h"


int clause_add(struct config *c, struct clause *k, const struct pset_box *b)
{
	int err = arena_grow(&c->mem, (void **)&k->v, k->n, &k->cap, sizeof(*k->v));

	if (!err)
		k->v[k->n++] = *b;
	return err;
}


int clause_begin(struct config *c, struct config_rule *r, uint8_t family)
{
	r->boxes = arena_alloc(&c->mem, sizeof(*r->boxes));
	if (!r->boxes)
		return ENOMEM;

	pset_box_init(r->boxes, family);
	r->nboxes = 1;
	return 0;
}


int clause_add_num(struct config *c, struct clause *k, enum pset_field f,
		   unsigned lo, unsigned hi)
{
	struct pset_box b;

	pset_box_init(&b, 0);
	b.lo[f] = (uint16_t)lo;
	b.hi[f] = (uint16_t)hi;
	return clause_add(c, k, &b);
}


int clause_add_match(struct config *c, struct clause *k, const struct config_match *m)
{
	struct config_rule r = {0};
	int err = config_rule_match(c, &r, m);

	for (size_t i = 0; !err && i < r.nboxes; i++)
		err = clause_add(c, k, &r.boxes[i]);
	return err;
}


int clause_negate(struct config *c, struct clause *k)
{
	struct pset_budget budget = { 1 << 24 };
	struct pset out = { .max = CONFIG_BOXES_MAX };
	struct pset_box all;
	int err;

	pset_box_init(&all, 0);
	err = pset_subtract(&out, &all, k->v, k->n, &budget);
	k->n = 0;
	for (size_t i = 0; !err && i < out.n; i++)
		err = clause_add(c, k, &out.v[i]);
	pset_reset(&out);
	return err && err != ENOMEM ? ENOTSUP : err;
}


static int meet_all(struct config *c, struct clause *out, const struct config_rule *r,
		    const struct clause *k)
{
	size_t n = 0;

	/* counted first: memory of the config is never given back */
	for (size_t i = 0; i < r->nboxes; i++)
		for (size_t j = 0; j < k->n; j++) {
			struct pset_box b;

			n += pset_box_meet(&b, &r->boxes[i], &k->v[j]);
		}
	if (n > CONFIG_BOXES_MAX)
		return EOVERFLOW;
	out->v = arena_calloc(&c->mem, n + 1, sizeof(*out->v));
	out->cap = n + 1;
	if (!out->v)
		return ENOMEM;

	for (size_t i = 0; i < r->nboxes; i++)
		for (size_t j = 0; j < k->n; j++) {
			if (pset_box_meet(&out->v[out->n], &r->boxes[i], &k->v[j]))
				out->n++;
		}

	return 0;
}


int clause_and(struct config *c, struct config_rule *r, const struct clause *k)
{
	struct clause out = {0};
	size_t held = 0;
	int err;

	while (k->n == 1 && held < r->nboxes && pset_box_holds(&k->v[0], &r->boxes[held]))
		held++;
	if (k->n == 1 && held == r->nboxes)
		return 0;

	err = meet_all(c, &out, r, k);

	if (err == EOVERFLOW)
		return clause_unknown(c, r, "its conditions together make more than %d "
				      "combinations", CONFIG_BOXES_MAX);
	r->boxes = out.v;
	r->nboxes = out.n;
	return err;
}


int clause_and_match(struct config *c, struct config_rule *r,
		     const struct config_match *m)
{
	struct config_rule made = {0};
	int err = config_rule_match(c, &made, m);

	return err ? err : clause_and(c, r, &(struct clause){ .v = made.boxes, .n = made.nboxes });
}


int clause_unknown(struct config *c, struct config_rule *r, const char *fmt, ...)
{
	char buf[256];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);

	r->uncertain = true;
	return config_unknown(c, r->line, r->text, "%s", buf);
}


static uint32_t ipv4_number(const struct ip_addr *a)
{
	return (uint32_t)a->b[0] << 24 | (uint32_t)a->b[1] << 16 | (uint32_t)a->b[2] << 8 | a->b[3];
}


/** How many ones begin the mask; @return false when it has holes */
static bool mask_len(uint8_t *len, const struct ip_addr *mask)
{
	unsigned bits = ip_bits(mask), n = 0;

	while (n < bits && mask->b[n / 8] >> (7 - n % 8) & 1)
		n++;
	*len = (uint8_t)n;
	for (; n < bits; n++)
		if (mask->b[n / 8] >> (7 - n % 8) & 1)
			return false;

	return true;
}


static int add_masked(struct config *c, struct config_addrs *a, const struct ip_addr *addr,
		      const struct ip_addr *mask)
{
	struct ip_prefix p = { .addr = *addr };

	if (addr->family != mask->family)
		return EINVAL;
	if (mask_len(&p.len, mask)) {
		for (unsigned i = 0; i < sizeof(p.addr.b); i++)
			p.addr.b[i] &= mask->b[i];
		return config_addrs_add_prefix(c, a, &p);
	}
	if (addr->family == 6)
		return EINVAL;

	return config_addrs_add_wildcard(c, a, ipv4_number(addr), ~ipv4_number(mask));
}


int clause_addr(struct config *c, struct config_addrs *a, const char *s)
{
	const char *slash = strchr(s, '/');
	char first[IP_STRLEN];
	struct ip_addr addr, mask;
	struct ip_prefix p;
	struct ip_range r;
	int err;

	if (!slash) {
		err = ip_range_parse(&r, s);
		return err ? EINVAL : config_addrs_add(c, a, &r);
	}
	if (strlen(s) >= sizeof(first))
		return EINVAL;
	memcpy(first, s, (size_t)(slash - s));
	first[slash - s] = '\0';
	if (ip_parse(&addr, first))
		return EINVAL;
	if (!ip_parse(&mask, slash + 1))
		return add_masked(c, a, &addr, &mask);

	err = ip_prefix_parse(&p, s);
	return err && err != EDOM ? EINVAL : config_addrs_add_prefix(c, a, &p);
}
