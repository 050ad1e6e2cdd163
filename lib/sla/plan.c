#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/sla/plan.h"

/* A first answer of the search takes a step for every two rooms. */
enum { PAIRS_MAX = 4000, STEPS_MAX = SLA_PLAN_ROOMS_MAX * SLA_PLAN_ROOMS_MAX, HANDSETS_MAX = 1 << 18 };

/* Loads of all links while meetings are put on them. */
struct loads {
	const struct sla_plan *p;
	struct sla_load *v;		/* [nnetworks] */
	unsigned segments;
	bool no_switch;
};


static uint64_t with_overhead(uint64_t kbps)
{
	return kbps * 10 * (100 + SLA_OVERHEAD_PERCENT);
}


static unsigned mics(unsigned screens)
{
	return screens < SLA_LOUDEST ? screens : SLA_LOUDEST;
}


/* So many pictures and sounds, one way. */
static struct sla_load way(const struct sla_plan *p, unsigned pictures, unsigned sounds)
{
	const struct sla_shape *audio = p->audio, *content = p->slides;
	unsigned shared = p->content && pictures;
	uint64_t kbps = (uint64_t)pictures * p->video->kbps + (uint64_t)sounds * audio->kbps +
		shared * content->kbps;
	uint64_t pps = (uint64_t)pictures * p->video->pps + (uint64_t)sounds * audio->pps +
		shared * content->pps;

	return (struct sla_load){ .bps_out = with_overhead(kbps), .pps_out = pps };
}


static void add_out(struct sla_load *l, struct sla_load way_out)
{
	l->bps_out += way_out.bps_out;
	l->pps_out += way_out.pps_out;
}


static void add_in(struct sla_load *l, struct sla_load way_in)
{
	l->bps_in += way_in.bps_out;
	l->pps_in += way_in.pps_out;
}


/* From one network to another. */
static void flow(struct loads *l, unsigned from, unsigned to, struct sla_load load)
{
	if (from == to)
		return;
	add_out(&l->v[from], load);
	add_in(&l->v[to], load);
}


static unsigned smaller(unsigned a, unsigned b)
{
	return a < b ? a : b;
}


static void meeting_add(struct loads *l, const struct sla_plan_meeting *m)
{
	const struct sla_plan *p = l->p;
	unsigned sounds = 0;

	if (m->nrooms == 2) {
		const struct sla_plan_room *x = m->rooms[0], *y = m->rooms[1];
		unsigned n = smaller(x->host->screens, y->host->screens);

		flow(l, x->net, y->net, way(p, n, mics(x->host->screens)));
		flow(l, y->net, x->net, way(p, n, mics(y->host->screens)));
		return;
	}
	if (!p->multipoint) {
		l->no_switch = true;
		return;
	}
	for (size_t i = 0; i < m->nrooms; i++)
		sounds += m->rooms[i]->host->screens;
	for (size_t i = 0; i < m->nrooms; i++) {
		unsigned screens = m->rooms[i]->host->screens;

		l->segments += screens;
		flow(l, m->rooms[i]->net, p->multipoint_net, way(p, screens, screens));
		flow(l, p->multipoint_net, m->rooms[i]->net, way(p, screens, mics(sounds - screens)));
	}
}


static uint64_t greater(const struct sla_load *l)
{
	return l->bps_out > l->bps_in ? l->bps_out : l->bps_in;
}


/* A link that is too narrow comes before one that is not known. */
static void loads_judge(struct sla_plan_fit *fit, const struct loads *l)
{
	const struct site *s = l->p->site;

	*fit = (struct sla_plan_fit){ .fits = !l->no_switch && l->segments <= SLA_SEGMENTS_MAX };
	for (size_t i = 0; i < s->nnetworks; i++) {
		uint64_t need = greater(&l->v[i]), have = s->networks[i].bandwidth;

		if (!need || (have && need <= have) || (!have && fit->link))
			continue;
		if (have && fit->link && !fit->unknown)
			continue;
		fit->fits = false;
		fit->unknown = !have;
		fit->link = &s->networks[i];
		fit->need_bps = need;
	}
}


int sla_plan_at_once(struct sla_plan_fit *fit, struct arena *tmp, const struct sla_plan *p,
		     const struct sla_plan_meeting *m, size_t n)
{
	struct loads l = { .p = p, .v = arena_calloc(tmp, p->site->nnetworks, sizeof(*l.v)) };

	if (!l.v)
		return ENOMEM;
	for (size_t i = 0; i < n; i++)
		meeting_add(&l, &m[i]);
	loads_judge(fit, &l);
	return 0;
}


unsigned sla_plan_pair_kbps(const struct sla_plan *p, const struct sla_plan_room *x,
			    const struct sla_plan_room *y)
{
	unsigned n = smaller(x->host->screens, y->host->screens);
	unsigned sounds = x->host->screens > y->host->screens ? x->host->screens : y->host->screens;

	return (unsigned)(way(p, n, mics(sounds)).bps_out / (10 * (100 + SLA_OVERHEAD_PERCENT)));
}


static bool net_of(const struct sla_plan *p, const struct site_host *h, unsigned *net)
{
	if (!h->naddrs || !h->networks[0])
		return false;
	*net = (unsigned)(h->networks[0] - p->site->networks);
	return true;
}


/* The low 32 bits of an address. */
static uint32_t low_of(const struct ip_addr *ip)
{
	const uint8_t *b = ip->b + (ip->family == 4 ? 0 : 12);

	return (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
}


/* A range holds many telephones; more than that no link carries. */
static unsigned hosts_of(const struct site_host *h)
{
	const struct ip_addr *lo = &h->addrs[0].lo, *hi = &h->addrs[0].hi;
	uint32_t n = low_of(hi) - low_of(lo);

	if (lo->family == 6 && memcmp(lo->b, hi->b, 12) != 0)
		return HANDSETS_MAX;
	return n < HANDSETS_MAX ? n + 1 : HANDSETS_MAX;
}


static int hosts_read(struct sla_plan *p)
{
	for (size_t i = 0; i < p->site->nhosts; i++) {
		const struct site_host *h = &p->site->hosts[i];
		struct sla_load sounds;
		unsigned net;

		if (!net_of(p, h, &net))
			continue;
		if (site_host_has_role(h, "multipoint") && !p->multipoint) {
			p->multipoint = h;
			p->multipoint_net = net;
		}
		if (site_host_has_role(h, "phone")) {
			sounds = way(p, 0, hosts_of(h));
			p->links[net].handsets += hosts_of(h);
			add_out(&p->links[net].all, sounds);
			add_in(&p->links[net].all, sounds);
		}
		if (!site_host_has_role(h, "codec"))
			continue;
		if (p->nrooms == SLA_PLAN_ROOMS_MAX)
			return EOVERFLOW;
		p->rooms[p->nrooms++] = (struct sla_plan_room){ h, net };
	}

	return p->nrooms ? 0 : ENODATA;
}


/* Every room sends and gets what a meeting at its full size takes. */
static void links_fill(struct sla_plan *p)
{
	for (size_t i = 0; i < p->nrooms; i++) {
		struct sla_plan_link *l = &p->links[p->rooms[i].net];
		unsigned screens = p->rooms[i].host->screens;
		struct sla_load full = way(p, screens, screens);

		l->rooms++;
		l->screens += screens;
		add_out(&l->all, full);
		add_in(&l->all, full);
		add_in(&p->multipoint_load, full);
		add_out(&p->multipoint_load, way(p, screens, SLA_LOUDEST));
	}
	for (size_t i = 0; i < p->site->nnetworks; i++) {
		uint64_t used = 0;

		for (unsigned screens = 3; screens; screens--)
			for (size_t k = 0; k < p->nrooms; k++) {
				uint64_t need = way(p, screens, screens).bps_out;

				if (p->rooms[k].net != i || p->rooms[k].host->screens != screens)
					continue;
				if (used + need > p->site->networks[i].bandwidth)
					continue;
				used += need;
				p->links[i].rooms_fit++;
			}
	}
}


static int pair_make(struct sla_plan_meeting *m, struct arena *a, const struct sla_plan_room *x,
		     const struct sla_plan_room *y)
{
	*m = (struct sla_plan_meeting){ .rooms = arena_calloc(a, 2, sizeof(*m->rooms)), .nrooms = 2 };
	if (!m->rooms)
		return ENOMEM;
	m->rooms[0] = x;
	m->rooms[1] = y;
	return 0;
}


static int pairs_make(struct sla_plan *p, struct arena *a)
{
	size_t n = p->nrooms * (p->nrooms - 1) / 2;

	p->pairs_cut = n > PAIRS_MAX;
	p->pairs = arena_calloc(a, (n < PAIRS_MAX ? n : PAIRS_MAX) + 1, sizeof(*p->pairs));
	if (!p->pairs)
		return ENOMEM;
	for (size_t i = 0; i < p->nrooms; i++)
		for (size_t k = i + 1; k < p->nrooms && p->npairs < PAIRS_MAX; k++) {
			struct sla_plan_meeting *m = &p->pairs[p->npairs++];
			struct arena tmp = {0};
			int err = pair_make(m, a, &p->rooms[i], &p->rooms[k]);

			if (!err)
				err = sla_plan_at_once(&m->alone, &tmp, p, m, 1);
			arena_reset(&tmp);
			if (err)
				return err;
		}
	return 0;
}


/* The search for the most meetings of two at once. */
struct search {
	struct loads l;
	bool *used;			/* [nrooms] */
	struct pair {
		const struct sla_plan_room *rooms[2];
	} *now, *best;
	size_t n, nbest;
	unsigned long steps;
};


/* A link without a bandwidth is no limit here; the answer says so. */
static bool link_holds(const struct search *s, unsigned net)
{
	uint64_t have = s->l.p->site->networks[net].bandwidth;

	return !have || greater(&s->l.v[net]) <= have;
}


/* One more meeting; all others have been found to fit. */
static bool pair_try(struct search *s, const struct sla_plan_room *x, const struct sla_plan_room *y)
{
	struct pair *pair = &s->now[s->n];
	const struct sla_plan_meeting m = { .rooms = pair->rooms, .nrooms = 2 };

	*pair = (struct pair){{x, y}};
	meeting_add(&s->l, &m);
	return link_holds(s, x->net) && link_holds(s, y->net);
}


static void search_from(struct search *s, const struct sla_plan *p, size_t i)
{
	while (i < p->nrooms && s->used[i])
		i++;
	if (s->n > s->nbest) {
		memcpy(s->best, s->now, s->n * sizeof(*s->now));
		s->nbest = s->n;
	}
	if (i >= p->nrooms || s->n + (p->nrooms - i) / 2 <= s->nbest || s->steps > STEPS_MAX)
		return;

	s->used[i] = true;
	for (size_t k = i + 1; k < p->nrooms && s->steps <= STEPS_MAX; k++) {
		const unsigned x = p->rooms[i].net, y = p->rooms[k].net;
		struct sla_load was[2] = {s->l.v[x], s->l.v[y]};

		s->steps++;
		if (s->used[k])
			continue;
		if (pair_try(s, &p->rooms[i], &p->rooms[k])) {
			s->used[k] = true;
			s->n++;
			search_from(s, p, i + 1);
			s->n--;
			s->used[k] = false;
		}
		s->l.v[x] = was[0];
		s->l.v[y] = was[1];
	}
	search_from(s, p, i + 1);
	s->used[i] = false;
}


static int most_find(struct sla_plan *p, struct arena *a)
{
	struct search s = {
		.l = { .p = p, .v = arena_calloc(a, p->site->nnetworks, sizeof(*s.l.v)) },
		.used = arena_calloc(a, p->nrooms, sizeof(*s.used)),
		.now = arena_calloc(a, p->nrooms / 2 + 1, sizeof(*s.now)),
		.best = arena_calloc(a, p->nrooms / 2 + 1, sizeof(*s.best)),
	};

	p->most = arena_calloc(a, p->nrooms / 2 + 1, sizeof(*p->most));
	if (!s.l.v || !s.used || !s.now || !s.best || !p->most)
		return ENOMEM;
	search_from(&s, p, 0);
	for (size_t i = 0; i < s.nbest; i++)
		if (pair_make(&p->most[p->nmost++], a, s.best[i].rooms[0], s.best[i].rooms[1]))
			return ENOMEM;
	p->most_exact = s.steps <= STEPS_MAX;
	return 0;
}


static int every_judge(struct sla_plan *p, struct arena *a)
{
	struct sla_plan_meeting all = {
		.rooms = arena_calloc(a, p->nrooms, sizeof(*all.rooms)), .nrooms = p->nrooms,
	};

	if (!all.rooms)
		return ENOMEM;
	for (size_t i = 0; i < p->nrooms; i++)
		all.rooms[i] = &p->rooms[i];
	return sla_plan_at_once(&p->every, a, p, &all, p->nrooms > 1);
}


int sla_plan_make(struct sla_plan *p, struct arena *a, const struct site *s, const char *quality,
		  bool content)
{
	int err;

	*p = (struct sla_plan){
		.site = s, .content = content, .video = sla_shape_find(quality),
		.audio = sla_shape_find("audio"), .slides = sla_shape_find("content"),
	};
	if (!p->video || p->video->kind != SLA_VIDEO)
		return ENOENT;
	p->rooms = arena_calloc(a, SLA_PLAN_ROOMS_MAX, sizeof(*p->rooms));
	p->links = arena_calloc(a, s->nnetworks + 1, sizeof(*p->links));
	if (!p->rooms || !p->links)
		return ENOMEM;
	for (size_t i = 0; i < s->nnetworks; i++)
		p->links[i].network = &s->networks[i];

	err = hosts_read(p);
	if (err)
		return err;
	links_fill(p);
	err = pairs_make(p, a);
	if (!err)
		err = most_find(p, a);
	return err ? err : every_judge(p, a);
}


static const struct sla_plan_room *room_find(const struct sla_plan *p, const char *name, size_t n)
{
	for (size_t i = 0; i < p->nrooms; i++)
		if (strlen(p->rooms[i].host->name) == n && !memcmp(p->rooms[i].host->name, name, n))
			return &p->rooms[i];
	return NULL;
}


int sla_plan_meeting_read(struct sla_plan_meeting *m, struct arena *a, const struct sla_plan *p,
			  const char *names, const char **bad)
{
	*m = (struct sla_plan_meeting){ .rooms = arena_calloc(a, p->nrooms, sizeof(*m->rooms)) };
	if (!m->rooms)
		return ENOMEM;

	for (const char *at = names;; at++) {
		size_t n = strcspn(at, ",");
		const struct sla_plan_room *r = room_find(p, at, n);

		*bad = arena_strndup(a, at, n);
		if (!r)
			return ENOENT;
		for (size_t i = 0; i < m->nrooms; i++)
			if (m->rooms[i] == r)
				return EINVAL;
		m->rooms[m->nrooms++] = r;
		at += n;
		if (!*at)
			break;
	}
	if (m->nrooms < 2)
		return EINVAL;
	return sla_plan_at_once(&m->alone, a, p, m, 1);
}
