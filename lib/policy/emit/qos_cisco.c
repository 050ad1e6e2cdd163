/*
 * Marking, queueing and policing for Cisco's IOS and NX-OS. What a packet is
 * can only be told where it comes in, with its source behind that interface:
 * each interface has classes of its own, from the same entries as its access
 * list, and marks by them. Where it leaves, the mark alone decides.
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/emit/cisco.h"
#include "lib/policy/emit/qos.h"

/** Shares of what media leaves, in per cent, as long as others want it too */
enum { SHARE_OTHERS = 5 };

/** System-defined classes of a Nexus 9000 with four queues */
enum { GROUP_MEDIA = 3, GROUP_OTHERS = 2 };

struct words {
	const struct cisco_dialect *d;
	const char *type_qos;		/**< after "class-map", "policy-map" */
	bool groups;			/**< marks choose queues by number */
};

struct out {
	struct cisco o;
	const struct qos *q;
	const struct words *w;
	bool here[QOS_DSCPS];		/**< classes of the interface at hand */
};


static bool is_media(const struct qos *q, unsigned dscp)
{
	for (size_t i = 0; i < q->policy->ninterfaces; i++)
		if (q->links[i].kbps[dscp])
			return true;

	return false;
}


/** "cs4" */
static const char *mark_word(unsigned dscp, char buf[8])
{
	(void)flow_dscp_str((uint8_t)dscp, buf);
	for (char *c = buf; *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return buf;
}


/** The entries of a list with that mark, whatever TCP's flags. */
static int choose(struct acl *out, struct arena *a, const struct acl *l, unsigned dscp)
{
	*out = *l;
	out->nentries = 0;
	out->entries = arena_calloc(a, l->nentries + 1, sizeof(*out->entries));
	if (!out->entries)
		return ENOMEM;

	for (size_t i = 0; i < l->nentries; i++) {
		const struct acl_entry *e = &l->entries[i];

		if (e->rule->need->rows[0]->dscp != dscp || e->transport == FLOW_ICMP)
			continue;
		out->entries[out->nentries] = *e;
		out->entries[out->nentries].base = 0;
		out->entries[out->nentries++].established = false;
	}

	return 0;
}


/** One list, of one family: its name goes to `names` */
static int put_class_list(struct out *out, const struct acl *l, unsigned dscp, struct sbuf *names)
{
	char mark[8];
	struct acl part;
	int err = choose(&part, out->o.mem, l, dscp);

	if (err || !part.nentries)
		return err;
	part.name = arena_printf(out->o.mem, "VISAVIS-%u-%s%s", l->iface + 1,
				 flow_dscp_str((uint8_t)dscp, mark), l->family == 6 ? "-V6" : "");
	if (!part.name)
		return ENOMEM;

	out->o.d->put_list(&out->o, &part);
	sbuf_printf(names, " match access-group name %s\n", part.name);
	return cisco_put_entries(&out->o, &part);
}


/** The class of a mark at an interface: what its lists say. */
static int put_class(struct out *out, unsigned iface, unsigned dscp)
{
	const struct acl_plan *plan = out->o.plan;
	struct sbuf names = {0};
	char mark[8];
	int err = 0;

	for (size_t i = 0; !err && i < plan->nlists; i++)
		if (plan->lists[i].iface == iface)
			err = put_class_list(out, &plan->lists[i], dscp, &names);
	out->here[dscp] = names.len > 0;
	if (!err && names.len)
		sbuf_printf(out->o.sb, "!\nclass-map %smatch-any VISAVIS-%u-%s\n%s", out->w->type_qos, iface + 1,
			    flow_dscp_str((uint8_t)dscp, mark), sbuf_str(&names));
	err = err ? err : names.err;
	sbuf_reset(&names);
	return err;
}


static void put_marking(struct out *out, unsigned iface)
{
	const struct qos_link *l = &out->q->links[iface];
	struct sbuf *sb = out->o.sb;
	char mark[8];

	sbuf_printf(sb, "!\npolicy-map %sVISAVIS-IN-%u\n", out->w->type_qos, iface + 1);
	for (unsigned d = 1; d < QOS_DSCPS; d++) {
		if (!out->here[d])
			continue;
		sbuf_printf(sb, " class VISAVIS-%u-%s\n", iface + 1, flow_dscp_str((uint8_t)d, mark));
		sbuf_printf(sb, "  set dscp %s\n", mark_word(d, mark));
		if (out->w->groups)
			sbuf_printf(sb, "  set qos-group %d\n", is_media(out->q, d) ? GROUP_MEDIA : GROUP_OTHERS);
		if (out->w->groups && l->kbps[d])
			sbuf_printf(sb, "  police cir %llu kbps bc 200 ms conform transmit violate drop\n",
				    (unsigned long long)l->kbps[d]);
		else if (l->kbps[d])
			sbuf_printf(sb, "  police cir %llu conform-action transmit exceed-action drop\n",
				    (unsigned long long)l->kbps[d] * 1000);
	}
	sbuf_puts(sb, " class class-default\n  set dscp default\n");
}


static int put_inputs(struct out *out)
{
	int err = 0;

	for (unsigned i = 0; !err && i < out->q->policy->ninterfaces; i++) {
		memset(out->here, 0, sizeof(out->here));
		for (unsigned d = 1; !err && d < QOS_DSCPS; d++)
			if (out->q->used[d])
				err = put_class(out, i, d);
		put_marking(out, i);
	}

	return err;
}


static int start(struct out *out, struct acl_plan *plan, struct sbuf *sb, struct arena *a,
		 const struct qos *q, const struct words *w)
{
	*out = (struct out){ .q = q, .w = w, .o = { .sb = sb, .mem = a, .plan = plan, .d = w->d } };
	qos_put_title(sb, q, "!", w->d->to);
	return acl_plan(plan, a, q->policy, &w->d->want);
}


static void put_list(struct cisco *o, const struct acl *l)
{
	sbuf_printf(o->sb, "!\n%s %s\n", l->family == 6 ? "ipv6 access-list" :
		    o->d->prefixes ? "ip access-list" : "ip access-list extended", l->name);
}


static void put_start(struct cisco *o, const struct acl *l, uint32_t seq)
{
	sbuf_putc(o->sb, ' ');
}


static void put_remark(struct cisco *o, const struct acl *l, uint32_t seq, const char *text)
{
	sbuf_printf(o->sb, " remark %s\n", text);
}


/** Media first, and never more than the rooms behind the link take; the other
 *  rows' marks have a share that nothing starves. */
static void ios_queue(struct out *out, unsigned iface)
{
	const struct qos_link *l = &out->q->links[iface];
	struct sbuf *sb = out->o.sb;
	char mark[8];

	sbuf_printf(sb, "!\npolicy-map VISAVIS-OUT-%u\n", iface + 1);
	for (unsigned d = 1; d < QOS_DSCPS; d++) {
		if (!out->q->used[d] || (is_media(out->q, d) && !l->kbps[d]))
			continue;
		sbuf_printf(sb, " class VISAVIS-OUT-%s\n", flow_dscp_str((uint8_t)d, mark));
		if (l->kbps[d])
			sbuf_printf(sb, "  priority %llu\n", (unsigned long long)l->kbps[d]);
		else
			sbuf_printf(sb, "  bandwidth remaining percent %d\n", SHARE_OTHERS);
	}
	sbuf_printf(sb, " class class-default\n  fair-queue\n!\ninterface %s\n"
		    " service-policy input VISAVIS-IN-%u\n service-policy output VISAVIS-OUT-%u\n",
		    l->name, iface + 1, iface + 1);
}


int qos_ios(struct sbuf *sb, struct arena *a, const struct qos *q)
{
	static const struct cisco_dialect d = {
		.to = "ios", .eq_list4 = true,
		.put_list = put_list, .put_start = put_start, .put_remark = put_remark,
	};
	static const struct words w = { .d = &d, .type_qos = "" };
	struct acl_plan plan;
	struct out out;
	char mark[8];
	int err = start(&out, &plan, sb, a, q, &w);

	if (!err)
		err = put_inputs(&out);
	for (unsigned m = 1; m < QOS_DSCPS; m++) {
		if (!q->used[m])
			continue;
		sbuf_printf(sb, "!\nclass-map match-all VISAVIS-OUT-%s\n", flow_dscp_str((uint8_t)m, mark));
		sbuf_printf(sb, " match dscp %s\n", mark_word(m, mark));
	}
	for (unsigned i = 0; i < q->policy->ninterfaces; i++)
		ios_queue(&out, i);
	sbuf_puts(sb, "!\nend\n");

	return err ? err : sb->err;
}


/** One for all ports: the queues are the switch's own. */
static void nxos_queues(struct sbuf *sb)
{
	sbuf_printf(sb, "!\npolicy-map type queuing VISAVIS-OUT\n"
		    " class type queuing c-out-q%d\n  priority level 1\n"
		    " class type queuing c-out-q%d\n  bandwidth remaining percent %d\n"
		    " class type queuing c-out-q1\n  bandwidth remaining percent 0\n"
		    " class type queuing c-out-q-default\n  bandwidth remaining percent %d\n",
		    GROUP_MEDIA, GROUP_OTHERS, 2 * SHARE_OTHERS, 100 - 2 * SHARE_OTHERS);
}


int qos_nxos(struct sbuf *sb, struct arena *a, const struct qos *q)
{
	static const struct cisco_dialect d = {
		.to = "nxos", .prefixes = true,
		.put_list = put_list, .put_start = put_start, .put_remark = put_remark,
	};
	static const struct words w = { .d = &d, .type_qos = "type qos ", .groups = true };
	struct acl_plan plan;
	struct out out;
	int err = start(&out, &plan, sb, a, q, &w);

	sbuf_puts(sb, "! Queues by the names of a Nexus 9000 with four of them; others name theirs otherwise.\n");
	if (!err)
		err = put_inputs(&out);
	nxos_queues(sb);
	for (unsigned i = 0; i < q->policy->ninterfaces; i++)
		sbuf_printf(sb, "!\ninterface %s\n service-policy type qos input VISAVIS-IN-%u\n"
			    " service-policy type queuing output VISAVIS-OUT\n", q->links[i].name, i + 1);

	return err ? err : sb->err;
}
