#include "lib/rtp/rtpstat.h"

#include <string.h>

enum { MAX_DROPOUT = 3000, MAX_MISORDER = 100, SEQ_MOD = 1 << 16, NO_BAD = SEQ_MOD + 1 };

void rtpstat_init(struct rtpstat *st)
{
	memset(st, 0, sizeof(*st));
	st->bad = NO_BAD;
}


/* Numbers start in the second cycle, so that one before the first packet
 * still has an extended number below it. */
static void start(struct rtpstat *st, uint16_t seq)
{
	st->started = true;
	st->base = st->max = (uint32_t)SEQ_MOD + seq;
	st->bad = NO_BAD;
	memset(st->seen, 0, sizeof(st->seen));
	st->seen[0] = 1;
	st->received = st->unique = 1;
	st->prior_expected = st->prior_received = 0;
	st->have_transit = false;
}


static uint32_t expected(const struct rtpstat *st)
{
	return st->started ? st->max - st->base + 1 : 0;
}


static void window_shift(struct rtpstat *st, uint32_t n)
{
	if (n >= RTPSTAT_WINDOW) {
		st->seen[0] = st->seen[1] = 0;
	}
	else if (n >= 64) {
		st->seen[1] = st->seen[0] << (n - 64);
		st->seen[0] = 0;
	}
	else if (n) {
		st->seen[1] = st->seen[1] << n | st->seen[0] >> (64 - n);
		st->seen[0] <<= n;
	}
}


static bool window_test_set(struct rtpstat *st, uint32_t back)
{
	uint64_t bit = (uint64_t)1 << (back % 64);
	bool was = st->seen[back / 64] & bit;

	st->seen[back / 64] |= bit;
	return was;
}


static enum rtpstat_seq older(struct rtpstat *st, uint32_t back)
{
	if (window_test_set(st, back)) {
		st->duplicates++;
		st->received++;
		return RTPSTAT_DUPLICATE;
	}
	if (st->max - back < st->base)
		st->base = st->max - back;
	st->received++;
	st->unique++;
	st->reordered++;
	return RTPSTAT_REORDERED;
}


void rtpstat_restart(struct rtpstat *st)
{
	st->past_lost = rtpstat_lost(st);
	st->past_unique += st->unique;
	st->started = false;
	st->unique = 0;
}


static enum rtpstat_seq jump(struct rtpstat *st, uint16_t seq, uint32_t *ext)
{
	if (seq != st->bad) {
		st->bad = (seq + 1u) & (SEQ_MOD - 1);
		st->jumps++;
		return RTPSTAT_JUMP;
	}
	rtpstat_restart(st);
	start(st, seq);
	*ext = st->max;
	return RTPSTAT_RESTART;
}


enum rtpstat_seq rtpstat_update(struct rtpstat *st, uint16_t seq,
				uint32_t *ext)
{
	uint16_t delta;

	if (!st->started) {
		start(st, seq);
		*ext = st->max;
		return RTPSTAT_NEXT;
	}
	delta = (uint16_t)(seq - st->max);
	if (delta && delta < MAX_DROPOUT) {
		st->max += delta;
		window_shift(st, delta);
		st->seen[0] |= 1;
		st->received++;
		st->unique++;
		st->bad = NO_BAD;
		*ext = st->max;
		return RTPSTAT_NEXT;
	}
	if (delta && delta <= SEQ_MOD - MAX_MISORDER)
		return jump(st, seq, ext);
	delta = (uint16_t)(st->max - seq);
	*ext = st->max - delta;
	return older(st, delta);
}


void rtpstat_jitter(struct rtpstat *st, uint32_t ts, uint32_t arrival)
{
	uint32_t transit = arrival - ts;
	int32_t d = (int32_t)(transit - st->transit);

	st->transit = transit;
	if (!st->have_transit) {
		st->have_transit = true;
		return;
	}
	if (d < 0)
		d = d == INT32_MIN ? INT32_MAX : -d;
	if (d > 1 << 24)	/* a clock was set: not jitter */
		return;
	st->jitter_q4 += (uint32_t)d - ((st->jitter_q4 + 8) >> 4);
	if (st->jitter_q4 > st->jitter_max_q4)
		st->jitter_max_q4 = st->jitter_q4;
	st->jitter_sum_q4 += st->jitter_q4;
	st->jitter_n++;
}


uint32_t rtpstat_jitter_get(const struct rtpstat *st)
{
	return st->jitter_q4 >> 4;
}


uint64_t rtpstat_lost(const struct rtpstat *st)
{
	return st->past_lost + expected(st) - st->unique;
}


int32_t rtpstat_lost_report(const struct rtpstat *st)
{
	int64_t lost = (int64_t)expected(st) - st->received;

	if (lost > 0x7fffff)
		return 0x7fffff;
	if (lost < -0x800000)
		return -0x800000;
	return (int32_t)lost;
}


uint8_t rtpstat_fraction(struct rtpstat *st)
{
	uint32_t exp = expected(st) - st->prior_expected;
	int64_t lost = (int64_t)exp - (st->received - st->prior_received);

	st->prior_expected = expected(st);
	st->prior_received = st->received;
	if (!exp || lost <= 0)
		return 0;
	lost = lost * 256 / exp;
	return lost > 255 ? 255 : (uint8_t)lost;
}
