/**
 * What a responder of this suite tells of the packets before: which ones
 * reached it, and how long after the time written into its answer each answer
 * truly left. It lies in the data of an answer whose report is agreed, behind
 * the report, newest first, as much as there is room for; docs/sla.md has the
 * bytes. So that it is told again in the answers that follow, few lost ones
 * take nothing with them.
 */
#ifndef VISAVIS_LIB_SLA_HISTORY_H
#define VISAVIS_LIB_SLA_HISTORY_H

#include <stddef.h>
#include <stdint.h>

#define SLA_LATE_UNKNOWN UINT32_MAX

enum {
	SLA_HISTORY = 32,		/**< packets that are remembered */
	SLA_HISTORY_BYTES = 64 + SLA_HISTORY * 8,	/**< of a probe with room for all */
};

struct sla_past {
	uint32_t rseq;			/**< the responder's number, from 1; 0: none */
	uint32_t seq;			/**< the sender's */
	uint32_t late_ns;		/**< left after its time of sending, or SLA_LATE_UNKNOWN */
};

/** Of one stream at the responder; zeroed: empty. */
struct sla_history {
	struct sla_past v[SLA_HISTORY];
};

void sla_history_add(struct sla_history *h, uint32_t rseq, uint32_t seq);

/** The answer with that number left so late; nothing when it is forgotten
 *  or the span is no sane one. */
void sla_history_left(struct sla_history *h, uint32_t rseq, int64_t late_ns);

/** Tell in an answer of n bytes with the number rseq what came before it. */
void sla_history_write(uint8_t *p, size_t n, const struct sla_history *h, uint32_t rseq);

/** @param v  SLA_HISTORY places. @return how many are told */
size_t sla_history_read(struct sla_past *v, const uint8_t *p, size_t n, uint32_t rseq);

#endif
