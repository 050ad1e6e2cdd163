/**
 * A run and its figures for people and programs: one table of formats, that
 * the command line and the agent share.
 */
#ifndef VISAVIS_LIB_SLA_SHOW_SHOW_H
#define VISAVIS_LIB_SLA_SHOW_SHOW_H

#include "lib/base/sbuf.h"
#include "lib/sla/verdict.h"
#include "lib/sla/voice.h"

/** All that the formats print. */
struct sla_show {
	const struct sla_run *run;
	struct sla_figures total;
	struct sla_figures *streams;	/**< [run->nstreams] */
	const uint8_t **fates;		/**< [run->nstreams], of each packet */
	struct sla_voice voice;		/**< of the first stream of sound */
	struct sla_voice *voices;	/**< [run->nstreams] */
	const char *codec;		/**< of that stream, or NULL */
	struct sla_verdict verdict;
	unsigned advantage;
};

/**
 * Compute all figures.
 * @param a    keeps what the struct points to
 * @param run  outlives it
 * @return 0; EINVAL the run breaks its contract; ENOMEM
 */
int sla_show_init(struct sla_show *sh, struct arena *a, const struct sla_run *run, unsigned advantage);

struct sla_format {
	const char *name;	/**< "json" */
	const char *help;
	void (*write)(struct sbuf *sb, const struct sla_show *sh);
};

/** Ends with a NULL name: text, json, csv, prometheus, plot, plot-ascii, html,
 *  brief */
extern const struct sla_format sla_formats[];

/** @return NULL: no such format */
const struct sla_format *sla_format_find(const char *name);

/** Figures and writing in one. @return as sla_show_init(); ENOENT no such
 *  format; what the sbuf says */
int sla_show_write(struct sbuf *sb, const struct sla_run *run, const char *format);

#endif
