#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "io/ctl.h"
#include "io/program.h"
#include "lab/output.h"
#include "lab/service/service.h"
#include "lab/state.h"

enum { READY_MS = 15000, STAGES = 3, CTL_MS = 2000, STOP_MS = 5000 };

static const struct service services[] = {
	{"dns", NULL, "dnsmasq", "dnsmasq-base", 0,
	 svc_dns_args, svc_dns_ready, svc_dns_line},
	{"ntp", NULL, "chronyd", "chrony", 0,
	 svc_ntp_server_args, svc_ntp_ready, NULL},
	{NULL, svc_ntp_client_wanted, "chronyd", "chrony", 1,
	 svc_ntp_client_args, svc_ntp_ready, NULL},
	{"callcontrol", NULL, "visavis-callcontrol", "visavis-callcontrol", 1,
	 svc_callcontrol_args, svc_callcontrol_ready, NULL},
	{NULL, svc_sla_responder_wanted, "visavis-sla", "visavis-sla", 1,
	 svc_sla_responder_args, svc_sla_ready, NULL},
	{"sla-agent", NULL, "visavis-sla", "visavis-sla", 2,
	 svc_sla_agent_args, svc_sla_ready, NULL},
	{"codec", NULL, "visavis-codec", "visavis-codec", 2,
	 svc_codec_args, svc_codec_ready, NULL},
};


void service_arg(struct service_args *av, struct lab *lab, const char *fmt, ...)
{
	char buf[8192];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (av->n < SERVICE_ARGS_MAX)
		av->v[av->n++] = lab_str(lab, "%s", buf);
}


/* What io/program.h has every daemon take. */
void service_program_args(struct service_args *av, struct lab *lab, const struct lab_node *n,
			  const char *role)
{
	const char *const v[] = {
		"--site", lab->path.site_in, "--host", n->name, "--state", state_dir(lab, n),
		"--log", lab_str(lab, "%s/%s.%s.jsonl", lab->path.log, n->name, role),
	};

	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++)
		service_arg(av, lab, "%s", v[i]);
	if (lab->opt.security >= 0) {
		service_arg(av, lab, "--security");
		service_arg(av, lab, "%s", lab->opt.security ? "on" : "off");
	}
}


static bool table_has(const char *path, bool tcp, unsigned port)
{
	FILE *f = fopen(path, "re");
	bool found = false;
	char line[512];

	while (f && !found && fgets(line, sizeof(line), f)) {
		unsigned p, state;

		if (sscanf(line, "%*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &p, &state) == 2)
			found = p == port && (!tcp || state == 0x0a);
	}
	if (f)
		(void)fclose(f);

	return found;
}


bool service_port_bound(struct lab *lab, const struct lab_node *n, const char *proto,
			unsigned port)
{
	bool tcp = !strcmp(proto, "tcp");
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/net/%s", n->pid, proto);
	if (table_has(path, tcp, port))
		return true;
	(void)snprintf(path, sizeof(path), "/proc/%d/net/%s6", n->pid, proto);

	return table_has(path, tcp, port);
}


const char *service_endpoint(struct lab *lab, const struct ip_addr *a, unsigned port)
{
	char buf[IP_STRLEN];

	(void)ip_str(a, buf);

	return a->family == 6 ? lab_str(lab, "[%s]:%u", buf, port)
			      : lab_str(lab, "%s:%u", buf, port);
}


int service_ctl(json_t **answer, const char **why, struct lab *lab, const struct lab_node *n,
		const char *cmd, const char *arg, unsigned limit_ms)
{
	const char *const argv[] = {arg};
	char path[PROGRAM_PATH];
	json_t *ans = NULL;
	int err = ctl_path_in(path, sizeof(path), lab->path.run_in, n->name);

	if (!err)
		err = ctl_request(&ans, path, cmd, arg ? 1 : 0, argv, limit_ms);

	if (!err && !json_is_true(json_object_get(ans, "ok"))) {
		const char *s = json_string_value(json_object_get(ans, "error"));

		if (why)
			*why = lab_str(lab, "%s", s ? s : "no reason given");
		err = ECHILD;
	}
	else if (err && why) {
		*why = strerror(err);
	}
	if (!err && answer)
		*answer = ans;
	else
		json_decref(ans);

	return err;
}


bool service_ctl_there(struct lab *lab, const struct lab_node *n)
{
	char path[PROGRAM_PATH];
	struct stat st;

	return !ctl_path_in(path, sizeof(path), lab->path.run_in, n->name) && !stat(path, &st);
}


bool service_ctl_ok(struct lab *lab, const struct lab_node *n)
{
	return service_ctl_there(lab, n) &&
	       !service_ctl(NULL, NULL, lab, n, "status", NULL, CTL_MS);
}


static bool row_starts_at(const struct flow_row *r, const struct site_host *h)
{
	for (size_t i = 0; i < h->nroles; i++)
		if (flow_end_has_role(&r->from, h->roles[i]))
			return true;

	return flow_end_has_role(&r->from, FLOW_ROLE_ANY);
}


const struct flow_row *service_row_from(const struct lab *lab, const struct site_host *h,
					const char *protocol)
{
	for (size_t m = 0; m < lab->site.nmatrices; m++)
		for (size_t i = 0; i < lab->site.matrices[m].nrows; i++) {
			const struct flow_row *r = &lab->site.matrices[m].rows[i];

			if (!strcmp(r->protocol, protocol) && row_starts_at(r, h) &&
			    site_condition(&lab->site, r->when))
				return r;
		}

	return NULL;
}


struct starting {
	struct lab *lab;
	struct lab_node *node;
	const struct service *sv;
	struct lab_child *child;
	struct lab_step *step;
};


static bool ready_h(void *arg)
{
	struct starting *s = arg;

	return s->child->done || s->sv->ready(s->lab, s->node);
}


static int begin(struct starting *s)
{
	struct service_args av = {.n = 0};
	int err;

	s->step = lab_step_begin(s->lab, s->sv->stage < 2 ? LAB_START : LAB_REGISTER,
				 "%s: %s", s->node->name, s->sv->prog);
	err = output_mkdir(lab_str(s->lab, "%s/%s", s->lab->path.run_in, s->node->name));
	service_arg(&av, s->lab, "%s", s->sv->prog);
	if (!err)
		err = s->sv->args(s->lab, s->node, &av);
	if (!err)
		err = lab_spawn_lines(&s->child, s->lab, s->node, s->sv->prog, av.v,
				      s->sv->line_h);
	if (err)
		(void)lab_step_end(s->lab, s->step, err, NULL);

	return err;
}


static int finish(struct starting *s)
{
	struct lab *lab = s->lab;
	const char *what = lab_str(lab, "%s on %s", s->sv->prog, s->node->name);
	int err = lab_wait(lab, ready_h, s, READY_MS, what);

	if (!err && s->child->done && lab_child_missing(s->child))
		return lab_step_end(lab, s->step, ENOENT, "the program is missing: install the "
				    "package %s", s->sv->package);
	if (!err && s->child->done)
		return lab_step_end(lab, s->step, ECHILD, "it %s; its last words (%s):%s",
				    lab_child_end_str(lab, s->child), s->child->log,
				    lab_child_tail(lab, s->child));
	if (err == ETIMEDOUT)
		return lab_step_end(lab, s->step, err, "not ready after %d s; its last words "
				    "(%s):%s", READY_MS / 1000, s->child->log,
				    lab_child_tail(lab, s->child));

	return lab_step_end(lab, s->step, err, NULL);
}


static bool wanted(struct lab *lab, const struct lab_node *n, const struct service *sv)
{
	if (!n->host)
		return false;

	return sv->role ? site_host_has_role(n->host, sv->role) : sv->wanted(lab, n);
}


/* All of a stage start at once; then each is waited for. */
static int stage_start(struct lab *lab, unsigned stage)
{
	size_t max = lab->nnodes * (sizeof(services) / sizeof(services[0])), n = 0;
	struct starting *v = arena_calloc(&lab->arena, max, sizeof(*v));
	int err = v ? 0 : ENOMEM;

	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		for (size_t k = 0; !err && k < lab->nnodes; k++) {
			if (services[i].stage != stage ||
			    !wanted(lab, &lab->nodes[k], &services[i]))
				continue;
			v[n] = (struct starting){.lab = lab, .node = &lab->nodes[k],
						 .sv = &services[i]};
			err = lab->stop ? ECANCELED : begin(&v[n++]);
		}
	for (size_t i = 0; !err && i < n; i++)
		err = finish(&v[i]);

	return err;
}


int service_start_all(struct lab *lab)
{
	int err = 0;

	for (unsigned s = 0; !err && s < STAGES; s++)
		err = stage_start(lab, s);

	return err;
}


static unsigned stage_of(const struct lab_child *c)
{
	for (size_t i = 0; i < sizeof(services) / sizeof(services[0]); i++)
		if (!strcmp(services[i].prog, c->name))
			return services[i].stage;

	return STAGES;
}


static bool stage_ended(void *arg)
{
	const struct lab_child *const *v = arg;

	for (; *v; v++)
		if (!(*v)->done)
			return false;

	return true;
}


static void stage_stop(struct lab *lab, unsigned stage)
{
	struct lab_child *v[PLAN_NODES_MAX + 1] = {NULL};
	size_t n = 0;

	for (struct lab_child *c = lab->children; c && n < PLAN_NODES_MAX; c = c->next) {
		if (c->done || stage_of(c) != stage)
			continue;
		c->expected = true;
		(void)kill(c->pid, SIGTERM);
		v[n++] = c;
	}
	(void)lab_wait(lab, stage_ended, v, STOP_MS, "programs to end");
	for (size_t i = 0; i < n; i++)
		lab_child_stop(lab, v[i]);
}


void service_stop_all(struct lab *lab)
{
	struct lab_step *st = lab_step_begin(lab, LAB_HANGUP, "all programs end");

	for (unsigned s = STAGES; s-- > 0;)
		stage_stop(lab, s);
	(void)lab_step_end(lab, st, 0, NULL);
}
