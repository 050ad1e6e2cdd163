#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lab/proof/explain.h"

enum house {
	HOUSE_ARP = 0, HOUSE_ND, HOUSE_MLD, HOUSE_IGMP, HOUSE_LLDP, HOUSE_CDP,
	HOUSE_LLC, HOUSE_ICMP_ERROR, HOUSE_FRAGMENT,
};

static const struct explain_house house_names[EXPLAIN_HOUSES] = {
	[HOUSE_ARP] = {"ARP", "finds the link address of a neighbour, "
		       "never leaves the link", 0},
	[HOUSE_ND] = {"IPv6 neighbour discovery", "as ARP, and finds routers; "
		      "never leaves the link", 0},
	[HOUSE_MLD] = {"IPv6 multicast listener reports", "every IPv6 host "
		       "tells its link which groups it hears", 0},
	[HOUSE_IGMP] = {"IGMP", "every IPv4 host tells its link which groups "
			"it hears", 0},
	[HOUSE_LLDP] = {"LLDP", "a switch names itself to its neighbour", 0},
	[HOUSE_CDP] = {"CDP", "a link layer row of the matrix: no firewall "
		       "line", 0},
	[HOUSE_LLC] = {"802.2 frames", "spanning tree and other talk of "
		       "switches", 0},
	[HOUSE_ICMP_ERROR] = {"ICMP errors", "each quotes a packet of a flow "
			      "that a row explains", 0},
	[HOUSE_FRAGMENT] = {"later fragments", "each follows a first fragment "
			    "that a row explains", 0},
};

enum { FRAGS_MAX = 256, PROBES_MAX = 16 };

/** A flow in the direction of its need; unused when need is NULL. */
struct flow_slot {
	struct need_packet key;
	const struct need *need;
};

struct frag_slot {
	struct ip_addr src;
	struct ip_addr dst;
	uint32_t id;
	uint8_t proto;
};

struct explain {
	const struct need_list *nl;
	struct explain_need *needs;
	struct flow_slot *flows;
	size_t nslots;			/* power of two */
	size_t nflows;
	size_t flows_max;
	bool forgot;			/* a flow found no room */
	struct frag_slot frags[FRAGS_MAX];
	size_t nfrags;
	struct explain_house houses[EXPLAIN_HOUSES];
	struct explain_stranger strangers[EXPLAIN_UNEXPLAINED_MAX];
	size_t nstrangers;
	uint64_t unexplained;
	uint64_t total;
};


int explain_alloc(struct explain **ep, const struct need_list *nl,
		  size_t flows_max)
{
	struct explain *e = calloc(1, sizeof(*e));
	size_t slots = 64;

	if (!e)
		return ENOMEM;

	while (slots < flows_max * 2)
		slots *= 2;

	e->nl = nl;
	e->nslots = slots;
	e->flows_max = flows_max;
	e->flows = calloc(slots, sizeof(*e->flows));
	e->needs = calloc(nl->n ? nl->n : 1, sizeof(*e->needs));
	memcpy(e->houses, house_names, sizeof(e->houses));
	if (!e->flows || !e->needs) {
		explain_free(e);
		return ENOMEM;
	}

	*ep = e;
	return 0;
}


void explain_free(struct explain *e)
{
	if (!e)
		return;

	free(e->flows);
	free(e->needs);
	free(e);
}


/** The type that answers an ICMP type, or that it answers. */
static uint8_t icmp_partner(uint8_t family, uint8_t type)
{
	if (family == 4 && (type == 0 || type == 8))
		return (uint8_t)(8 - type);
	if (family == 6 && (type == 128 || type == 129))
		return type ^ 1;

	return type;
}


/** Only what makes a flow; ICMP has types for ports, so that the answer to
 *  an echo belongs to its request. */
static struct need_packet flow_key(const struct need_packet *p, bool swap)
{
	struct need_packet k;

	memset(&k, 0, sizeof(k));
	k.src = swap ? p->dst : p->src;
	k.dst = swap ? p->src : p->dst;
	k.transport = p->transport;
	k.sport = swap ? p->dport : p->sport;
	k.dport = swap ? p->sport : p->dport;
	if (p->transport == FLOW_ICMP) {
		uint8_t other = icmp_partner(p->src.family, p->icmp_type);

		k.icmp_type = swap ? other : p->icmp_type;
		k.icmp_code = p->icmp_code;
		k.sport = k.icmp_type;
		k.dport = swap ? p->icmp_type : other;
	}

	return k;
}


static bool key_same(const struct need_packet *a, const struct need_packet *b)
{
	return a->transport == b->transport && a->sport == b->sport &&
	       a->dport == b->dport && !ip_cmp(&a->src, &b->src) &&
	       !ip_cmp(&a->dst, &b->dst);
}


static size_t key_hash(const struct need_packet *k)
{
	uint64_t h = 1469598103934665603ULL;
	const uint8_t ports[] = {
		(uint8_t)k->transport, (uint8_t)(k->sport >> 8),
		(uint8_t)k->sport, (uint8_t)(k->dport >> 8), (uint8_t)k->dport,
	};

	for (size_t i = 0; i < sizeof(ports); i++)
		h = (h ^ ports[i]) * 1099511628211ULL;
	for (size_t i = 0; i < 16; i++)
		h = (h ^ k->src.b[i]) * 1099511628211ULL;
	for (size_t i = 0; i < 16; i++)
		h = (h ^ k->dst.b[i]) * 1099511628211ULL;

	return (size_t)(h ^ h >> 32);
}


/** The slot of the key, or the free one where it would go, or NULL */
static struct flow_slot *flow_find(const struct explain *e,
				   const struct need_packet *k)
{
	size_t at = key_hash(k);

	for (unsigned i = 0; i < PROBES_MAX; i++) {
		struct flow_slot *s = &e->flows[(at + i) & (e->nslots - 1)];

		if (!s->need || key_same(&s->key, k))
			return s;
	}

	return NULL;
}


static void flow_remember(struct explain *e, const struct need_packet *k,
			  const struct need *need)
{
	struct flow_slot *s = flow_find(e, k);

	if (!s || e->nflows >= e->flows_max) {
		e->forgot = true;
		return;
	}

	s->key = *k;
	s->need = need;
	e->nflows++;
}


static void count(struct explain *e, const struct need *need, bool reply,
		  const struct frame *f, uint64_t t_ns)
{
	struct explain_need *n = &e->needs[need - e->nl->v];

	if (reply)
		n->replies++;
	else
		n->packets++;
	n->bytes += f->len;
	if (!n->first_ns)
		n->first_ns = t_ns;
	n->last_ns = t_ns;
}


static void stranger_add(struct explain *e, const struct frame *f,
			 uint64_t t_ns, const char *where, const char *why)
{
	struct need_packet k = flow_key(&f->pkt, false);
	struct explain_stranger *s;

	e->unexplained++;
	k.sport = 0;
	for (size_t i = 0; i < e->nstrangers; i++) {
		s = &e->strangers[i];
		if (s->why == why && key_same(&s->key, &k) && !strcmp(s->where, where)) {
			s->packets++;
			return;
		}
	}

	if (e->nstrangers == EXPLAIN_UNEXPLAINED_MAX)
		return;

	s = &e->strangers[e->nstrangers++];
	s->packets = 1;
	s->first_ns = t_ns;
	s->why = why;
	s->key = k;
	(void)snprintf(s->where, sizeof(s->where), "%s", where);
	(void)frame_str(f, s->summary, sizeof(s->summary));
}


/** May a packet that only matches backwards stand without its request? */
static bool reply_plausible(const struct explain *e, const struct frame *f)
{
	bool opens = (f->tcp_flags & (FRAME_TCP_SYN | FRAME_TCP_ACK)) ==
		     FRAME_TCP_SYN;

	return e->forgot && !(f->pkt.transport == FLOW_TCP && opens);
}


/** @return the reason why nothing explains it, or NULL */
static const char *explain_flow(struct explain *e, const struct frame *f,
				uint64_t t_ns)
{
	struct need_packet fwd = flow_key(&f->pkt, false);
	struct need_packet back = flow_key(&f->pkt, true);
	struct flow_slot *s = flow_find(e, &fwd);
	const struct need *need;

	if (s && s->need) {
		count(e, s->need, false, f, t_ns);
		return NULL;
	}

	s = flow_find(e, &back);
	if (s && s->need) {
		count(e, s->need, true, f, t_ns);
		return NULL;
	}

	need = need_match(e->nl, &f->pkt);
	if (need) {
		flow_remember(e, &fwd, need);
		count(e, need, false, f, t_ns);
		return NULL;
	}

	need = need_match(e->nl, &back);
	if (!need)
		return "no row of the matrix has it";
	if (!reply_plausible(e, f))
		return "an answer that nobody asked for";

	count(e, need, true, f, t_ns);
	return NULL;
}


static bool flow_known(const struct explain *e, const struct need_packet *p)
{
	struct need_packet fwd = flow_key(p, false), back = flow_key(p, true);
	const struct flow_slot *s = flow_find(e, &fwd);

	if (s && s->need)
		return true;

	s = flow_find(e, &back);
	return (s && s->need) || (e->forgot && (need_match(e->nl, &fwd) ||
						need_match(e->nl, &back)));
}


static void error_count(struct explain *e, const struct need_packet *p)
{
	struct need_packet k = flow_key(p, false);
	struct flow_slot *s = flow_find(e, &k);

	if (!s || !s->need) {
		k = flow_key(p, true);
		s = flow_find(e, &k);
	}
	if (s && s->need)
		e->needs[s->need - e->nl->v].errors++;
}


static bool icmpv6_house(const struct frame *f, enum house *h)
{
	uint8_t t = f->pkt.icmp_type;

	if (f->kind != FRAME_ICMP || f->pkt.src.family != 6)
		return false;

	if (t >= 133 && t <= 137)
		*h = HOUSE_ND;
	else if ((t >= 130 && t <= 132) || t == 143)
		*h = HOUSE_MLD;
	else
		return false;

	return true;
}


static bool link_house(const struct frame *f, enum house *h)
{
	if (f->ethertype == 0x0806)
		*h = HOUSE_ARP;
	else if (f->ethertype == 0x88cc)
		*h = HOUSE_LLDP;
	else if (f->cdp)
		*h = HOUSE_CDP;
	else if (f->ethertype && f->ethertype < 1536)
		*h = HOUSE_LLC;
	else
		return false;

	return true;
}


static void frag_remember(struct explain *e, const struct frame *f)
{
	e->frags[e->nfrags++ % FRAGS_MAX] = (struct frag_slot){
		.src = f->pkt.src, .dst = f->pkt.dst, .id = f->frag_id,
		.proto = f->proto,
	};
}


static bool frag_known(const struct explain *e, const struct frame *f)
{
	for (size_t i = 0; i < FRAGS_MAX && i < e->nfrags; i++) {
		const struct frag_slot *s = &e->frags[i];

		if (s->id == f->frag_id && s->proto == f->proto &&
		    !ip_cmp(&s->src, &f->pkt.src) &&
		    !ip_cmp(&s->dst, &f->pkt.dst))
			return true;
	}

	return false;
}


/** @return the reason why nothing explains it, or NULL */
static const char *explain_one(struct explain *e, const struct frame *f,
			       uint64_t t_ns)
{
	const char *why = "no row of the matrix has it";
	enum house h;

	if (link_house(f, &h) || icmpv6_house(f, &h)) {
		e->houses[h].packets++;
		return NULL;
	}

	if (f->kind == FRAME_BROKEN)
		return "broken";

	if (f->kind == FRAME_OTHER && f->proto == 2) {
		e->houses[HOUSE_IGMP].packets++;
		return NULL;
	}

	if (f->kind == FRAME_FRAGMENT) {
		if (!frag_known(e, f))
			return "a fragment whose first part no row explains";
		e->houses[HOUSE_FRAGMENT].packets++;
		return NULL;
	}

	if (f->kind == FRAME_ICMP_ERROR && flow_known(e, &f->inner)) {
		error_count(e, &f->inner);
		e->houses[HOUSE_ICMP_ERROR].packets++;
		return NULL;
	}

	if (f->kind != FRAME_LINK && f->kind != FRAME_OTHER)
		why = explain_flow(e, f, t_ns);

	return why;
}


void explain_frame(struct explain *e, const struct frame *f, uint64_t t_ns,
		   const char *where)
{
	const char *why = explain_one(e, f, t_ns);

	e->total++;
	if (why)
		stranger_add(e, f, t_ns, where, why);
	else if (f->first_fragment)
		frag_remember(e, f);
}


const struct explain_need *explain_needs(const struct explain *e)
{
	return e->needs;
}


const struct explain_house *explain_houses(const struct explain *e)
{
	return e->houses;
}


const struct explain_stranger *explain_strangers(const struct explain *e,
						 size_t *n)
{
	*n = e->nstrangers;
	return e->strangers;
}


uint64_t explain_unexplained(const struct explain *e)
{
	return e->unexplained;
}


uint64_t explain_total(const struct explain *e)
{
	return e->total;
}
