/**
 * The parts of the proof by themselves, for tests that make their own
 * namespaces and firewalls:
 *
 *   proof_try sweep SITE [quick] NODE=NETNS...   print what differs
 *   proof_try watch SITE NODE=NETNS              capture until stdin ends
 *   proof_try report SITE LOGS OUT               write a report from logs
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/siteload.h"
#include "lab/proof/capture.h"
#include "lab/proof/evidence.h"
#include "lab/proof/sweep.h"
#include "lab/report/report.h"
#include "lib/policy/model/policy.h"

enum { NODES_MAX = 32 };

static struct arena arena;
static struct site site;
static struct need_list needs;


static int node_fd(const char *arg, char *name, size_t size)
{
	const char *eq = strchr(arg, '=');
	int fd;

	if (!eq || (size_t)(eq - arg) >= size) {
		(void)fprintf(stderr, "want NODE=NETNS: %s\n", arg);
		exit(3);
	}

	memcpy(name, arg, (size_t)(eq - arg));
	name[eq - arg] = '\0';
	fd = open(eq + 1, O_RDONLY | O_CLOEXEC);
	if (fd < 0) {
		perror(eq + 1);
		exit(3);
	}

	return fd;
}


static const struct site_firewall *firewall_find(const char *name)
{
	for (size_t i = 0; i < site.nfirewalls; i++)
		if (!strcmp(site.firewalls[i].name, name))
			return &site.firewalls[i];

	return NULL;
}


static void expected_find(bool *expected, const struct site_firewall *fw)
{
	struct policy p;

	if (policy_build(&p, &arena, &site, fw, &needs))
		exit(3);
	for (size_t i = 0; i < p.nrules; i++)
		if (p.rules[i].how == POLICY_EXPECTED)
			expected[p.rules[i].need - needs.v] = true;
}


static void findings_print(const struct sweep_result *r,
			   const struct sweep_config *cfg)
{
	for (size_t i = 0; i < r->nparts; i++) {
		const struct sweep_part *p = &r->parts[i];

		if (p->err)
			(void)printf("untried %s %s: %s\n",
				     cfg->hosts[p->from].name,
				     cfg->hosts[p->to].name, strerror(p->err));
		for (size_t j = 0; j < p->nfindings; j++) {
			const struct sweep_finding *f = &p->findings[j];

			(void)printf("%s %s %s%s%s %s %u-%u %u-%u (%s)\n",
				     f->extra ? "extra" : "missing",
				     flow_transport_name(p->transport),
				     cfg->hosts[p->from].name,
				     p->as != p->from ? " as " : "",
				     p->as != p->from ? cfg->hosts[p->as].name
						      : "",
				     cfg->hosts[p->to].name, f->sport_lo,
				     f->sport_hi, f->dport_lo, f->dport_hi,
				     sweep_kind_name(p->kind));
		}
	}
}


static size_t segment_of(const struct site_network *net)
{
	return (size_t)(net - site.networks);
}


static int try_sweep(int argc, char *argv[])
{
	struct sweep_host hosts[NODES_MAX];
	struct sweep_router routers[NODES_MAX];
	struct sweep_config cfg = {.needs = &needs, .hosts = hosts,
				   .routers = routers};
	bool *expected = arena_calloc(&arena, needs.n + 1, sizeof(*expected));
	struct sweep_result r;
	int err;

	for (int i = 0; i < argc; i++) {
		const struct site_firewall *fw;
		const struct site_host *h;
		char *name = arena_alloc(&arena, 64);
		int fd;

		if (!strcmp(argv[i], "quick")) {
			cfg.quick = true;
			continue;
		}

		fd = node_fd(argv[i], name, 64);
		fw = firewall_find(name);
		h = site_host_find(&site, name);
		if (fw) {
			routers[cfg.nrouters++] = (struct sweep_router){name, fd};
			expected_find(expected, fw);
		}
		for (size_t j = 0; h && j < h->naddrs; j++)
			hosts[cfg.nhosts++] = (struct sweep_host){
				name, fd, h->addrs[j].lo,
				segment_of(h->networks[j]),
			};
	}

	cfg.expected = expected;
	err = sweep_run(&r, &arena, &cfg);
	if (err) {
		(void)fprintf(stderr, "sweep: %s\n", strerror(err));
		return 3;
	}

	findings_print(&r, &cfg);
	(void)printf("probes %llu missing %llu extra %llu untried %zu seconds "
		     "%.1f\n", (unsigned long long)r.probes,
		     (unsigned long long)r.missing, (unsigned long long)r.extra,
		     r.failed, r.seconds);
	return r.missing || r.extra || r.failed || !r.nparts;
}


static int try_watch(int argc, char *argv[])
{
	char name[64];
	struct capture_config cfg = {.needs = &needs, .dir = "."};
	const struct explain_stranger *s;
	const struct capture_drop *d;
	struct capture *cap;
	size_t n;
	int err;

	if (argc != 1)
		return 3;
	cfg.nsfd = node_fd(argv[0], name, sizeof(name));
	cfg.firewall = name;
	err = capture_start(&cap, &cfg);
	if (err) {
		(void)fprintf(stderr, "capture: %s\n", strerror(err));
		return 3;
	}

	(void)puts("watching");
	(void)fflush(stdout);
	while (getchar() != EOF)
		;

	err = capture_stop(cap);
	s = explain_strangers(capture_explain(cap), &n);
	for (size_t i = 0; i < n; i++)
		(void)printf("unexplained %llu %s: %s (%s)\n",
			     (unsigned long long)s[i].packets, s[i].where,
			     s[i].summary, s[i].why);
	d = capture_drops(cap, &n);
	for (size_t i = 0; i < n; i++)
		(void)printf("dropped %llu %s: %s\n",
			     (unsigned long long)d[i].packets, d[i].in,
			     d[i].summary);
	(void)printf("total %llu unexplained %llu dropped %llu missed %llu\n",
		     (unsigned long long)explain_total(capture_explain(cap)),
		     (unsigned long long)explain_unexplained(
			     capture_explain(cap)),
		     (unsigned long long)capture_dropped(cap),
		     (unsigned long long)capture_missed(cap));
	capture_free(cap);
	return err ? 3 : 0;
}


static json_t *optional(const char *dir, const char *name)
{
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s", dir, name);
	return json_load_file(path, 0, NULL);
}


static int report_files(json_t *r, const char *dir)
{
	struct sbuf sb = {0};
	char path[1024];
	FILE *f;
	int err = report_page(&sb, r, dir);

	(void)snprintf(path, sizeof(path), "%s/report.json", dir);
	if (!err && json_dump_file(r, path, JSON_INDENT(1)))
		err = EIO;

	(void)snprintf(path, sizeof(path), "%s/report.html", dir);
	f = fopen(path, "we");
	if (!f)
		err = errno;
	else if (fputs(sbuf_str(&sb), f) < 0 || fclose(f))
		err = EIO;

	sbuf_reset(&sb);
	return err;
}


/** LOGS also holds counters.json, capture.json and tight.json, if it does */
static int try_report(int argc, char *argv[])
{
	struct evidence ev = {0};
	struct policy *p = arena_calloc(&arena, site.nfirewalls + 1, sizeof(*p));
	struct report_input in = {.site = &site, .needs = &needs,
				  .policies = p, .ev = &ev};
	json_t *r;
	int err;

	if (argc != 2 || evidence_load(&ev, argv[0]))
		return 3;

	for (; in.npolicies < site.nfirewalls; in.npolicies++)
		if (policy_build(&p[in.npolicies], &arena, &site,
				 &site.firewalls[in.npolicies], &needs))
			return 3;

	in.counters = optional(argv[0], "counters.json");
	in.capture = optional(argv[0], "capture.json");
	in.tight = optional(argv[0], "tight.json");
	r = report_make(&in);
	err = r ? report_files(r, argv[1]) : ENOMEM;
	if (!err)
		report_text(stdout, r, NULL);

	json_decref(in.counters);
	json_decref(in.capture);
	json_decref(in.tight);
	json_decref(r);
	evidence_reset(&ev);
	return err ? 3 : 0;
}


int main(int argc, char *argv[])
{
	static const struct {
		const char *name;
		int (*run)(int argc, char *argv[]);
	} modes[] = {{"sweep", try_sweep}, {"watch", try_watch},
		     {"report", try_report}};
	struct diag_list dl = {0};
	int status = 3;

	if (argc < 3) {
		(void)fprintf(stderr, "usage: proof_try MODE SITE ...\n");
		return 3;
	}

	if (siteload_read(&site, &arena, argv[2], &dl) ||
	    need_expand(&needs, &arena, &site, &dl)) {
		siteload_print(stderr, &dl);
		return 3;
	}

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(argv[1], modes[i].name))
			status = modes[i].run(argc - 3, argv + 3);

	diag_reset(&dl);
	arena_reset(&arena);
	return status;
}
