#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/pset/names.h"
#include "lib/policy/pset/show.h"

static const char *const flag_names[] = {
	"fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr",
};

static const char *const state_names[] = {
	"untracked", "new", "related", "established", "invalid",
};


static bool whole(const struct pset_box *b, const struct pset_box *all, int f)
{
	return b->lo[f] == all->lo[f] && b->hi[f] == all->hi[f];
}


static struct ip_addr addr_of(const struct pset_box *b, pset_addr v, int end)
{
	struct pset_packet p = { .field[PSET_FAMILY] = b->lo[PSET_FAMILY] };

	p.addr[end] = v > UINT32_MAX && !b->lo[PSET_FAMILY] ? UINT32_MAX : v;
	return pset_packet_addr(&p, end);
}


static void put_addr(struct sbuf *sb, const struct pset_box *b, int end, bool port)
{
	struct ip_range r = { addr_of(b, b->alo[end], end), addr_of(b, b->ahi[end], end) };
	bool six = b->lo[PSET_FAMILY] == 1;
	char buf[IP_STRLEN];
	struct ip_prefix p;

	if (!b->alo[end] && b->ahi[end] == ~(pset_addr)0 && !b->abits[end]) {
		sbuf_puts(sb, "any");
		return;
	}
	if (six && port)
		sbuf_putc(sb, '[');
	if (!ip_cmp(&r.lo, &r.hi))
		sbuf_puts(sb, ip_str(&r.lo, buf));
	else if (addrs_as_prefix(&r, &p))
		sbuf_puts(sb, ip_prefix_str(&p, buf));
	else
		sbuf_puts(sb, ip_range_str(&r, buf));
	if (six && port)
		sbuf_putc(sb, ']');
	if (b->abits[end])
		sbuf_printf(sb, "(bits %08x=%08x)", b->abits[end], b->avalue[end]);
}


static void put_range(struct sbuf *sb, const char *before, unsigned lo, unsigned hi)
{
	sbuf_printf(sb, "%s%u", before, lo);
	if (hi > lo)
		sbuf_printf(sb, "-%u", hi);
}


static void put_end(struct sbuf *sb, const struct pset_box *b, const struct pset_box *all,
		    int end)
{
	int port = end == PSET_SRC ? PSET_SPORT : PSET_DPORT;
	bool some = !whole(b, all, port);

	put_addr(sb, b, end, some);
	if (some)
		put_range(sb, ":", b->lo[port], b->hi[port]);
}


static void put_protocol(struct sbuf *sb, const struct pset_box *b)
{
	unsigned lo = b->lo[PSET_PROTOCOL], hi = b->hi[PSET_PROTOCOL];
	const char *name = lo == hi ? names_protocol_str(lo) : NULL;

	if (lo == 0 && hi == 255)
		sbuf_puts(sb, b->lo[PSET_FAMILY] != b->hi[PSET_FAMILY] ? "any" :
			  b->lo[PSET_FAMILY] ? "ipv6" : "ip");
	else if (name)
		sbuf_puts(sb, name);
	else
		put_range(sb, "protocol ", lo, hi);
}


static void put_flags(struct sbuf *sb, const struct pset_box *b)
{
	for (int i = 0; i < 8; i++)
		if (b->flags_mask >> i & 1)
			sbuf_printf(sb, " %s%s", b->flags >> i & 1 ? "" : "!", flag_names[i]);
}


static void put_rest(struct sbuf *sb, const struct pset_box *b, const struct pset_box *all)
{
	bool ports = !whole(b, all, PSET_SPORT) || !whole(b, all, PSET_DPORT);
	bool header = ports || b->flags_mask || !whole(b, all, PSET_ICMP_TYPE) ||
		      !whole(b, all, PSET_ICMP_CODE);

	if (!whole(b, all, PSET_ICMP_TYPE))
		put_range(sb, " type ", b->lo[PSET_ICMP_TYPE], b->hi[PSET_ICMP_TYPE]);
	if (!whole(b, all, PSET_ICMP_CODE))
		put_range(sb, " code ", b->lo[PSET_ICMP_CODE], b->hi[PSET_ICMP_CODE]);
	put_flags(sb, b);
	if (!whole(b, all, PSET_DSCP))
		put_range(sb, " dscp ", b->lo[PSET_DSCP], b->hi[PSET_DSCP]);
	if (b->lo[PSET_FRAGMENT])
		sbuf_puts(sb, " later fragments");
	else if (!b->hi[PSET_FRAGMENT] && !header)
		sbuf_puts(sb, " not later fragments");
}


void show_box(struct sbuf *sb, const struct pset_box *b)
{
	struct pset_box all;

	pset_box_init(&all, 0);
	put_protocol(sb, b);
	sbuf_putc(sb, ' ');
	put_end(sb, b, &all, PSET_SRC);
	sbuf_puts(sb, " > ");
	put_end(sb, b, &all, PSET_DST);
	put_rest(sb, b, &all);
}


static bool has_ports(unsigned protocol)
{
	return protocol == 6 || protocol == 17 || protocol == 132 || protocol == 136;
}


static void put_point(struct sbuf *sb, const struct pset_packet *p, int end, bool port)
{
	struct ip_addr a = pset_packet_addr(p, end);
	char buf[IP_STRLEN];

	if (port && a.family == 6)
		sbuf_printf(sb, "[%s]", ip_str(&a, buf));
	else
		sbuf_puts(sb, ip_str(&a, buf));
	if (port)
		sbuf_printf(sb, ":%u", p->field[end == PSET_SRC ? PSET_SPORT : PSET_DPORT]);
}


void show_packet(struct sbuf *sb, const struct pset_packet *p)
{
	unsigned protocol = p->field[PSET_PROTOCOL];
	const char *name = names_protocol_str(protocol);
	bool later = p->field[PSET_FRAGMENT], ports = has_ports(protocol) && !later;

	if (name)
		sbuf_printf(sb, "%s ", name);
	else
		sbuf_printf(sb, "%u ", protocol);
	put_point(sb, p, PSET_SRC, ports);
	sbuf_puts(sb, " > ");
	put_point(sb, p, PSET_DST, ports);
	if ((protocol == 1 || protocol == 58) && !later)
		sbuf_printf(sb, " type %u code %u", p->field[PSET_ICMP_TYPE],
			    p->field[PSET_ICMP_CODE]);
	for (int i = 0; protocol == 6 && !later && i < 8; i++)
		if (p->flags >> i & 1)
			sbuf_printf(sb, " %s", flag_names[i]);
	if (p->field[PSET_DSCP])
		sbuf_printf(sb, " dscp %u", p->field[PSET_DSCP]);
	if (later)
		sbuf_puts(sb, " fragment");
}


const char *show_state(unsigned state)
{
	return state < sizeof(state_names) / sizeof(state_names[0]) ? state_names[state] : "?";
}


int show_state_parse(unsigned *state, const char *s, size_t n)
{
	for (unsigned i = 0; i < sizeof(state_names) / sizeof(state_names[0]); i++) {
		if (strlen(state_names[i]) == n && !strncasecmp(state_names[i], s, n)) {
			*state = i;
			return 0;
		}
	}

	return EINVAL;
}
