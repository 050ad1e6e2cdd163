#include <errno.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/impair/hold.h"
#include "lab/impair/model.h"
#include "lab/impair/prng.h"
#include "lab/impair/record.h"
#include "lab/impair/rules.h"
#include "lib/base/sbuf.h"
#include "tests/unit/failmalloc.h"
#include "tests/unit/hex.h"

enum { N = 200000 };

static const int64_t ms = 1000000;

/* Rules from text, and a model of them. */
struct fixture {
	struct arena a;
	struct diag_list dl;
	struct impair_rules r;
	struct model *m;
};


static void parse(struct fixture *f, const char *text)
{
	*f = (struct fixture){.m = NULL};
	(void)rules_parse(&f->r, &f->a, text, strlen(text), "t", &f->dl);
}


static void start(struct fixture *f, const char *text)
{
	parse(f, text);
	if (f->dl.n)
		print_message("# %s\n", f->dl.v[0].msg);
	assert_int_equal(f->dl.n, 0);
	assert_int_equal(model_alloc(&f->m, f->r.seed, f->r.v, f->r.n), 0);
}


static void done(struct fixture *f)
{
	model_free(f->m);
	diag_reset(&f->dl);
	arena_reset(&f->a);
}


static const struct packet media = {.ip = true, .udp = true, .proto = 17, .dscp = 32,
				    .sport = 40000, .dport = 16384};


static struct impair_verdict at(struct fixture *f, enum impair_dir dir, int64_t t)
{
	struct impair_verdict v;

	model_decide(f->m, &v, dir, &media, t, 200);
	return v;
}


/* 255 degrees of freedom: above 330.5 in one of a thousand runs, and the
 * numbers are always the same. */
static double chi_square(uint32_t stream, unsigned shift, uint64_t step)
{
	unsigned count[256] = {0};
	double x = 0, want = N / 256.0;

	for (uint64_t i = 0; i < N; i++)
		count[prng_bits(7, stream, i * step, 1) >> shift & 255]++;
	for (unsigned i = 0; i < 256; i++)
		x += (count[i] - want) * (count[i] - want) / want;

	return x;
}


static void test_prng(void **state)
{
	unsigned flips = 0;

	for (unsigned shift = 0; shift <= 56; shift += 8) {
		assert_true(chi_square(3, shift, 1) < 330.5);
		assert_true(chi_square(4, shift, 256) < 330.5);
	}
	/* the same question has the same answer, another has another */
	assert_int_equal(prng_bits(1, 2, 3, 4), prng_bits(1, 2, 3, 4));
	assert_int_not_equal(prng_bits(1, 2, 3, 4), prng_bits(2, 2, 3, 4));
	assert_int_not_equal(prng_bits(1, 2, 3, 4), prng_bits(1, 3, 3, 4));
	assert_int_not_equal(prng_bits(1, 2, 3, 4), prng_bits(1, 2, 4, 4));
	assert_int_not_equal(prng_bits(1, 2, 3, 4), prng_bits(1, 2, 3, 5));
	/* one bit of the packet's number moves half of the bits */
	for (uint64_t i = 0; i < 1000; i++)
		flips += (unsigned)__builtin_popcountll(prng_bits(9, 0, i, 0) ^
							prng_bits(9, 0, i ^ 1, 0));
	assert_in_range(flips, 31000, 33000);
	for (uint64_t i = 0; i < 1000; i++)
		assert_true(prng_unit(1, 1, i, 0) >= 0 && prng_unit(1, 1, i, 0) < 1);
}


/* Of a rule "both: delay 100ms jitter ..." */
struct moments {
	double mean, deviation, min, max, skew;
};


static struct moments moments_of(const char *rules)
{
	struct moments k = {.min = 1e9, .max = -1e9};
	double *x = calloc(N, sizeof(*x)), var = 0, cube = 0;
	struct fixture f;

	assert_non_null(x);
	start(&f, rules);
	for (int i = 0; i < N; i++) {
		int64_t t = i * 1000 * ms;

		x[i] = (double)(at(&f, IMPAIR_FORWARD, t).due_ns - t) / 1e6 - 100;
		k.mean += x[i] / N;
		k.min = fmin(k.min, x[i]);
		k.max = fmax(k.max, x[i]);
	}
	for (int i = 0; i < N; i++) {
		var += pow(x[i] - k.mean, 2) / N;
		cube += pow(x[i] - k.mean, 3) / N;
	}
	k.deviation = sqrt(var);
	k.skew = cube / pow(k.deviation, 3);
	done(&f);
	free(x);

	return k;
}


static void test_jitter(void **state)
{
	struct moments k = moments_of("seed 5; both: delay 100 jitter uniform 6");

	assert_true(k.min >= -6 && k.min < -5.99 && k.max <= 6 && k.max > 5.99);
	assert_true(fabs(k.mean) < 0.03 && fabs(k.deviation - 6 / sqrt(3)) < 0.02);
	k = moments_of("seed 5; both: delay 100 jitter normal 6");
	assert_true(fabs(k.mean) < 0.05 && fabs(k.deviation - 6) < 0.05 && fabs(k.skew) < 0.03);
	assert_true(k.min >= -24 && k.max <= 24 && k.max > 20);
	k = moments_of("seed 5; both: delay 100 jitter pareto 2");
	assert_true(k.min >= 0 && k.min < 0.01 && k.max <= 100 && k.max > 30);
	assert_true(fabs(k.mean - 2) < 0.05 && k.skew > 3);
}


static void test_series(void **state)
{
	static const int64_t want[] = {0, 1500000, 20000000, 250000, 0, 1500000};
	struct fixture f;

	start(&f, "back: jitter series 0,1.5,20ms,250us");
	for (int i = 0; i < 6; i++)
		assert_int_equal(at(&f, IMPAIR_BACK, i * 1000 * ms).due_ns - i * 1000 * ms,
				 want[i]);
	/* the other direction has no rule */
	assert_int_equal(at(&f, IMPAIR_FORWARD, 5).act, IMPAIR_PASS);
	done(&f);
}


static unsigned lost_of(struct fixture *f, unsigned n)
{
	unsigned lost = 0;

	for (unsigned i = 0; i < n; i++)
		lost += at(f, IMPAIR_FORWARD, i * ms).act == IMPAIR_LOSE;
	return lost;
}


static void test_loss(void **state)
{
	struct fixture f;

	start(&f, "seed 3; both: loss 2%");
	assert_in_range(lost_of(&f, N), 4000 - 250, 4000 + 250);	/* four deviations */
	done(&f);
	start(&f, "both: loss every 100");
	assert_int_equal(lost_of(&f, 1000), 10);
	done(&f);
	start(&f, "both: loss packets 1,5-7,1000");
	for (unsigned i = 1; i <= 1200; i++)
		assert_int_equal(at(&f, IMPAIR_FORWARD, i * ms).act == IMPAIR_LOSE,
				 i == 1 || (i >= 5 && i <= 7) || i == 1000);
	done(&f);
	start(&f, "both: loss 100%");
	assert_int_equal(lost_of(&f, 100), 100);
	done(&f);
	start(&f, "both: loss 0%");
	assert_int_equal(lost_of(&f, 100), 0);
	done(&f);
}


/* In a burst everything is lost: runs are geometric, 1 / leave long. */
static void test_bursts(void **state)
{
	unsigned runs = 0, lost = 0, run = 0, longest = 0, ones = 0;
	struct fixture f;

	start(&f, "seed 11; both: loss burst 1% 25%");
	for (unsigned i = 0; i < N; i++) {
		if (at(&f, IMPAIR_FORWARD, i * ms).act == IMPAIR_LOSE) {
			lost++;
			runs += !run++;
			longest = run > longest ? run : longest;
		}
		else {
			ones += run == 1;
			run = 0;
		}
	}
	/* stationary share 0.01 / 0.26; a quarter of the bursts is one long */
	assert_true(fabs(lost / (double)N - 0.01 / 0.26) < 0.003);
	assert_true(fabs(lost / (double)runs - 4) < 0.2);
	assert_true(fabs(ones / (double)runs - 0.25) < 0.03);
	assert_in_range(longest, 15, 60);
	done(&f);
	start(&f, "seed 11; both: loss burst 1% 25% 50%");
	assert_true(fabs(lost_of(&f, N) / (double)N - 0.005 / 0.26) < 0.002);
	done(&f);
}


static void test_deterministic(void **state)
{
	struct fixture a, b;

	start(&a, "seed 99; both: delay 10 jitter normal 3 loss 5% duplicate 5% reorder 5% by 3");
	start(&b, "seed 99; both: delay 10 jitter normal 3 loss 5% duplicate 5% reorder 5% by 3");
	for (int i = 0; i < 5000; i++) {
		struct impair_verdict v = at(&a, IMPAIR_FORWARD, i * 1000 * ms), w;

		/* what the other direction does changes nothing */
		(void)at(&a, IMPAIR_BACK, i);
		w = at(&b, IMPAIR_FORWARD, i * 1000 * ms);
		assert_memory_equal(&v, &w, sizeof(v));
	}
	done(&a);
	done(&b);
	start(&a, "seed 99; both: loss 50%");
	start(&b, "seed 100; both: loss 50%");
	assert_int_not_equal(lost_of(&a, 10000), lost_of(&b, 10000));
	done(&a);
	done(&b);
}


static void test_order(void **state)
{
	struct fixture f;
	int64_t last = 0;
	unsigned back = 0;

	start(&f, "both: delay 20 jitter uniform 20");
	for (int i = 0; i < 5000; i++) {
		struct impair_verdict v = at(&f, IMPAIR_FORWARD, i * ms);

		assert_true(v.due_ns >= last && v.due_ns >= i * ms);
		last = v.due_ns;
	}
	done(&f);
	start(&f, "both: delay 20 jitter uniform 20 order free");
	last = 0;
	for (int i = 0; i < 5000; i++) {
		struct impair_verdict v = at(&f, IMPAIR_FORWARD, i * ms);

		assert_true(v.due_ns >= i * ms && v.due_ns <= (i + 40) * ms);
		back += v.due_ns < last;
		last = v.due_ns;
	}
	assert_true(back > 1000);
	done(&f);
}


static void test_reorder_duplicate(void **state)
{
	struct fixture f;

	start(&f, "both: delay 10 reorder every 10 by 25ms duplicate packets 3 after 500us");
	for (int i = 1; i <= 100; i++) {
		struct impair_verdict v = at(&f, IMPAIR_FORWARD, i * 5 * ms);

		assert_int_equal(v.reordered, i % 10 == 0);
		assert_int_equal(v.due_ns - i * 5 * ms, v.reordered ? 35 * ms : 10 * ms);
		assert_int_equal(v.duplicate, i == 3);
		assert_int_equal(v.n, i - 1);
		if (v.duplicate)
			assert_int_equal(v.again_ns - v.due_ns, 500000);
	}
	done(&f);
}


/* A packet that is lost is nothing else; what happens to others does not follow from what else may. */
static void test_independent(void **state)
{
	struct fixture all, alone;
	unsigned same = 0;

	start(&all, "both: loss packets 2 duplicate packets 2 reorder packets 2 by 1");
	(void)at(&all, IMPAIR_FORWARD, 0);
	for (int i = 0; i < 2; i++) {
		struct impair_verdict v = at(&all, i ? IMPAIR_BACK : IMPAIR_FORWARD, ms);

		assert_int_equal(v.act, i ? IMPAIR_SEND : IMPAIR_LOSE);
		assert_false(v.duplicate || v.reordered);
	}
	done(&all);

	start(&alone, "both: reorder burst 5% 20% by 5");
	start(&all, "both: loss burst 5% 20% duplicate burst 5% 20% reorder burst 5% 20% by 5");
	for (int i = 0; i < 2000; i++) {
		struct impair_verdict v = at(&all, IMPAIR_FORWARD, i * ms);

		assert_true(v.act == IMPAIR_LOSE || v.reordered == at(&alone, IMPAIR_FORWARD, i * ms).reordered);
		if (v.act == IMPAIR_LOSE)
			(void)at(&alone, IMPAIR_FORWARD, i * ms);
	}
	done(&all);
	done(&alone);

	/* nor is one direction the other's mirror */
	start(&all, "both: loss 50%");
	for (int i = 0; i < 1000; i++)
		same += at(&all, IMPAIR_FORWARD, i).act == at(&all, IMPAIR_BACK, i).act;
	assert_in_range(same, 400, 600);
	done(&all);
}


static void test_rate(void **state)
{
	struct fixture f;
	unsigned full = 0;

	/* 200 bytes at 1.6 Mb/s take a millisecond; a packet each half */
	start(&f, "both: rate 1.6M queue 10");
	for (int i = 0; i < 1000; i++) {
		struct impair_verdict v = at(&f, IMPAIR_FORWARD, i * ms / 2);

		full += v.act == IMPAIR_FULL;
		if (v.act == IMPAIR_SEND)
			assert_in_range(v.due_ns - i * ms / 2, ms, 11 * ms);
		if (i < 10)
			assert_int_equal(v.due_ns, (i + 1) * ms);
	}
	assert_in_range(full, 485, 500);
	/* ten wait and one is on the line; when that is off it the next may come */
	for (int i = 0; i < 12; i++)
		assert_int_equal(at(&f, IMPAIR_BACK, 7 * ms).act, i < 11 ? IMPAIR_SEND : IMPAIR_FULL);
	assert_int_equal(at(&f, IMPAIR_BACK, 8 * ms - 1).act, IMPAIR_FULL);
	assert_int_equal(at(&f, IMPAIR_BACK, 8 * ms).act, IMPAIR_SEND);
	assert_int_equal(at(&f, IMPAIR_BACK, 8 * ms).act, IMPAIR_FULL);
	/* after a pause the line is free at once */
	assert_int_equal(at(&f, IMPAIR_FORWARD, 5000 * ms).due_ns, 5001 * ms);
	done(&f);
}


static void test_filters(void **state)
{
	static const struct packet arp = {.neighbour = true}, ping = {.ip = true, .proto = 1},
				   nd = {.ip = true, .neighbour = true, .proto = 58},
				   other = {.ip = true, .udp = true, .sport = 1967, .dport = 5000};
	struct impair_verdict v;
	struct fixture f;

	start(&f, "forward udp 16384-32768 dscp CS4: delay 1 dscp AF41\n"
	      "both udp 1967: loss 100%   # either port\n"
	      "back dscp 0: delay 3\n");
	assert_int_equal(f.r.n, 3);
	v = at(&f, IMPAIR_FORWARD, 0);
	assert_int_equal(v.due_ns, ms);
	assert_int_equal(v.dscp, 34);
	assert_int_equal(at(&f, IMPAIR_BACK, 0).act, IMPAIR_PASS);
	model_decide(f.m, &v, IMPAIR_BACK, &other, 0, 60);
	assert_int_equal(v.act, IMPAIR_LOSE);
	assert_int_equal(v.rule, 1);
	model_decide(f.m, &v, IMPAIR_BACK, &ping, 0, 60);
	assert_int_equal(v.rule, 2);
	model_decide(f.m, &v, IMPAIR_FORWARD, &ping, 0, 60);
	assert_int_equal(v.act, IMPAIR_PASS);
	done(&f);

	/* the link's own talk passes, unless asked for */
	start(&f, "both: loss 100%");
	model_decide(f.m, &v, IMPAIR_BACK, &arp, 0, 60);
	assert_int_equal(v.act, IMPAIR_PASS);
	model_decide(f.m, &v, IMPAIR_BACK, &nd, 0, 60);
	assert_int_equal(v.act, IMPAIR_PASS);
	done(&f);
	/* what has no DSCP has not the DSCP 0 */
	start(&f, "neighbours dscp 0: loss 100%");
	model_decide(f.m, &v, IMPAIR_BACK, &arp, 0, 60);
	assert_int_equal(v.act, IMPAIR_PASS);
	model_decide(f.m, &v, IMPAIR_BACK, &nd, 0, 60);
	assert_int_equal(v.act, IMPAIR_LOSE);
	done(&f);
	start(&f, "neighbours: loss 100%");
	model_decide(f.m, &v, IMPAIR_BACK, &arp, 0, 60);
	assert_int_equal(v.act, IMPAIR_LOSE);
	done(&f);
}


static void test_links(void **state)
{
	struct fixture f;

	start(&f, "seed 18446744073709551615\nboth: delay 1\nlink a\nboth: delay 2\nlink b\n"
	      "both: delay 3\nlink a\nback: delay 4");
	assert_true(f.r.seed == UINT64_MAX);
	assert_int_equal(f.r.nlinks, 2);
	assert_string_equal(f.r.links[1], "b");
	assert_int_equal(f.r.links_pos[1].line, 5);
	assert_int_equal(rules_keep_link(&f.r, "a"), 3);
	assert_int_equal(f.r.v[2].delay_ns, 4 * ms);
	assert_int_equal(rules_keep_link(&f.r, NULL), 1);
	done(&f);
}


static void test_mistakes(void **state)
{
	static const struct {
		const char *text, *words;
		unsigned col;
	} cases[] = {
		{"both delay 5", "is no direction", 6},
		{"both: delay", "here stands a time", 12},
		{"both: delay 5h", "here stands a time", 13},
		{"both: delay -5", "here stands a time", 13},
		{"both: delay 61s", "here stands a time", 13},
		{"both: delay nan", "here stands a time", 13},
		{"both: delay 0x5", "here stands a time", 13},
		{"both: wobble 5", "\"wobble\" is no impairment", 7},
		{"both: jitter odd 5", "jitter is", 14},
		{"both: jitter series 1,,x", "here stand times", 21},
		{"both: loss 5", "which packets", 12},
		{"both: loss 101%", "which packets", 12},
		{"both: loss every 0", "how many packets", 18},
		{"both: loss packets 0", "by number from 1", 20},
		{"both: loss packets 5,5", "ascending", 20},
		{"both: loss packets 7-5", "ascending", 20},
		{"both: loss burst 1%", "burst ends", 20},
		{"both: reorder 1%", "by 5ms", 17},
		{"both: order odd", "keep or free", 13},
		{"both: rate 0", "bits a second", 12},
		{"both: rate 5X", "bits a second", 12},
		{"both: rate 5M queue 10001", "at most 10000", 26},
		{"both: dscp 64", "DSCP", 12},
		{"both udp 9-5: delay 1", "ports", 10},
		{"both udp 65536: delay 1", "ports", 10},
		{"both", "a colon", 5},
		{"seed x", "below 2^64", 6},
		{"seed 18446744073709551616", "below 2^64", 6},
		{"seed 5 6", "nothing more", 8},
		{"link", "a link has a name", 5},
		{"both: delay 5 : delay 6", "nothing more", 15},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture f;

		parse(&f, cases[i].text);
		if (f.dl.errors != 1 || !strstr(f.dl.v[0].msg, cases[i].words) ||
		    f.dl.v[0].pos.col != cases[i].col)
			print_message("# %s: %zu errors, column %u: %s\n", cases[i].text,
				      f.dl.errors, f.dl.n ? f.dl.v[0].pos.col : 0,
				      f.dl.n ? f.dl.v[0].msg : "");
		assert_int_equal(f.dl.errors, 1);
		assert_non_null(strstr(f.dl.v[0].msg, cases[i].words));
		assert_int_equal(f.dl.v[0].pos.col, cases[i].col);
		done(&f);
	}
}


static void test_limits(void **state)
{
	struct sbuf sb = {0};
	struct fixture f;

	for (int i = 0; i <= IMPAIR_RULES_MAX; i++)
		sbuf_printf(&sb, "both: delay %d\n", i);
	parse(&f, sbuf_str(&sb));
	assert_int_equal(f.dl.errors, 1);
	assert_int_equal(f.r.n, IMPAIR_RULES_MAX);
	done(&f);
	sbuf_reset(&sb);
	sbuf_puts(&sb, "both: loss packets 1");
	for (int i = 2; i <= IMPAIR_PICKS_MAX + 1; i++)
		sbuf_printf(&sb, ",%d", i);
	parse(&f, sbuf_str(&sb));
	assert_int_equal(f.dl.errors, 1);
	done(&f);
	sbuf_reset(&sb);
	assert_int_equal(model_alloc(&f.m, 1, NULL, IMPAIR_RULES_MAX + 1), EOVERFLOW);
}


static void test_hold(void **state)
{
	char frames[1000];
	struct hold *h;
	int64_t last = -1;
	char *before = NULL;

	assert_int_equal(hold_alloc(&h, 1000), 0);
	assert_null(hold_next(h));
	assert_null(hold_take(h));
	for (uint64_t i = 0; i < 1000; i++)
		assert_int_equal(hold_put(h, (int64_t)(prng_bits(1, 0, i, 0) % 100), &frames[i]), 0);
	assert_int_equal(hold_put(h, 5, NULL), EOVERFLOW);
	for (int i = 0; i < 1000; i++) {
		int64_t due = hold_next(h)->due_ns;
		char *p = hold_take(h);

		assert_true(due > last || (due == last && p > before));
		last = due;
		before = p;
	}
	assert_int_equal(hold_count(h), 0);
	hold_free(h);
}


#define MACS "0200 0000 0001 0200 0000 0002 "
#define IP4 "45bb 0020 1234 4000 4011 2db3 0a4d 010a 0a4d 020a "
#define PORTS "9c40 4000 000c 0000 61626364"
#define IP6(next) "6ba5 0000 000c " next "40 fd77 0001 0000 0000 0000 0000 0000 0010 " \
	"fd77 0002 0000 0000 0000 0000 0000 0010 "


static uint16_t header_sum(const uint8_t *h)
{
	uint32_t x = 0;

	for (int i = 0; i < 20; i += 2)
		x += (uint32_t)(h[i] << 8 | h[i + 1]);
	while (x >> 16)
		x = (x & 0xffff) + (x >> 16);
	return (uint16_t)x;
}


static void test_packet(void **state)
{
	uint8_t b[200];
	struct packet p;
	size_t n = hex(b, sizeof(b), MACS "0800 " IP4 PORTS);
	uint16_t sum;

	packet_read(&p, b, n);
	assert_true(p.ip && p.udp && !p.neighbour);
	assert_int_equal(p.dscp, 46);
	assert_int_equal(p.sport, 40000);
	assert_int_equal(p.dport, 16384);
	b[24] = b[25] = 0;
	sum = (uint16_t)~header_sum(b + 14);
	b[24] = (uint8_t)(sum >> 8);
	b[25] = (uint8_t)sum;
	for (unsigned dscp = 0; dscp < 64; dscp++) {
		uint8_t ecn = b[15] & 3;

		packet_set_dscp(&p, b, (uint8_t)dscp);
		assert_int_equal(header_sum(b + 14), 0xffff);
		assert_int_equal(b[15], dscp << 2 | ecn);
	}
	/* later fragment: no ports */
	b[20] = 0;
	b[21] = 5;
	packet_read(&p, b, n);
	assert_true(p.ip && !p.udp);

	n = hex(b, sizeof(b), MACS "86dd " IP6("11") PORTS);
	packet_read(&p, b, n);
	assert_true(p.ip && p.udp && p.dport == 16384 && p.dscp == 46);
	packet_set_dscp(&p, b, 9);
	/* the two bits behind it and the flow label stay */
	assert_int_equal(b[14] << 8 | b[15], 0x6265);
	packet_read(&p, b, n);
	assert_int_equal(p.dscp, 9);
	/* a later fragment has no ports */
	n = hex(b, sizeof(b), MACS "86dd " IP6("2c") "1100 0008 0000 0001 " PORTS);
	packet_read(&p, b, n);
	assert_true(p.ip && !p.udp);
	/* two tags, hop-by-hop and a first fragment before UDP */
	n = hex(b, sizeof(b), MACS "88a8 0005 8100 0006 86dd " IP6("00") "2c00 0000 0000 0000 "
		  "11ff 0001 0000 0001 " PORTS);
	packet_read(&p, b, n);
	assert_true(p.udp && p.sport == 40000 && p.at == 22);
	/* a neighbour's question; ARP; a ping */
	n = hex(b, sizeof(b), MACS "86dd " IP6("3a") "8700 0000");
	packet_read(&p, b, n);
	assert_true(p.ip && p.neighbour);
	for (unsigned type = 132; type <= 138; type++) {
		b[54] = (uint8_t)type;
		packet_read(&p, b, n);
		assert_int_equal(p.neighbour, type >= 133 && type <= 137);
	}
	n = hex(b, sizeof(b), MACS "0806 0001");
	packet_read(&p, b, n);
	assert_true(p.neighbour && !p.ip);
}


static void test_packet_cut(void **state)
{
	static const char *const frames[] = {
		MACS "0800 " IP4 PORTS, MACS "86dd " IP6("11") PORTS,
		MACS "8100 0005 86dd " IP6("00") "2c00 0000 0000 0000 1100 0001 0000 0001 " PORTS,
	};
	uint8_t b[200];

	for (size_t i = 0; i < 3; i++) {
		size_t n = hex(b, sizeof(b), frames[i]);

		for (size_t len = 0; len <= n; len++) {
			uint8_t *q = malloc(len + 1);
			struct packet p;

			memcpy(q, b, len);
			packet_read(&p, q, len);
			if (p.ip)
				packet_set_dscp(&p, q, 1);
			assert_true(!p.udp || len >= n - 8);
			free(q);
		}
	}
}


/* Four packets and room for three: one lost, one sent with its copy, one held for good, and one that is but
 * counted. */
static void test_record(void **state)
{
	struct record_row row = {.dir = IMPAIR_BACK, .rx_ns = 1000, .asked_ns = 500, .did = RECORD_LOST};
	struct record r;
	uint32_t sent, beyond;

	assert_int_equal(record_alloc(&r, 3), 0);
	assert_int_equal(record_add(&r, &row), 0);
	row.did = RECORD_HELD;
	row.reordered = true;
	sent = record_add(&r, &row);
	assert_int_equal(record_add(&r, &row), 2);
	beyond = record_add(&r, &row);
	assert_int_equal(beyond, RECORD_NONE);
	assert_int_equal(r.beyond, 1);
	assert_int_equal(r.did[IMPAIR_BACK][RECORD_HELD], 3);
	record_did(&r, sent, IMPAIR_BACK, RECORD_SENT);
	record_did(&r, beyond, IMPAIR_BACK, RECORD_SENT);
	assert_int_equal(r.did[IMPAIR_BACK][RECORD_HELD], 1);
	assert_int_equal(r.did[IMPAIR_BACK][RECORD_SENT], 2);
	assert_int_equal(r.did[IMPAIR_BACK][RECORD_LOST], 1);
	assert_int_equal(r.did[IMPAIR_FORWARD][RECORD_SENT], 0);
	assert_int_equal(r.reordered[IMPAIR_BACK], 3);
	assert_int_equal(r.v[sent].did, RECORD_SENT);
	assert_int_equal(r.v[2].did, RECORD_HELD);

	/* 1 us late to the nanosecond, then 1 ns more; a copy is in no sum */
	record_left(&r, sent, 2500, false, 1000, 500);
	record_left(&r, beyond, 2501, false, 1000, 500);
	record_left(&r, sent, 9999, true, 1000, 500);
	assert_int_equal(r.v[sent].tx_ns, 2500);
	assert_int_equal(r.v[sent].copy_tx_ns, 9999);
	assert_int_equal(r.error.n, 2);
	assert_int_equal(r.error.min_ns, 1000);
	assert_int_equal(r.error.max_ns, 1001);
	assert_int_equal(r.error.count[1], 1);
	assert_int_equal(r.error.count[2], 1);
	record_free(&r);
}


static void allocs(void *arg)
{
	static const char text[] = "link a\nboth: loss packets 1,2 jitter series 1,2 rate 1M";
	struct fixture f = {.m = NULL};
	struct hold *h = NULL;
	int err = rules_parse(&f.r, &f.a, text, sizeof(text) - 1, "t", &f.dl);

	if (!err)
		err = model_alloc(&f.m, 1, f.r.v, f.r.n);
	if (!err)
		err = hold_alloc(&h, 10);
	hold_free(h);
	done(&f);
}


static void test_failing_allocations(void **state)
{
	assert_true(failmalloc_each(allocs, NULL) >= 5);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_prng),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_series),
		cmocka_unit_test(test_loss),
		cmocka_unit_test(test_bursts),
		cmocka_unit_test(test_deterministic),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_reorder_duplicate),
		cmocka_unit_test(test_independent),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_filters),
		cmocka_unit_test(test_links),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_hold),
		cmocka_unit_test(test_packet),
		cmocka_unit_test(test_packet_cut),
		cmocka_unit_test(test_record),
		cmocka_unit_test(test_failing_allocations),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
