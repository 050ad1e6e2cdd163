#include <math.h>
#include <string.h>

#include "lib/sla/voice.h"

/* Ie and Bpl: G.113 appendix I, of G.711 with loss concealment (its appendix I) and of G.729 annex A with
 * silence suppression (annex B). Packets of 20 ms; G.729 looks 5 ms ahead. ICPIF: what routers
 * publish for 2 to 8 % of loss, and Ie without. The E-model of G.107 is for narrow-band speech: what it has no factors
 * for stays outside of it. */
const struct sla_codec sla_codecs[] = {
	{"g711", 0, 25.1, 20, {0, 12, 22, 28, 32}},
	{"g729", 11, 19.0, 25, {11, 20, 30, 38, 42}},
	{"g722", 0, 0, 20, {0}},
	{"opus", 0, 0, 20, {0}},
	{NULL, 0, 0, 0, {0}},
};

/* ICPIF: impairment by delay one way, 50 ms apart, as routers publish it. */
static const double delays[] = {0, 1, 2, 4, 7};

enum { POINTS = SLA_ICPIF_POINTS, DELAY_STEP_MS = 50, LOSS_STEP_PERCENT = 2 };

_Static_assert(sizeof(delays) / sizeof(delays[0]) == POINTS, "a delay for each point");


const struct sla_codec *sla_codec_find(const char *name)
{
	for (const struct sla_codec *c = sla_codecs; c->name; c++)
		if (!strcmp(c->name, name))
			return c;
	return NULL;
}


/* G.107 (7-27), (7-28) */
static double delay_impairment(double ms)
{
	double x;

	if (ms <= 100)
		return 0;
	x = log2(ms / 100);
	return 25 * (pow(1 + pow(x, 6), 1.0 / 6) - 3 * pow(1 + pow(x / 3, 6), 1.0 / 6) + 2);
}


/* (7-29) */
static double loss_impairment(const struct sla_codec *c, double percent, double burst)
{
	return c->ie + (95 - c->ie) * percent / (percent / burst + c->bpl);
}


double sla_voice_r(const struct sla_codec *c, double delay_ms, double loss_percent, double burst,
		   unsigned advantage)
{
	/* 93.2: all that is not of the network at its default */
	return 93.2 - delay_impairment(delay_ms) - loss_impairment(c, loss_percent, burst) + advantage;
}


unsigned sla_voice_mos100(double r)
{
	double mos = r > 100 ? 4.5 : 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;

	return r <= 0 || mos < 1 ? 100 : (unsigned)lround(mos * 100);
}


/* Straight lines between the published points; above the last one G.107's own formula, but never less than
 * that point: what is worse does not count for less. */
static double icpif_part(const double v[POINTS], double at, double above)
{
	unsigned i = (unsigned)fmin(fmax(at, 0), POINTS - 1);

	if (i == POINTS - 1)
		return fmax(v[i], above);
	return v[i] + (v[i + 1] - v[i]) * (fmax(at, 0) - i);
}


unsigned sla_voice_icpif(const struct sla_codec *c, double delay_ms, double loss_percent,
			 unsigned advantage)
{
	double v = icpif_part(delays, delay_ms / DELAY_STEP_MS, delay_impairment(delay_ms)) +
		icpif_part(c->loss_ie, loss_percent / LOSS_STEP_PERCENT, loss_impairment(c, loss_percent, 1)) -
		advantage;

	return v > 0 ? (unsigned)lround(v) : 0;
}


/* The mean run over that of random loss, 1 / (1 - p); not below 1. */
static double burstiness(const struct sla_loss *l, double p)
{
	double ratio = l->runs ? (double)l->lost / (double)l->runs * (1 - p) : 1;

	return ratio > 1 ? ratio : 1;
}


static double way_delay(const struct sla_figures *f, bool *assumed)
{
	int64_t forward = sla_sums_mean(&f->forward.s), back = sla_sums_mean(&f->back.s);

	*assumed = !f->one_way;
	if (!f->one_way)
		return (double)sla_sums_mean(&f->rtt.s) / 2e6;
	return (double)(forward > back ? forward : back) / 1e6;
}


void sla_voice_get(struct sla_voice *v, const struct sla_figures *f, const char *codec,
		   unsigned advantage)
{
	const struct sla_codec *c = codec ? sla_codec_find(codec) : NULL;
	const struct sla_loss *l = f->loss_forward.lost >= f->loss_back.lost ? &f->loss_forward :
		&f->loss_back;
	double p;

	*v = (struct sla_voice){0};
	if (!c || c->bpl <= 0) {
		v->why = !codec ? "no speech" : !c ? "codec is not known" :
			"codec is outside the E-model of G.107";
		return;
	}
	if (!f->timed) {
		v->why = "no packet came back";
		return;
	}

	p = (double)(l->lost + f->lost_unknown + f->late) / (double)f->sent;
	v->known = true;
	v->loss_percent = p * 100;
	v->delay_ms = way_delay(f, &v->assumed) + c->delay_ms;
	/* runs of an unknown direction are in none of both ways */
	v->r = sla_voice_r(c, v->delay_ms, v->loss_percent,
			   burstiness(f->lost_unknown > l->lost ? &f->loss : l, p), advantage);
	v->mos100 = sla_voice_mos100(v->r);
	v->icpif = sla_voice_icpif(c, v->delay_ms, v->loss_percent, advantage);
}
