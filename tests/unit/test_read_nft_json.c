#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/failmalloc.h"
#include "tests/unit/read_check.h"

#define TWIN_JSON "tests/fuzz/corpus/read_nft_json/listed"
#define TWIN_TEXT "tests/fuzz/corpus/read_nft/twin"


static void read_path(struct read_case *f, const char *path)
{
	size_t len;
	char *s = slurp(path, &len);

	/* the text is borrowed: it lives as long as the config */
	memset(f, 0, sizeof(*f));
	f->err = policy_read(&f->c, NULL, "test", arena_strndup(&f->c.mem, s, len), len, &f->dl);
	free(s);
}


static uint32_t rng(void)
{
	static uint32_t x = 2463534242u;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	return x;
}


static void random_packet(struct eval_packet *k)
{
	static const char *const words[] = { "10.1.0.1", "10.1.0.2", "1.1.1.1", "1.1.1.9", "2.2.2.2" };
	static const char *const ifaces[] = { "eth0", "a", "b7", "c" };
	static const uint16_t ports[] = { 21, 22, 23, 79, 80, 90, 91, 1023, 1024 };
	static const uint8_t protocols[] = { 1, 6, 17, 58, 47 };
	struct ip_addr a;

	memset(k, 0, sizeof(*k));
	for (int end = 0; end < 2; end++) {
		assert_int_equal(ip_parse(&a, words[rng() % 5]), 0);
		packet_addr(&k->p, end, &a);
	}
	k->p.field[PSET_PROTOCOL] = protocols[rng() % 5];
	if (k->p.field[PSET_PROTOCOL] == 1) {
		k->p.field[PSET_ICMP_TYPE] = rng() % 2 ? 8 : 3;
	} else {
		k->p.field[PSET_SPORT] = ports[rng() % 9];
		k->p.field[PSET_DPORT] = ports[rng() % 9];
	}
	if (k->p.field[PSET_PROTOCOL] == 6)
		k->p.flags = (uint8_t)(rng() % 32);
	k->p.field[PSET_DSCP] = rng() % 2 ? 32 : 0;
	k->p.field[PSET_FRAGMENT] = rng() % 4 == 0;
	k->state = 1u << rng() % CONFIG_STATES;
	k->in = ifaces[rng() % 4];
	k->out = ifaces[rng() % 4];
}


/** The kernel's listing of one ruleset in both forms */
static void twins(void **state)
{
	unsigned seen[4] = {0};
	struct read_case j, t;

	read_path(&j, TWIN_JSON);
	read_path(&t, TWIN_TEXT);
	assert_int_equal(j.err, 0);
	assert_int_equal(t.err, 0);
	assert_int_equal(j.c.nrules, t.c.nrules);
	assert_int_equal(j.c.nhooks, t.c.nhooks);
	assert_int_equal(j.c.nunknown, 0);
	assert_int_equal(t.c.nunknown, 0);
	assert_int_equal(j.c.nnotices, t.c.nnotices);
	for (unsigned i = 0; i < 20000; i++) {
		struct eval_packet k;
		enum eval a, b;

		random_packet(&k);
		a = eval_config(&j.c, &k);
		b = eval_config(&t.c, &k);
		seen[a]++;
		if (a != b)
			fail_msg("packet %u: %d in JSON, %d in text", i, a, b);
	}
	assert_true(seen[EVAL_DENY] > 100 && seen[EVAL_PERMIT] > 100);
	read_done(&j);
	read_done(&t);
}

#define HEAD \
	"{\"nftables\": [\n{\"table\": {\"family\": \"inet\", \"name\": \"f\"}},\n" \
	"{\"chain\": {\"family\": \"inet\", \"table\": \"f\", \"name\": \"c\", \"type\": \"filter\"," \
	" \"hook\": \"forward\", \"prio\": 0, \"policy\": \"drop\"}},\n"
#define RULE(expr, more) \
	HEAD "{\"rule\": {\"family\": \"inet\", \"table\": \"f\", \"chain\": \"c\", \"expr\": [" expr \
	", {\"accept\": null}]" more "}}\n]}\n"


static void lines_and_rows(void **state)
{
	const struct config_list *l;
	struct read_case f;

	read_text(&f, NULL, RULE("{\"match\": {\"op\": \"==\", \"left\": {\"payload\": {\"protocol\": "
				 "\"tcp\", \"field\": \"dport\"}}, \"right\": 22}}",
				 ", \"comment\": \"A2-14: the \\\"room\\\"\""));
	assert_int_equal(f.err, 0);
	l = config_list_find(&f.c, "c", 0);
	assert_non_null(l);
	assert_true(l->nrules >= 1);
	assert_int_equal(l->rules[0].line, 4);
	assert_int_equal(l->line, 3);
	assert_int_equal(f.c.lines, 5);
	assert_int_equal(strncmp(l->rules[0].text.p, "tcp dport 22 accept", 19), 0);
	assert_int_equal(l->rules[0].rows.n, 1);
	assert_string_equal(l->rules[0].rows.v[0], "A2-14");
	assert_int_equal(verdict_of(&f, "tcp 1.1.1.1 1 2.2.2.2 22"), EVAL_PERMIT);
	assert_int_equal(verdict_of(&f, "tcp 1.1.1.1 1 2.2.2.2 23"), EVAL_DENY);
	read_done(&f);
}


/** What has no words is unknown, with its line */
static void odd_ones(void **state)
{
	static const char *const texts[] = {
		RULE("{\"xt\": null}", ""), RULE("{\"frob\": {\"a\": 1}}", ""), RULE("7", ""),
		RULE("{\"match\": {}}", ""), RULE("{\"vmap\": {}}", ""),
		RULE("{\"match\": {\"op\": \"==\", \"left\": {\"payload\": {\"base\": \"th\", "
		     "\"offset\": 16, \"len\": 16}}, \"right\": 22}}", ""),
		RULE("{\"match\": {\"op\": \"==\", \"left\": {\"jhash\": {}}, \"right\": 22}}", ""),
		RULE("{\"match\": {\"op\": \"==\", \"left\": {\"payload\": {\"protocol\": \"ip\", "
		     "\"field\": \"saddr\"}}, \"right\": \"x accept\"}}", ""),
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct read_case f;

		read_text(&f, NULL, texts[i]);
		assert_int_equal(f.err, 0);
		if (!f.c.nunknown || verdict_of(&f, "tcp 1.1.1.1 1 2.2.2.2 2") != EVAL_UNKNOWN)
			fail_msg("%zu: passed over in silence", i);
		if (f.c.unknown[0].line != 4)
			fail_msg("%zu: line %u", i, f.c.unknown[0].line);
		read_done(&f);
	}
}


static void bad_texts(void **state)
{
	static const char *const texts[] = { "{\"nftables\": [", "{\"nftables\": 5}", "{\"a\": []}",
					     "{\"nftables\": []}", "[", HEAD };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct read_case f;

		read_text(&f, "nftables-json", texts[i]);
		if (f.err != EBADMSG || !f.dl.errors)
			fail_msg("%zu: %d, %zu errors", i, f.err, (size_t)f.dl.errors);
		read_done(&f);
	}
}


static void read_once(void *arg)
{
	struct read_case f;

	read_text(&f, "nftables-json", arg);
	assert_true(f.err == 0 || f.err == ENOMEM);
	read_done(&f);
}


static void allocations_fail(void **state)
{
	size_t len;
	char *s = slurp(TWIN_JSON, &len);

	assert_true(failmalloc_each(read_once, s) > 5);
	free(s);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(twins),
		cmocka_unit_test(lines_and_rows),
		cmocka_unit_test(odd_ones),
		cmocka_unit_test(bad_texts),
		cmocka_unit_test(allocations_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
