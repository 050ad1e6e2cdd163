#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/policy/pset/show.h"
#include "lib/policy/translate/say.h"
#include "lib/policy/translate/translate.h"

enum {
	NAME_MAX_LEN = 60,		/* of a chain, as made of a list's name */
	COMMENT_MAX = 118,		/* nft takes 127 */
	LINUX_NAME_MAX = 15,		/* of an interface */
	DEPTH_MAX = 16,			/* of jumps, as the kernel has it */
	MARK = 0x76690001,		/* of flows that are not to be remembered */
	OUT_MAX = 1 << 28,
};

#define LATER "later_"

struct work {
	struct sbuf *sb;
	struct config *c;
	const struct translate_options *o;
	struct diag_list *dl;
	const char **chain;		/* [nlists] its name */
	bool *wanted, *on_way;		/* [nlists] */
	bool marks;			/* some permit opens no way back */
	bool tracked;			/* some list asks for the state */
	unsigned failed;
};


/** What the kernel can read to know of a flow's second connections */
static const struct helper {
	const char *name, *transport;
	unsigned port;
} helpers[] = {
	{"tftp", "udp", 69}, {"ftp", "tcp", 21}, {"sip", "udp", 5060}, {"pptp", "tcp", 1723},
	{"snmp", "udp", 161}, {"netbios-ns", "udp", 137},
};


static const struct helper *helper_find(const char *name)
{
	for (size_t i = 0; i < sizeof(helpers) / sizeof(helpers[0]); i++)
		if (!strcmp(helpers[i].name, name))
			return &helpers[i];

	return NULL;
}


/** Say why a line cannot be translated; with --assume-deny it is a warning. */
static void refuse(struct work *w, unsigned line, const char *what)
{
	struct diag_pos pos = { .file = w->c->file, .line = line };

	diag_add(w->dl, w->o->assume_deny ? DIAG_WARNING : DIAG_ERROR, pos, "%s", what);
	w->failed += !w->o->assume_deny;
}


static void comment_text(char *out, size_t max, const struct config_text *t)
{
	size_t n = 0;
	bool blank = false;

	for (size_t i = 0; i < t->n; i++) {
		unsigned char ch = (unsigned char)t->p[i];

		if (isspace(ch)) {
			blank = n > 0;
			continue;
		}
		if (n + 5 > max) {
			memcpy(out + n, "...", 3);
			n += 3;
			break;
		}
		if (blank)
			out[n++] = ' ';
		blank = false;
		out[n++] = (char)(ch == '"' || ch == '\\' ? '\'' : ch < 32 || ch > 126 ? '?' : ch);
	}
	out[n] = '\0';
}


static void put_comment(struct work *w, const struct config_rule *r)
{
	char text[COMMENT_MAX];

	comment_text(text, COMMENT_MAX - 16, &r->text);
	if (r->line)
		sbuf_printf(w->sb, " comment \"line %u: %s\"\n", r->line, text);
	else
		sbuf_printf(w->sb, " comment \"%s\"\n", text);
}


/* Interfaces */

static bool linux_name(const char *s)
{
	size_t n = strlen(s);

	if (!n || n > LINUX_NAME_MAX)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("-_.:@", *s) && (*s != '*' || s[1]))
			return false;
	return true;
}


static const char *alias_of(const struct config *c, const char *name, const char **own)
{
	for (size_t i = 0; i < c->nifaces; i++) {
		const struct config_interface *f = &c->ifaces[i];

		if (f->alias && (config_iface_match(name, f->name) || config_iface_match(name, f->alias))) {
			*own = f->name;
			return f->alias;
		}
	}

	return NULL;
}


/** What stands for an interface on the machine; NULL: nothing does */
static const char *linux_iface(const struct work *w, const char *name)
{
	const char *own = NULL, *alias = alias_of(w->c, name, &own);

	for (size_t i = 0; i < w->o->nifaces; i++) {
		const char *from = w->o->ifaces[i].from;

		if (config_iface_match(name, from) || (own && config_iface_match(own, from)) ||
		    (alias && config_iface_match(alias, from)))
			return w->o->ifaces[i].to;
	}

	return linux_name(name) ? name : NULL;
}


static void need_iface(struct work *w, const char *name, unsigned line)
{
	struct diag_pos pos = { .file = w->c->file, .line = line };

	if (linux_iface(w, name))
		return;
	diag_error(w->dl, pos, "which interface of the machine is %s? Say it with --interface %s=NAME",
		   name, name);
	w->failed++;
}


static void put_names(struct work *w, const char *names)
{
	const char *lead = "";

	for (size_t n; *names; names += n + (names[n] == ',')) {
		n = strcspn(names, ",");
		sbuf_printf(w->sb, "%s\"%.*s\"", lead, (int)n, names);
		lead = ", ";
	}
}


static void put_iface(struct work *w, const char *what, bool not, const char *name)
{
	const char *to = linux_iface(w, name);
	bool set = to && strchr(to, ',');

	sbuf_printf(w->sb, "%s %s%s", what, not ? "!= " : "", set ? "{ " : "");
	put_names(w, to ? to : "?");
	sbuf_puts(w->sb, set ? " } " : " ");
}


/* Chains */

static size_t list_number(const struct work *w, const char *name, uint8_t family)
{
	const struct config_list *l = config_list_find(w->c, name, family);

	return l ? (size_t)(l - w->c->lists) : SIZE_MAX;
}


static int name_chain(struct work *w, size_t i)
{
	const struct config_list *l = &w->c->lists[i];
	char name[NAME_MAX_LEN + 1];
	size_t n = 0;

	for (const char *p = l->name; *p && n < NAME_MAX_LEN; p++)
		name[n++] = isalnum((unsigned char)*p) ? *p : '_';
	name[n] = '\0';
	w->chain[i] = arena_printf(&w->c->mem, "list_%s", name);
	for (size_t k = 0; w->chain[i] && k < i; k++) {
		if (strcmp(w->chain[k], w->chain[i]) != 0)
			continue;
		w->chain[i] = arena_printf(&w->c->mem, "list_%s_%zu", name, i + 1);
		break;
	}

	return w->chain[i] ? 0 : ENOMEM;
}


/** Mark the list and those that it jumps to; say what cannot be translated. */
static void want_list(struct work *w, size_t i, unsigned depth)
{
	const struct config_list *l = &w->c->lists[i];

	if (w->wanted[i])
		return;
	w->wanted[i] = w->on_way[i] = true;
	if (!l->defined)
		refuse(w, l->line, "the list is not in the file");
	for (size_t k = 0; k < l->nrules; k++) {
		struct config_rule *r = &l->rules[k];
		size_t t;

		for (size_t n = 0; n < r->in.n; n++)
			need_iface(w, r->in.v[n], r->line);
		for (size_t n = 0; n < r->out.n; n++)
			need_iface(w, r->out.v[n], r->line);
		w->marks = w->marks || r->no_state;
		w->tracked = w->tracked || (r->states && r->states != CONFIG_STATE_ANY);
		if (r->uncertain && !w->c->nunknown)
			refuse(w, r->line, "is not understood");
		if (r->sometimes && !r->also && r->nboxes && !r->uncertain && r->action != CONFIG_CONTINUE)
			refuse(w, r->line, "matches at times only, which a chain cannot say");
		if (r->action != CONFIG_JUMP && r->action != CONFIG_GOTO)
			continue;
		t = list_number(w, r->target ? r->target : "", l->family);
		if (t < SIZE_MAX && !w->on_way[t] && depth < DEPTH_MAX) {
			want_list(w, t, depth + 1);
			continue;
		}
		refuse(w, r->line, "leads to no list, or back to its own");
		r->uncertain = true;
	}
	w->on_way[i] = false;
}


/** What becomes of a rule's packets; CONFIG_CONTINUE: nothing by it */
static enum config_action action_of(const struct config_rule *r)
{
	if (r->uncertain)
		return CONFIG_DENY;
	if (!r->sometimes || r->also || r->action == CONFIG_CONTINUE)
		return r->action;
	return r->action == CONFIG_PERMIT ? CONFIG_CONTINUE : CONFIG_DENY;
}


static void put_states(struct sbuf *sb, unsigned states)
{
	const char *lead = "ct state ";

	if (!states || states == CONFIG_STATE_ANY)
		return;
	for (unsigned i = 0; i < CONFIG_STATES; i++)
		if (states >> i & 1) {
			sbuf_printf(sb, "%s%s", lead, show_state(i));
			lead = ",";
		}
	sbuf_putc(sb, ' ');
}


/** @param prefix  of the chain's name */
static void put_action(struct work *w, const struct config_rule *r, const struct config_list *l,
		       const char *prefix)
{
	enum config_action a = action_of(r);

	sbuf_puts(w->sb, "counter ");
	if (a == CONFIG_PERMIT && w->marks)
		sbuf_printf(w->sb, "ct mark set 0x%x ", r->no_state ? MARK : 0);
	if (a == CONFIG_JUMP || a == CONFIG_GOTO)
		sbuf_printf(w->sb, "%s %s%s", a == CONFIG_JUMP ? "jump" : "goto", prefix,
			    w->chain[list_number(w, r->target, l->family)]);
	else
		sbuf_puts(w->sb, a == CONFIG_PERMIT ? "accept" : a == CONFIG_RETURN ? "return" : "drop");
	put_comment(w, r);
}


static bool wildcards(const struct config_ifaces *v)
{
	for (size_t i = 0; i < v->n; i++)
		if (strchr(v->v[i], '*'))
			return true;

	return false;
}


/** The n-th of the ways to be at one of the interfaces named */
static void put_rule_iface(struct work *w, const char *what, const struct config_ifaces *v, size_t n)
{
	if (v->n && !v->negate)
		put_iface(w, what, false, v->v[n]);
	else if (v->n == 1 || wildcards(v))
		for (size_t i = 0; i < v->n; i++)
			put_iface(w, what, true, v->v[i]);
	else if (v->n) {
		sbuf_printf(w->sb, "%s != { ", what);
		for (size_t i = 0; i < v->n; i++) {
			const char *to = linux_iface(w, v->v[i]);

			sbuf_puts(w->sb, i ? ", " : "");
			put_names(w, to ? to : "?");
		}
		sbuf_puts(w->sb, " } ");
	}
}


/** Does a line say anything of IPv6's later fragments? */
static bool takes_fragments(const struct say_line *v)
{
	return v->family != 4 && v->later & 2 && !v->dim[SAY_SPORT].n && !v->dim[SAY_DPORT].n &&
	       !v->dim[SAY_TYPE].n && !v->dim[SAY_CODE].n && !v->flags_mask;
}


/** @param later  for the chain of IPv6's later fragments */
static int put_rule(struct work *w, const struct config_list *l, const struct config_rule *r,
		    bool later)
{
	size_t nin = r->in.n && !r->in.negate ? r->in.n : 1;
	size_t nout = r->out.n && !r->out.negate ? r->out.n : 1, n;
	struct say_line *v;
	int err;

	if (action_of(r) == CONFIG_CONTINUE || !r->nboxes) {
		char text[COMMENT_MAX];

		comment_text(text, sizeof(text), &r->text);
		sbuf_printf(w->sb, "\t\t# line %u lets nothing pass and stops nothing: %s\n", r->line, text);
		return 0;
	}
	err = say_lines(&v, &n, &w->c->mem, r->boxes, r->nboxes, w->tracked);
	for (size_t i = 0; !err && i < n; i++)
		for (size_t k = 0; k < nin * nout; k++) {
			if (later && !takes_fragments(&v[i]))
				continue;
			sbuf_puts(w->sb, "\t\t");
			put_rule_iface(w, "iifname", &r->in, k / nout);
			put_rule_iface(w, "oifname", &r->out, k % nout);
			put_states(w->sb, r->states);
			say_line_put(w->sb, &v[i]);
			if (r->also && !r->uncertain)
				sbuf_printf(w->sb, "%s ", r->also);
			put_action(w, r, l, later ? LATER : "");
		}

	return err;
}


static int put_list(struct work *w, size_t i, bool later)
{
	const struct config_list *l = &w->c->lists[i];
	int err = 0;

	sbuf_printf(w->sb, "\n\tchain %s%s {\n", later ? LATER : "", w->chain[i]);
	for (size_t k = 0; !err && k < l->nrules; k++)
		err = put_rule(w, l, &l->rules[k], later);
	sbuf_puts(w->sb, "\t}\n");
	return err;
}


/* Hooks */

/** Does the list ask for what is not known yet at the way in? */
static bool asks_later(const struct work *w, size_t i, unsigned depth)
{
	const struct config_list *l = &w->c->lists[i];

	for (size_t k = 0; k < l->nrules; k++) {
		const struct config_rule *r = &l->rules[k];

		if ((r->states && r->states != CONFIG_STATE_ANY) || r->out.n)
			return true;
		/* Cisco's and Juniper's lists do not jump deeply; the rest may */
		if ((r->action == CONFIG_JUMP || r->action == CONFIG_GOTO) &&
		    (depth >= 2 || r->uncertain ||
		     asks_later(w, list_number(w, r->target, l->family), depth + 1)))
			return true;
	}

	return false;
}


static void put_where(struct work *w, const struct config_hook *h)
{
	sbuf_puts(w->sb, "\t\t");
	if (h->iface)
		put_iface(w, h->where == CONFIG_OUT ? "oifname" : "iifname", false, h->iface);
	if (h->family)
		sbuf_printf(w->sb, "meta nfproto %s ", h->family == 6 ? "ipv6" : "ipv4");
}


/** An ASA follows pings when it inspects them, not else. */
static bool follows_icmp(const struct config *c)
{
	for (size_t i = 0; i < c->nhelpers; i++)
		if (!strcmp(c->helpers[i].name, "icmp"))
			return true;

	return !c->icmp_by_helper;
}


/** Flows that others announce: the first is read by a helper, the rest relates
 *  to it. */
static void put_helpers(struct work *w, const struct config_hook *h)
{
	for (size_t i = 0; i < w->c->nhelpers; i++) {
		const struct helper *p = helper_find(w->c->helpers[i].name);

		if (!p)
			continue;
		put_where(w, h);
		sbuf_printf(w->sb, "ct state related ct helper \"%s\" counter accept\n", p->name);
		put_where(w, h);
		sbuf_printf(w->sb, "ct state new %s dport %u ct helper set \"read-%s\"\n",
			    p->transport, p->port, p->name);
	}
}


static void put_helper_objects(struct work *w)
{
	for (size_t i = 0; i < w->c->nhelpers; i++) {
		const struct helper *p = helper_find(w->c->helpers[i].name);

		if (p)
			sbuf_printf(w->sb, "\n\tct helper read-%s {\n\t\ttype \"%s\" protocol %s\n\t}\n",
				    p->name, p->name, p->transport);
	}
}


/** What belongs to an open flow passes; what opens none is no flow. */
static void put_open_flows(struct work *w, const struct config_hook *h)
{
	put_where(w, h);
	if (w->marks)
		sbuf_printf(w->sb, "ct mark != 0x%x ", MARK);
	if (!follows_icmp(w->c))
		sbuf_puts(w->sb, "meta l4proto != { 1, 58 } ");
	sbuf_puts(w->sb, "ct state established counter accept comment \"of an open flow\"\n");
	put_where(w, h);
	sbuf_puts(w->sb, "ct state invalid counter drop\n");
	if (w->marks)
		return;
	put_where(w, h);
	sbuf_puts(w->sb, "ct state new tcp flags & (fin | syn | rst | ack) != syn counter drop "
		  "comment \"opens no flow\"\n");
	put_helpers(w, h);
}


/* The kernel compares the bytes where a transport header would stand in later
 * fragments too. IPv4 has a field to ask for beside the ports; IPv6 has a
 * header that whole packets lack, so that one match cannot tell: its later
 * fragments have chains of their own. */
static bool splits_fragments(const struct work *w, uint8_t family, const struct config_list *l)
{
	return !w->tracked && family != 4 && l->family != 4;
}


static void put_fragments(struct work *w, const struct config_hook *h, size_t i)
{
	const struct config_list *l = &w->c->lists[i];

	put_where(w, h);
	sbuf_printf(w->sb, "frag frag-off != 0 jump " LATER "%s\n", w->chain[i]);
	put_where(w, h);
	sbuf_printf(w->sb, "frag frag-off != 0 counter %s comment \"end of the list\"\n",
		    l->fallthrough == CONFIG_PERMIT && l->defined ? "accept" : "drop");
}


static void put_hook(struct work *w, const struct config_hook *h, int number)
{
	size_t i = list_number(w, h->list, h->family);
	const struct config_list *l = &w->c->lists[i];
	bool early = h->where == CONFIG_IN && h->tracking == CONFIG_STATELESS && !asks_later(w, i, 0);
	const char *const where[] = { "in", "through", "out" };

	sbuf_printf(w->sb, "\n\tchain %s_%d {\n\t\ttype filter hook %s priority %d; policy accept;\n",
		    where[h->where], number, early ? "prerouting" : "forward",
		    early ? number - 300 : number);
	if (h->tracking == CONFIG_STATE_IMPLICIT)
		put_open_flows(w, h);
	if (splits_fragments(w, h->family, l))
		put_fragments(w, h, i);
	put_where(w, h);
	sbuf_printf(w->sb, "jump %s", w->chain[i]);
	if (h->line)
		sbuf_printf(w->sb, " comment \"line %u\"", h->line);
	sbuf_putc(w->sb, '\n');
	if (l->fallthrough != CONFIG_PERMIT || !l->defined) {
		put_where(w, h);
		sbuf_puts(w->sb, "counter drop comment \"end of the list\"\n");
	}
	sbuf_puts(w->sb, "\t}\n");
}


/** A file of one list and nothing to say where: it looks at all that crosses. */
static int assume_hook(struct work *w)
{
	struct diag_pos pos = { .file = w->c->file, .line = 1 };
	const struct config_list *only = NULL;
	size_t n = 0;

	for (size_t i = 0; i < w->c->nlists; i++)
		if (w->c->lists[i].defined && w->c->lists[i].fallthrough != CONFIG_RETURN) {
			only = &w->c->lists[i];
			n++;
		}
	if (n != 1) {
		diag_error(w->dl, pos, n ? "holds several lists and applies none; keep one, or add the "
			   "interfaces" : "holds no list");
		w->failed++;
		return 0;
	}
	diag_warn(w->dl, pos, "applies list %s to no interface: it is taken for all that crosses",
		     only->name);
	return config_hook_add(w->c, &(struct config_hook){
		.list = only->name, .where = CONFIG_FORWARD, .family = only->family });
}


static bool crosses(const struct config *c)
{
	for (size_t i = 0; i < c->nhooks; i++)
		if (c->hooks[i].where != CONFIG_LOCAL)
			return true;

	return false;
}


/** Lists that hooks name, and those below; a list named only is made. */
static int want_hooks(struct work *w)
{
	int err = crosses(w->c) ? 0 : assume_hook(w);
	size_t n;

	for (size_t i = 0; !err && i < w->c->nhooks; i++) {
		struct config_list *l;
		const char *name = w->c->hooks[i].list;

		if (!config_list_find(w->c, name, w->c->hooks[i].family))
			err = config_list_get(&l, w->c, name, strlen(name), w->c->hooks[i].family);
	}
	n = w->c->nlists;
	w->chain = arena_calloc(&w->c->mem, n + 1, sizeof(*w->chain));
	w->wanted = arena_calloc(&w->c->mem, n + 1, sizeof(*w->wanted));
	w->on_way = arena_calloc(&w->c->mem, n + 1, sizeof(*w->on_way));
	if (!err && (!w->chain || !w->wanted || !w->on_way))
		err = ENOMEM;
	for (size_t i = 0; !err && i < n; i++)
		err = name_chain(w, i);
	for (size_t i = 0; !err && i < w->c->nhooks; i++) {
		const struct config_hook *h = &w->c->hooks[i];

		if (h->where == CONFIG_LOCAL)
			continue;
		if (h->iface)
			need_iface(w, h->iface, h->line);
		w->tracked = w->tracked || h->tracking == CONFIG_STATE_IMPLICIT;
		want_list(w, list_number(w, h->list, h->family), 0);
	}

	return err;
}


static void refuse_all(struct work *w)
{
	const struct config *c = w->c;

	for (size_t i = 0; i < c->nunknown; i++)
		refuse(w, c->unknown[i].line, c->unknown[i].reason);
	if (c->unknown_more)
		refuse(w, 0, "more lines are not understood");
	if (c->truncated)
		refuse(w, c->lines, "the file ends in mid-line or in mid-block; give it whole");
	for (size_t i = 0; i < c->nhelpers; i++) {
		const struct config_helper *h = &c->helpers[i];
		char text[128];

		if (h->iface || h->maybe) {
			(void)snprintf(text, sizeof(text), "inspection of %.32s at one interface, or of "
				       "a class of its own, is not translated", h->name);
			refuse(w, 0, text);
			continue;
		}
		if (helper_find(h->name) || !strcmp(h->name, "icmp"))
			continue;
		(void)snprintf(text, sizeof(text), "second connections of %.32s, which the device "
			       "lets through by reading the first, are not opened", h->name);
		refuse(w, 0, text);
	}
}


static void put_head(struct work *w)
{
	const struct config *c = w->c;

	sbuf_printf(w->sb, "# %s (%s), translated for nft -f. ", c->file, c->dialect);
	sbuf_puts(w->sb, "Each rule names the line that it stands for.\n");
	for (size_t i = 0; i < c->nnotices; i++) {
		struct config_text t = { c->notices[i].text, strlen(c->notices[i].text) };
		struct diag_pos pos = { .file = c->file, .line = c->notices[i].line };
		char text[COMMENT_MAX];

		comment_text(text, sizeof(text), &t);
		sbuf_printf(w->sb, "# line %u, not translated: %s\n", c->notices[i].line, text);
		diag_warn(w->dl, pos, "not translated: %s", c->notices[i].text);
	}
	for (size_t i = 0; i < c->nhooks; i++)
		if (c->hooks[i].where == CONFIG_LOCAL)
			sbuf_printf(w->sb, "# line %u, not translated: a list for the device itself\n",
				    c->hooks[i].line);
}


int translate_nftables(struct sbuf *sb, struct config *c, const struct translate_options *o,
		       struct diag_list *dl)
{
	struct work w = { .sb = sb, .c = c, .o = o, .dl = dl };
	int err, number = 0;

	refuse_all(&w);
	err = want_hooks(&w);
	if (err || w.failed)
		return err ? err : ENOTSUP;

	if (!sb->max)
		sb->max = OUT_MAX;
	put_head(&w);
	sbuf_puts(sb, "table inet translated\ndelete table inet translated\n\n"
		  "table inet translated {");
	put_helper_objects(&w);
	for (int where = CONFIG_IN; where <= CONFIG_OUT; where++)
		for (size_t i = 0; i < c->nhooks; i++)
			if ((int)c->hooks[i].where == where)
				put_hook(&w, &c->hooks[i], number++);
	for (size_t i = 0; !err && i < c->nlists; i++)
		if (w.wanted[i]) {
			err = put_list(&w, i, false);
			if (!err && splits_fragments(&w, 0, &c->lists[i]))
				err = put_list(&w, i, true);
		}
	sbuf_puts(sb, "}\n");
	return err ? err : sb->err;
}
