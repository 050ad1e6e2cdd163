/*
 * What a configuration does with packets, one a line on standard input: P permitted, D denied, U cannot be told, N no list looks
 * at it. One run for many packets, where `visavis policy explain` takes one.
 *   verdicts DIALECT CONFIG <PACKETS
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/policy/audit/explain.h"
#include "lib/policy/pset/show.h"
#include "lib/policy/read/reader.h"

enum { TEXT_MAX = 1 << 20 };


static bool looks_at(const struct config *c, const struct config_hook *h, const struct show_packet *p)
{
	const char *name = h->where == CONFIG_IN ? p->in : h->where == CONFIG_OUT ? p->out : NULL;
	uint8_t family = p->packet.field[PSET_FAMILY] ? 6 : 4;

	if (h->where == CONFIG_LOCAL || (h->family && h->family != family))
		return false;
	return !h->iface || !name || config_iface_named(c, h->iface, name);
}


static char judge(const struct config *c, const struct show_packet *p)
{
	struct explain_where where = { p->in, p->out };
	unsigned seen = 0;

	for (size_t i = 0; i < c->nhooks; i++) {
		const struct config_list *l = config_list_find(c, c->hooks[i].list, c->hooks[i].family);
		enum flat_class v = FLAT_UNKNOWN;

		if (!looks_at(c, &c->hooks[i], p))
			continue;
		if (l)
			(void)explain_list(&v, c, l, &p->packet, &where, NULL, NULL);
		seen |= 1u << v;
	}

	return seen & 1u << FLAT_DENY ? 'D' : seen & 1u << FLAT_UNKNOWN ? 'U' : seen ? 'P' : 'N';
}


int main(int argc, char *argv[])
{
	static char text[TEXT_MAX];
	struct config c = {0};
	struct diag_list dl = {0};
	char line[512], why[SHOW_WHY_LEN];
	FILE *f = argc == 3 ? fopen(argv[2], "r") : NULL;
	int err = !f;

	if (!err) {
		size_t n = fread(text, 1, sizeof(text), f);

		(void)fclose(f);
		err = policy_read(&c, argv[1], argv[2], text, n, &dl);
	}
	for (size_t i = 0; i < c.nunknown; i++)
		(void)fprintf(stderr, "%u: %s\n", c.unknown[i].line, c.unknown[i].reason);
	while (!err && fgets(line, sizeof(line), stdin)) {
		struct show_packet p;

		line[strcspn(line, "\n")] = '\0';
		if (show_packet_parse(&p, line, why))
			(void)printf("? %s\n", why);
		else
			(void)printf("%c\n", judge(&c, &p));
	}

	diag_reset(&dl);
	config_reset(&c);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}
