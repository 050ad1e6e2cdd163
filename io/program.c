#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "io/flowtab.h"
#include "io/libre.h"
#include "io/log.h"
#include "io/program.h"
#include "io/siteload.h"

enum { SECURITY_ON };


static int args_read(struct program *p, int argc, char *argv[])
{
	static const char *const on_off[] = {"on", "off", NULL};
	struct arg v[ARGS_MAX] = {
		{.name = "site", .to = &p->site_path, .value = "FILE", .required = true,
		 .help = "the site file"},
		{.name = "host", .to = &p->host, .value = "NAME", .required = true,
		 .help = "which host of the site this is"},
		{.name = "state", .to = &p->state, .value = "DIR", .required = true,
		 .help = "where it keeps its secrets and what must outlive it"},
		{.name = "log", .to = &p->log, .value = "FILE",
		 .help = "append events as JSON lines"},
		{.name = "security", .kind = ARG_CHOICE, .to = &p->security, .value = "on|off",
		 .choices = on_off, .help = "instead of what the site file says"},
		{.name = "v", .kind = ARG_FLAG, .to = &p->verbose, .help = "more text on stderr"},
	};
	size_t n = 6;

	p->security = -1;
	if (p->nargs > ARGS_MAX - n)
		return EINVAL;
	memcpy(v + n, p->args, p->nargs * sizeof(*v));
	return args_parse(p->name, v, n + p->nargs, argc, argv);
}


static int site_load(struct program *p)
{
	struct diag_list dl = {0};
	int err = siteload_read(&p->site, &p->arena, p->site_path, &dl);

	if (err)
		siteload_print(stderr, &dl);
	diag_reset(&dl);
	if (err)
		return err;
	if (p->security >= 0)
		p->site.security = p->security == SECURITY_ON;
	p->self = site_host_find(&p->site, p->host);
	if (!p->self) {
		log_error("%s: no host \"%s\"", p->site_path, p->host);
		return ENOENT;
	}
	if (!site_host_has_role(p->self, p->role)) {
		log_error("%s: host %s needs the role %s", p->site_path, p->host, p->role);
		return EINVAL;
	}
	return 0;
}


static int run(struct program *p)
{
	int err = site_load(p);

	if (err)
		return err;
	flowtab_init(&p->site, p->self);
	err = libre_init();
	if (err)
		log_error("cannot start: %s", strerror(err));
	else
		err = p->run_h(p);
	p->end_h(p);
	libre_close();
	return err;
}


static void signal_handler(int sig)
{
	(void)sig;
	re_cancel();
}


int program_serve(void)
{
	return re_main(signal_handler);
}


int program_main(struct program *p, int argc, char *argv[])
{
	int err = args_read(p, argc, argv);

	if (err)
		return err == ECANCELED ? 0 : ARGS_EXIT_USAGE;
	(void)signal(SIGPIPE, SIG_IGN);
	err = log_init(p->name, p->host, p->log, p->verbose ? LOG_DEBUG : LOG_INFO);
	if (err) {
		(void)fprintf(stderr, "%s: %s: %s\n", p->name, p->log, strerror(err));
		return 1;
	}
	err = run(p);
	arena_reset(&p->arena);
	log_close();
	return err ? 1 : 0;
}


int program_path(char buf[PROGRAM_PATH], const struct program *p, const char *name)
{
	int n = snprintf(buf, PROGRAM_PATH, "%s/%s", p->state, name);

	if (n >= 0 && n < PROGRAM_PATH)
		return 0;
	log_error("%s: the path is too long", p->state);
	return ENAMETOOLONG;
}
