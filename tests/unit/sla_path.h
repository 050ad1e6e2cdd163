/** A stream under construction, for tests of figures: what was sent, and what came back of it. */
#ifndef VISAVIS_TESTS_UNIT_SLA_PATH_H
#define VISAVIS_TESTS_UNIT_SLA_PATH_H

#include "lib/sla/figures.h"

#define MS INT64_C(1000000)

enum { SLA_PATH_MAX = 4000, SLA_PATH_COPIES = 2000 };

struct sla_path {
	struct sla_sample s[SLA_PATH_MAX];
	struct sla_copy c[SLA_PATH_COPIES];
	struct sla_reached reached[2 * SLA_PATH_MAX];	/**< st.nreached of them are told */
	struct sla_stream st;
	struct sla_run run;		/**< of this stream alone */
	uint32_t arrivals;
};

/** An answer: to which packet, under which number of the responder, and how many ms either way took. */
struct sla_path_answer {
	uint32_t seq;
	uint32_t rseq;
	int64_t there;
	int64_t back;
};

/** n packets of 60 bytes, 20 ms apart, marked 32, none of them answered. */
void sla_path_init(struct sla_path *p, size_t n);

/** The next answer that comes; the responder kept the packet for 1 ms. One to a packet that was answered
 *  before is a copy. */
void sla_path_take(struct sla_path *p, const struct sla_path_answer *an);

/** Answers in the order in which they come: {seq, rseq, there, back}, ... */
#define SLA_PATH_ANSWERS(p, ...) \
	do { \
		const struct sla_path_answer v_[] = {__VA_ARGS__}; \
		for (size_t i_ = 0; i_ < sizeof(v_) / sizeof(v_[0]); i_++) \
			sla_path_take((p), &v_[i_]); \
	} while (0)

/** The first n packets are answered in order, all after the same time. */
void sla_path_answer_all(struct sla_path *p, uint32_t n, int64_t there, int64_t back);

/** All figures; checks that the whole is the one stream. */
struct sla_figures sla_path_figures(const struct sla_path *p);

#endif
