/* The commands of a build without media libraries. */
#include <stddef.h>

#include "tools/visavis/cmd.h"

const struct cmd commands[] = {
	{"flows", "[FILTER...]", "list the flow matrix", cmd_flows},
	{"site", "check|show|options ...", "check and print a site file", cmd_site},
	{"policy", "VERB ...", "compile, audit, explain firewalls", cmd_policy},
	{"plan", "SITE", "bandwidth of links, meetings that fit", cmd_plan},
	{NULL, NULL, NULL, NULL},
};
