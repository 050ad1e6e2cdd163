#include <math.h>
#include <string.h>

#include "lib/sla/voice.h"

/* Packets of 20 ms; G.729 looks 5 ms ahead. G.711 with loss concealment. The E-model of G.107 is for
 * narrow-band speech; what it has no published factors for stays outside of it. */
const struct sla_codec sla_codecs[] = {
	{"g711", 0, 25.1, 20, {0, 12, 22, 28, 32}},
	{"g729", 11, 19.0, 25, {10, 20, 30, 38, 42}},
	{"g722", 0, 0, 20, {0}},
	{"opus", 0, 0, 20, {0}},
	{NULL, 0, 0, 0, {0}},
};

/* ICPIF: impairment by delay one way; straight lines between the points. */
static const struct {
	double ms;
	double idd;
} delays[] = {
	{0, 0}, {50, 1}, {100, 2}, {150, 4}, {200, 7}, {250, 10}, {300, 15}, {400, 25}, {500, 30}, {600, 35},
	{800, 40},
};

enum { DELAYS = sizeof(delays) / sizeof(delays[0]) };


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


double sla_voice_r(const struct sla_codec *c, double delay_ms, double loss_percent, double burst,
		   unsigned advantage)
{
	/* 93.2: all that is not of the network at its default; (7-29) */
	double ie = c->ie + (95 - c->ie) * loss_percent / (loss_percent / burst + c->bpl);

	return 93.2 - delay_impairment(delay_ms) - ie + advantage;
}


unsigned sla_voice_mos100(double r)
{
	double mos = r > 100 ? 4.5 : 1 + 0.035 * r + r * (r - 60) * (100 - r) * 7e-6;

	return r <= 0 || mos < 1 ? 100 : (unsigned)lround(mos * 100);
}


static double idd(double ms)
{
	for (unsigned i = 1; i < DELAYS; i++)
		if (ms <= delays[i].ms)
			return delays[i - 1].idd + (delays[i].idd - delays[i - 1].idd) *
				(ms - delays[i - 1].ms) / (delays[i].ms - delays[i - 1].ms);
	return delays[DELAYS - 1].idd;
}


static double loss_ie(const struct sla_codec *c, double percent)
{
	double at = percent / 2;
	unsigned i = at >= 4 ? 3 : (unsigned)at;

	/* beyond the last point as steep as before it, up to everything lost */
	at = at > 50 ? 50 : at;
	return c->loss_ie[i] + ((double)c->loss_ie[i + 1] - c->loss_ie[i]) * (at - i);
}


unsigned sla_voice_icpif(const struct sla_codec *c, double delay_ms, double loss_percent,
			 unsigned advantage)
{
	double v = idd(delay_ms) + loss_ie(c, loss_percent) - advantage;

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
	v->r = sla_voice_r(c, v->delay_ms, v->loss_percent, burstiness(l, p), advantage);
	v->mos100 = sla_voice_mos100(v->r);
	v->icpif = sla_voice_icpif(c, v->delay_ms, v->loss_percent, advantage);
}
