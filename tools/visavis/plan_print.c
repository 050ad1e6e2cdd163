#include <inttypes.h>

#include "lib/base/jsonw.h"
#include "tools/visavis/plan.h"

enum { PAIRS_SHOWN = 20 };


static double mbps(uint64_t bps)
{
	return (double)bps / 1e6;
}


static uint64_t greater(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}


static void put_rooms(struct sbuf *sb, const struct sla_plan_meeting *m)
{
	for (size_t i = 0; i < m->nrooms; i++)
		sbuf_printf(sb, "%s%s", i ? " - " : "", m->rooms[i]->host->name);
}


static void put_fit(struct sbuf *sb, const struct sla_plan *p, const struct sla_plan_fit *f)
{
	if (f->fits)
		sbuf_puts(sb, "fit");
	else if (f->unknown)
		sbuf_printf(sb, "cannot tell: no bandwidth of %s in links, needs %.1f Mb/s",
			    f->link->name, mbps(f->need_bps));
	else if (f->link)
		sbuf_printf(sb, "do not fit: %s has %.1f Mb/s, needs %.1f Mb/s", f->link->name,
			    mbps(f->link->bandwidth), mbps(f->need_bps));
	else if (!p->multipoint)
		sbuf_puts(sb, "do not fit: more than two rooms need a host with the role multipoint");
	else
		sbuf_printf(sb, "do not fit: a multipoint switch takes %d pictures", SLA_SEGMENTS_MAX);
	sbuf_putc(sb, '\n');
}


static void put_links(struct sbuf *sb, const struct sla_plan *p)
{
	sbuf_puts(sb, "link               rooms screens phones  Mb/s     of  packets/s  rooms that fit\n");
	for (size_t i = 0; i < p->site->nnetworks; i++) {
		const struct sla_plan_link *l = &p->links[i];

		/* a switch's own link has no rooms and is in what is asked */
		if (!l->rooms && !l->handsets)
			continue;
		sbuf_printf(sb, "%-18.18s %5u %7u %6u %5.1f ", l->network->name, l->rooms, l->screens, l->handsets,
			    mbps(greater(l->all.bps_out, l->all.bps_in)));
		if (l->network->bandwidth)
			sbuf_printf(sb, "%6.1f", mbps(l->network->bandwidth));
		else
			sbuf_puts(sb, "     ?");
		sbuf_printf(sb, " %10" PRIu64, greater(l->all.pps_out, l->all.pps_in));
		if (l->network->bandwidth)
			sbuf_printf(sb, "  %u of %u", l->rooms_fit, l->rooms);
		sbuf_putc(sb, '\n');
	}
	sbuf_printf(sb, "\nEach way, all at once, %s%s, + %d %% for the network.\n",
		    p->video->name, p->content ? " with slides" : "", SLA_OVERHEAD_PERCENT);
	sbuf_puts(sb, "The packets are those of the access switch, each way.\n");
	if (p->multipoint)
		sbuf_printf(sb, "Multipoint switch %s with all of them: %.1f Mb/s and %" PRIu64 " packets/s in,\n"
			    "%.1f Mb/s and %" PRIu64 " packets/s out.\n", p->multipoint->name,
			    mbps(p->multipoint_load.bps_in), p->multipoint_load.pps_in,
			    mbps(p->multipoint_load.bps_out), p->multipoint_load.pps_out);
}


static void put_pairs(struct sbuf *sb, const struct sla_plan *p)
{
	size_t fits = 0, unknown = 0, shown = 0;

	for (size_t i = 0; i < p->npairs; i++) {
		fits += p->pairs[i].alone.fits;
		unknown += p->pairs[i].alone.unknown;
	}
	sbuf_printf(sb, "\nMeetings of two, each alone: %zu of %zu%s fit", fits, p->npairs, p->pairs_cut ? " or more" : "");
	if (unknown)
		sbuf_printf(sb, ", %zu cannot be told", unknown);
	sbuf_putc(sb, '\n');
	for (size_t i = 0; i < p->npairs && shown < PAIRS_SHOWN; i++) {
		if (p->pairs[i].alone.fits)
			continue;
		sbuf_puts(sb, "  ");
		put_rooms(sb, &p->pairs[i]);
		sbuf_puts(sb, ": ");
		put_fit(sb, p, &p->pairs[i].alone);
		shown++;
	}
	if (p->npairs - fits > shown)
		sbuf_printf(sb, "  and %zu more\n", p->npairs - fits - shown);

	sbuf_printf(sb, "Meetings of two at once%s: %s%zu", unknown ? " (links not given carry all)" :
		    "", p->most_exact ? "at most " : "at least ", p->nmost);
	for (size_t i = 0; i < p->nmost && i < PAIRS_SHOWN; i++) {
		sbuf_puts(sb, i ? "\n  " : ", such as\n  ");
		put_rooms(sb, &p->most[i]);
	}
	sbuf_puts(sb, "\n");
	if (p->nrooms > 2) {
		sbuf_puts(sb, "All rooms in one meeting: ");
		put_fit(sb, p, &p->every);
	}
}


static void put_asked(struct sbuf *sb, const struct plan_ask *ask)
{
	if (!ask->nmeetings)
		return;
	sbuf_puts(sb, "\nAsked for:\n");
	for (size_t i = 0; i < ask->nmeetings; i++) {
		sbuf_puts(sb, "  ");
		put_rooms(sb, &ask->meetings[i]);
		sbuf_puts(sb, ": ");
		put_fit(sb, &ask->plan, &ask->meetings[i].alone);
	}
	if (ask->nmeetings > 1) {
		sbuf_puts(sb, "  all at once: ");
		put_fit(sb, &ask->plan, &ask->together);
	}
}


static void put_path(struct sbuf *sb, const struct plan_ask *ask, const struct sla_plan_path *path)
{
	const struct sla_profile *pr = sla_profiles;

	sbuf_printf(sb, "  %s to %s, %s: %s\n", path->from->name, path->to->name, path->profiles,
		    sla_answer_name(path->answer));
	for (size_t i = 0; i < path->nreasons; i++)
		sbuf_printf(sb, "    %s\n", path->reasons[i]);
	if (path->answer != SLA_FIT)
		return;
	/* the table begins with what sends most */
	while (pr->name && (sla_profile_kbps(pr, false) > path->kbps || sla_profile_pps(pr) > path->pps))
		pr++;
	if (pr->name && sla_profile_kbps(pr, false))
		sbuf_printf(sb, "    for %s and all that send less\n", pr->name);
}


static void put_measured(struct sbuf *sb, const struct plan_ask *ask)
{
	const struct sla_plan *p = &ask->plan;
	size_t n[SLA_UNFIT + 1] = {0}, shown = 0;

	if (!ask->npaths)
		return;
	sbuf_puts(sb, "\nMeasured:\n");
	for (size_t i = 0; i < ask->npaths; i++)
		put_path(sb, ask, &ask->paths[i]);

	sbuf_puts(sb, "\nPaths between rooms of different networks:\n");
	for (size_t i = 0; i < p->npairs; i++) {
		const struct sla_plan_path *by;
		enum sla_answer a = sla_plan_pair_answer(p, &p->pairs[i], ask->paths, ask->npaths, &by);

		if (p->pairs[i].rooms[0]->net == p->pairs[i].rooms[1]->net)
			continue;
		n[a]++;
		if (shown++ >= PAIRS_SHOWN)
			continue;
		sbuf_puts(sb, "  ");
		put_rooms(sb, &p->pairs[i]);
		sbuf_printf(sb, ": %s%s\n", sla_answer_name(a), by ? "" : ", not measured at this rate");
	}
	sbuf_printf(sb, "  %zu fit, %zu unfit, %zu cannot tell\n", n[SLA_FIT], n[SLA_UNFIT], n[SLA_UNKNOWN]);
}


void plan_print_text(struct sbuf *sb, const struct plan_ask *ask)
{
	put_links(sb, &ask->plan);
	put_pairs(sb, &ask->plan);
	put_asked(sb, ask);
	put_measured(sb, ask);
}


static void json_fit(struct jsonw *w, const struct sla_plan_fit *f)
{
	jsonw_str(w, "answer", f->fits ? "fit" : f->unknown ? "cannot tell" : "unfit");
	jsonw_str(w, "link", f->link ? f->link->name : NULL);
	if (f->link)
		jsonw_uint(w, "needs_bps", (unsigned long)f->need_bps);
}


static void json_rooms(struct jsonw *w, const struct sla_plan_meeting *m)
{
	jsonw_list_open(w, "rooms");
	for (size_t i = 0; i < m->nrooms; i++)
		jsonw_str(w, NULL, m->rooms[i]->host->name);
	jsonw_close(w);
}


static void json_load(struct jsonw *w, const struct sla_load *l)
{
	jsonw_uint(w, "bps_out", (unsigned long)l->bps_out);
	jsonw_uint(w, "bps_in", (unsigned long)l->bps_in);
	jsonw_uint(w, "packets_out", (unsigned long)l->pps_out);
	jsonw_uint(w, "packets_in", (unsigned long)l->pps_in);
}


static void json_links(struct jsonw *w, const struct sla_plan *p)
{
	jsonw_array_open(w, "links");
	for (size_t i = 0; i < p->site->nnetworks; i++) {
		const struct sla_plan_link *l = &p->links[i];

		jsonw_object_open(w, NULL);
		jsonw_str(w, "network", l->network->name);
		if (l->network->bandwidth)
			jsonw_uint(w, "bandwidth_bps", (unsigned long)l->network->bandwidth);
		else
			jsonw_null(w, "bandwidth_bps");
		jsonw_uint(w, "rooms", l->rooms);
		jsonw_uint(w, "screens", l->screens);
		jsonw_uint(w, "handsets", l->handsets);
		json_load(w, &l->all);
		if (l->network->bandwidth)
			jsonw_uint(w, "rooms_fit", l->rooms_fit);
		jsonw_close(w);
	}
	jsonw_close(w);
	if (!p->multipoint)
		return;
	jsonw_object_open(w, "multipoint");
	jsonw_str(w, "host", p->multipoint->name);
	json_load(w, &p->multipoint_load);
	jsonw_close(w);
}


static void json_pairs(struct jsonw *w, const struct plan_ask *ask)
{
	const struct sla_plan *p = &ask->plan;

	jsonw_array_open(w, "pairs");
	for (size_t i = 0; i < p->npairs; i++) {
		const struct sla_plan_path *by;

		jsonw_object_open(w, NULL);
		json_rooms(w, &p->pairs[i]);
		json_fit(w, &p->pairs[i].alone);
		jsonw_uint(w, "media_kbps", sla_plan_pair_kbps(p, p->pairs[i].rooms[0], p->pairs[i].rooms[1]));
		if (ask->npaths) {
			jsonw_str(w, "path", sla_answer_name(sla_plan_pair_answer(p, &p->pairs[i], ask->paths,
									  ask->npaths, &by)));
			jsonw_str(w, "measured", by ? by->file : NULL);
		}
		jsonw_close(w);
	}
	jsonw_close(w);
	jsonw_bool(w, "pairs_cut", p->pairs_cut);
	jsonw_array_open(w, "at_once");
	for (size_t i = 0; i < p->nmost; i++) {
		jsonw_object_open(w, NULL);
		json_rooms(w, &p->most[i]);
		jsonw_close(w);
	}
	jsonw_close(w);
	jsonw_bool(w, "at_once_exact", p->most_exact);
	jsonw_object_open(w, "all_in_one");
	json_fit(w, &p->every);
	jsonw_close(w);
}


static void json_asked(struct jsonw *w, const struct plan_ask *ask)
{
	jsonw_array_open(w, "meetings");
	for (size_t i = 0; i < ask->nmeetings; i++) {
		jsonw_object_open(w, NULL);
		json_rooms(w, &ask->meetings[i]);
		json_fit(w, &ask->meetings[i].alone);
		jsonw_close(w);
	}
	jsonw_close(w);
	if (ask->nmeetings) {
		jsonw_object_open(w, "meetings_at_once");
		json_fit(w, &ask->together);
		jsonw_close(w);
	}
	jsonw_array_open(w, "measured");
	for (size_t i = 0; i < ask->npaths; i++) {
		const struct sla_plan_path *path = &ask->paths[i];

		jsonw_object_open(w, NULL);
		jsonw_str(w, "file", path->file);
		jsonw_str(w, "from", path->from->name);
		jsonw_str(w, "to", path->to->name);
		jsonw_str(w, "profiles", path->profiles);
		jsonw_str(w, "verdict", sla_answer_name(path->answer));
		jsonw_array_open(w, "reasons");
		for (size_t k = 0; k < path->nreasons; k++)
			jsonw_str(w, NULL, path->reasons[k]);
		jsonw_close(w);
		jsonw_close(w);
	}
	jsonw_close(w);
}


void plan_print_json(struct sbuf *sb, const struct plan_ask *ask)
{
	struct jsonw w = { .sb = sb };

	jsonw_object_open(&w, NULL);
	jsonw_str(&w, "site", ask->site.name);
	jsonw_str(&w, "quality", ask->plan.video->name);
	jsonw_bool(&w, "content", ask->plan.content);
	jsonw_uint(&w, "overhead_percent", SLA_OVERHEAD_PERCENT);
	json_links(&w, &ask->plan);
	json_pairs(&w, ask);
	json_asked(&w, ask);
	jsonw_close(&w);
}
