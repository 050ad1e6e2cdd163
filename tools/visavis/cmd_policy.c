#include <stdio.h>
#include <string.h>

#include "tools/visavis/cmd.h"
#include "tools/visavis/policy.h"

static const struct cmd verbs[] = {
	{"compile", "[--to DIALECT] SITE", "write the firewall's configuration", policy_compile},
	{"qos", "[--to DIALECT] SITE", "bandwidth of links; marking and queueing", policy_qos},
	{"audit", "SITE CONFIG...", "what is missing, what is too much", policy_audit},
	{"lint", "CONFIG...", "lines that never match or change nothing", policy_lint},
	{"diff", "A B", "what changed in effect", policy_diff},
	{"update", "--to DIALECT CONFIG SITE", "take a device there, step by step", policy_update},
	{"translate", "CONFIG", "a configuration in the words of nftables", policy_translate},
	{"explain", "CONFIG PACKET", "one packet's way through the lines", policy_explain},
	{NULL, NULL, NULL, NULL},
};


static int usage(FILE *f)
{
	(void)fprintf(f, "usage: visavis policy VERB [ARG...]\n\n");
	for (const struct cmd *v = verbs; v->name; v++)
		(void)fprintf(f, "  %-9s %-26s %s\n", v->name, v->args, v->help);
	(void)fprintf(f, "\nvisavis policy VERB --help tells more; so does man visavis-policy.\n");
	return f == stdout ? EXIT_OK : EXIT_USAGE;
}


int cmd_policy(int argc, char *argv[])
{
	if (argc < 2)
		return usage(stderr);
	if (!strcmp(argv[1], "--help"))
		return usage(stdout);
	for (const struct cmd *v = verbs; v->name; v++)
		if (!strcmp(argv[1], v->name))
			return v->run(argc - 1, argv + 1);

	(void)fprintf(stderr, "visavis policy: no verb \"%s\"\n\n", argv[1]);
	return usage(stderr);
}
