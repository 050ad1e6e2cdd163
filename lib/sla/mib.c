#include "lib/sla/mib.h"

/* Five of jitter, in the order of the MIB, of one sign and one way. */
#define JITTER(first, sign, way) \
	{"MinOf" sign way, first}, {"MaxOf" sign way, (first) + 1}, {"NumOf" sign way, (first) + 2}, \
	{"SumOf" sign way, (first) + 3}, {"Sum2" sign way, (first) + 4}

const struct sla_mib_object sla_mib_objects[SLA_MIB_VALUES] = {
	{"NumOfRTT", 1}, {"RTTSum", 2}, {"RTTSum2", 3}, {"RTTMin", 4}, {"RTTMax", 5},
	JITTER(6, "Positives", "SD"), JITTER(11, "Negatives", "SD"),
	JITTER(16, "Positives", "DS"), JITTER(21, "Negatives", "DS"),
	{"PacketLossSD", 26}, {"PacketLossDS", 27}, {"PacketOutOfSequence", 28}, {"PacketMIA", 29},
	{"PacketLateArrival", 30},
	{"OWSumSD", 33}, {"OWSum2SD", 34}, {"OWMinSD", 35}, {"OWMaxSD", 36},
	{"OWSumDS", 37}, {"OWSum2DS", 38}, {"OWMinDS", 39}, {"OWMaxDS", 40}, {"NumOfOW", 41},
	{"MOS", 42}, {"ICPIF", 43}, {"IAJOut", 44}, {"IAJIn", 45},
	{"AvgJitter", 46}, {"AvgSDJ", 47}, {"AvgDSJ", 48}, {"OWAvgSD", 49}, {"OWAvgDS", 50},
	{"NTPState", 51},
	{"RTTSumHigh", 53}, {"RTTSum2High", 54}, {"OWSumSDHigh", 55}, {"OWSum2SDHigh", 56},
	{"OWSumDSHigh", 57}, {"OWSum2DSHigh", 58},
};

/* What is written next. */
struct at {
	uint32_t *v;
	unsigned n;
};

/* A sum and one of squares as the MIB has them. */
struct pair {
	uint64_t sum, sum2;
};


static void put(struct at *at, sla_int128 v)
{
	at->v[at->n++] = v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}


static sla_int128 ms(sla_int128 ns)
{
	return (ns + 500000) / 1000000;
}


static uint64_t whole(sla_int128 v)
{
	return v < 0 ? 0 : v > (sla_int128)UINT64_MAX ? UINT64_MAX : (uint64_t)v;
}


static struct pair pair_of(const struct sla_sums *s)
{
	const sla_uint128 ms2 = 1000000000000u;

	return (struct pair){ whole(ms(s->sum)), whole((sla_int128)(s->sum2 / ms2 + (s->sum2 % ms2 >= ms2 / 2))) };
}


static void put_pair(struct at *at, const struct pair *p, bool high)
{
	put(at, (sla_int128)(high ? p->sum >> 32 : p->sum & UINT32_MAX));
	put(at, (sla_int128)(high ? p->sum2 >> 32 : p->sum2 & UINT32_MAX));
}


static void put_range(struct at *at, const struct sla_sums *s)
{
	put(at, ms(s->min));
	put(at, ms(s->max));
}


static void put_jitter(struct at *at, const struct sla_sums *s)
{
	struct pair p = pair_of(s);

	put_range(at, s);
	put(at, (sla_int128)s->n);
	put(at, (sla_int128)p.sum);
	put(at, (sla_int128)p.sum2);
}


static void put_counts(struct at *at, const struct sla_figures *f)
{
	put(at, (sla_int128)f->loss_forward.lost);
	put(at, (sla_int128)f->loss_back.lost);
	put(at, (sla_int128)f->order.n);
	put(at, (sla_int128)f->lost_unknown);
	put(at, (sla_int128)f->late);
}


static void put_averages(struct at *at, const struct sla_figures *f)
{
	const struct sla_jitter *sd = &f->jitter_forward, *ds = &f->jitter_back;
	const struct sla_jitter both = {
		.positive = { .n = sd->positive.n + ds->positive.n, .sum = sd->positive.sum + ds->positive.sum },
		.negative = { .n = sd->negative.n + ds->negative.n, .sum = sd->negative.sum + ds->negative.sum },
	};

	put(at, ms(sla_jitter_average(&both)));
	put(at, ms(sla_jitter_average(sd)));
	put(at, ms(sla_jitter_average(ds)));
}


void sla_mib_get(struct sla_mib *m, const struct sla_figures *f, const struct sla_voice *voice)
{
	static const struct sla_sums none;
	/* one-way figures mean nothing without clocks, and are zero then */
	const struct sla_sums *there = f->one_way ? &f->forward.s : &none, *back = f->one_way ? &f->back.s : &none;
	const struct pair pairs[] = {pair_of(&f->rtt.s), pair_of(there), pair_of(back)};
	struct at at = { .v = m->v };

	put(&at, (sla_int128)f->rtt.s.n);
	put_pair(&at, &pairs[0], false);
	put_range(&at, &f->rtt.s);
	put_jitter(&at, &f->jitter_forward.positive);
	put_jitter(&at, &f->jitter_forward.negative);
	put_jitter(&at, &f->jitter_back.positive);
	put_jitter(&at, &f->jitter_back.negative);
	put_counts(&at, f);
	put_pair(&at, &pairs[1], false);
	put_range(&at, there);
	put_pair(&at, &pairs[2], false);
	put_range(&at, back);
	put(&at, (sla_int128)there->n);
	put(&at, voice->known ? (sla_int128)voice->mos100 : 0);
	put(&at, voice->known ? (sla_int128)voice->icpif : 0);
	put(&at, ms(f->jitter_forward.rfc3550));
	put(&at, ms(f->jitter_back.rfc3550));
	put_averages(&at, f);
	put(&at, ms(sla_sums_mean(there)));
	put(&at, ms(sla_sums_mean(back)));
	put(&at, f->one_way ? SLA_MIB_SYNC : SLA_MIB_OUT_OF_SYNC);
	for (unsigned i = 0; i < 3; i++)
		put_pair(&at, &pairs[i], true);
}
