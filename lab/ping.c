#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "lab/child.h"
#include "lab/ping.h"
#include "lab/service/service.h"

enum { PING_MS = 8000, PING_MAX = 4096 };

struct ping {
	struct lab_node *from;
	struct lab_node *to;
	struct ip_addr src;
	struct ip_addr dst;
	struct lab_child *child;
	unsigned long before;	/* echo requests the far kernel had counted */
};

struct pings {
	struct ping *v;
	size_t n;
};


/* "Icmp: InMsgs InErrors ... InEchos ..." and a line of values below. */
static unsigned long echos_v4(pid_t pid)
{
	char path[64], names[1024], values[1024], *np, *vp, *ns = NULL, *vs = NULL;
	unsigned long n = 0;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/net/snmp", pid);
	f = fopen(path, "re");
	while (f && fgets(names, sizeof(names), f) && fgets(values, sizeof(values), f)) {
		if (strncmp(names, "Icmp: ", 6))
			continue;
		np = strtok_r(names, " \n", &ns);
		vp = strtok_r(values, " \n", &vs);
		for (; np && vp; np = strtok_r(NULL, " \n", &ns), vp = strtok_r(NULL, " \n", &vs))
			if (!strcmp(np, "InEchos"))
				n = strtoul(vp, NULL, 10);
	}
	if (f)
		(void)fclose(f);

	return n;
}


static unsigned long echos_v6(pid_t pid)
{
	unsigned long n = 0;
	char path[64], line[256];
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/net/snmp6", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "Icmp6InEchos %lu", &n) == 1)
			break;
	if (f)
		(void)fclose(f);

	return n;
}


static unsigned long echos(const struct ping *p)
{
	return p->dst.family == 6 ? echos_v6(p->to->pid) : echos_v4(p->to->pid);
}


static int ping_start(struct lab *lab, struct ping *p)
{
	char buf[IP_STRLEN];
	const char *const argv[] = {"ping", "-n", "-q", "-c", "1", "-W", "3",
				    lab_str(lab, "%s", ip_str(&p->dst, buf)), NULL};

	p->before = echos(p);

	return lab_spawn(&p->child, lab, p->from, "ping", argv);
}


static bool pings_done(void *arg)
{
	const struct pings *ps = arg;

	for (size_t i = 0; i < ps->n; i++)
		if (!ps->v[i].child->done)
			return false;

	return true;
}


static void flow_log(struct lab *lab, const struct lab_node *n, const char *prog, const char *row,
		     const char *dir, const struct ip_addr *local, const struct ip_addr *peer,
		     bool ok)
{
	char l[IP_STRLEN], p[IP_STRLEN];

	lab_event(lab, n->name, prog, "flow",
		  json_pack("{s:s, s:s, s:s, s:s, s:s, s:s}", "row", row, "dir", dir,
			    "transport", "icmp", "local", ip_str(local, l),
			    "peer", ip_str(peer, p), "outcome", ok ? "ok" : "timeout"));
}


static bool ping_log(struct lab *lab, const struct ping *p, const char *row)
{
	bool answered = p->child->done && WIFEXITED(p->child->status) &&
			!WEXITSTATUS(p->child->status);
	bool heard = echos(p) > p->before;

	flow_log(lab, p->from, "ping", row, "out", &p->src, &p->dst, answered);
	if (heard)
		flow_log(lab, p->to, "kernel", row, "in", &p->dst, &p->src, true);

	return answered && heard;
}


/* One for each family that both have. */
static int pings_add(struct lab *lab, struct pings *ps, struct lab_node *from,
		     struct lab_node *to)
{
	int err = 0;

	for (uint8_t family = 4; !err && family <= 6; family += 2) {
		struct ping *p = &ps->v[ps->n];

		*p = (struct ping){.from = from, .to = to};
		if (!site_host_addr(from->host, family, &p->src) ||
		    !site_host_addr(to->host, family, &p->dst) || ps->n == PING_MAX - 1)
			continue;
		err = ping_start(lab, p);
		if (!err) {
			p->child->expected = true;
			ps->n++;
		}
	}

	return err;
}


static int pings_run(struct lab *lab, struct pings *ps, struct lab_node *from)
{
	int err = 0;

	ps->n = 0;
	for (size_t i = 0; !err && i < lab->nnodes; i++)
		if (lab->nodes[i].host && &lab->nodes[i] != from)
			err = pings_add(lab, ps, from, &lab->nodes[i]);
	if (!err)
		err = lab_wait(lab, pings_done, ps, PING_MS, "echo replies");

	return err == ETIMEDOUT ? 0 : err;
}


static int ping_from(struct lab *lab, struct pings *ps, struct lab_node *from)
{
	const struct flow_row *row = service_row_from(lab, from->host, "ICMP");
	struct lab_step *st;
	const char *silent = "";
	size_t answered = 0;
	int err;

	if (!row)
		return 0;
	st = lab_step_begin(lab, LAB_MANAGE, "%s: pings all hosts", from->name);
	err = pings_run(lab, ps, from);
	for (size_t i = 0; !err && i < ps->n; i++) {
		if (ping_log(lab, &ps->v[i], row->id))
			answered++;
		else
			silent = lab_str(lab, "%s %s", silent, ps->v[i].to->name);
	}
	if (!err && *silent)
		return lab_step_end(lab, st, EHOSTUNREACH, "no echo from%s", silent);

	return lab_step_end(lab, st, err, err ? NULL : "%zu of %zu answer", answered, ps->n);
}


int ping_all(struct lab *lab)
{
	struct pings ps = {arena_calloc(&lab->arena, PING_MAX, sizeof(struct ping)), 0};
	int err = ps.v ? 0 : ENOMEM;

	for (size_t i = 0; i < lab->nnodes && err != ECANCELED && err != ENOMEM; i++)
		if (lab_node_has_role(&lab->nodes[i], "admin")) {
			int e = ping_from(lab, &ps, &lab->nodes[i]);

			err = err ? err : e;
		}

	return err;
}
