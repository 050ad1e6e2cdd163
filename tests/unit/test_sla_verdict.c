/* Opinion scores worked out by hand from G.107, and verdicts at, above and
 * below each target. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "lib/sla/mib.h"
#include "lib/sla/verdict.h"
#include "lib/sla/voice.h"

#define MS INT64_C(1000000)


static void near_to(double got, double want, double by)
{
	if (fabs(got - want) > by)
		fail_msg("%f, not %f", got, want);
}


static void test_rating(void **state)
{
	const struct sla_codec *g711 = sla_codec_find("g711"), *g729 = sla_codec_find("g729");

	(void)state;
	near_to(sla_voice_r(g711, 100, 0, 1, 0), 93.2, 1e-9);
	near_to(sla_voice_r(g729, 100, 0, 1, 0), 82.2, 1e-9);
	/* X = log2 1.5 and 2 */
	near_to(sla_voice_r(g711, 150, 0, 1, 0), 93.2 - 0.164, 0.001);
	near_to(sla_voice_r(g711, 400, 0, 1, 0), 93.2 - 24.07, 0.01);
	/* 95 * 1 / 26.1; in runs of two 95 * 1 / 25.6 */
	near_to(sla_voice_r(g711, 0, 1, 1, 0), 93.2 - 3.6398, 0.0001);
	near_to(sla_voice_r(g711, 0, 1, 2, 0), 93.2 - 3.7109, 0.0001);
	near_to(sla_voice_r(g711, 0, 1, 2, 10), 103.2 - 3.7109, 0.0001);
}


static void test_score(void **state)
{
	(void)state;
	assert_int_equal(sla_voice_mos100(93.2), 441);
	assert_int_equal(sla_voice_mos100(82.2), 410);
	assert_int_equal(sla_voice_mos100(60), 310);
	assert_int_equal(sla_voice_mos100(101), 450);
	assert_int_equal(sla_voice_mos100(0), 100);
	assert_int_equal(sla_voice_mos100(3), 100);
	assert_int_equal(sla_voice_mos100(-40), 100);
}


static void test_icpif(void **state)
{
	const struct sla_codec *g711 = sla_codec_find("g711"), *g729 = sla_codec_find("g729");

	(void)state;
	assert_int_equal(sla_voice_icpif(g711, 0, 0, 0), 0);
	assert_int_equal(sla_voice_icpif(g711, 100, 2, 0), 2 + 12);
	assert_int_equal(sla_voice_icpif(g729, 150, 4, 0), 4 + 30);
	assert_int_equal(sla_voice_icpif(g729, 150, 4, 10), 24);
	assert_int_equal(sla_voice_icpif(g711, 175, 3, 0), 23);	/* 5.5 + 17, rounded */
	assert_int_equal(sla_voice_icpif(g711, 0, 0, 20), 0);
	assert_int_equal(sla_voice_icpif(g711, -30, 0, 0), 0);
	assert_int_equal(sla_voice_icpif(g729, 0, 0, 0), 11);
	/* above 200 ms and 8 % the E-model's: 8.917 at 250 ms, 49.475 at 5 s; 95 * 20 / 45.1 = 42.1 */
	assert_int_equal(sla_voice_icpif(g711, 200, 8, 0), 7 + 32);
	assert_int_equal(sla_voice_icpif(g711, 225, 0, 0), 7);
	assert_int_equal(sla_voice_icpif(g711, 250, 0, 0), 9);
	assert_int_equal(sla_voice_icpif(g711, 400, 0, 0), 24);
	assert_int_equal(sla_voice_icpif(g711, 5000, 0, 0), 49);
	assert_int_equal(sla_voice_icpif(g711, 0, 20, 0), 42);
	/* 11 + 84 * 100 / 119 */
	assert_int_equal(sla_voice_icpif(g729, 0, 100, 0), 82);
	for (const struct sla_codec *c = sla_codecs; c->bpl > 0; c++)
		near_to(c->loss_ie[0], c->ie, 0);
}


/* What is worse is never rated better. */
static void test_icpif_grows(void **state)
{
	(void)state;
	for (const struct sla_codec *c = sla_codecs; c->bpl > 0; c++)
		for (int i = 0; i < 1000; i++) {
			assert_true(sla_voice_icpif(c, i, 0, 0) <= sla_voice_icpif(c, i + 1, 0, 0));
			assert_true(sla_voice_icpif(c, 0, i / 10.0, 0) <=
				    sla_voice_icpif(c, 0, (i + 1) / 10.0, 0));
		}
}


/* So many sent, all timed, at those means each way. */
static struct sla_figures figures(uint64_t sent, int64_t there_ms, int64_t back_ms)
{
	struct sla_figures f = { .sent = sent, .answered = sent, .timed = sent, .directions = true };

	f.forward.s = (struct sla_sums){ .n = sent, .sum = (sla_int128)sent * there_ms * MS };
	f.back.s = (struct sla_sums){ .n = sent, .sum = (sla_int128)sent * back_ms * MS };
	f.rtt.s = (struct sla_sums){ .n = sent, .sum = (sla_int128)sent * (there_ms + back_ms) * MS };
	f.window_rtt = (there_ms + back_ms) * MS;
	f.window_forward = there_ms * MS;
	f.window_back = back_ms * MS;
	f.jitter_forward.all.s.n = f.jitter_back.all.s.n = sent - 1;
	return f;
}


static enum sla_answer answer(const struct sla_figures *f, enum sla_target_id t, enum sla_way w)
{
	struct sla_verdict v;

	sla_verdict_get(&v, f);
	return v.checks[t][w].answer;
}


static void test_voice(void **state)
{
	struct sla_figures f = figures(1000, 30, 60);
	struct sla_voice v;

	(void)state;
	sla_voice_get(&v, &f, "opus", 0);
	assert_false(v.known);
	assert_non_null(v.why);
	sla_voice_get(&v, &f, NULL, 0);
	assert_false(v.known);
	sla_voice_get(&v, &f, "g711", 0);
	assert_true(v.known && v.assumed);
	near_to(v.delay_ms, 65, 1e-9);
	assert_int_equal(v.mos100, 441);
	f.one_way = true;
	f.loss_back.lost = 8;
	f.loss_back.runs = 8;
	f.late = 2;
	sla_voice_get(&v, &f, "g711", 0);
	assert_false(v.assumed);
	near_to(v.delay_ms, 80, 1e-9);
	near_to(v.loss_percent, 1, 1e-9);
	near_to(v.r, 93.2 - 3.6398, 0.0001);
	f.timed = 0;
	sla_voice_get(&v, &f, "g711", 0);
	assert_false(v.known);
}


/* 20 of 1,000 in runs of two and a half; of runs of one, random loss is as bursty. */
static void test_voice_burst(void **state)
{
	const struct sla_codec *g711 = sla_codec_find("g711");
	struct sla_figures f = figures(1000, 10, 10);
	struct sla_voice v;

	(void)state;
	f.loss_forward.lost = f.loss.lost = 20;
	f.loss_forward.runs = f.loss.runs = 8;
	sla_voice_get(&v, &f, "g711", 0);
	near_to(v.r, sla_voice_r(g711, 0, 2, 2.5 * 0.98, 0), 1e-9);
	f.loss_forward.runs = 20;
	sla_voice_get(&v, &f, "g711", 0);
	near_to(v.r, sla_voice_r(g711, 0, 2, 1, 0), 1e-9);
	/* in an unknown direction: the runs of all */
	f.loss_forward = (struct sla_loss){ .lost = 0 };
	f.lost_unknown = 20;
	sla_voice_get(&v, &f, "g711", 0);
	near_to(v.loss_percent, 2, 1e-9);
	near_to(v.r, sla_voice_r(g711, 0, 2, 2.5 * 0.98, 0), 1e-9);
}


static void test_delay_clocks(void **state)
{
	struct sla_figures f = figures(6000, 150, 10);

	(void)state;
	f.one_way = true;
	assert_int_equal(answer(&f, SLA_TARGET_DELAY, SLA_FORWARD), SLA_FIT);
	f.one_way_error = 1;
	assert_int_equal(answer(&f, SLA_TARGET_DELAY, SLA_FORWARD), SLA_UNKNOWN);
	assert_int_equal(answer(&f, SLA_TARGET_DELAY, SLA_BACK), SLA_FIT);
	f = figures(6000, 152, 10);
	f.one_way = true;
	f.one_way_error = MS;
	assert_int_equal(answer(&f, SLA_TARGET_DELAY, SLA_FORWARD), SLA_UNFIT);
}


/* Without clocks 150 ms round are fine, 302 are not, 200 cannot be told. */
static void test_delay_round(void **state)
{
	struct sla_figures f = figures(6000, 140, 10);

	(void)state;
	assert_int_equal(answer(&f, SLA_TARGET_DELAY, SLA_FORWARD), SLA_FIT);
	f = figures(6000, 190, 10);
	assert_int_equal(answer(&f, SLA_TARGET_DELAY, SLA_FORWARD), SLA_UNKNOWN);
	f = figures(6000, 292, 10);
	assert_int_equal(answer(&f, SLA_TARGET_DELAY, SLA_FORWARD), SLA_UNFIT);
}


static void test_alarm(void **state)
{
	struct sla_figures f = figures(6000, 100, 10);

	(void)state;
	f.one_way = true;
	f.window_forward = 251 * MS;
	assert_int_equal(answer(&f, SLA_TARGET_DELAY, SLA_FORWARD), SLA_FIT);
	assert_int_equal(answer(&f, SLA_TARGET_ALARM, SLA_FORWARD), SLA_UNFIT);
	assert_int_equal(answer(&f, SLA_TARGET_ALARM, SLA_BACK), SLA_FIT);
}


static void test_jitter(void **state)
{
	struct sla_figures f = figures(6000, 10, 10);

	(void)state;
	f.jitter_forward.all.p95 = 10 * MS;
	f.jitter_back.all.p95 = 10 * MS + 1;
	assert_int_equal(answer(&f, SLA_TARGET_JITTER, SLA_FORWARD), SLA_FIT);
	assert_int_equal(answer(&f, SLA_TARGET_JITTER, SLA_BACK), SLA_UNFIT);
}


/* (1 - 0.0005)^5990 is just below 0.05, ^5989 is not. */
static void test_loss_few(void **state)
{
	struct sla_figures f = figures(10, 10, 10);
	struct sla_verdict v;

	(void)state;
	assert_int_equal(sla_loss_needed(500), 5990);
	sla_verdict_get(&v, &f);
	assert_int_equal(v.answer, SLA_UNKNOWN);
	assert_int_equal(v.checks[SLA_TARGET_LOSS][SLA_FORWARD].needed, 5990);
	/* one of ten: 1 - 0.9995^10 = 0.5 % */
	f.loss_forward.lost = 1;
	assert_int_equal(answer(&f, SLA_TARGET_LOSS, SLA_FORWARD), SLA_UNFIT);
	assert_int_equal(answer(&f, SLA_TARGET_LOSS, SLA_BACK), SLA_UNKNOWN);
	/* one of 1,000: 39 %; four of 1,000: 0.2 % */
	assert_false(sla_loss_certain(1, 1000, 500));
	assert_true(sla_loss_certain(4, 1000, 500));
	/* 1 - 0.9995^102 = 4.97 %, ^103 = 5.02 % */
	assert_true(sla_loss_certain(1, 102, 500));
	assert_false(sla_loss_certain(1, 103, 500));
}


static void test_loss_many(void **state)
{
	struct sla_figures f = figures(10000, 10, 10);

	(void)state;
	f.loss_forward.lost = 5;
	assert_int_equal(answer(&f, SLA_TARGET_LOSS, SLA_FORWARD), SLA_FIT);
	f.late = 1;
	assert_int_equal(answer(&f, SLA_TARGET_LOSS, SLA_FORWARD), SLA_UNFIT);
	assert_int_equal(answer(&f, SLA_TARGET_LOSS, SLA_BACK), SLA_FIT);
	f.late = 0;
	f.lost_unknown = 1;
	assert_int_equal(answer(&f, SLA_TARGET_LOSS, SLA_FORWARD), SLA_UNKNOWN);
	assert_int_equal(answer(&f, SLA_TARGET_LOSS, SLA_BACK), SLA_FIT);
}


static void test_nothing(void **state)
{
	struct sla_figures f = { .sent = 0 };
	struct sla_verdict v;

	(void)state;
	sla_verdict_get(&v, &f);
	assert_int_equal(v.answer, SLA_UNKNOWN);
	/* nothing came back: half of it at least went one way */
	f.sent = f.lost_unknown = f.loss.lost = 100;
	sla_verdict_get(&v, &f);
	assert_int_equal(v.answer, SLA_UNFIT);
}


static void test_words(void **state)
{
	struct sla_figures f = figures(10000, 162, 10);
	struct sbuf sb = {0};
	struct sla_verdict v;

	(void)state;
	f.one_way = true;
	f.one_way_error = 300000;
	f.loss_back.lost = 12;
	sla_verdict_get(&v, &f);
	assert_int_equal(v.answer, SLA_UNFIT);
	sla_check_print(&sb, &v, SLA_TARGET_DELAY, SLA_FORWARD);
	assert_string_equal(sbuf_str(&sb), "one-way delay forward: 162 ms +- 0.3 ms, target 150 ms: over by 12 ms");
	sbuf_reset(&sb);
	sla_check_print(&sb, &v, SLA_TARGET_LOSS, SLA_BACK);
	assert_string_equal(sbuf_str(&sb), "loss back: 0.12 %, target 0.05 %: over by 0.07 %");
	sbuf_reset(&sb);
}


static uint32_t mib(const struct sla_mib *m, const char *name)
{
	for (unsigned i = 0; i < SLA_MIB_VALUES; i++)
		if (!strcmp(sla_mib_names[i], name))
			return m->v[i];
	fail_msg("no %s", name);
	return 0;
}


/* 100 round trips of 70000.4 ms: the sum is rounded once, squares need both
 * halves; without clocks one-way figures are 0. */
static void test_mib(void **state)
{
	struct sla_figures f = figures(100, 40, 30);
	struct sla_voice v = { .known = true, .mos100 = 434, .icpif = 1 };
	struct sla_mib m;

	(void)state;
	f.rtt.s.sum = (sla_int128)100 * 70000400000;
	f.rtt.s.sum2 = (sla_uint128)100 * 70000400000 * 70000400000;
	f.rtt.s.min = f.rtt.s.max = 70000400000;
	f.jitter_forward.positive = (struct sla_sums){ .n = 2, .min = MS, .max = 3 * MS, .sum = 4 * MS };
	f.jitter_back.negative = (struct sla_sums){ .n = 1, .min = 7 * MS, .max = 7 * MS, .sum = 7 * MS };
	f.jitter_forward.rfc3550 = 1600000;
	f.loss_back.lost = 3;
	f.lost_unknown = 4;
	sla_mib_get(&m, &f, &v);

	assert_int_equal(mib(&m, "NumOfRTT"), 100);
	assert_int_equal(mib(&m, "RTTSum"), 7000040);
	assert_int_equal(mib(&m, "RTTMax"), 70000);
	/* 490005600016 */
	assert_int_equal(mib(&m, "RTTSum2High"), 114);
	assert_int_equal(mib(&m, "RTTSum2Low"), 490005600016 - 114 * (INT64_C(1) << 32));
	assert_int_equal(mib(&m, "NumOfPositivesSD"), 2);
	assert_int_equal(mib(&m, "SumOfNegativesDS"), 7);
	assert_int_equal(mib(&m, "PacketLossSD"), 0);
	assert_int_equal(mib(&m, "PacketLossDS"), 3);
	assert_int_equal(mib(&m, "PacketMIA"), 4);
	assert_int_equal(mib(&m, "IAJOut"), 2);
	assert_int_equal(mib(&m, "AvgJitter"), 4);
	assert_int_equal(mib(&m, "AvgSDJ"), 2);
	assert_int_equal(mib(&m, "AvgDSJ"), 7);
	assert_int_equal(mib(&m, "MOS"), 434);
	assert_int_equal(mib(&m, "NTPState"), SLA_MIB_OUT_OF_SYNC);
	assert_int_equal(mib(&m, "OWSumSD"), 0);
	f.one_way = true;
	sla_mib_get(&m, &f, &v);
	assert_int_equal(mib(&m, "NTPState"), SLA_MIB_SYNC);
	assert_int_equal(mib(&m, "NumOfOW"), 100);
	assert_int_equal(mib(&m, "OWSumSD"), 4000);
	assert_int_equal(mib(&m, "OWAvgDS"), 30);
}


int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rating),
		cmocka_unit_test(test_score),
		cmocka_unit_test(test_icpif),
		cmocka_unit_test(test_icpif_grows),
		cmocka_unit_test(test_voice),
		cmocka_unit_test(test_voice_burst),
		cmocka_unit_test(test_delay_clocks),
		cmocka_unit_test(test_delay_round),
		cmocka_unit_test(test_alarm),
		cmocka_unit_test(test_jitter),
		cmocka_unit_test(test_loss_few),
		cmocka_unit_test(test_loss_many),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_mib),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
