#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemons/sla/alone.h"
#include "daemons/sla/ctl.h"
#include "daemons/sla/keyfile.h"
#include "daemons/sla/rights.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "io/program.h"
#include "io/tstamp.h"

/* All that lives as long as the program. */
static struct {
	bool responder;			/* that alone */
	const char *probe;		/* for --help */
	struct sla_keys keys;
	struct control control;
	struct ctl_server *ctl;
} sla;


static unsigned number(const struct site_host *h, const char *key, const char *def)
{
	return (unsigned)strtoul(site_host_setting(h, key, def), NULL, 10);
}


static int agent_begin(const struct program *p)
{
	const struct probes_config cfg = {
		.site = &p->site, .self = p->self, .keys = &sla.keys,
		.pps = number(p->self, "sla-rate", "2000"),
		.duration_s = number(p->self, "sla-duration", "600"),
		.schedule = site_host_setting(p->self, "sla-schedule", NULL),
		.every_s = number(p->self, "sla-every", "60"), .lasts_s = number(p->self, "sla-lasts", "5"),
	};

	return probes_alloc(&sla.control.probes, &cfg);
}


static int responder_begin(const struct program *p)
{
	const struct respond_config cfg = {
		.site = &p->site, .self = p->self, .keys = &sla.keys,
		.duration_s = number(p->self, "sla-duration", "600"),
		.ops = number(p->self, "sla-operations", "256"),
		.v1 = !strcmp(site_host_setting(p->self, "sla-v1", "on"), "on"),
	};

	return respond_alloc(&sla.control.respond, &cfg);
}


static int run(struct program *p)
{
	const char *keys = site_host_setting(p->self, "sla-keys", NULL);
	bool answers = site_host_has_role(p->self, "sla-responder");
	unsigned clock_us = number(p->self, "sla-clock-error", "0");
	int err = keys ? keyfile_read(&sla.keys, keys) : 0;

	if (clock_us)
		tstamp_clock_error_set(clock_us * 1000LL);
	if (!err && answers)
		err = responder_begin(p);
	if (!err && !sla.responder)
		err = agent_begin(p);
	if (!err)
		err = control_listen(&sla.ctl, p->self->name, &sla.control);
	if (!err)
		err = rights_drop();
	if (err)
		return err;
	log_info("%s of %s is ready, %zu keys", sla.responder ? "responder" : answers ?
		 "agent and responder" : "agent", p->self->name, sla.keys.n);
	return program_serve();
}


static void end(struct program *p)
{
	(void)p;
	mem_deref(sla.control.probes);
	mem_deref(sla.control.respond);
	mem_deref(sla.ctl);
	explicit_bzero(&sla.keys, sizeof(sla.keys));
}


int main(int argc, char *argv[])
{
	static const struct arg own[] = {
		{.name = "responder", .kind = ARG_FLAG, .to = &sla.responder,
		 .help = "answer and measure nothing; without --site see --responder --help"},
		{.name = "probe", .to = &sla.probe, .value = "ADDRESS",
		 .help = "measure once to ADDRESS, without a site; --probe --help tells more"},
	};
	static struct program p = {
		.name = "visavis-sla", .role = "sla-agent",
		.args = own, .nargs = ARRAY_SIZE(own), .run_h = run, .end_h = end,
	};

	if (alone_wanted(argc, argv))
		return alone_main(argc, argv);
	if (alone_answers(argc, argv))
		return alone_respond_main(argc, argv);
	for (int i = 1; i < argc; i++)
		if (!strcmp(argv[i], "--responder"))
			p.role = "sla-responder";
	return program_main(&p, argc, argv);
}
