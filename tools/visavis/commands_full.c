/* The commands of a build with daemons and lab. */
#include <stddef.h>

#include "tools/visavis/cmd.h"

const struct cmd commands[] = {
	{"flows", "[FILTER...]", "list the flow matrix", cmd_flows},
	{"site", "check|show|options ...", "check and print a site file", cmd_site},
	{"policy", "VERB ...", "compile, audit, explain firewalls", cmd_policy},
	{"plan", "SITE", "bandwidth of links, meetings that fit", cmd_plan},
	{"ctl", "HOST COMMAND [ARG...]", "tell a running program what to do", cmd_ctl},
	{"probe", "FROM TO", "measure a path of the site", cmd_probe},
	{"lab", "VERB SITE [OPTION...]", "bring a site up on this machine", cmd_lab},
	{NULL, NULL, NULL, NULL},
};
