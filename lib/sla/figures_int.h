/** Pieces of the figures; for lib/sla alone. */
#ifndef VISAVIS_LIB_SLA_FIGURES_INT_H
#define VISAVIS_LIB_SLA_FIGURES_INT_H

#include "lib/sla/figures.h"

/** Sorts v. */
void sla_series_of(struct sla_series *s, int64_t *v, size_t n);
void sla_sums_add(struct sla_sums *s, int64_t v);

/** What became of a packet that is no closing one. */
enum sla_fate {
	SLA_ANSWERED = 0,
	SLA_LOST,		/**< which way is not settled yet */
	SLA_LOST_BACK,
	SLA_LOST_FORWARD,
	SLA_LOST_UNKNOWN,
};

/** Of each packet that is no closing one, by seq: enum sla_fate. How many of
 *  a run were lost which way is as in the figures; which of them is not known.
 *  @param a  keeps them @return 0 or ENOMEM */
int sla_fates_get(const uint8_t **fates, struct arena *a, const struct sla_stream *st);

/** Loss, duplicates and order of one stream. @return 0 or ENOMEM */
int sla_paths_count(struct sla_figures *f, struct arena *tmp, const struct sla_stream *st);

/** Pictures of one stream: counts into f, differences of delay to forward and
 *  back (room for nsamples each). @return how many there are of each */
size_t sla_pictures_read(struct sla_figures *f, int64_t *forward, int64_t *back,
			 const struct sla_stream *st, int64_t late_ns);

int64_t sla_magnitude(int64_t v);	/**< of INT64_MIN the greatest there is */

/** Is the packet in the delays? */
bool sla_sample_timed(const struct sla_sample *s, int64_t late_ns);

/** Sort keys, smallest first. */
void sla_sort_keys(uint64_t *v, size_t n);

#endif
