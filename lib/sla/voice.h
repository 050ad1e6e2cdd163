/**
 * What speech over a path would be worth to a listener: the E-model
 * (ITU-T G.107) with the factors of G.113, and the planning impairment
 * factor ICPIF, for the codecs that an IP SLA operation simulates.
 */
#ifndef VISAVIS_LIB_SLA_VOICE_H
#define VISAVIS_LIB_SLA_VOICE_H

#include "lib/sla/figures.h"

enum { SLA_ICPIF_POINTS = 5 };

struct sla_codec {
	const char *name;	/**< "g711" */
	double ie;		/**< equipment impairment (G.113 appendix I) */
	double bpl;		/**< robustness against loss; 0: outside the model */
	unsigned delay_ms;	/**< of one packet and the coder's look-ahead */
	double loss_ie[SLA_ICPIF_POINTS];	/**< ICPIF: impairment at 0, 2, 4, 6, 8 % of loss */
};

/** Ends with a NULL name. */
extern const struct sla_codec sla_codecs[];

const struct sla_codec *sla_codec_find(const char *name);

enum { SLA_ADVANTAGE_MAX = 20 };

struct sla_voice {
	bool known;		/**< else why holds the reason */
	const char *why;
	bool assumed;		/**< delay each way taken as half the round trip */
	double delay_ms;	/**< mouth to ear without a jitter buffer */
	double loss_percent;
	double r;		/**< transmission rating */
	unsigned mos100;	/**< opinion score times 100, 100 to 450 */
	unsigned icpif;
};

/** R from its parts. @param burst  mean run length over that of random loss */
double sla_voice_r(const struct sla_codec *c, double delay_ms, double loss_percent, double burst,
		   unsigned advantage);
/** G.107 annex B, times 100 */
unsigned sla_voice_mos100(double r);
unsigned sla_voice_icpif(const struct sla_codec *c, double delay_ms, double loss_percent,
			 unsigned advantage);

/** Of the worse way. @param codec  name, or NULL; @param advantage  0 to 20 */
void sla_voice_get(struct sla_voice *v, const struct sla_figures *f, const char *codec,
		   unsigned advantage);

#endif
