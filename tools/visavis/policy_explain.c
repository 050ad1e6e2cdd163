#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/jsonw.h"
#include "lib/policy/audit/device.h"
#include "lib/policy/audit/explain.h"
#include "lib/policy/pset/show.h"
#include "tools/visavis/cmd.h"
#include "tools/visavis/out.h"
#include "tools/visavis/policy.h"

enum { LINE_TEXT = 60 };

struct explain_job {
	const char *from;
	bool json;
	struct policy_file file;
	struct show_packet packet;
	struct sbuf sb;
	struct jsonw w;
	unsigned seen;			/**< bit per verdict */
};

static const char *const verdicts[] = {
	[FLAT_DENY] = "denied", [FLAT_PERMIT] = "permitted", [FLAT_UNKNOWN] = "cannot tell",
};


static int usage(FILE *f)
{
	(void)fprintf(f, "usage: visavis policy explain [--from DIALECT] [--json] CONFIG PACKET\n\n"
		      "A packet: 'udp 10.1.1.1:16500 > 10.2.2.2:5060', and then any of: type N,\n"
		      "code N, TCP flags by name, fragment, dscp NAME, state NAME, in IFACE,\n"
		      "out IFACE. Without flags or type it is the first of its flow.\n");
	policy_put_readers(f);
	return f == stdout ? EXIT_OK : EXIT_USAGE;
}


static int put_step(const struct explain_step *s, void *arg)
{
	struct explain_job *j = arg;
	struct sbuf text = {0};

	if (s->rule)
		policy_put_text(&text, &s->rule->text, j->json ? 400 : LINE_TEXT);
	else
		sbuf_printf(&text, "end of list %s", s->list->name);
	if (j->json) {
		jsonw_object_open(&j->w, NULL);
		jsonw_str(&j->w, "list", s->list->name);
		if (s->rule)
			jsonw_uint(&j->w, "line", s->rule->line);
		else
			jsonw_str(&j->w, "line", NULL);
		jsonw_str(&j->w, "text", sbuf_str(&text));
		jsonw_bool(&j->w, "maybe", s->maybe);
		jsonw_close(&j->w);
	} else {
		sbuf_printf(&j->sb, "  %*s", (int)s->depth * 2, "");
		if (s->rule)
			sbuf_printf(&j->sb, "%s:%u  ", j->file.config.file, s->rule->line);
		sbuf_printf(&j->sb, "%s%s\n", sbuf_str(&text), s->maybe ? "  (maybe)" : "");
	}

	sbuf_reset(&text);
	return 0;
}


static const char *where_text(const struct config_hook *h)
{
	return !h ? "by itself" : h->where == CONFIG_IN ? "in" : h->where == CONFIG_OUT ? "out" :
	       h->where == CONFIG_LOCAL ? "to the device itself" : "through the device";
}


static void explain_one(struct explain_job *j, const struct config_list *l,
			const struct config_hook *h)
{
	struct explain_where where = { j->packet.in, j->packet.out };
	enum flat_class v = FLAT_UNKNOWN;
	const char *iface = h && h->iface ? h->iface : NULL;

	if (h && h->where == CONFIG_IN && iface && !where.in[0])
		where.in = iface;
	if (h && h->where == CONFIG_OUT && iface && !where.out[0])
		where.out = iface;
	if (j->json) {
		jsonw_object_open(&j->w, NULL);
		jsonw_str(&j->w, "list", l->name);
		jsonw_str(&j->w, "applied", where_text(h));
		jsonw_str(&j->w, "interface", iface);
		jsonw_array_open(&j->w, "path");
	} else {
		sbuf_printf(&j->sb, "list %s, %s%s%s\n", l->name, where_text(h), iface ? " " : "",
			    iface ? iface : "");
	}

	(void)explain_list(&v, &j->file.config, l, &j->packet.packet, &where, put_step, j);
	j->seen |= 1u << v;
	if (j->json) {
		jsonw_close(&j->w);
		jsonw_str(&j->w, "verdict", verdicts[v]);
		jsonw_close(&j->w);
	} else {
		sbuf_printf(&j->sb, "%s\n\n", verdicts[v]);
	}
}


static bool applies(const struct explain_job *j, const struct config_hook *h)
{
	const struct show_packet *p = &j->packet;
	uint8_t family = p->packet.field[PSET_FAMILY] ? 6 : 4;

	if (h->where == CONFIG_LOCAL || (h->family && h->family != family))
		return false;
	if (h->iface && h->where == CONFIG_IN && p->in[0])
		return config_iface_named(&j->file.config, h->iface, p->in);
	if (h->iface && h->where == CONFIG_OUT && p->out[0])
		return config_iface_named(&j->file.config, h->iface, p->out);

	return true;
}


static void explain_all(struct explain_job *j)
{
	const struct config *c = &j->file.config;
	uint8_t family = j->packet.packet.field[PSET_FAMILY] ? 6 : 4;
	bool any = false;

	for (size_t i = 0; i < c->nhooks; i++) {
		const struct config_list *l = config_list_find(c, c->hooks[i].list,
							       c->hooks[i].family);

		if (c->hooks[i].where != CONFIG_LOCAL)
			any = true;
		if (l && applies(j, &c->hooks[i]))
			explain_one(j, l, &c->hooks[i]);
	}
	/* a file of lists alone */
	for (size_t i = 0; !any && i < c->nlists; i++)
		if (c->lists[i].defined && c->lists[i].fallthrough != CONFIG_RETURN &&
		    (!c->lists[i].family || c->lists[i].family == family))
			explain_one(j, &c->lists[i], NULL);
}


/** Which lists the verdict is not about */
static void say_local(struct explain_job *j)
{
	const struct config *c = &j->file.config;
	const char *lead = "Not asked, for packets to or from the device itself: ";

	for (size_t i = 0; i < c->nhooks; i++) {
		const char *name = c->hooks[i].list;
		bool told = c->hooks[i].where != CONFIG_LOCAL;

		for (size_t k = 0; !told && k < i; k++)
			told = c->hooks[k].where == CONFIG_LOCAL && !strcmp(c->hooks[k].list, name);
		if (!told) {
			sbuf_printf(&j->sb, "%s%s", lead, name);
			lead = ", ";
		}
	}
	if (*lead == ',')
		sbuf_puts(&j->sb, "\n");
}


/** Are the interfaces that the packet names those of the configuration? */
static bool known_ifaces(const struct explain_job *j)
{
	const struct config *c = &j->file.config;
	const char *const names[] = { j->packet.in, j->packet.out };

	for (int k = 0; k < 2; k++) {
		bool known = !names[k][0];

		for (size_t i = 0; !known && i < c->nifaces; i++)
			known = config_iface_named(c, c->ifaces[i].name, names[k]);
		for (size_t i = 0; !known && i < c->nhooks; i++)
			known = c->hooks[i].iface && config_iface_named(c, c->hooks[i].iface, names[k]);
		if (!known)
			return false;
	}

	return true;
}


static int run(struct explain_job *j, const char *path, const char *text)
{
	char why[SHOW_WHY_LEN];
	int rc;

	if (show_packet_parse(&j->packet, text, why)) {
		(void)fprintf(stderr, "visavis policy explain: %s\n", why);
		return EXIT_USAGE;
	}
	if (!j->packet.has_ports) {
		(void)fprintf(stderr, "visavis policy explain: both ports are needed, as in "
			      "'udp 10.1.1.1:16500 > 10.2.2.2:5060'\n");
		return EXIT_USAGE;
	}
	rc = policy_file_read(&j->file, path, j->from);
	if (rc)
		return rc;

	j->w = (struct jsonw){ .sb = &j->sb };
	if (j->json)
		jsonw_array_open(&j->w, NULL);
	explain_all(j);
	if (j->json)
		jsonw_close(&j->w);
	else if (!j->seen)
		sbuf_puts(&j->sb, known_ifaces(j) ? "No list looks at this packet.\n" :
			  "No list looks at this packet, and the configuration has no such "
			  "interface; cannot tell.\n");
	if (!j->json)
		say_local(j);
	if (out_flush(&j->sb))
		return EXIT_USAGE;

	return j->seen & 1u << FLAT_DENY ? EXIT_FINDINGS :
	       j->seen & 1u << FLAT_UNKNOWN || (!j->seen && !known_ifaces(j)) ? EXIT_CANNOT_TELL : EXIT_OK;
}


int policy_explain(int argc, char *argv[])
{
	static const struct option options[] = {
		{"from", required_argument, NULL, 'f'},
		{"json", no_argument, NULL, 'j'},
		{"help", no_argument, NULL, 'h'},
		{NULL, 0, NULL, 0},
	};
	struct explain_job j = {0};
	int opt, rc;

	while ((opt = getopt_long(argc, argv, "h", options, NULL)) != -1) {
		switch (opt) {
		case 'f': j.from = optarg; break;
		case 'j': j.json = true; break;
		case 'h': return usage(stdout);
		default: return usage(stderr);
		}
	}
	if (argc - optind != 2)
		return usage(stderr);

	rc = run(&j, argv[optind], argv[optind + 1]);
	policy_file_close(&j.file);
	sbuf_reset(&j.sb);
	return rc;
}
