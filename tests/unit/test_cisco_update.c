/* Commands of an update are given to a device of paper, one by one; after each
 * of them it permits no more than before and after together, and no less than
 * both do. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/policy/update/cisco_update.h"
#include "lib/policy/model/policy.h"
#include "lib/policy/read/reader.h"
#include "tests/unit/failmalloc.h"

enum { LINES = 4000, LINE = 256 };

/** A configuration as lines; those of a block are indented */
struct device {
	char (*v)[LINE];
	size_t n;
	size_t at;		/* header of the block being edited; LINES: none */
	bool asa;
	bool xr;
};

static const char base[] =
	"site: t\nsecurity: on\n"
	"networks: { a: [10.1.0.0/24, \"fd00:1::/64\"], b: 10.1.1.0/24, c: [10.9.0.0/24, "
	"\"fd00:9::/64\"] }\n"
	"hosts:\n"
	"  r1: { role: codec, address: [10.1.0.10, \"fd00:1::10\"], number: \"1\" }\n"
	"  r2: { role: codec, address: 10.1.1.10, number: \"2\" }\n"
	"%s"
	"  cc: { role: [callcontrol, dns, ntp, tftp], address: [10.9.0.5, \"fd00:9::5\"] }\n"
	"firewalls: { fw: { dialect: nftables, interfaces: { a: e1, b: e2, c: e3 } } }\n";
static const char *const more[] = {
	"", "  r3: { role: codec, address: 10.1.1.11, number: \"3\" }\n",
	"  mg: { role: [manager, snmp], address: 10.9.0.7 }\n"
	"  p1: { role: phone, address: 10.1.0.20-10.1.0.25 }\n",
};
static const char *const dialects[] = { "ios", "ios-groups", "iosxr", "nxos", "asa" };


static const char *reader_of(const char *to)
{
	return strcmp(to, "ios-groups") ? to : "ios";
}


static int compile(struct sbuf *sb, const char *to, const char *hosts)
{
	struct arena mem = {0};
	struct diag_list dl = {0};
	struct site site;
	struct need_list needs;
	struct policy p;
	char text[2000];
	int err;

	(void)snprintf(text, sizeof(text), base, hosts);
	err = site_parse(&site, &mem, text, strlen(text), "t", &dl);
	if (!err)
		err = need_expand(&needs, &mem, &site, &dl);
	if (!err)
		err = policy_build(&p, &mem, &site, &site.firewalls[0], &needs);
	if (!err)
		err = policy_backend_find(to)->emit(sb, &mem, &p);
	diag_reset(&dl);
	arena_reset(&mem);
	return err;
}


/* The device */

static void insert_at(struct device *d, size_t at, const char *s)
{
	assert_true(d->n < LINES);
	memmove(d->v[at + 1], d->v[at], (d->n - at) * LINE);
	(void)snprintf(d->v[at], LINE, "%s", s);
	d->n++;
}


static void remove_at(struct device *d, size_t at)
{
	assert_true(at < d->n);
	memmove(d->v[at], d->v[at + 1], (d->n - at - 1) * LINE);
	d->n--;
}


static void boot(struct device *d, const char *text, const char *to)
{
	d->v = calloc(LINES + 1, LINE);
	assert_non_null(d->v);
	d->n = 0;
	d->at = LINES;
	d->asa = !strcmp(to, "asa");
	d->xr = !strcmp(to, "iosxr");
	for (const char *p = text, *e; (e = strchr(p, '\n')); p = e + 1) {
		char line[LINE];

		(void)snprintf(line, sizeof(line), "%.*s", (int)(e - p), p);
		if (line[0] && line[0] != '!' && strcmp(line, "end") != 0)
			insert_at(d, d->n, line);
	}
}


static size_t find(const struct device *d, const char *s)
{
	for (size_t i = 0; i < d->n; i++)
		if (!strcmp(d->v[i], s))
			return i;

	return d->n;
}


static const char *strip(const char *s)
{
	return s + strspn(s, " ");
}


static unsigned long number(const char *s)
{
	s = strip(s);
	if (!strncmp(s, "sequence ", 9))
		s += 9;
	return strtoul(s, NULL, 10);
}


/** "ip access-list resequence NAME 1000 1000" */
static void resequence(struct device *d, const char *cmd)
{
	char name[LINE], head[2 * LINE];
	unsigned start, step;

	assert_int_equal(sscanf(cmd, "ip access-list resequence %200s %u %u", name, &start,
				&step), 3);
	(void)snprintf(head, sizeof(head), "ip access-list extended %s", name);
	for (size_t i = find(d, head) + 1; i < d->n && d->v[i][0] == ' '; i++) {
		char line[LINE];
		const char *s = strip(d->v[i]);

		if (!strncmp(s, "remark", 6))
			continue;
		s += strspn(s, "0123456789 ");
		(void)snprintf(line, sizeof(line), " %u %.200s", start, s);
		memcpy(d->v[i], line, LINE);
		start += step;
	}
}


/** A line within the block d->at */
static void in_block(struct device *d, const char *s)
{
	size_t end = d->at + 1;
	bool gone = !strncmp(strip(s), "no ", 3);
	const char *what = gone ? strip(s) + 3 : strip(s);
	unsigned long n = number(what);
	bool list = strstr(d->v[d->at], "access-list") && !d->asa, bind = false;
	char line[LINE];

	while (end < d->n && d->v[end][0] == ' ')
		end++;
	for (size_t i = d->at + 1; i < end; i++) {
		if (gone && (list ? n && number(d->v[i]) == n :
			     strstr(d->v[i], what) &&
			     !strcmp(strstr(d->v[i], what), what))) {
			remove_at(d, i);
			return;
		}
		/* a second binding takes the place of the first */
		bind = !strncmp(d->v[d->at], "interface", 9) &&
		       !strncmp(strip(d->v[i]), what, strcspn(what, "-"));
		if (bind && !gone)
			(void)snprintf(d->v[i], LINE, " %s", what);
		if (bind)
			return;
		assert_false(list && n && number(d->v[i]) == n);
	}
	assert_false(gone);
	(void)snprintf(line, sizeof(line), " %.250s", what);
	for (size_t i = d->at + 1; list && n && i < end; i++)
		if (number(d->v[i]) > n) {
			insert_at(d, i, line);
			return;
		}
	insert_at(d, end, line);
}


/** ASA: lines of one list, wherever they stand */
static void asa_list(struct device *d, const char *s)
{
	char name[LINE], head[LINE], line[LINE];
	unsigned at = 0, n = 0;
	const char *rest;
	size_t last = d->n;

	assert_int_equal(sscanf(s, "access-list %200s", name), 1);
	(void)snprintf(head, sizeof(head), "access-list %.200s ", name);
	rest = s + strlen(head);
	if (sscanf(rest, "line %u", &at) == 1)
		rest = strip(rest + 5) + strspn(strip(rest + 5), "0123456789") + 1;
	(void)snprintf(line, sizeof(line), "access-list %.50s %.190s", name, rest);
	for (size_t i = 0; i < d->n; i++) {
		if (strncmp(d->v[i], head, strlen(head)) != 0)
			continue;
		last = i + 1;
		if (++n == at) {
			insert_at(d, i, line);
			return;
		}
	}
	insert_at(d, last, line);
}


static void top(struct device *d, const char *s)
{
	size_t i;

	d->at = LINES;
	if (!strncmp(s, "ip access-list resequence ", 26)) {
		resequence(d, s);
	} else if (!strncmp(s, "no ", 3)) {
		i = find(d, s + 3);
		assert_true(i < d->n);
		remove_at(d, i);
	} else if (d->asa && !strncmp(s, "access-list ", 12)) {
		asa_list(d, s);
	} else if (d->asa && !strncmp(s, "access-group ", 13)) {
		const char *iface = strrchr(s, ' ');

		for (i = 0; i < d->n; i++)
			if (!strncmp(d->v[i], "access-group ", 13) &&
			    !strcmp(strrchr(d->v[i], ' '), iface))
				remove_at(d, i--);
		insert_at(d, d->n, s);
	} else {
		i = find(d, s);
		if (i == d->n)
			insert_at(d, i, s);
		d->at = i;
	}
}


/** @return did it do anything? */
static bool command(struct device *d, const char *s)
{
	if (!*strip(s) || *strip(s) == '!' || !strcmp(s, "exit"))
		return false;
	if (*s == ' ')
		in_block(d, s);
	else
		top(d, s);
	return true;
}


/* What it permits */

static void load(struct config *c, const struct device *d, const char *to)
{
	static char text[LINES * LINE];
	struct diag_list dl = {0};
	size_t len = 0;

	for (size_t i = 0; i < d->n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s\n", d->v[i]);
	memset(c, 0, sizeof(*c));
	assert_int_equal(policy_read(c, reader_of(to), "device", text, len, &dl), 0);
	for (size_t i = 0; i < c->nunknown; i++)
		print_message("%.*s: %s\n", (int)c->unknown[i].text.n, c->unknown[i].text.p,
			      c->unknown[i].reason);
	assert_int_equal(c->nunknown, 0);
	diag_reset(&dl);
}


/** All that comes in by an interface; without a list: everything of family */
static void permitted(struct pset *out, const struct config *c, const char *iface,
		      uint8_t family)
{
	struct pset_budget budget = { PSET_BUDGET_DEFAULT };
	struct pset seen = {0};
	const struct config_list *l = NULL;
	struct pset_box all;

	for (size_t i = 0; i < c->nhooks; i++)
		if (!strcmp(c->hooks[i].iface, iface) && c->hooks[i].family == family)
			l = config_list_find(c, c->hooks[i].list, family);
	pset_box_init(&all, family);
	if (!l)
		assert_int_equal(pset_add(out, &all, &budget), 0);
	for (size_t i = 0; l && i < l->nrules; i++)
		for (size_t k = 0; k < l->rules[i].nboxes; k++) {
			const struct pset_box *b = &l->rules[i].boxes[k];

			if (l->rules[i].action == CONFIG_PERMIT)
				assert_int_equal(pset_subtract(out, b, seen.v, seen.n, &budget), 0);
			else
				assert_int_equal(pset_add(&seen, b, &budget), 0);
		}
	pset_reset(&seen);
}


struct sets {
	struct pset v[6];
	size_t n;
};


static void take_sets(struct sets *s, const struct device *d, const char *to)
{
	static const char *const ifaces[] = { "e1", "e2", "e3" };
	struct config c;

	memset(s, 0, sizeof(*s));
	load(&c, d, to);
	for (size_t i = 0; i < 3; i++) {
		permitted(&s->v[s->n++], &c, ifaces[i], d->asa ? 0 : 4);
		if (!d->asa)
			permitted(&s->v[s->n++], &c, ifaces[i], 6);
	}
	config_reset(&c);
}


static void drop_sets(struct sets *s)
{
	for (size_t i = 0; i < s->n; i++)
		pset_reset(&s->v[i]);
}


static bool covered(const struct pset_box *q, const struct pset *a, const struct pset *b)
{
	struct pset_budget budget = { PSET_BUDGET_DEFAULT };
	size_t na = a ? a->n : 0, n = na + (b ? b->n : 0);
	struct pset_box *v = calloc(n + 1, sizeof(*v));
	bool yes;

	assert_non_null(v);
	if (na)
		memcpy(v, a->v, na * sizeof(*v));
	if (n > na)
		memcpy(v + na, b->v, b->n * sizeof(*v));
	assert_int_equal(pset_covered(&yes, NULL, NULL, q, v, n, &budget), 0);
	free(v);
	return yes;
}


static bool unchanged(const struct pset *a, const struct pset *b)
{
	return a->n == b->n && (!a->n || !memcmp(a->v, b->v, a->n * sizeof(*a->v)));
}


/** The lists that the last command did not touch are as they were checked. */
static void check_state(const struct sets *from, const struct sets *to, const struct sets *now,
			const struct sets *before, const char *cmd)
{
	for (size_t i = 0; i < now->n; i++) {
		if (unchanged(&now->v[i], &before->v[i]))
			continue;
		for (size_t k = 0; k < now->v[i].n; k++) {
			bool ok = covered(&now->v[i].v[k], &from->v[i], &to->v[i]);

			if (!ok)
				print_message("opens too much: %s\n", cmd);
			assert_true(ok);
		}
		for (size_t k = 0; k < from->v[i].n; k++)
			for (size_t j = 0; j < to->v[i].n &&
			     !covered(&from->v[i].v[k], &now->v[i], NULL); j++) {
				struct pset_box both;
				bool ok = !pset_box_meet(&both, &from->v[i].v[k],
							 &to->v[i].v[j]) ||
					  covered(&both, &now->v[i], NULL);

				if (!ok)
					print_message("stops too much: %s\n", cmd);
				assert_true(ok);
			}
	}
}


static void check_same(const struct sets *a, const struct sets *b)
{
	struct pset_budget budget = { PSET_BUDGET_DEFAULT };

	for (size_t i = 0; i < a->n; i++) {
		bool yes;

		assert_int_equal(pset_equal(&yes, NULL, &a->v[i], &b->v[i], &budget), 0);
		assert_true(yes);
	}
}


/** @return commands given */
static size_t run(const char *to, const char *now, const char *want)
{
	struct diag_list dl = {0};
	struct sbuf sb = {0};
	struct device d, w;
	struct sets a, b, s, before;
	size_t n = 0;

	assert_int_equal(cisco_update(&sb, reader_of(to), "now", now, strlen(now), want,
				      strlen(want), &dl), 0);
	boot(&d, now, to);
	boot(&w, want, to);
	take_sets(&a, &d, to);
	take_sets(&b, &w, to);
	take_sets(&before, &d, to);
	for (char *p = sb.len ? sb.p : NULL, *e; p && (e = strchr(p, '\n')); p = e + 1) {
		char cmd[LINE];

		(void)snprintf(cmd, sizeof(cmd), "%.*s", (int)(e - p), p);
		if (!command(&d, cmd))
			continue;
		n++;
		take_sets(&s, &d, to);
		check_state(&a, &b, &s, &before, cmd);
		drop_sets(&before);
		before = s;
	}
	drop_sets(&before);
	take_sets(&s, &d, to);
	check_same(&s, &b);
	drop_sets(&s);
	drop_sets(&a);
	drop_sets(&b);
	free(d.v);
	free(w.v);
	sbuf_reset(&sb);
	diag_reset(&dl);
	return n;
}


static size_t between(const char *to, const char *from_hosts, const char *to_hosts)
{
	struct sbuf a = {0}, b = {0};
	size_t n;

	assert_int_equal(compile(&a, to, from_hosts), 0);
	assert_int_equal(compile(&b, to, to_hosts), 0);
	n = run(to, sbuf_str(&a), sbuf_str(&b));
	sbuf_reset(&a);
	sbuf_reset(&b);
	return n;
}


static void no_state_strays(void **state)
{
	for (size_t d = 0; d < sizeof(dialects) / sizeof(dialects[0]); d++)
		for (size_t i = 0; i < 2; i++) {
			/* the second changes most; it is enough for most dialects */
			if (i || !strcmp(dialects[d], "ios-groups"))
				assert_true(between(dialects[d], more[i], more[i + 1]) > 0);
			assert_int_equal(between(dialects[d], more[i], more[i]), 0);
		}
}


/** A room more is a member more of the groups that hold rooms. */
static void a_member_comes(void **state)
{
	assert_true(between("ios-groups", more[0], more[1]) <= 12);
	assert_true(between("nxos", more[1], more[0]) <= 12);
}


/** Lists of one's own, and none */
static void from_other_lists(void **state)
{
	static const char mine[] =
		"ip access-list extended MINE\n"
		" permit udp host 10.1.0.10 eq ntp host 10.9.0.5 eq ntp\n"
		" permit tcp any any eq 22\n"
		" deny tcp host 10.1.0.10 any eq 6970\n"
		" permit ip 10.1.0.0 0.0.0.127 any\n"
		" deny ip any any\n"
		" permit icmp any any\n"
		"ip access-list extended SHARED\n"
		" permit ip any any\n"
		"interface e1\n ip access-group MINE in\n"
		"interface e2\n ip access-group SHARED in\n"
		"interface e3\n ip access-group SHARED in\n";
	static const char tight[] =
		"ip access-list extended TIGHT\n"
		" 1 permit ip any any\n"
		"interface e1\n ip access-group TIGHT in\n";
	static const char full[] =
		"ip access-list extended FULL\n"
		" 1 permit tcp any any\n"
		" 2 deny ip any any\n"
		"interface e1\n ip access-group FULL in\n";
	static const char *const own[] = { mine, tight, full, "hostname none\n" };
	struct sbuf sb = {0};

	assert_int_equal(compile(&sb, "ios", more[0]), 0);
	for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++)
		assert_true(run("ios", own[i], sbuf_str(&sb)) > 10);
	sbuf_reset(&sb);
}


/** Members that come at one end and go at the other are not edited in place. */
static void groups_that_swap(void **state)
{
	static const char now[] =
		"object-group network A\n host 10.0.0.1\n host 10.0.0.2\n"
		"object-group network B\n host 10.0.1.1\n"
		"ip access-list extended L\n"
		" 10 permit tcp object-group A object-group B eq 22\n"
		" 20 deny ip any any\n"
		"interface e1\n ip access-group L in\n";
	static const char want[] =
		"object-group network A\n host 10.0.0.1\n"
		"object-group network B\n host 10.0.1.1\n host 10.0.1.2\n"
		"ip access-list extended L\n"
		" 10 permit tcp object-group A object-group B eq 22\n"
		" 20 deny ip any any\n"
		"interface e1\n ip access-group L in\n";

	assert_true(run("ios-groups", now, want) > 4);
}


struct given {
	struct sbuf a, b;
};


static void once(void *arg)
{
	const struct given *g = arg;
	struct diag_list dl = {0};
	struct sbuf sb = {0};
	int err = cisco_update(&sb, "ios", "now", g->a.p, g->a.len, g->b.p, g->b.len, &dl);

	assert_true(err == 0 || err == ENOMEM);
	sbuf_reset(&sb);
	diag_reset(&dl);
}


static void memory_runs_out(void **state)
{
	struct given g = {0};

	assert_int_equal(compile(&g.a, "ios-groups", more[0]), 0);
	assert_int_equal(compile(&g.b, "ios-groups", more[2]), 0);
	assert_true(failmalloc_each(once, &g) > 3);
	sbuf_reset(&g.a);
	sbuf_reset(&g.b);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_state_strays),
		cmocka_unit_test(a_member_comes),
		cmocka_unit_test(from_other_lists),
		cmocka_unit_test(groups_that_swap),
		cmocka_unit_test(memory_runs_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
