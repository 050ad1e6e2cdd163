#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lab/child.h"
#include "lab/lab.h"
#include "lab/loop.h"
#include "lab/tell.h"


struct lab_node *lab_node_find(struct lab *lab, const char *name)
{
	for (size_t i = 0; i < lab->nnodes; i++)
		if (!strcmp(lab->nodes[i].name, name))
			return &lab->nodes[i];

	return NULL;
}


static bool node_has_addr(const struct plan_node *n, const struct ip_addr *a)
{
	for (size_t i = 0; i < n->nifaces; i++)
		for (size_t k = 0; k < n->ifaces[i].naddrs; k++)
			if (!ip_cmp(&n->ifaces[i].addrs[k].addr, a))
				return true;

	return false;
}


struct lab_node *lab_node_by_addr(struct lab *lab, const struct ip_addr *a)
{
	for (size_t i = 0; i < lab->nnodes; i++)
		if (node_has_addr(lab->nodes[i].plan, a))
			return &lab->nodes[i];

	return NULL;
}


struct lab_node *lab_firewall_next(struct lab *lab, const struct lab_node *prev)
{
	for (size_t i = prev ? (size_t)(prev - lab->nodes) + 1 : 0; i < lab->nnodes; i++)
		if (lab->nodes[i].firewall)
			return &lab->nodes[i];

	return NULL;
}


bool lab_node_has_role(const struct lab_node *n, const char *role)
{
	return n->host && site_host_has_role(n->host, role);
}


uint64_t lab_now_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_REALTIME, &ts);

	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}


const char *lab_phase_name(enum lab_phase ph)
{
	static const char *const names[LAB_PHASES] = {
		[LAB_START] = "start", [LAB_REGISTER] = "register", [LAB_MANAGE] = "manage",
		[LAB_MEET] = "meet", [LAB_HANGUP] = "hangup", [LAB_PROVE] = "prove",
		[LAB_REPORT] = "report", [LAB_STOP] = "stop",
	};

	return ph < LAB_PHASES ? names[ph] : "?";
}


const char *lab_str(struct lab *lab, const char *fmt, ...)
{
	char buf[8192];
	const char *s;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	s = arena_strdup(&lab->arena, buf);

	return s ? s : "";
}


uint64_t lab_mono_us(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}


int lab_wait(struct lab *lab, bool (*cond_h)(void *arg), void *arg, unsigned limit_ms,
	     const char *what)
{
	uint64_t begin = lab_mono_us(), end = begin + limit_ms * 1000ULL;

	for (;;) {
		if (cond_h(arg))
			return 0;
		if (lab->stop)
			return ECANCELED;
		if (lab_mono_us() >= end)
			return ETIMEDOUT;
		lab_loop_pump(lab, 10);
		tell_waiting(lab, what, begin, end);
	}
}


int lab_sleep(struct lab *lab, unsigned ms, const char *what)
{
	uint64_t begin = lab_mono_us(), end = begin + ms * 1000ULL, now;

	while ((now = lab_mono_us()) < end) {
		if (lab->stop)
			return ECANCELED;
		lab_loop_pump(lab, end - now > 100000 ? 100 : (int)((end - now) / 1000) + 1);
		tell_waiting(lab, what, begin, end);
	}

	return 0;
}


void lab_event(struct lab *lab, const char *host, const char *prog, const char *ev,
	       json_t *fields)
{
	const char *path = lab_str(lab, "%s/%s.%s.jsonl", lab->path.log, host, prog);
	char *s = json_dumps(fields, JSON_COMPACT);
	uint64_t now = lab_now_us();
	FILE *f = fopen(path, "ae");

	if (f && s) {
		(void)fprintf(f, "{\"t\":%llu.%06llu,\"host\":\"%s\",\"prog\":\"%s\",\"ev\":\"%s\"%s%s\n",
			      (unsigned long long)(now / 1000000),
			      (unsigned long long)(now % 1000000), host, prog, ev,
			      strcmp(s, "{}") ? "," : "", s + 1);
	}
	if (f)
		(void)fclose(f);
	free(s);
	json_decref(fields);
}
