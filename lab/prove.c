#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab/proof/capture.h"
#include "lab/proof/evidence.h"
#include "lab/proof/inns.h"
#include "lab/proof/sweep.h"
#include "lab/prove.h"
#include "lab/report/report.h"
#include "lib/policy/model/policy.h"

enum { PROGRESS_MS = 20 };

/** One firewall under watch. */
struct prove_fw {
	struct lab_node *node;
	struct policy policy;
	struct capture *cap;
};

struct prove {
	struct lab *lab;
	struct arena arena;
	struct prove_fw *fws;
	size_t nfws;
	struct policy *policies;	/* as report_input wants them */
	struct explain_need *seen;	/* summed over firewalls */
	json_t *counters;
	json_t *capture;
	json_t *tight;
	json_t *report;
};


int prove_alloc(struct prove **pp, struct lab *lab)
{
	struct prove *p = calloc(1, sizeof(*p));

	if (!p)
		return ENOMEM;

	p->lab = lab;
	*pp = p;
	return 0;
}


void prove_free(struct prove *p)
{
	if (!p)
		return;

	for (size_t i = 0; i < p->nfws; i++)
		capture_free(p->fws[i].cap);
	json_decref(p->counters);
	json_decref(p->capture);
	json_decref(p->tight);
	json_decref(p->report);
	arena_reset(&p->arena);
	free(p);
}


static int firewalls_find(struct prove *p)
{
	struct lab *lab = p->lab;
	struct lab_node *n = NULL;
	size_t max = lab->site.nfirewalls;
	int err = 0;

	if (p->fws)
		return 0;

	p->fws = arena_calloc(&p->arena, max + 1, sizeof(*p->fws));
	p->policies = arena_calloc(&p->arena, max + 1, sizeof(*p->policies));
	if (!p->fws || !p->policies)
		return ENOMEM;

	while (!err && p->nfws < max && (n = lab_firewall_next(lab, n))) {
		struct prove_fw *f = &p->fws[p->nfws];

		f->node = n;
		err = policy_build(&f->policy, &p->arena, &lab->site,
				   n->firewall, &lab->needs);
		p->policies[p->nfws++] = f->policy;
	}

	return err;
}


int prove_watch(struct prove *p)
{
	struct lab *lab = p->lab;
	int err = firewalls_find(p);

	for (size_t i = 0; i < p->nfws && !err; i++) {
		struct capture_config cfg = {
			.firewall = p->fws[i].node->name,
			.nsfd = p->fws[i].node->net_fd,
			.dir = lab->path.capture,
			.needs = &lab->needs,
		};

		err = capture_start(&p->fws[i].cap, &cfg);
		if (err)
			lab_say(lab, "cannot capture at %s: %s", cfg.firewall,
				strerror(err));
	}

	return err;
}


static json_t *counters_read(const struct prove_fw *f)
{
	struct sbuf sb = {0};
	json_t *o = NULL;

	if (!inns_nft(f->node->net_fd, "list counters", true, &sb))
		o = report_counters(sbuf_str(&sb));
	sbuf_reset(&sb);
	return o;
}


static void list_of(json_t *cap, const char *key, json_t *item)
{
	json_array_append_new(json_object_get(cap, key), item);
}


static void count_add(json_t *cap, const char *key, uint64_t n)
{
	json_object_set_new(cap, key, json_integer((json_int_t)n +
			    json_integer_value(json_object_get(cap, key))));
}


static void drops_add(json_t *cap, const struct prove_fw *f)
{
	size_t n;
	const struct capture_drop *d = capture_drops(f->cap, &n);

	for (size_t i = 0; i < n; i++)
		list_of(cap, "dropped", json_pack(
			"{s:s, s:s, s:s, s:I, s:f}", "firewall", f->node->name,
			"interface", d[i].in, "summary", d[i].summary,
			"packets", (json_int_t)d[i].packets, "t",
			(double)d[i].t_ns / 1e9));
}


static void strangers_add(json_t *cap, const struct explain *e)
{
	size_t n;
	const struct explain_stranger *s = explain_strangers(e, &n);

	for (size_t i = 0; i < n; i++)
		list_of(cap, "unexplained", json_pack(
			"{s:s, s:s, s:s, s:I, s:f}", "where", s[i].where,
			"summary", s[i].summary, "why", s[i].why, "packets",
			(json_int_t)s[i].packets, "t",
			(double)s[i].first_ns / 1e9));
}


static void houses_add(json_t *cap, const struct explain *e)
{
	const struct explain_house *h = explain_houses(e);

	for (size_t i = 0; i < EXPLAIN_HOUSES; i++)
		if (h[i].packets)
			list_of(cap, "housekeeping", json_pack(
				"{s:s, s:s, s:I}", "what", h[i].what, "reason",
				h[i].reason, "packets",
				(json_int_t)h[i].packets));
}


/** What the firewall itself counted as dropped; the log may be shorter */
static uint64_t dropped_of(const struct prove *p, const struct prove_fw *f)
{
	json_t *c = json_object_get(json_object_get(p->counters, f->node->name),
				    POLICY_COUNTER_DROPPED);
	uint64_t counted = (uint64_t)json_integer_value(
		json_object_get(c, "packets"));
	uint64_t logged = capture_dropped(f->cap);

	return counted > logged ? counted : logged;
}


static void capture_take(struct prove *p, const struct prove_fw *f)
{
	const struct explain *e = capture_explain(f->cap);
	const struct explain_need *n = explain_needs(e);

	for (size_t i = 0; i < p->lab->needs.n; i++) {
		p->seen[i].packets += n[i].packets;
		p->seen[i].replies += n[i].replies;
		p->seen[i].bytes += n[i].bytes;
	}

	drops_add(p->capture, f);
	strangers_add(p->capture, e);
	houses_add(p->capture, e);
	count_add(p->capture, "dropped_packets", dropped_of(p, f));
	count_add(p->capture, "unexplained_packets", explain_unexplained(e));
	count_add(p->capture, "captured_packets", explain_total(e));
	count_add(p->capture, "missed_packets", capture_missed(f->cap));
	if (capture_file(f->cap))
		list_of(p->capture, "captures", json_pack("{s:s, s:s+}",
			"firewall", f->node->name, "file", "capture/",
			basename(capture_file(f->cap))));
}


int prove_watched(struct prove *p)
{
	int err = 0;

	p->seen = arena_calloc(&p->arena, p->lab->needs.n + 1,
			       sizeof(*p->seen));
	p->counters = json_object();
	p->capture = json_pack("{s:[], s:[], s:[], s:[]}", "dropped",
			       "unexplained", "housekeeping", "captures");
	if (!p->seen || !p->counters || !p->capture)
		return ENOMEM;

	for (size_t i = 0; i < p->nfws; i++) {
		struct prove_fw *f = &p->fws[i];
		json_t *c = counters_read(f);
		int e = f->cap ? capture_stop(f->cap) : ENOENT;

		if (e)
			lab_say(p->lab, "capture at %s: %s", f->node->name,
				strerror(e));
		err = err ? err : c ? e : EIO;
		if (c)
			json_object_set_new(p->counters, f->node->name, c);
		if (f->cap)
			capture_take(p, f);
	}

	return err;
}


static size_t segment_of(const struct lab_node *n, const struct ip_addr *a)
{
	for (size_t i = 0; i < n->plan->nifaces; i++)
		for (size_t j = 0; j < n->plan->ifaces[i].naddrs; j++)
			if (!ip_cmp(&n->plan->ifaces[i].addrs[j].addr, a))
				return n->plan->ifaces[i].segment;

	return (size_t)-1;
}


/** Every address of every host that lives in the lab */
static int hosts_list(struct prove *p, struct sweep_config *cfg)
{
	struct lab *lab = p->lab;
	struct sweep_host *v;
	size_t n = 0, max = 0;

	for (size_t i = 0; i < lab->nnodes; i++)
		for (size_t j = 0; j < lab->nodes[i].plan->nifaces; j++)
			max += lab->nodes[i].plan->ifaces[j].naddrs;

	v = arena_calloc(&p->arena, max + 1, sizeof(*v));
	if (!v)
		return ENOMEM;

	for (size_t i = 0; i < lab->nnodes; i++) {
		struct lab_node *node = &lab->nodes[i];

		for (size_t j = 0; node->host && j < node->host->naddrs; j++) {
			const struct ip_range *r = &node->host->addrs[j];

			/* the first of a range of addresses lives */
			v[n].segment = segment_of(node, &r->lo);
			if (v[n].segment == (size_t)-1)
				continue;
			v[n].name = node->name;
			v[n].nsfd = node->net_fd;
			v[n++].addr = r->lo;
		}
	}

	cfg->hosts = v;
	cfg->nhosts = n;
	return 0;
}


static int routers_list(struct prove *p, struct sweep_config *cfg)
{
	struct sweep_router *v = arena_calloc(&p->arena, p->nfws + 1,
					      sizeof(*v));
	bool *expected = arena_calloc(&p->arena, p->lab->needs.n + 1,
				      sizeof(*expected));

	if (!v || !expected)
		return ENOMEM;

	for (size_t i = 0; i < p->nfws; i++) {
		const struct policy *pol = &p->fws[i].policy;

		v[i].name = p->fws[i].node->name;
		v[i].nsfd = p->fws[i].node->net_fd;
		for (size_t j = 0; j < pol->nrules; j++)
			if (pol->rules[j].how == POLICY_EXPECTED)
				expected[pol->rules[j].need -
					 p->lab->needs.v] = true;
	}

	cfg->routers = v;
	cfg->nrouters = p->nfws;
	cfg->expected = expected;
	return 0;
}


static int tight_progress_h(unsigned percent, void *arg)
{
	struct prove *p = arg;

	lab_progress(p->lab, percent, "trying every port of every pair");
	return lab_sleep(p->lab, PROGRESS_MS, NULL);
}


int prove_tight(struct prove *p)
{
	struct sweep_config cfg = {
		.needs = &p->lab->needs, .progress_h = tight_progress_h,
		.arg = p,
	};
	struct sweep_result r;
	int err = firewalls_find(p);

	if (!err)
		err = hosts_list(p, &cfg);
	if (!err)
		err = routers_list(p, &cfg);
	if (!err)
		err = sweep_run(&r, &p->arena, &cfg);
	if (err && err != ECANCELED)
		lab_say(p->lab, "cannot try the firewalls: %s", strerror(err));
	if (err)
		return err;

	if (!r.nparts) {
		lab_say(p->lab, "no two hosts have a firewall between them: "
			"nothing to try");
		return 0;
	}

	json_decref(p->tight);
	p->tight = report_tight(&r, &cfg);
	return p->tight ? 0 : ENOMEM;
}


static json_t *steps_json(const struct lab *lab)
{
	json_t *v = json_array();

	for (size_t i = 0; i < lab->nsteps; i++) {
		const struct lab_step *s = &lab->steps[i];

		/* one that has not ended is the one that we run in */
		if (!s->end_us)
			continue;
		json_array_append_new(v, json_pack(
			"{s:s, s:s, s:f, s:f, s:b, s:s?}", "name", s->name,
			"phase", lab_phase_name(s->phase), "begin",
			(double)s->begin_us / 1e6, "end",
			(double)s->end_us / 1e6, "ok", s->err == 0, "detail",
			s->detail));
	}

	return v;
}


int prove_report(struct prove *p, FILE *f)
{
	struct evidence ev = {0};
	struct report_input in = {
		.site = &p->lab->site, .needs = &p->lab->needs,
		.policies = p->policies, .npolicies = p->nfws, .ev = &ev,
		.seen = p->seen, .counters = p->counters,
		.capture = p->capture, .tight = p->tight,
		.site_file = p->lab->opt.site_path, .dir = p->lab->path.out, .call_from = p->lab->call_from, .call_to = p->lab->call_to,
	};
	json_t *steps = steps_json(p->lab);
	int err = evidence_load(&ev, p->lab->path.log);

	in.steps = steps;
	if (!err) {
		json_decref(p->report);
		p->report = report_make(&in);
		err = p->report ? report_write(p->report, p->lab->path.out, f)
				: ENOMEM;
	}

	evidence_reset(&ev);
	json_decref(steps);
	return err;
}


bool prove_ok(const struct prove *p)
{
	return p->report && report_ok(p->report);
}


/** Read a life's report, its files named from `out` */
static json_t *life_load(const char *file, const char *out)
{
	json_t *r = json_load_file(file, 0, NULL);
	size_t n = strlen(out);
	char dir[1024], *slash;

	if (snprintf(dir, sizeof(dir), "%s", file) >= (int)sizeof(dir))
		return r;

	slash = strrchr(dir, '/');
	if (!slash)
		return r;

	*slash = '\0';
	if (!strcmp(dir, out))
		return r;

	report_move(r, !strncmp(dir, out, n) && dir[n] == '/' ? dir + n + 1
							       : dir);
	return r;
}


int prove_combine(const char *out, const char *const *files, size_t n,
		  FILE *f, bool *ok)
{
	json_t *v[8] = {NULL}, *sum = NULL;
	int err = n && n <= 8 ? 0 : EINVAL;

	*ok = false;
	for (size_t i = 0; i < n && !err; i++) {
		v[i] = life_load(files[i], out);
		if (!v[i])
			err = EBADMSG;
	}

	if (!err)
		sum = report_combine(v, n);
	if (!err)
		err = sum ? report_write(sum, out, f) : ENOMEM;
	if (!err)
		*ok = report_ok(sum);

	for (size_t i = 0; i < n && i < 8; i++)
		json_decref(v[i]);
	json_decref(sum);
	return err;
}
