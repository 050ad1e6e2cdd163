/**
 * For tests of readers: read a text, ask about packets by words.
 */
#ifndef VISAVIS_TESTS_UNIT_READ_CHECK_H
#define VISAVIS_TESTS_UNIT_READ_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/model/addrs.h"
#include "lib/policy/model/policy.h"
#include "lib/policy/read/reader.h"
#include "tests/unit/config_eval.h"

struct read_case {
	struct config c;
	struct diag_list dl;
	int err;
};


static inline void read_text(struct read_case *f, const char *reader, const char *text)
{
	memset(f, 0, sizeof(*f));
	f->err = policy_read(&f->c, reader, "test", text, strlen(text), &f->dl);
}


static inline void read_done(struct read_case *f)
{
	config_reset(&f->c);
	diag_reset(&f->dl);
}


static inline void packet_addr(struct pset_packet *p, int end, const struct ip_addr *a)
{
	pset_addr v = 0;

	for (unsigned i = 0; i < ip_bits(a) / 8; i++)
		v = v << 8 | a->b[i];
	p->addr[end] = v;
	p->field[PSET_FAMILY] = a->family == 6;
}


/** "tcp 10.0.0.1:5000 > 10.0.0.2:80", "icmp 10.0.0.1 > 10.0.0.2 8/0" with
 *  blanks around addresses and ports: "tcp 10.0.0.1 5000 10.0.0.2 80 [IN OUT]" */
static inline struct eval_packet packet_of(const char *s)
{
	static char in[32], out[32];
	char proto[16], src[64], dst[64];
	unsigned a = 0, b = 0, number;
	struct eval_packet k = { .state = CONFIG_NEW };
	struct ip_addr addr;
	int n;

	(void)snprintf(in, sizeof(in), "eth0");
	(void)snprintf(out, sizeof(out), "eth1");
	n = sscanf(s, "%15s %63s %u %63s %u %31s %31s", proto, src, &a, dst, &b, in, out);
	if (n < 5 || ip_parse(&addr, src))
		abort();
	packet_addr(&k.p, PSET_SRC, &addr);
	if (ip_parse(&addr, dst))
		abort();
	packet_addr(&k.p, PSET_DST, &addr);
	number = !strcmp(proto, "tcp") ? 6 : !strcmp(proto, "udp") ? 17 :
		 !strcmp(proto, "icmp") ? (addr.family == 6 ? 58 : 1) : (unsigned)atoi(proto);
	k.p.field[PSET_PROTOCOL] = (uint16_t)number;
	k.p.field[number == 1 || number == 58 ? PSET_ICMP_TYPE : PSET_SPORT] = (uint16_t)a;
	k.p.field[number == 1 || number == 58 ? PSET_ICMP_CODE : PSET_DPORT] = (uint16_t)b;
	k.p.flags = number == 6 ? CONFIG_SYN : 0;
	k.in = in;
	k.out = out;
	return k;
}


static inline enum eval verdict_of(const struct read_case *f, const char *packet)
{
	struct eval_packet k = packet_of(packet);

	return eval_config(&f->c, &k);
}


static inline enum eval verdict_in_state(const struct read_case *f, unsigned state,
					 const char *packet)
{
	struct eval_packet k = packet_of(packet);

	k.state = state;
	return eval_config(&f->c, &k);
}

/* Round trips: a site compiled, read again, held against the policy at the
 * edges of all its sets and ports. */

struct trip {
	struct arena mem;
	struct diag_list dl;
	struct site site;
	struct need_list needs;
	struct policy p;
	struct sbuf text;
	struct read_case read;
	struct ip_addr *addrs;
	size_t naddrs, addrs_cap;
	uint16_t *ports;
	size_t nports, ports_cap;
	uint64_t rng;
};


static inline char *slurp(const char *path, size_t *len)
{
	const char *root = getenv("VISAVIS_SOURCE");
	char full[1024];
	char *s = NULL;
	FILE *f;
	size_t n;

	(void)snprintf(full, sizeof(full), "%s/%s", root ? root : ".", path);
	f = fopen(full, "r");
	if (!f || !(s = malloc(1 << 20)))
		abort();
	n = fread(s, 1, (1 << 20) - 1, f);
	s[n] = '\0';
	*len = n;
	(void)fclose(f);
	return s;
}


static inline void trip_add_addr(struct trip *t, struct ip_addr a, int step)
{
	if (step < 0)
		for (int i = (int)ip_bits(&a) / 8 - 1; i >= 0 && !a.b[i]--; i--)
			continue;
	if (step > 0)
		(void)ip_next(&a);
	if (arena_grow(&t->mem, (void **)&t->addrs, t->naddrs, &t->addrs_cap, sizeof(a)))
		abort();
	t->addrs[t->naddrs++] = a;
}


static inline void trip_add_port(struct trip *t, unsigned port)
{
	if (arena_grow(&t->mem, (void **)&t->ports, t->nports, &t->ports_cap, sizeof(uint16_t)))
		abort();
	t->ports[t->nports++] = (uint16_t)port;
}


static inline void trip_edges(struct trip *t)
{
	for (size_t i = 0; i < t->p.nsets; i++)
		for (size_t j = 0; j < t->p.sets[i].n; j++)
			for (int step = -1; step <= 1; step++) {
				trip_add_addr(t, t->p.sets[i].v[j].lo, step);
				trip_add_addr(t, t->p.sets[i].v[j].hi, step);
			}
	for (size_t i = 0; i < t->p.nrules; i++)
		for (unsigned e = 0; e < 2; e++) {
			const struct policy_rule *r = &t->p.rules[i];
			size_t n = e ? r->ndports : r->nsports;

			for (size_t j = 0; j < n; j++) {
				const struct flow_port *q = e ? &r->dports[j] : &r->sports[j];

				trip_add_port(t, q->lo);
				trip_add_port(t, q->hi);
				trip_add_port(t, q->lo - 1u);
				trip_add_port(t, q->hi + 1u);
			}
		}
}


static inline void trip_start(struct trip *t, const char *site, const char *dialect)
{
	size_t len;
	char *s = slurp(site, &len);

	memset(t, 0, sizeof(*t));
	t->rng = 88172645463325252ull;
	if (site_parse(&t->site, &t->mem, s, len, site, &t->dl) ||
	    need_expand(&t->needs, &t->mem, &t->site, &t->dl) ||
	    policy_build(&t->p, &t->mem, &t->site, &t->site.firewalls[0], &t->needs) ||
	    policy_backend_find(dialect)->emit(&t->text, &t->mem, &t->p))
		abort();
	free(s);
	trip_edges(t);
	read_text(&t->read, dialect, sbuf_str(&t->text));
}


static inline void trip_end(struct trip *t)
{
	read_done(&t->read);
	sbuf_reset(&t->text);
	diag_reset(&t->dl);
	arena_reset(&t->mem);
}


static inline size_t trip_random(struct trip *t, size_t n)
{
	t->rng ^= t->rng << 13;
	t->rng ^= t->rng >> 7;
	t->rng ^= t->rng << 17;
	return n ? (size_t)(t->rng % n) : 0;
}


/** A first packet at the edges, that crosses the firewall. */
static inline void trip_packet(struct trip *t, struct eval_packet *k, struct need_packet *n,
			       struct policy_pair *pair)
{
	static const uint8_t types[] = { 0, 3, 8, 11, 1, 2, 128, 129, 135 };

	memset(k, 0, sizeof(*k));
	memset(n, 0, sizeof(*n));
	do {
		n->src = t->addrs[trip_random(t, t->naddrs)];
		n->dst = t->addrs[trip_random(t, t->naddrs)];
	} while (n->src.family != n->dst.family || !policy_crosses(&t->p, &n->src, &n->dst, pair));

	packet_addr(&k->p, PSET_SRC, &n->src);
	packet_addr(&k->p, PSET_DST, &n->dst);
	k->state = CONFIG_NEW;
	k->in = t->p.interfaces[pair->in].name;
	k->out = t->p.interfaces[pair->out].name;
	n->transport = (enum flow_transport)(FLOW_ICMP + trip_random(t, 3));
	if (n->transport == FLOW_ICMP) {
		n->icmp_type = types[trip_random(t, sizeof(types))];
		k->p.field[PSET_PROTOCOL] = n->src.family == 6 ? 58 : 1;
		k->p.field[PSET_ICMP_TYPE] = n->icmp_type;
		return;
	}
	n->sport = t->ports[trip_random(t, t->nports)];
	n->dport = t->ports[trip_random(t, t->nports)];
	k->p.field[PSET_PROTOCOL] = n->transport == FLOW_TCP ? 6 : 17;
	k->p.field[PSET_SPORT] = n->sport;
	k->p.field[PSET_DPORT] = n->dport;
	k->p.flags = n->transport == FLOW_TCP ? CONFIG_SYN : 0;
}


/** Does a dialect without helpers pass it? */
static inline bool trip_expected(const struct trip *t, const struct need_packet *n)
{
	for (size_t i = 0; i < t->p.nrules; i++)
		if (t->p.rules[i].how == POLICY_EXPECTED && need_has(t->p.rules[i].need, n))
			return true;

	return false;
}

#endif
