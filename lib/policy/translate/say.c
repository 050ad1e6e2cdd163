#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/translate/say.h"

/* what a field is called, and its greatest number; addresses have none */
static const struct dim {
	enum pset_field field;
	pset_addr max;
} dims[SAY_DIMS] = {
	[SAY_SRC] = {0, ~(pset_addr)0}, [SAY_DST] = {0, ~(pset_addr)0},
	[SAY_SPORT] = {PSET_SPORT, 65535}, [SAY_DPORT] = {PSET_DPORT, 65535},
	[SAY_PROTOCOL] = {PSET_PROTOCOL, 255}, [SAY_TYPE] = {PSET_ICMP_TYPE, 255},
	[SAY_CODE] = {PSET_ICMP_CODE, 255}, [SAY_DSCP] = {PSET_DSCP, 63},
};

static const char *const flag_names[] = {
	"fin", "syn", "rst", "psh", "ack", "urg", "ecn", "cwr",
};

enum { TCP = 6, UDP = 17, ICMP = 1, ICMP6 = 58 };


static int range_cmp(const void *pa, const void *pb)
{
	const struct say_range *a = pa, *b = pb;

	return a->lo != b->lo ? (a->lo > b->lo) - (a->lo < b->lo) : (a->hi > b->hi) - (a->hi < b->hi);
}


static int ranges_cmp(const struct say_ranges *a, const struct say_ranges *b)
{
	int c = (a->n > b->n) - (a->n < b->n);

	for (size_t i = 0; !c && i < a->n; i++)
		c = range_cmp(&a->v[i], &b->v[i]);
	return c;
}


/** What is no range: all that must be equal for two lines to be joined */
static int rest_cmp(const struct say_line *a, const struct say_line *b)
{
	int c = memcmp(a->abits, b->abits, sizeof(a->abits));

	if (!c)
		c = memcmp(a->avalue, b->avalue, sizeof(a->avalue));
	if (!c)
		c = a->family - b->family;
	if (!c)
		c = a->later - b->later;
	if (!c)
		c = a->missing - b->missing;
	if (!c)
		c = a->flags_mask - b->flags_mask;
	return c ? c : a->flags - b->flags;
}


static int but_cmp(const struct say_line *a, const struct say_line *b, int but)
{
	int c = rest_cmp(a, b);

	for (int d = 0; !c && d < SAY_DIMS; d++)
		if (d != but)
			c = ranges_cmp(&a->dim[d], &b->dim[d]);
	return c;
}


static int line_cmp(const void *pa, const void *pb, void *arg)
{
	const struct say_line *a = pa, *b = pb;
	int but = *(const int *)arg, c = but_cmp(a, b, but);

	return c ? c : ranges_cmp(&a->dim[but], &b->dim[but]);
}


static size_t normalise(struct say_range *v, size_t n)
{
	size_t w = 0;

	qsort(v, n, sizeof(*v), range_cmp);
	for (size_t i = 1; i < n; i++) {
		if (v[w].hi != ~(pset_addr)0 && v[i].lo > v[w].hi + 1)
			v[++w] = v[i];
		else if (v[i].hi > v[w].hi)
			v[w].hi = v[i].hi;
	}

	return n ? w + 1 : 0;
}


/** One line of those from..to-1, which differ in d alone */
static int join_run(struct say_line *out, struct arena *mem, const struct say_line *v, size_t n,
		    int d)
{
	struct say_ranges all = {0};
	size_t total = 0;

	*out = v[0];
	for (size_t i = 0; i < n; i++) {
		if (!v[i].dim[d].n) {
			out->dim[d] = (struct say_ranges){0};
			return 0;
		}
		total += v[i].dim[d].n;
	}
	if (n == 1)
		return 0;

	all.v = arena_calloc(mem, total, sizeof(*all.v));
	if (!all.v)
		return ENOMEM;
	for (size_t i = 0; i < n; i++) {
		memcpy(all.v + all.n, v[i].dim[d].v, v[i].dim[d].n * sizeof(*all.v));
		all.n += v[i].dim[d].n;
	}
	all.n = normalise(all.v, all.n);
	if (all.n == 1 && all.v[0].lo == 0 && all.v[0].hi >= dims[d].max)
		all.n = 0;
	out->dim[d] = all;
	return 0;
}


static int join(struct say_line *v, size_t *n, struct arena *mem, int d)
{
	size_t w = 0;
	int err = 0;

	qsort_r(v, *n, sizeof(*v), line_cmp, &d);
	for (size_t i = 0, end; !err && i < *n; i = end) {
		struct say_line one;

		for (end = i + 1; end < *n && !but_cmp(&v[i], &v[end], d); end++)
			;
		err = join_run(&one, mem, v + i, end - i, d);
		v[w++] = one;
	}

	*n = w;
	return err;
}


static int set_dim(struct say_line *l, struct arena *mem, int d, pset_addr lo, pset_addr hi)
{
	struct say_range *r;

	if (!lo && hi >= dims[d].max)
		return 0;
	r = arena_alloc(mem, sizeof(*r));
	if (!r)
		return ENOMEM;
	*r = (struct say_range){ lo, hi };
	l->dim[d] = (struct say_ranges){ r, 1 };
	return 0;
}


static int set_dims(struct say_line *l, struct arena *mem, const struct pset_box *b)
{
	int err = 0;

	for (int end = 0; !err && end < 2; end++) {
		pset_addr hi = b->ahi[end];

		if (l->family == 4 && hi > UINT32_MAX && b->alo[end])
			hi = UINT32_MAX;
		if (l->family == 4 && hi == UINT32_MAX && !b->alo[end])
			hi = ~(pset_addr)0;
		err = set_dim(l, mem, SAY_SRC + end, b->alo[end], hi);
	}
	for (int d = SAY_SPORT; !err && d < SAY_DIMS; d++)
		err = set_dim(l, mem, d, b->lo[dims[d].field], b->hi[dims[d].field]);

	return err;
}


/** Does the rest of the line ask for a header that later fragments lack? */
static bool asks_header(const struct say_line *l)
{
	return l->dim[SAY_SPORT].n || l->dim[SAY_DPORT].n || l->dim[SAY_TYPE].n ||
	       l->dim[SAY_CODE].n || l->flags_mask;
}


static bool splits(const struct say_line *l)
{
	return l->dim[SAY_DSCP].n || l->dim[SAY_TYPE].n || l->dim[SAY_CODE].n || l->later != 3;
}


/** Lines of one box: the two families apart where they have other words, and
 *  IPv6 with and without a header of fragments. */
static int from_box(struct say_line *v, size_t *n, struct arena *mem, const struct pset_box *b,
		    bool whole)
{
	struct say_line l = {
		.family = b->lo[PSET_FAMILY] ? 6 : b->hi[PSET_FAMILY] ? 0 : 4,
		.later = (uint8_t)((b->lo[PSET_FRAGMENT] ? 0 : 1) | (b->hi[PSET_FRAGMENT] ? 2 : 0)),
		.flags_mask = b->flags_mask, .flags = b->flags & b->flags_mask,
		.abits = { b->abits[0], b->abits[1] }, .avalue = { b->avalue[0], b->avalue[1] },
	};
	int err = set_dims(&l, mem, b);
	bool header = asks_header(&l), both;

	/* what has ports is no later fragment, whatever the box leaves open */
	if (header)
		l.later &= 1;
	if (err || !l.later)
		return err;
	if (header && whole)
		l.later = 3;
	both = !l.family && splits(&l);
	for (uint8_t family = both ? 4 : l.family; family <= (both ? 6 : l.family); family += 2) {
		struct say_line one = l;

		one.family = family;
		/* the kernel finds no header of transport in IPv6's later fragments */
		if (family == 6 && header)
			one.later = 3;
		v[(*n)++] = one;
		one.missing = true;
		if (family == 6 && one.later == 1)
			v[(*n)++] = one;
	}

	return 0;
}


int say_lines(struct say_line **v, size_t *n, struct arena *mem, const struct pset_box *boxes,
	      size_t nboxes, bool whole)
{
	int err = 0;

	*n = 0;
	*v = arena_calloc(mem, nboxes * 3 + 1, sizeof(**v));
	if (!*v)
		return ENOMEM;
	for (size_t i = 0; !err && i < nboxes; i++)
		err = from_box(*v, n, mem, &boxes[i], whole);
	for (int d = 0; !err && *n > 1 && d < SAY_DIMS; d++)
		err = join(*v, n, mem, d);

	return err;
}


static void put_addr_range(struct sbuf *sb, const struct say_range *r, uint8_t family)
{
	struct pset_packet p = { .addr = { r->lo, r->hi }, .field[PSET_FAMILY] = family == 6 };
	struct ip_range range = { pset_packet_addr(&p, 0), pset_packet_addr(&p, 1) };
	struct ip_prefix prefix;
	char buf[IP_STRLEN];

	if (!ip_cmp(&range.lo, &range.hi))
		sbuf_puts(sb, ip_str(&range.lo, buf));
	else if (addrs_as_prefix(&range, &prefix))
		sbuf_puts(sb, ip_prefix_str(&prefix, buf));
	else
		sbuf_puts(sb, ip_range_str(&range, buf));
}


static void put_ranges(struct sbuf *sb, const char *what, const struct say_ranges *s,
		       uint8_t addr_family)
{
	if (!s->n)
		return;
	sbuf_printf(sb, "%s %s", what, s->n > 1 ? "{ " : "");
	for (size_t i = 0; i < s->n; i++) {
		const struct say_range *r = &s->v[i];

		if (i)
			sbuf_puts(sb, ", ");
		if (addr_family)
			put_addr_range(sb, r, addr_family);
		else if (r->lo == r->hi)
			sbuf_printf(sb, "%u", (unsigned)r->lo);
		else
			sbuf_printf(sb, "%u-%u", (unsigned)r->lo, (unsigned)r->hi);
	}
	sbuf_puts(sb, s->n > 1 ? " } " : " ");
}


static void put_bits(struct sbuf *sb, const struct say_line *l, int end)
{
	uint32_t m = l->abits[end], v = l->avalue[end];

	if (m)
		sbuf_printf(sb, "ip %s & %u.%u.%u.%u == %u.%u.%u.%u ", end ? "daddr" : "saddr",
			    m >> 24, m >> 16 & 255, m >> 8 & 255, m & 255,
			    v >> 24, v >> 16 & 255, v >> 8 & 255, v & 255);
}


static void put_fragment(struct sbuf *sb, const struct say_line *l)
{
	if (l->later == 3)
		return;
	if (l->family == 4)
		sbuf_printf(sb, "ip frag-off & 0x1fff %s 0 ", l->later == 1 ? "==" : "!=");
	else if (l->missing)
		sbuf_puts(sb, "exthdr frag missing ");
	else
		sbuf_printf(sb, "frag frag-off %s 0 ", l->later == 1 ? "==" : "!=");
}


static unsigned only_protocol(const struct say_line *l)
{
	const struct say_ranges *p = &l->dim[SAY_PROTOCOL];

	return p->n == 1 && p->v[0].lo == p->v[0].hi ? (unsigned)p->v[0].lo : 256;
}


static void put_flags(struct sbuf *sb, const struct say_line *l)
{
	const char *lead = "(";

	if (!l->flags_mask)
		return;
	sbuf_puts(sb, "tcp flags & ");
	for (int i = 0; i < 8; i++)
		if (l->flags_mask >> i & 1) {
			sbuf_printf(sb, "%s%s", lead, flag_names[i]);
			lead = " | ";
		}
	sbuf_puts(sb, ") == ");
	lead = "";
	for (int i = 0; i < 8; i++)
		if (l->flags >> i & 1) {
			sbuf_printf(sb, "%s%s", lead, flag_names[i]);
			lead = " | ";
		}
	sbuf_puts(sb, l->flags ? " " : "0x0 ");
}


/** The protocol, unless what follows implies it, and what is in its header */
static void put_transport(struct sbuf *sb, const struct say_line *l)
{
	unsigned p = only_protocol(l);
	bool ports = l->dim[SAY_SPORT].n || l->dim[SAY_DPORT].n;
	bool icmp = l->dim[SAY_TYPE].n || l->dim[SAY_CODE].n;
	bool named = (ports && (p == TCP || p == UDP)) || (l->flags_mask && p == TCP) ||
		     (icmp && ((p == ICMP && l->family == 4) || (p == ICMP6 && l->family == 6)));
	const char *th = p == TCP ? "tcp" : p == UDP ? "udp" : "th";
	char what[32];

	if (!named && p != 256)
		sbuf_printf(sb, p == TCP ? "meta l4proto tcp " : p == UDP ? "meta l4proto udp " :
			    p == ICMP ? "meta l4proto icmp " : "meta l4proto %u ", p);
	else if (!named)
		put_ranges(sb, "meta l4proto", &l->dim[SAY_PROTOCOL], 0);
	(void)snprintf(what, sizeof(what), "%s sport", th);
	put_ranges(sb, what, &l->dim[SAY_SPORT], 0);
	(void)snprintf(what, sizeof(what), "%s dport", th);
	put_ranges(sb, what, &l->dim[SAY_DPORT], 0);
	put_flags(sb, l);
	if (named && icmp) {
		put_ranges(sb, p == ICMP ? "icmp type" : "icmpv6 type", &l->dim[SAY_TYPE], 0);
		put_ranges(sb, p == ICMP ? "icmp code" : "icmpv6 code", &l->dim[SAY_CODE], 0);
	} else {
		put_ranges(sb, "@th,0,8", &l->dim[SAY_TYPE], 0);
		put_ranges(sb, "@th,8,8", &l->dim[SAY_CODE], 0);
	}
}


void say_line_put(struct sbuf *sb, const struct say_line *l)
{
	const char *ip = l->family == 6 ? "ip6" : "ip";
	bool named = l->dim[SAY_SRC].n || l->dim[SAY_DST].n || l->abits[0] || l->abits[1];
	char what[32];

	if (l->family && !named && !l->dim[SAY_DSCP].n)
		sbuf_printf(sb, "meta nfproto %s ", l->family == 6 ? "ipv6" : "ipv4");
	for (int end = 0; end < 2; end++) {
		(void)snprintf(what, sizeof(what), "%s %s", ip, end ? "daddr" : "saddr");
		put_ranges(sb, what, &l->dim[end], l->family);
		put_bits(sb, l, end);
	}
	(void)snprintf(what, sizeof(what), "%s dscp", ip);
	put_ranges(sb, what, &l->dim[SAY_DSCP], 0);
	put_fragment(sb, l);
	put_transport(sb, l);
}
