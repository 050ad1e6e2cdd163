#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/sla/ctl.h"
#include "daemons/sla/result.h"
#include "io/libre.h"
#include "io/log.h"
#include "lib/flow/flow.h"
#include "lib/sla/stamp.h"

enum { MS_MAX = 60000, SECONDS_MAX = 86400 };

/* A measurement that somebody waits for. */
struct waiter {
	struct ctl_conn *conn;
	struct probe *probe;
	const char *format;
};


static void status_handler(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	const struct control *cl = arg;

	(void)argc;
	(void)argv;
	ctl_reply(conn, json_pack("{s:o*, s:o*}",
		"agent", cl->probes ? probes_status(cl->probes) : NULL,
		"responder", cl->respond ? respond_status(cl->respond) : NULL));
}


static void metrics_handler(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	const struct control *cl = arg;
	struct sbuf sb = {0};

	(void)argc;
	(void)argv;
	if (!cl->probes)
		ctl_fail(conn, "this host has no agent");
	else if (probes_metrics(&sb, cl->probes))
		ctl_fail(conn, "%s", strerror(sb.err ? sb.err : ENOMEM));
	else
		ctl_reply(conn, json_pack("{s:s}", "text", sbuf_str(&sb)));
	sbuf_reset(&sb);
}


static void probe_over(const struct sla_run *run, void *arg)
{
	struct waiter *w = arg;
	struct sbuf sb = {0};
	int err;

	if (!run) {
		ctl_fail(w->conn, "the program ends");
		mem_deref(w);
		return;
	}
	err = result_write(&sb, run, w->format);
	if (err || sb.err)
		ctl_fail(w->conn, "the result cannot be written: %s", strerror(err ? err : sb.err));
	else
		ctl_reply(w->conn, json_pack("{s:s, s:s, s:s?, s:s, s:b}", "text", sbuf_str(&sb), "stop",
			  sla_stop_name(run->stop), "why", run->why, "format", w->format,
			  "unfit", result_unfit(run)));
	sbuf_reset(&sb);
	mem_deref(w);
}


static void waiter_gone(void *arg)
{
	struct waiter *w = arg;

	probe_cancel(w->probe);
	mem_deref(w);
}


static bool number_read(unsigned *v, const char *s, unsigned max)
{
	char *end;
	unsigned long n = strtoul(s, &end, 10);

	*v = (unsigned)n;
	return *s >= '0' && *s <= '9' && !*end && n <= max;
}


static const char *format_find(const char *s)
{
	for (int i = 0; result_formats[i]; i++)
		if (!strcmp(result_formats[i], s))
			return result_formats[i];
	return NULL;
}


/* Each takes the text behind "name=". @return NULL, or what to write instead */
static const char *set_profile(struct probe_request *r, const char **format, const char *s)
{
	(void)format;
	r->profile = s;
	return NULL;
}


static const char *set_protocol(struct probe_request *r, const char **format, const char *s)
{
	(void)format;
	r->protocol = s;
	return NULL;
}


static const char *set_duration(struct probe_request *r, const char **format, const char *s)
{
	unsigned v;

	(void)format;
	if (!number_read(&v, s, SECONDS_MAX))
		return "duration=SECONDS, at most 86400";
	r->duration_ns = v * SLA_NS;
	return NULL;
}


static const char *set_dscp(struct probe_request *r, const char **format, const char *s)
{
	uint8_t v;

	(void)format;
	if (flow_dscp_parse(&v, s))
		return "dscp=NUMBER, 0 to 63, or its name, such as CS4 or AF41";
	r->dscp = v;
	return NULL;
}


static const char *set_late(struct probe_request *r, const char **format, const char *s)
{
	(void)format;
	return number_read(&r->late_ms, s, MS_MAX) ? NULL : "late=MILLISECONDS, at most 60000";
}


static const char *set_wait(struct probe_request *r, const char **format, const char *s)
{
	(void)format;
	return number_read(&r->wait_ms, s, MS_MAX) ? NULL : "wait=MILLISECONDS, at most 60000";
}


static const char *set_format(struct probe_request *r, const char **format, const char *s)
{
	(void)r;
	*format = format_find(s);
	return *format ? NULL : "format=text, json, csv, prometheus, plot, plot-ascii, html, brief or samples";
}


static const struct {
	const char *name;
	const char *(*set)(struct probe_request *r, const char **format, const char *s);
} options[] = {
	{"profile=", set_profile}, {"protocol=", set_protocol}, {"duration=", set_duration},
	{"dscp=", set_dscp}, {"late=", set_late}, {"wait=", set_wait}, {"format=", set_format},
};


static const char *option_read(struct probe_request *r, const char **format, const char *arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (!strncmp(arg, options[i].name, strlen(options[i].name)))
			return options[i].set(r, format, arg + strlen(options[i].name));
	return "profile=, protocol=, duration=, dscp=, late=, wait= or format=";
}


static void probe_handler(struct ctl_conn *conn, int argc, const char *argv[], void *arg)
{
	struct control *cl = arg;
	struct probe_request r = {.profile = "udp-jitter", .dscp = -1};
	struct waiter *w;
	const char *format = result_formats[0], *wrong = argc ? NULL : "the name of the far end";
	char why[160] = "";

	for (int i = 1; !wrong && i < argc; i++)
		wrong = option_read(&r, &format, argv[i]);
	if (!cl->probes) {
		ctl_fail(conn, "this host has no agent");
		return;
	}
	if (wrong) {
		ctl_fail(conn, "write %s", wrong);
		return;
	}
	r.to = argv[0];
	w = mem_zalloc(sizeof(*w), NULL);
	if (!w) {
		ctl_fail(conn, "%s", strerror(ENOMEM));
		return;
	}
	w->conn = conn;
	w->format = format;
	if (probe_start(&w->probe, cl->probes, &r, probe_over, w, why, sizeof(why))) {
		ctl_fail(conn, "%s", why[0] ? why : "no memory");
		mem_deref(w);
		return;
	}
	ctl_conn_on_close(conn, waiter_gone, w);
}


static const struct ctl_cmd commands[] = {
	{"probe", "HOST [OPTION=VALUE...]", "measure the path to a responder of the site", probe_handler},
	{"metrics", NULL, "what the schedule found, for Prometheus", metrics_handler},
	{"status", NULL, "operations, counts, last results", status_handler},
	{NULL, NULL, NULL, NULL},
};


int control_listen(struct ctl_server **srvp, const char *host, struct control *cl)
{
	return ctl_open(srvp, host, commands, cl);
}
