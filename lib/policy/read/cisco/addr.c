#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/pset/names.h"
#include "lib/policy/read/cisco/cisco_read.h"


static bool parse_ip(const struct token *t, struct ip_addr *out)
{
	char buf[64];

	if (!t || t->n >= sizeof(buf))
		return false;
	memcpy(buf, t->p, t->n);
	buf[t->n] = '\0';
	return ip_parse(out, buf) == 0;
}


static bool parse_prefix(const struct token *t, struct ip_prefix *out)
{
	char buf[64];
	int err;

	if (!t || t->n >= sizeof(buf) || !memchr(t->p, '/', t->n))
		return false;
	memcpy(buf, t->p, t->n);
	buf[t->n] = '\0';
	err = ip_prefix_parse(out, buf);
	return !err || err == EDOM;
}


bool cisco_ip(struct cisco_read *r, const struct token *t, struct ip_addr *out)
{
	const struct group *g;

	if (!t)
		return false;
	if (parse_ip(t, out))
		return true;

	/* ASA: "name 10.1.1.1 paris" */
	g = r->flavour == FLAVOUR_ASA ? cisco_group_find(r, t, GROUP_NET) : NULL;
	if (!g || g->addrs.n != 1 || ip_cmp(&g->addrs.v[0].range.lo, &g->addrs.v[0].range.hi))
		return false;
	*out = g->addrs.v[0].range.lo;
	return true;
}


static uint32_t number(const struct ip_addr *a)
{
	return (uint32_t)a->b[0] << 24 | (uint32_t)a->b[1] << 16 | (uint32_t)a->b[2] << 8 |
	       a->b[3];
}


bool cisco_masked(struct ip_range *out, const struct ip_addr *a, const struct ip_addr *mask)
{
	uint32_t free = ~number(mask);

	if (free & (free + 1))
		return false;
	out->lo = out->hi = *a;
	for (int i = 0; i < 4; i++) {
		out->lo.b[i] = a->b[i] & mask->b[i];
		out->hi.b[i] = (uint8_t)(a->b[i] | ~mask->b[i]);
	}

	return true;
}


static int add_any(struct cisco_read *r, struct config_addrs *v, uint8_t family)
{
	static const struct ip_prefix all4 = { .addr = { .family = 4 } };
	static const struct ip_prefix all6 = { .addr = { .family = 6 } };
	int err = 0;

	if (family != 6)
		err = config_addrs_add_prefix(r->c, v, &all4);
	if (!err && family != 4)
		err = config_addrs_add_prefix(r->c, v, &all6);
	return err;
}


static int add_group(struct cisco_read *r, struct ace *a, struct config_addrs *v)
{
	const struct token *t = cisco_next(r);
	const struct group *g;

	if (!t) {
		cisco_bad(a, "the name of a group is missing", NULL);
		return 0;
	}
	g = r->flavour == FLAVOUR_XR && a->m.family == 6 ? cisco_group_find(r, t, GROUP_NET6) : NULL;
	if (!g)
		g = cisco_group_find(r, t, GROUP_NET);
	if (!g || !g->given) {
		cisco_doubt(a, "group \"%.*s\" is not defined", t);
		return 0;
	}
	if (g->uncertain) {
		cisco_doubt(a, "group \"%.*s\" has a member that is not understood", t);
		return 0;
	}

	return config_addrs_add_all(r->c, v, &g->addrs);
}


/** ASA: the address of the device's own interface, of IPv4. Whether one with
 *  both families means both is not documented. */
static int add_interface(struct cisco_read *r, struct ace *a, struct config_addrs *v)
{
	const struct token *t = cisco_next(r);
	const struct asa_own *own = cisco_own_find(r, t);
	struct ip_range one;

	if (!own || !own->known || own->ipv6 || own->lost) {
		cisco_doubt(a, t ? "the address of interface \"%.*s\" is not known" :
			    "the name of an interface is missing", t);
		return 0;
	}

	one.lo = one.hi = own->addr;
	return config_addrs_add(r->c, v, &one);
}


static int add_host(struct cisco_read *r, struct ace *a, struct config_addrs *v)
{
	const struct token *t = cisco_next(r);
	struct ip_range one;

	if (!cisco_ip(r, t, &one.lo)) {
		cisco_bad(a, t ? "\"%.*s\" is no address" : "an address is missing", t);
		return 0;
	}
	one.hi = one.lo;
	return config_addrs_add(r->c, v, &one);
}


/** "A WILDCARD", on an ASA "A MASK", in a standard list also "A" alone */
static int add_wildcard(struct cisco_read *r, struct ace *a, struct config_addrs *v,
			const struct ip_addr *addr, bool alone)
{
	const struct token *t = cisco_peek(r);
	struct ip_range range = { *addr, *addr };
	struct ip_addr wild;

	if (addr->family == 6 || (alone && !parse_ip(t, &wild)))
		return config_addrs_add(r->c, v, &range);
	if (!parse_ip(t, &wild) || wild.family != 4) {
		cisco_bad(a, t ? "\"%.*s\" is no mask" : "a mask is missing", t);
		return 0;
	}

	(void)cisco_next(r);
	if (r->flavour == FLAVOUR_ASA) {
		for (int i = 0; i < 4; i++)
			wild.b[i] = (uint8_t)~wild.b[i];
	}
	return config_addrs_add_wildcard(r->c, v, number(addr), number(&wild));
}


static bool is_any(const struct token *t, uint8_t family, uint8_t *of)
{
	*of = family;
	if (cisco_is(t, "any4"))
		*of = 4;
	else if (cisco_is(t, "any6"))
		*of = 6;
	else
		return cisco_is(t, "any");
	return true;
}


static bool is_group_word(const struct token *t)
{
	return cisco_is(t, "object-group") || cisco_is(t, "object") ||
	       cisco_is(t, "net-group") || cisco_is(t, "addrgroup");
}


int cisco_addr(struct cisco_read *r, struct ace *a, struct config_addrs *v)
{
	const struct token *t = cisco_next(r);
	struct ip_prefix p;
	struct ip_addr addr;
	uint8_t family;

	v->given = true;
	if (!t) {
		cisco_bad(a, "an address is missing", NULL);
		return 0;
	}
	if (is_any(t, a->m.family, &family))
		return add_any(r, v, family);
	if (cisco_is(t, "host"))
		return add_host(r, a, v);
	if (is_group_word(t))
		return add_group(r, a, v);
	if (cisco_is(t, "interface") && r->flavour == FLAVOUR_ASA)
		return add_interface(r, a, v);
	if (parse_prefix(t, &p))
		return config_addrs_add_prefix(r->c, v, &p);
	if (cisco_ip(r, t, &addr))
		return add_wildcard(r, a, v, &addr, a->services == NULL && r->standard);

	cisco_bad(a, "\"%.*s\" is no address", t);
	return 0;
}
