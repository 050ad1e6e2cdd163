/* Opinion scores worked out by hand from G.107, and verdicts at, above and
 * below each target. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
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


static void test_pictures(void **state)
{
	struct sla_figures f = figures(6000, 10, 10);
	struct sla_verdict v;

	(void)state;
	/* no video was sent: nothing is asked of pictures */
	sla_verdict_get(&v, &f);
	assert_true(v.checks[SLA_TARGET_PICTURE][SLA_FORWARD].absent);
	assert_int_equal(v.answer, SLA_FIT);
	/* video was sent and no two pictures arrived whole */
	f.pictures = 30;
	assert_int_equal(answer(&f, SLA_TARGET_PICTURE, SLA_FORWARD), SLA_UNKNOWN);
	f.picture_forward = (struct sla_series){.s = {.n = 59}, .p95 = 50 * MS};
	f.picture_back = (struct sla_series){.s = {.n = 59}, .p95 = 50 * MS + 1};
	assert_int_equal(answer(&f, SLA_TARGET_PICTURE, SLA_FORWARD), SLA_FIT);
	assert_int_equal(answer(&f, SLA_TARGET_PICTURE, SLA_BACK), SLA_UNFIT);
	/* 29 of 30 pictures of 200 packets each: twice as long */
	f.picture_forward.s.n = 29;
	sla_verdict_get(&v, &f);
	assert_int_equal(v.checks[SLA_TARGET_PICTURE][SLA_FORWARD].answer, SLA_UNKNOWN);
	assert_int_equal(v.checks[SLA_TARGET_PICTURE][SLA_FORWARD].needed, 12000);
}


/* 0.95^59 = 4.85 %, ^58 = 5.1 %: from 59 differences of 60 packets on. */
static void test_jitter_few(void **state)
{
	struct sla_figures f = figures(10, 10, 10);
	struct sla_series *all = &f.jitter_forward.all;
	struct sla_verdict v;

	(void)state;
	assert_int_equal(sla_p95_needed(), 59);
	sla_verdict_get(&v, &f);
	assert_int_equal(v.checks[SLA_TARGET_JITTER][SLA_FORWARD].answer, SLA_UNKNOWN);
	assert_int_equal(v.checks[SLA_TARGET_JITTER][SLA_FORWARD].needed, 60);
	/* one of nine above: 1 - 0.95^9 = 37 %; five of nine: 3 in 100,000 */
	all->p90 = all->p95 = 11 * MS;
	assert_int_equal(answer(&f, SLA_TARGET_JITTER, SLA_FORWARD), SLA_UNKNOWN);
	all->p50 = 11 * MS;
	assert_int_equal(answer(&f, SLA_TARGET_JITTER, SLA_FORWARD), SLA_UNFIT);
	/* the last of seven, whose two highest ranks are one: 30 % */
	f = figures(8, 10, 10);
	all->p90 = all->p95 = 11 * MS;
	assert_int_equal(answer(&f, SLA_TARGET_JITTER, SLA_FORWARD), SLA_UNKNOWN);
	f = figures(60, 10, 10);
	assert_int_equal(answer(&f, SLA_TARGET_JITTER, SLA_FORWARD), SLA_FIT);
	all->p95 = 11 * MS;
	assert_int_equal(answer(&f, SLA_TARGET_JITTER, SLA_FORWARD), SLA_UNFIT);
	/* an echo: nothing is known of it */
	all->s.n = 0;
	sla_verdict_get(&v, &f);
	assert_int_equal(v.checks[SLA_TARGET_JITTER][SLA_FORWARD].answer, SLA_UNKNOWN);
	assert_int_equal(v.checks[SLA_TARGET_JITTER][SLA_FORWARD].needed, 0);
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
	for (unsigned w = 0; w < SLA_WAYS; w++) {
		assert_false(v.checks[SLA_TARGET_DELAY][w].measured);
		assert_false(v.checks[SLA_TARGET_JITTER][w].measured);
		assert_true(v.checks[SLA_TARGET_LOSS][w].measured);
	}
}


/* Of 11 lost in an unknown direction 6 at least were lost on one way, which is above 0.05 % of 10,000; of 10
 * it may be 5 each way, which is not. */
static void test_loss_half(void **state)
{
	struct sla_figures f = figures(10000, 10, 10);

	(void)state;
	f.lost_unknown = f.loss.lost = 10;
	assert_int_equal(answer(&f, SLA_TARGET_LOSS, SLA_FORWARD), SLA_UNKNOWN);
	f.lost_unknown = f.loss.lost = 11;
	assert_int_equal(answer(&f, SLA_TARGET_LOSS, SLA_FORWARD), SLA_UNFIT);
	assert_int_equal(answer(&f, SLA_TARGET_LOSS, SLA_BACK), SLA_UNFIT);
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
	assert_string_equal(sbuf_str(&sb), "one-way delay forward (mean): 162 ms +- 0.3 ms, target 150 ms: over by 12 ms");
	sbuf_reset(&sb);
	f.one_way_error = 13 * MS;
	f.window_forward = 20000 * MS;
	sla_verdict_get(&v, &f);
	sla_check_print(&sb, &v, SLA_TARGET_DELAY, SLA_FORWARD);
	assert_string_equal(sbuf_str(&sb),
			    "one-way delay forward (mean): 162 ms +- 13 ms, target 150 ms: the clocks are too far apart to tell");
	sbuf_reset(&sb);
	sla_check_print(&sb, &v, SLA_TARGET_ALARM, SLA_FORWARD);
	assert_string_equal(sbuf_str(&sb), "one-way delay over 10 s forward (worst mean): 20000 ms +- 13 ms, "
			    "target 250 ms: over by 19750 ms");
	sbuf_reset(&sb);
	sla_check_print(&sb, &v, SLA_TARGET_LOSS, SLA_BACK);
	assert_string_equal(sbuf_str(&sb), "loss back: 0.12 %, target 0.05 %: over by 0.07 %");
	sbuf_reset(&sb);
}


static uint32_t mib(const struct sla_mib *m, const char *name)
{
	for (unsigned i = 0; i < SLA_MIB_VALUES; i++)
		if (!strcmp(sla_mib_objects[i].name, name))
			return m->v[i];
	fail_msg("no %s", name);
	return 0;
}


/* n values whose least is lo ms, the greatest 1 more, the sum 2, that of squares 3. */
static struct sla_sums sums(uint64_t n, int64_t lo)
{
	return (struct sla_sums){
		.n = n, .min = lo * MS, .max = (lo + 1) * MS, .sum = (sla_int128)(lo + 2) * MS,
		.sum2 = (sla_uint128)(lo + 3) * MS * MS,
	};
}


static void check_sums(const struct sla_mib *m, const char *of, const char *square, uint64_t n, int64_t lo)
{
	static const char *const first[] = {"Num", "Min", "Max", "Sum"};
	const int64_t want[] = {(int64_t)n, lo, lo + 1, lo + 2};
	char name[64];

	for (unsigned i = 0; i < 4; i++) {
		(void)snprintf(name, sizeof(name), "%sOf%s", first[i], of);
		assert_int_equal(mib(m, name), want[i]);
	}
	assert_int_equal(mib(m, square), lo + 3);
}


/* Each object has its own figure: no two of these are equal. */
static void test_mib(void **state)
{
	struct sla_figures f = { .sent = 1000, .timed = 900, .late = 1, .lost_unknown = 2, .one_way = true };
	const struct sla_voice v = { .known = true, .mos100 = 434, .icpif = 3 };
	struct sla_mib m;

	(void)state;
	f.loss_forward.lost = 4;
	f.loss_back.lost = 5;
	f.order.n = 6;
	f.rtt.s = sums(900, 10);
	f.jitter_forward = (struct sla_jitter){ sums(800, 20), sums(4, 30), .rfc3550 = 7600000 };
	f.jitter_back = (struct sla_jitter){ sums(8, 40), sums(2, 50), .rfc3550 = 9400000 };
	f.forward.s = sums(70, 1000);
	f.back.s = sums(71, 2000);
	sla_mib_get(&m, &f, &v);

	assert_int_equal(mib(&m, "NumOfRTT"), 900);
	assert_int_equal(mib(&m, "RTTMin"), 10);
	assert_int_equal(mib(&m, "RTTMax"), 11);
	assert_int_equal(mib(&m, "RTTSum"), 12);
	assert_int_equal(mib(&m, "RTTSum2"), 13);
	check_sums(&m, "PositivesSD", "Sum2PositivesSD", 800, 20);
	check_sums(&m, "NegativesSD", "Sum2NegativesSD", 4, 30);
	check_sums(&m, "PositivesDS", "Sum2PositivesDS", 8, 40);
	check_sums(&m, "NegativesDS", "Sum2NegativesDS", 2, 50);
	assert_int_equal(mib(&m, "PacketLossSD"), 4);
	assert_int_equal(mib(&m, "PacketLossDS"), 5);
	assert_int_equal(mib(&m, "PacketOutOfSequence"), 6);
	assert_int_equal(mib(&m, "PacketMIA"), 2);
	assert_int_equal(mib(&m, "PacketLateArrival"), 1);
	assert_int_equal(mib(&m, "OWMinSD"), 1000);
	assert_int_equal(mib(&m, "OWMaxSD"), 1001);
	assert_int_equal(mib(&m, "OWSumSD"), 1002);
	assert_int_equal(mib(&m, "OWSum2SD"), 1003);
	assert_int_equal(mib(&m, "OWMinDS"), 2000);
	assert_int_equal(mib(&m, "OWMaxDS"), 2001);
	assert_int_equal(mib(&m, "OWSumDS"), 2002);
	assert_int_equal(mib(&m, "OWSum2DS"), 2003);
	assert_int_equal(mib(&m, "NumOfOW"), 70);
	assert_int_equal(mib(&m, "OWAvgSD"), 14);	/* 1002 / 70 */
	assert_int_equal(mib(&m, "OWAvgDS"), 28);	/* 2002 / 71 */
	assert_int_equal(mib(&m, "MOS"), 434);
	assert_int_equal(mib(&m, "ICPIF"), 3);
	assert_int_equal(mib(&m, "IAJOut"), 8);
	assert_int_equal(mib(&m, "IAJIn"), 9);
	assert_int_equal(mib(&m, "AvgSDJ"), 0);		/* (22 + 32) / 804 */
	assert_int_equal(mib(&m, "AvgDSJ"), 9);		/* (42 + 52) / 10 */
	assert_int_equal(mib(&m, "AvgJitter"), 0);
	assert_int_equal(mib(&m, "NTPState"), SLA_MIB_SYNC);
}


/* Without clocks nothing one way is told, and without speech no score. */
static void test_mib_unknown(void **state)
{
	static const char *const none[] = {"OWMinSD", "OWMaxSD", "OWSumSD", "OWSum2SD", "OWMinDS", "OWMaxDS",
		"OWSumDS", "OWSum2DS", "NumOfOW", "OWAvgSD", "OWAvgDS", "MOS", "ICPIF"};
	const struct sla_voice v = { .known = false, .mos100 = 100, .icpif = 7 };
	struct sla_figures f = figures(100, 40, 30);
	struct sla_mib m;

	(void)state;
	f.jitter_forward.positive = sums(2, 8);
	f.jitter_back.negative = sums(3, 18);
	sla_mib_get(&m, &f, &v);
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		assert_int_equal(mib(&m, none[i]), 0);
	assert_int_equal(mib(&m, "NTPState"), SLA_MIB_OUT_OF_SYNC);
	assert_int_equal(mib(&m, "AvgJitter"), 6);	/* (10 + 20) / 5 */
}


/* 100 times 70,000.4 s: a sum is rounded once, and fills both its halves; what has one stays at its
 * greatest. */
static void test_mib_large(void **state)
{
	const int64_t each = INT64_C(70000400) * MS;
	const uint64_t squares = UINT64_C(490005600016000000);
	struct sla_figures f = figures(100, 40, 30);
	struct sla_voice v = { .known = false };
	struct sla_mib m;

	(void)state;
	f.one_way = true;
	f.rtt.s = f.back.s = (struct sla_sums){ 100, each, each, (sla_int128)100 * each + 400000,
		(sla_uint128)100 * each * each + (sla_uint128)MS * MS / 2 };
	f.jitter_back.positive = f.rtt.s;
	sla_mib_get(&m, &f, &v);
	assert_int_equal(mib(&m, "RTTMax"), 70000400);
	assert_int_equal(mib(&m, "RTTSum"), UINT64_C(7000040000) & UINT32_MAX);
	assert_int_equal(mib(&m, "RTTSumHigh"), 1);
	assert_int_equal(mib(&m, "RTTSum2"), (squares + 1) & UINT32_MAX);
	assert_int_equal(mib(&m, "RTTSum2High"), squares >> 32);
	assert_int_equal(mib(&m, "OWSumDSHigh"), 1);
	assert_int_equal(mib(&m, "OWSum2DSHigh"), squares >> 32);
	assert_int_equal(mib(&m, "OWSumSDHigh"), 0);
	assert_int_equal(mib(&m, "OWSum2SDHigh"), 0);
	assert_int_equal(mib(&m, "SumOfPositivesDS"), UINT32_MAX);
	assert_int_equal(mib(&m, "Sum2PositivesDS"), UINT32_MAX);
}


static void test_mib_columns(void **state)
{
	(void)state;
	for (unsigned i = 1; i < SLA_MIB_VALUES; i++)
		assert_true(sla_mib_objects[i].column > sla_mib_objects[i - 1].column);
	assert_string_equal(sla_mib_objects[SLA_MIB_VALUES - 1].name, "OWSum2DSHigh");
	assert_int_equal(sla_mib_objects[SLA_MIB_VALUES - 1].column, 58);
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
		cmocka_unit_test(test_pictures),
		cmocka_unit_test(test_jitter_few),
		cmocka_unit_test(test_loss_few),
		cmocka_unit_test(test_loss_many),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_loss_half),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_mib),
		cmocka_unit_test(test_mib_unknown),
		cmocka_unit_test(test_mib_large),
		cmocka_unit_test(test_mib_columns),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
