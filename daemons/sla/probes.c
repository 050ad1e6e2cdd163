#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/sla/probes.h"
#include "daemons/sla/result.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "lib/sla/profile.h"
#include "lib/sla/show/metrics.h"
#include "lib/sla/stamp.h"

enum { PROBES_MAX = 32, RETRY_MS = 1000, TRIES = 4, WAIT_MS = 1000, START_MS = 2000 };

struct probe {
	struct le le;
	struct probes *all;
	struct agent *agent;
	const char *to;
	probe_h *h;
	void *arg;
};

/* A path of the schedule: another host of the site. */
struct path {
	const struct site_host *to;
	json_t *last, *since;
	struct sla_metrics metrics;	/* of the last, and sums since the first */
};

struct probes {
	struct probes_config cfg;
	struct list running;
	struct tmr tmr;
	struct path *paths;
	size_t npaths, next;
	int64_t lasts_ns;	/* each of the schedule; 0: as the profile says */
};


static void probe_destructor(void *data)
{
	struct probe *pr = data;

	list_unlink(&pr->le);
	mem_deref(pr->agent);
}


static void paths_destructor(void *data)
{
	struct probes *p = data;

	tmr_cancel(&p->tmr);
	for (struct le *le = list_head(&p->running); le; le = le->next) {
		struct probe *pr = le->data;

		if (pr->h)
			pr->h(NULL, pr->arg);
	}
	list_flush(&p->running);
	for (size_t i = 0; i < p->npaths; i++) {
		json_decref(p->paths[i].last);
		json_decref(p->paths[i].since);
	}
	mem_deref(p->paths);
}


static void over(struct agent *a, void *arg)
{
	struct probe *pr = arg;

	if (pr->h)
		pr->h(agent_run(a), pr->arg);
	mem_deref(pr);
}


static unsigned pps_now(const struct probes *p)
{
	unsigned pps = 0;

	for (struct le *le = list_head(&p->running); le; le = le->next)
		pps += agent_pps(((const struct probe *)le->data)->agent);
	return pps;
}


static bool word_find(enum agent_protocol *protocol, const char *word)
{
	for (int i = 0; agent_protocols[i]; i++)
		if (!strcmp(agent_protocols[i], word)) {
			*protocol = (enum agent_protocol)i;
			return true;
		}
	return false;
}


/* The number of the key that a responder wants stands with that responder. */
static const char *key_find(const struct sla_key **key, const struct probes *p, const struct site_host *to)
{
	const char *id = site_host_setting(to, "sla-key", NULL);

	*key = NULL;
	if (!id)
		return NULL;
	if (p->cfg.keys)
		*key = sla_key_find(p->cfg.keys, (uint16_t)strtoul(id, NULL, 10));
	return *key ? NULL : "this host has no such key: write it into the file of its setting sla-keys";
}


static const char *target_find(struct agent_config *c, const struct probes *p, const struct probe_request *req)
{
	const struct site_host *to = site_host_find(p->cfg.site, req->to);
	const char *word = req->protocol;
	struct ip_addr ip, own;

	if (!to || !site_host_has_role(to, "sla-responder"))
		return "the far end must be a host of the site with the role sla-responder";
	if (!site_host_addr(p->cfg.self, 4, &own) || !site_host_addr(to, 4, &ip))
		if (!site_host_addr(p->cfg.self, 6, &own) || !site_host_addr(to, 6, &ip))
			return "the two have no address of one family";
	if (!word)
		word = site_host_setting(to, "sla-protocol", agent_protocols[0]);
	if (!word_find(&c->protocol, word))
		return "the protocol is 2, 2-plain, 1-us, 1-ms or 1-echo";
	(void)flowtab_sa(&c->peer, &ip, 0);
	c->to = to->name;
	/* version 1 proves nothing */
	return c->protocol >= AGENT_V1_US ? NULL : key_find(&c->key, p, to);
}


int probe_start(struct probe **prp, struct probes *p, const struct probe_request *req, probe_h *h,
		void *arg, char *why, size_t size)
{
	struct agent_config c = {
		.from = p->cfg.self->name, .profile = req->profile, .duration_ns = req->duration_ns,
		.dscp = req->dscp, .late_ns = (int64_t)req->late_ms * 1000000,
		.wait_ms = req->wait_ms ? req->wait_ms : WAIT_MS, .retry_ms = RETRY_MS, .tries = TRIES,
		.duration_max_ns = p->cfg.duration_s * SLA_NS,
	};
	const char *wrong = target_find(&c, p, req);
	unsigned pps = pps_now(p);
	struct probe *pr;
	int err;

	if (!wrong && list_count(&p->running) >= PROBES_MAX)
		wrong = "as many measurements as it takes at once are running";
	if (wrong) {
		(void)snprintf(why, size, "%s", wrong);
		return EINVAL;
	}
	pr = mem_zalloc(sizeof(*pr), probe_destructor);
	if (!pr)
		return ENOMEM;
	c.pps_max = p->cfg.pps > pps ? p->cfg.pps - pps : 0;
	pr->all = p;
	pr->to = c.to;
	pr->h = h;
	pr->arg = arg;
	err = agent_alloc(&pr->agent, &c, over, pr, why, size);
	if (err) {
		mem_deref(pr);
		return err;
	}
	list_append(&p->running, &pr->le, pr);
	if (prp)
		*prp = pr;
	return 0;
}


void probe_cancel(struct probe *pr)
{
	pr->h = NULL;
	mem_deref(pr);
}


static void scheduled(const struct sla_run *run, void *arg)
{
	struct path *path = arg;
	json_t *o = run ? result_count(&path->metrics, run) : NULL;

	if (!o)
		return;
	if (!path->since)
		path->since = json_incref(json_object_get(o, "start"));
	log_event_json("sla-result", json_deep_copy(o));
	json_decref(path->last);
	path->last = o;
}


/* One path after the other, so that they do not disturb each other. */
static void schedule_next(void *arg)
{
	struct probes *p = arg;
	struct path *path = &p->paths[p->next];
	const struct probe_request req = {
		.to = path->to->name, .profile = p->cfg.schedule, .dscp = -1, .duration_ns = p->lasts_ns,
	};
	uint64_t ms = (uint64_t)p->cfg.every_s * 1000 / p->npaths;
	char why[160];

	p->next = (p->next + 1) % p->npaths;
	tmr_start(&p->tmr, ms, schedule_next, p);
	if (probe_start(NULL, p, &req, scheduled, path, why, sizeof(why)))
		log_warn("scheduled measurement to %s: %s", path->to->name, why);
}


/* What could never be measured is said before the first time. */
static int schedule_check(struct probes *p)
{
	const struct probes_config *c = &p->cfg;
	struct sla_schedule s;
	int err = sla_schedule_init(&s, c->schedule, 0);

	if (err == EINVAL) {
		p->lasts_ns = c->lasts_s * SLA_NS;
		err = sla_schedule_init(&s, c->schedule, p->lasts_ns);
	}
	if (err == ENOENT)
		log_error("sla-schedule: no profile \"%s\"; man visavis-sla lists them", c->schedule);
	else if (err)
		log_error("sla-schedule: %s for %u s is too many packets: make sla-lasts shorter", c->schedule, c->lasts_s);
	else if (sla_schedule_pps(&s) > c->pps)
		log_error("sla-schedule: %s is %u packets a second, and sla-rate allows %u", c->schedule,
			  sla_schedule_pps(&s), c->pps);
	else
		return 0;
	return EINVAL;
}


static int schedule_begin(struct probes *p)
{
	const struct site *s = p->cfg.site;

	if (schedule_check(p))
		return EINVAL;
	p->paths = mem_zalloc(s->nhosts * sizeof(*p->paths), NULL);
	if (!p->paths)
		return ENOMEM;
	for (size_t i = 0; i < s->nhosts; i++)
		if (&s->hosts[i] != p->cfg.self && site_host_has_role(&s->hosts[i], "sla-responder"))
			p->paths[p->npaths++] = (struct path){
				.to = &s->hosts[i],
				.metrics = {.from = p->cfg.self->name, .to = s->hosts[i].name},
			};
	if (p->npaths)
		tmr_start(&p->tmr, START_MS, schedule_next, p);
	return 0;
}


int probes_alloc(struct probes **pp, const struct probes_config *cfg)
{
	struct probes *p = mem_zalloc(sizeof(*p), paths_destructor);
	int err = 0;

	if (!p)
		return ENOMEM;
	p->cfg = *cfg;
	if (cfg->schedule)
		err = schedule_begin(p);
	if (err)
		mem_deref(p);
	else
		*pp = p;
	return err;
}


/* Few packets each tell of rare losses only together. */
static json_t *total_status(const struct path *path)
{
	const struct sla_metrics *m = &path->metrics;
	json_t *o;

	if (!m->measurements)
		return NULL;
	o = json_pack("{s:O?, s:I, s:I}", "since", path->since, "measurements", (json_int_t)m->measurements,
		      "failed", (json_int_t)m->failed);
	for (size_t i = 0; o && i < SLA_COUNTS; i++)
		(void)json_object_set_new(o, sla_count_names[i], json_integer((json_int_t)m->counts[i]));
	return o;
}


json_t *probes_status(const struct probes *p)
{
	json_t *running = json_array(), *paths = json_array();

	for (struct le *le = list_head(&p->running); le; le = le->next) {
		const struct probe *pr = le->data;

		(void)json_array_append_new(running, json_pack("{s:s, s:i}", "to", pr->to,
			"packets_per_second", (int)agent_pps(pr->agent)));
	}
	for (size_t i = 0; i < p->npaths; i++)
		(void)json_array_append_new(paths, json_pack("{s:s, s:O?, s:o?}",
			"to", p->paths[i].to->name, "last", p->paths[i].last, "total", total_status(&p->paths[i])));
	return json_pack("{s:o, s:o}", "running", running, "paths", paths);
}


int probes_metrics(struct sbuf *sb, const struct probes *p)
{
	struct sla_metrics *v = calloc(p->npaths + 1, sizeof(*v));
	size_t n = 0;

	if (!v)
		return ENOMEM;
	for (size_t i = 0; i < p->npaths; i++)
		if (p->paths[i].metrics.measurements)
			v[n++] = p->paths[i].metrics;
	sla_metrics_write(sb, v, n);
	free(v);
	return sb->err;
}
