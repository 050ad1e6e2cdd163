#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "io/ctl.h"
#include "io/program.h"
#include "lab/child.h"
#include "lab/measure.h"
#include "lab/output.h"
#include "lab/service/service.h"
#include "lab/state.h"

enum { NAME_MS = 8000, DNS_PORT = 53, START_MS = 20000 };

#define PROFILE "room1-720p-good"	/* where the agent's sla-schedule names none */

struct measure {
	struct lab *lab;
	struct lab_node *agent;
	struct lab_node *responder;
	const char *profile;
	const char *file;
	struct lab_child *child;
	unsigned limit_ms;
};


static bool measures(const struct lab_node *n)
{
	return lab_node_has_role(n, "sla-agent") || lab_node_has_role(n, "sla-responder");
}


/* By the resolver of the host, as its programs ask. Name services are asked
 * from any port, so the row's other end alone has one. */
static void name_log(struct lab *lab, const struct lab_node *n, const char *row, bool ok,
		     const char *detail)
{
	const struct site_host *dns = site_host_by_role(&lab->site, "dns");
	struct ip_addr own, server;
	char buf[IP_STRLEN];

	for (uint8_t family = 4; family <= 6; family += 2) {
		if (!site_host_addr(n->host, family, &own) || !site_host_addr(dns, family, &server))
			continue;
		lab_event(lab, n->name, "resolver", "flow",
			  json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "row", row, "dir", "out",
				    "transport", "udp", "local", ip_str(&own, buf),
				    "peer", service_endpoint(lab, &server, DNS_PORT),
				    "outcome", ok ? "ok" : "timeout", "detail", detail));
		return;
	}
}


/* "10.78.2.10 STREAM name" */
static bool is_at(const char *answer, const struct site_host *h)
{
	char word[64] = "";
	struct ip_addr a;

	(void)sscanf(answer, "%63s", word);
	if (ip_parse(&a, word))
		return false;
	for (size_t i = 0; i < h->naddrs; i++)
		if (ip_range_has(&h->addrs[i], &a))
			return true;

	return false;
}


static bool name_find(struct lab *lab, struct lab_node *n, const struct lab_node *peer,
		      const char *row)
{
	const char *name = lab_str(lab, "%s.%s", peer->name, state_domain(lab));
	const char *const argv[] = {"getent", "-s", "dns", "ahosts", name, NULL};
	const char *out = "";
	int err = lab_run(&out, lab, n, NULL, NAME_MS, argv);
	bool ok = !err && is_at(out, peer->host);

	name_log(lab, n, row, ok, name);

	return ok;
}


static int names_of(struct lab *lab, struct lab_node *n, const char *row)
{
	struct lab_step *st = lab_step_begin(lab, LAB_MANAGE, "%s: looks its peers up", n->name);
	const char *unknown = "";
	size_t found = 0;

	for (size_t i = 0; i < lab->nnodes && !lab->stop; i++) {
		struct lab_node *peer = &lab->nodes[i];

		if (peer == n || !measures(peer))
			continue;
		if (name_find(lab, n, peer, row))
			found++;
		else
			unknown = lab_str(lab, "%s %s", unknown, peer->name);
	}
	if (*unknown)
		return lab_step_end(lab, st, EADDRNOTAVAIL, "no address, or another, for%s",
				    unknown);

	return lab_step_end(lab, st, lab->stop ? ECANCELED : 0, "%zu found", found);
}


int measure_names(struct lab *lab)
{
	int err = 0;

	for (size_t i = 0; err != ECANCELED && i < lab->nnodes; i++) {
		struct lab_node *n = &lab->nodes[i];
		const struct flow_row *row = n->host && measures(n)
			? service_row_from(lab, n->host, "DNS") : NULL;
		int e = row && site_host_by_role(&lab->site, "dns")
			? names_of(lab, n, row->id) : 0;

		err = err ? err : e;
	}

	return err;
}


/* In a child: the supervisor's loop goes on while the agent measures. What the agent refuses it says at
 * once. */
static int ask_main(void *arg)
{
	const struct measure *m = arg;
	const char *const argv[] = {
		m->responder->name, lab_str(m->lab, "profile=%s", m->profile),
		lab_str(m->lab, "duration=%u", m->lab->opt.seconds), "format=json",
	};
	const char *text = NULL, *why = NULL;
	char path[PROGRAM_PATH];
	json_t *ans = NULL;
	int err = ctl_path_in(path, sizeof(path), m->lab->path.run_in, m->agent->name);

	if (!err)
		err = ctl_request(&ans, path, "probe", sizeof(argv) / sizeof(argv[0]), argv, m->limit_ms);
	if (!err) {
		text = json_string_value(json_object_get(ans, "text"));
		why = json_string_value(json_object_get(ans, "error"));
		err = text ? output_write(m->file, 0644, text) : ENODATA;
	}
	if (err)
		(void)fprintf(stderr, "%s\n", why ? why : strerror(err));
	json_decref(ans);

	return err ? 1 : 0;
}


static bool asked(void *arg)
{
	return lab_child_done(arg, NULL);
}


/* "room1-720p-good: unfit, round trip 152.3 ms, lost 0.42 %" */
static const char *summary(const struct measure *m)
{
	json_t *o = json_load_file(m->file, 0, NULL);
	const char *verdict = json_string_value(json_object_get(o, "verdict"));
	double sent = json_number_value(json_object_get(o, "sent"));
	double answered = json_number_value(json_object_get(o, "answered"));
	double ms = json_number_value(json_object_get(json_object_get(o, "rtt_ms"), "mean"));
	const char *s = lab_str(m->lab, "%s: %s, round trip %.1f ms, lost %.2f %%", m->profile,
				verdict ? verdict : "no verdict", ms,
				sent > 0 ? 100 * (sent - answered) / sent : 0);

	json_decref(o);

	return s;
}


static int measure(struct lab *lab, struct lab_node *agent, struct lab_node *responder)
{
	struct measure m = {
		.lab = lab, .agent = agent, .responder = responder,
		.profile = site_host_setting(agent->host, "sla-schedule", PROFILE),
		.file = lab_str(lab, "%s/%s-%s.json", lab->path.paths, agent->name, responder->name),
		.limit_ms = lab->opt.seconds * 1000 + START_MS,
	};
	struct lab_step *st = lab_step_begin(lab, LAB_MEET, "%s: measures to %s", agent->name,
					     responder->name);
	int err = lab_call(&m.child, lab, agent, lab_str(lab, "probe-%s", responder->name), ask_main,
			   &m);

	if (err)
		return lab_step_end(lab, st, err, NULL);
	m.child->expected = true;
	err = lab_wait(lab, asked, m.child, m.limit_ms, "the measurement");
	if (!err && m.child->status)
		return lab_step_end(lab, st, ECHILD, "%s", lab_child_tail(lab, m.child));

	return lab_step_end(lab, st, err, err ? NULL : "%s", summary(&m));
}


int measure_all(struct lab *lab)
{
	int err = 0;

	for (size_t i = 0; i < lab->nnodes; i++)
		for (size_t k = 0; k < lab->nnodes && err != ECANCELED; k++) {
			int e;

			if (i == k || !lab_node_has_role(&lab->nodes[i], "sla-agent") ||
			    !lab_node_has_role(&lab->nodes[k], "sla-responder"))
				continue;
			e = measure(lab, &lab->nodes[i], &lab->nodes[k]);
			err = err ? err : e;
		}

	return err;
}
