/* What measurements say of the paths of a plan. */
#include <errno.h>
#include <string.h>

#include "lib/base/jsonr.h"
#include "lib/sla/plan.h"


static int end_read(const struct site_host **h, unsigned *net, struct arena *a, const struct sla_plan *p,
		    const struct jsonr *root, const char *key, const char **what)
{
	const char *name = jsonr_str(root, key);

	*h = name ? site_host_find(p->site, name) : NULL;
	if (!name)
		*what = arena_printf(a, "no \"%s\": is it the JSON of a measurement?", key);
	else if (!*h || !(*h)->naddrs || !(*h)->networks[0])
		*what = arena_printf(a, "no host \"%.64s\" in this site", name);
	else
		*net = (unsigned)((*h)->networks[0] - p->site->networks);
	return *what ? EBADMSG : 0;
}


static int profiles_read(struct sla_plan_path *path, struct arena *a, const struct jsonr *root,
			 const char **what)
{
	unsigned n = 0;

	for (const struct jsonr *v = jsonr_each(root, "profiles"); v; v = v->next) {
		const struct sla_profile *pr = v->type == JSONR_STRING ? sla_profile_find(v->s) : NULL;

		/* each has a stream at least */
		if (!pr || n++ == SLA_PROFILE_STREAMS_MAX) {
			*what = arena_printf(a, pr ? "line %u: more profiles than a measurement has" :
					     "line %u: no such profile", v->line);
			return EBADMSG;
		}
		path->kbps += sla_profile_kbps(pr, false);
		path->pps += sla_profile_pps(pr);
		path->profiles = path->profiles ? arena_printf(a, "%s+%s", path->profiles, pr->name) : pr->name;
		if (!path->profiles)
			return ENOMEM;
	}
	if (!path->profiles)
		path->profiles = "no profile";
	return 0;
}


static int answer_read(struct sla_plan_path *path, struct arena *a, const struct jsonr *root,
		       const char **what)
{
	const char *verdict = jsonr_str(root, "verdict");
	size_t n = 0;

	for (unsigned i = SLA_FIT; i <= SLA_UNFIT; i++) {
		if (!verdict || strcmp(verdict, sla_answer_name((enum sla_answer)i)))
			continue;
		path->answer = (enum sla_answer)i;
		for (const struct jsonr *v = jsonr_each(root, "checks"); v; v = v->next)
			n++;
		path->reasons = arena_calloc(a, n + 1, sizeof(*path->reasons));
		if (!path->reasons)
			return ENOMEM;
		for (const struct jsonr *v = jsonr_each(root, "checks"); v; v = v->next) {
			const char *answer = jsonr_str(v, "answer"), *text = jsonr_str(v, "text");

			if (answer && text && !strcmp(answer, verdict) && i != SLA_FIT)
				path->reasons[path->nreasons++] = text;
		}
		return 0;
	}
	*what = "no \"verdict\": is it the JSON of a measurement?";
	return EBADMSG;
}


int sla_plan_path_read(struct sla_plan_path *path, struct arena *a, const struct sla_plan *p,
		       const char *file, const char *text, size_t len, const char **what)
{
	struct jsonr_error e = {0};
	struct jsonr *root;
	int err = jsonr_parse(&root, a, text, len, &e);

	*path = (struct sla_plan_path){ .file = file };
	*what = NULL;
	if (err == ENOMEM)
		return err;
	if (err) {
		*what = arena_printf(a, "line %u: %s", e.line, e.what);
		return EBADMSG;
	}
	err = end_read(&path->from, &path->net_from, a, p, root, "from", what);
	if (!err)
		err = end_read(&path->to, &path->net_to, a, p, root, "to", what);
	if (!err)
		err = profiles_read(path, a, root, what);
	return err ? err : answer_read(path, a, root, what);
}


static bool covers(const struct sla_plan_path *path, const struct sla_plan_meeting *m)
{
	unsigned x = m->rooms[0]->net, y = m->rooms[1]->net;

	return (path->net_from == x && path->net_to == y) || (path->net_from == y && path->net_to == x);
}


/* A path that is fit at a rate is fit below it, one that is not is not above
 * it either. */
enum sla_answer sla_plan_pair_answer(const struct sla_plan *p, const struct sla_plan_meeting *pair,
				     const struct sla_plan_path *paths, size_t n,
				     const struct sla_plan_path **by)
{
	unsigned need = sla_plan_pair_kbps(p, pair->rooms[0], pair->rooms[1]);
	enum sla_answer worst = SLA_UNKNOWN;

	*by = NULL;
	for (size_t i = 0; i < n; i++) {
		const struct sla_plan_path *path = &paths[i];

		if (!covers(path, pair))
			continue;
		if (path->answer == SLA_FIT ? path->kbps < need : path->kbps > need)
			continue;
		if (!*by || path->answer == SLA_UNFIT || (path->answer == SLA_UNKNOWN && worst == SLA_FIT)) {
			*by = path;
			worst = path->answer;
		}
	}

	return worst;
}
