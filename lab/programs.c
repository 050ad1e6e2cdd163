#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lab/programs.h"

static const struct {
	const char *name;
	const char *package;
	const char *role;	/* needed by hosts of this role; NULL: by all */
} programs[] = {
	{"ip", "iproute2", NULL},
	{"nft", "nftables", NULL},
	{"ping", "iputils-ping", "admin"},
	{"dnsmasq", "dnsmasq-base", "dns"},
	{"chronyd", "chrony", "ntp"},
	{"chronyc", "chrony", "ntp"},
};


/* As the children will look: PATH, then where PATH often does not lead. */
static bool installed(const char *name)
{
	const char *path = getenv("PATH");
	char buf[8192], *save = NULL;

	(void)snprintf(buf, sizeof(buf), "%s:/usr/sbin:/sbin", path ? path : "/usr/bin:/bin");
	for (char *d = strtok_r(buf, ":", &save); d; d = strtok_r(NULL, ":", &save)) {
		char file[8192 + 32];

		(void)snprintf(file, sizeof(file), "%s/%s", d, name);
		if (!access(file, X_OK))
			return true;
	}

	return false;
}


static bool needed(const struct lab *lab, const char *role)
{
	for (size_t i = 0; role && i < lab->site.nhosts; i++)
		if (site_host_has_role(&lab->site.hosts[i], role))
			return true;

	return !role;
}


int programs_check(struct lab *lab)
{
	const char *names = "", *packages = "";

	for (size_t i = 0; i < sizeof(programs) / sizeof(programs[0]); i++) {
		if (!needed(lab, programs[i].role) || installed(programs[i].name))
			continue;
		names = lab_str(lab, "%s%s%s", names, *names ? ", " : "", programs[i].name);
		if (!strstr(packages, programs[i].package))
			packages = lab_str(lab, "%s %s", packages, programs[i].package);
	}
	if (!*names)
		return 0;
	(void)fprintf(stderr, "visavis lab: this site needs programs that are missing: %s; "
		      "apt-get install%s\n", names, packages);

	return ENOENT;
}
