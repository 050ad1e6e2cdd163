#include <errno.h>
#include <string.h>

#include "lib/base/jsonw.h"
#include "lib/policy/model/addrs.h"
#include "lib/policy/emit/backends.h"
#include "lib/policy/emit/qos.h"

/* 1080p30 at its best and one microphone position for each screen: with the
 * overhead a room of three screens comes to about 15 Mb/s. */
const struct qos_figure qos_figures[] = {
	{"codec", "1080p-best", "audio"},
	{"phone", NULL, "audio"},
	{NULL, NULL, NULL},
};


static unsigned kbps_of(const char *shape)
{
	return shape ? sla_shape_find(shape)->kbps : 0;
}


/** The mark of the media that such a host sends */
static uint8_t media_dscp(const struct policy *p, const struct ip_addr *a)
{
	for (size_t i = 0; i < p->nrules; i++) {
		const struct flow_row *row = p->rules[i].need->rows[0];

		if (row->protocol && !strcmp(row->protocol, "RTP") &&
		    addrs_has(&p->sets[p->rules[i].src], a))
			return row->dscp;
	}

	return 0;
}


/** Hosts behind one address of the list: a range holds many telephones. */
static uint64_t count_behind(const struct policy_interface *ifc, const struct site_host *h,
			     const struct ip_addr **first)
{
	uint64_t n = 0;

	*first = NULL;
	for (size_t i = 0; i < h->naddrs; i++) {
		const struct ip_range *r = &h->addrs[i];
		uint32_t span = 0;

		if (!addrs_has(&ifc->addrs, &r->lo))
			continue;
		if (*first && (*first)->family != r->lo.family)
			continue;	/* its second family is the same host */
		if (!*first)
			*first = &r->lo;
		for (unsigned k = 0; k < 4; k++) {
			unsigned at = r->lo.family == 4 ? k : 12 + k;

			span = span << 8 | (uint32_t)(uint8_t)(r->hi.b[at] - r->lo.b[at]);
		}
		n += (uint64_t)span + 1;
	}

	return n;
}


static void add_host(struct qos *q, size_t i, const struct site_host *h)
{
	struct qos_link *l = &q->links[i];
	const struct ip_addr *first;
	uint64_t n = count_behind(&q->policy->interfaces[i], h, &first);

	for (const struct qos_figure *f = qos_figures; n && f->role; f++) {
		uint64_t kbps;

		if (!site_host_has_role(h, f->role))
			continue;
		kbps = n * h->screens * (kbps_of(f->video) + kbps_of(f->audio));
		kbps += kbps * SLA_OVERHEAD_PERCENT / 100;
		l->screens += f->video ? (unsigned)n * h->screens : 0;
		l->handsets += f->video ? 0 : (unsigned)n;
		l->kbps[media_dscp(q->policy, first)] += kbps;
		l->total_kbps += kbps;
	}
}


int qos_build(struct qos *q, struct arena *a, const struct policy *p)
{
	*q = (struct qos){ .policy = p };
	q->links = arena_calloc(a, p->ninterfaces + 1, sizeof(*q->links));
	if (!q->links)
		return ENOMEM;

	for (size_t i = 0; i < p->ninterfaces; i++) {
		q->links[i].name = p->interfaces[i].name;
		for (size_t k = 0; k < p->site->nhosts; k++)
			add_host(q, i, &p->site->hosts[k]);
	}
	for (size_t i = 0; i < p->nrules; i++)
		q->used[p->rules[i].need->rows[0]->dscp & (QOS_DSCPS - 1)] = true;
	q->used[0] = false;

	return 0;
}


void qos_print(struct sbuf *sb, const struct qos *q)
{
	char mark[8];

	sbuf_puts(sb, "link             screens  handsets    Mb/s each way  of it by mark\n");
	for (size_t i = 0; i < q->policy->ninterfaces; i++) {
		const struct qos_link *l = &q->links[i];

		sbuf_printf(sb, "%-16s %7u  %8u  %15.1f ", l->name, l->screens, l->handsets,
			    (double)l->total_kbps / 1000);
		for (unsigned d = 0; d < QOS_DSCPS; d++)
			if (l->kbps[d])
				sbuf_printf(sb, " %s %.1f", d ? flow_dscp_str((uint8_t)d, mark) : "unmarked",
					    (double)l->kbps[d] / 1000);
		sbuf_putc(sb, '\n');
	}
	sbuf_printf(sb, "\nFigures: ");
	for (const struct qos_figure *f = qos_figures; f->role; f++)
		sbuf_printf(sb, "%s%s %u + %u kb/s", f == qos_figures ? "" : ", ", f->role,
			    kbps_of(f->video), kbps_of(f->audio));
	sbuf_printf(sb, " (video + audio for each screen or handset), + %d %% for the network.\n"
		    "All rooms at once. Recorders, gateways and signalling are not in it.\n",
		    SLA_OVERHEAD_PERCENT);
}


void qos_print_json(struct sbuf *sb, const struct qos *q)
{
	struct jsonw w = { .sb = sb };
	char mark[8];

	jsonw_object_open(&w, NULL);
	jsonw_str(&w, "firewall", q->policy->firewall->name);
	jsonw_uint(&w, "overhead_percent", SLA_OVERHEAD_PERCENT);
	jsonw_array_open(&w, "links");
	for (size_t i = 0; i < q->policy->ninterfaces; i++) {
		const struct qos_link *l = &q->links[i];

		jsonw_object_open(&w, NULL);
		jsonw_str(&w, "link", l->name);
		jsonw_uint(&w, "screens", l->screens);
		jsonw_uint(&w, "handsets", l->handsets);
		jsonw_uint(&w, "kbps", (unsigned long)l->total_kbps);
		jsonw_object_open(&w, "by_mark");
		for (unsigned d = 0; d < QOS_DSCPS; d++)
			if (l->kbps[d])
				jsonw_uint(&w, flow_dscp_str((uint8_t)d, mark), (unsigned long)l->kbps[d]);
		jsonw_close(&w);
		jsonw_close(&w);
	}
	jsonw_close(&w);
	jsonw_close(&w);
	sbuf_putc(sb, '\n');
}


void qos_put_title(struct sbuf *sb, const struct qos *q, const char *mark, const char *dialect)
{
	sbuf_printf(sb, "%s Quality of service of firewall ", mark);
	backend_put_names(sb, q->policy);
	sbuf_printf(sb, ", written by visavis policy qos --to %s.\n"
		    "%s Change the site file or the matrix, not this.\n", dialect, mark);
}


const struct qos_backend qos_backends[] = {
	{"nftables", "nft", "Linux nftables: DSCP, priority, limits", qos_nftables},
	{"ios", "ios", "Cisco IOS and IOS-XE: MQC", qos_ios},
	{"nxos", "nxos", "Cisco NX-OS: type qos and type queuing policies", qos_nxos},
	{NULL, NULL, NULL, NULL},
};
