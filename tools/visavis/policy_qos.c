#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "io/siteload.h"
#include "lib/policy/emit/qos.h"
#include "tools/visavis/cmd.h"
#include "tools/visavis/policy.h"

struct ask {
	const char *to;
	const char *firewall;
	bool json;
	struct arena mem;
	struct diag_list dl;
	struct site site;
	struct need_list needs;
};


static int usage(FILE *f)
{
	(void)fprintf(f, "usage: visavis policy qos [--to DIALECT | --json] [--firewall NAME] SITE\n\n"
		      "Without --to: the bandwidth that each link needs.\n\nDialects:\n");
	for (const struct qos_backend *b = qos_backends; b->name; b++)
		(void)fprintf(f, "  %-12s %s\n", b->name, b->title);

	return f == stdout ? EXIT_OK : EXIT_USAGE;
}


static const struct qos_backend *backend_find(const char *name)
{
	for (const struct qos_backend *b = qos_backends; b->name; b++)
		if (!strcmp(b->name, name))
			return b;

	return NULL;
}


static const struct site_firewall *firewall_find(const struct ask *c, const char *path)
{
	for (size_t i = 0; i < c->site.nfirewalls; i++)
		if (c->firewall ? !strcmp(c->firewall, c->site.firewalls[i].name) : c->site.nfirewalls == 1)
			return &c->site.firewalls[i];

	if (c->firewall)
		(void)fprintf(stderr, "visavis policy: %s has no firewall \"%s\"\n", path, c->firewall);
	else
		(void)fprintf(stderr, "visavis policy: %s has %zu firewalls; name one with --firewall\n",
			      path, c->site.nfirewalls);
	return NULL;
}


static int show(struct ask *c, const struct site_firewall *fw, const struct qos_backend *b)
{
	struct sbuf sb = {0};
	struct policy p;
	struct qos q;
	int err = policy_build(&p, &c->mem, &c->site, fw, &c->needs);

	if (!err)
		err = qos_build(&q, &c->mem, &p);
	if (!err && b)
		err = b->emit(&sb, &c->mem, &q);
	else if (!err && c->json)
		qos_print_json(&sb, &q);
	else if (!err)
		qos_print(&sb, &q);
	err = err ? err : sb.err;
	if (err)
		(void)fprintf(stderr, "visavis policy: %s\n", strerror(err));
	else
		err = fwrite(sbuf_str(&sb), 1, sb.len, stdout) != sb.len || fflush(stdout);

	sbuf_reset(&sb);
	return err ? EXIT_FINDINGS : EXIT_OK;
}


static int run(struct ask *c, const char *path)
{
	const struct qos_backend *b = c->to ? backend_find(c->to) : NULL;
	const struct site_firewall *fw;
	int err;

	if (c->to && !b) {
		(void)fprintf(stderr, "visavis policy: no dialect \"%s\" for qos; visavis policy qos "
			      "--help lists them\n", c->to);
		return EXIT_USAGE;
	}
	err = siteload_read(&c->site, &c->mem, path, &c->dl);
	if (!err)
		err = need_expand(&c->needs, &c->mem, &c->site, &c->dl);
	siteload_print(stderr, &c->dl);
	if (err)
		return EXIT_USAGE;

	fw = firewall_find(c, path);
	return fw ? show(c, fw, b) : EXIT_USAGE;
}


int policy_qos(int argc, char *argv[])
{
	static const struct option options[] = {
		{"to", required_argument, NULL, 't'},
		{"firewall", required_argument, NULL, 'f'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct ask c = {0};
	int opt, rc;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 't': c.to = optarg; break;
		case 'f': c.firewall = optarg; break;
		case 'j': c.json = true; break;
		case 'h': return usage(stdout);
		default: return usage(stderr);
		}
	}
	if (optind != argc - 1 || (c.to && c.json))
		return usage(stderr);

	rc = run(&c, argv[optind]);
	diag_reset(&c.dl);
	arena_reset(&c.mem);
	return rc;
}
