#include "lib/sla/mib.h"

const char *const sla_mib_names[SLA_MIB_VALUES] = {
	"NumOfRTT", "RTTSum", "RTTSum2Low", "RTTSum2High", "RTTMin", "RTTMax",
	"NumOfPositivesSD", "SumOfPositivesSD", "Sum2PositivesSDLow", "Sum2PositivesSDHigh",
	"MinOfPositivesSD", "MaxOfPositivesSD",
	"NumOfNegativesSD", "SumOfNegativesSD", "Sum2NegativesSDLow", "Sum2NegativesSDHigh",
	"MinOfNegativesSD", "MaxOfNegativesSD",
	"NumOfPositivesDS", "SumOfPositivesDS", "Sum2PositivesDSLow", "Sum2PositivesDSHigh",
	"MinOfPositivesDS", "MaxOfPositivesDS",
	"NumOfNegativesDS", "SumOfNegativesDS", "Sum2NegativesDSLow", "Sum2NegativesDSHigh",
	"MinOfNegativesDS", "MaxOfNegativesDS",
	"PacketLossSD", "PacketLossDS", "PacketOutOfSequence", "PacketMIA", "PacketLateArrival",
	"NumOfOW",
	"OWSumSD", "OWSum2SDLow", "OWSum2SDHigh", "OWMinSD", "OWMaxSD",
	"OWSumDS", "OWSum2DSLow", "OWSum2DSHigh", "OWMinDS", "OWMaxDS",
	"OWAvgSD", "OWAvgDS",
	"MOS", "ICPIF", "IAJOut", "IAJIn", "AvgJitter", "AvgSDJ", "AvgDSJ", "NTPState",
};

struct at {
	uint32_t *v;
	unsigned n;
};


static void put(struct at *at, sla_int128 v)
{
	at->v[at->n++] = v < 0 ? 0 : v > UINT32_MAX ? UINT32_MAX : (uint32_t)v;
}


static sla_int128 ms(sla_int128 ns)
{
	return (ns + 500000) / 1000000;
}


static void put_squares(struct at *at, sla_uint128 ns2)
{
	sla_uint128 v = ns2 / 1000000000000u + (ns2 % 1000000000000u >= 500000000000u);

	if (v > UINT64_MAX)
		v = UINT64_MAX;
	put(at, (sla_int128)(v & UINT32_MAX));
	put(at, (sla_int128)(v >> 32));
}


static void put_sums(struct at *at, const struct sla_sums *s)
{
	put(at, (sla_int128)s->n);
	put(at, ms(s->sum));
	put_squares(at, s->sum2);
	put(at, ms(s->min));
	put(at, ms(s->max));
}


/* One-way figures mean nothing without clocks, and are zero then. */
static void put_one_way(struct at *at, const struct sla_sums *s, bool valid)
{
	static const struct sla_sums none;

	s = valid ? s : &none;
	put(at, ms(s->sum));
	put_squares(at, s->sum2);
	put(at, ms(s->min));
	put(at, ms(s->max));
}


static sla_int128 average(const struct sla_sums *a, const struct sla_sums *b)
{
	struct sla_sums s = { .n = a->n + b->n, .sum = a->sum + b->sum };

	return ms(sla_sums_mean(&s));
}


static void put_jitter(struct at *at, const struct sla_figures *f)
{
	const struct sla_jitter *sd = &f->jitter_forward, *ds = &f->jitter_back;
	struct sla_sums up = {
		.n = sd->positive.n + sd->negative.n, .sum = sd->positive.sum + sd->negative.sum,
	};
	struct sla_sums down = {
		.n = ds->positive.n + ds->negative.n, .sum = ds->positive.sum + ds->negative.sum,
	};

	put(at, ms(sd->rfc3550));
	put(at, ms(ds->rfc3550));
	put(at, average(&up, &down));
	put(at, ms(sla_jitter_average(sd)));
	put(at, ms(sla_jitter_average(ds)));
}


void sla_mib_get(struct sla_mib *m, const struct sla_figures *f, const struct sla_voice *voice)
{
	const bool ow = f->one_way;
	struct at at = { .v = m->v };

	put_sums(&at, &f->rtt.s);
	put_sums(&at, &f->jitter_forward.positive);
	put_sums(&at, &f->jitter_forward.negative);
	put_sums(&at, &f->jitter_back.positive);
	put_sums(&at, &f->jitter_back.negative);
	put(&at, (sla_int128)f->loss_forward.lost);
	put(&at, (sla_int128)f->loss_back.lost);
	put(&at, (sla_int128)f->order.n);
	put(&at, (sla_int128)f->lost_unknown);
	put(&at, (sla_int128)f->late);
	put(&at, ow ? (sla_int128)f->timed : 0);
	put_one_way(&at, &f->forward.s, ow);
	put_one_way(&at, &f->back.s, ow);
	put(&at, ow ? ms(sla_sums_mean(&f->forward.s)) : 0);
	put(&at, ow ? ms(sla_sums_mean(&f->back.s)) : 0);
	put(&at, voice->known ? (sla_int128)voice->mos100 : 0);
	put(&at, voice->known ? (sla_int128)voice->icpif : 0);
	put_jitter(&at, f);
	put(&at, ow ? SLA_MIB_SYNC : SLA_MIB_OUT_OF_SYNC);
}
