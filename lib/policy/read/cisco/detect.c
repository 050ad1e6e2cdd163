#include <string.h>

#include "lib/policy/read/cisco/cisco_read.h"


/** A line that begins like this is a sign of the flavour. */
static const struct sign {
	enum flavour flavour;
	int sure;
	const char *begins;
	const char *holds;	/* and has this in it, or NULL */
} signs[] = {
	{FLAVOUR_ASA, 100, "ASA Version", NULL},
	{FLAVOUR_ASA, 100, ": Saved", NULL},
	{FLAVOUR_ASA, 90, "access-list ", " extended "},
	{FLAVOUR_ASA, 90, "access-group ", " interface "},
	{FLAVOUR_ASA, 80, " nameif ", NULL},
	{FLAVOUR_ASA, 70, " network-object ", NULL},
	{FLAVOUR_XR, 100, "!! IOS XR", NULL},
	{FLAVOUR_XR, 90, "ipv4 access-list ", NULL},
	{FLAVOUR_XR, 90, " ipv4 access-group ", NULL},
	{FLAVOUR_XR, 80, "object-group network ipv", NULL},
	{FLAVOUR_NXOS, 100, "!Command: show running-config", NULL},
	{FLAVOUR_NXOS, 90, "feature ", NULL},
	{FLAVOUR_NXOS, 90, "object-group ip address ", NULL},
	{FLAVOUR_NXOS, 80, "  statistics per-entry", NULL},
	{FLAVOUR_NXOS, 80, "vrf context management", NULL},
	{FLAVOUR_IOS, 95, "ip access-list extended ", NULL},
	{FLAVOUR_IOS, 95, "ip access-list standard ", NULL},
	{FLAVOUR_IOS, 70, "Building configuration", NULL},
	{FLAVOUR_IOS, 70, "Extended IP access list ", NULL},
	{FLAVOUR_IOS, 70, "access-list 1", NULL},
	{FLAVOUR_IOS, 60, "access-list ", " permit "},
	{FLAVOUR_IOS, 60, " ip access-group ", NULL},
	{FLAVOUR_IOS, 60, "Current configuration", NULL},
	{FLAVOUR_NXOS, 65, "ip access-list ", NULL},
	{FLAVOUR_IOS, 55, "ipv6 access-list ", NULL},
	{FLAVOUR_NXOS, 50, "  ip access-group ", NULL},
	{FLAVOUR_NXOS, 50, "  ipv6 traffic-filter ", NULL},
};


static int sign_of(enum flavour flavour, const struct lines *ln)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		const struct sign *s = &signs[i];

		if (strncmp(ln->s, s->begins, strlen(s->begins)) != 0 ||
		    (s->holds && !strstr(ln->s, s->holds)))
			continue;
		return s->flavour == flavour ? s->sure : READER_NO;
	}

	return READER_NO;
}


int cisco_detect(enum flavour flavour, const char *text, size_t len)
{
	struct lines ln;
	int best = READER_NO;

	lines_init(&ln, text, len);
	while (best < READER_SURE && lines_next(&ln)) {
		int v = sign_of(flavour, &ln);

		best = v > best ? v : best;
	}

	return best;
}
