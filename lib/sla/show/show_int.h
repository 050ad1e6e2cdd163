/** Pieces of the formats; for lib/sla/show alone. */
#ifndef VISAVIS_LIB_SLA_SHOW_SHOW_INT_H
#define VISAVIS_LIB_SLA_SHOW_SHOW_INT_H

#include "lib/sla/show/show.h"

enum { SHOW_WIDTH = 80, SHOW_SLOTS_MAX = 512 };

/** A piece of the time, or of the range of delays. */
struct show_slot {
	uint64_t n;		/**< timed packets */
	uint64_t lost;		/**< lost that way, or nobody knows which, or late */
	int64_t min;
	int64_t max;
	sla_int128 sum;
};

enum show_value { SHOW_RTT = 0, SHOW_FORWARD, SHOW_BACK };

/** Delay over time: `n` slots over the time of sending, all streams. */
void show_over_time(struct show_slot *v, size_t n, const struct sla_show *sh, enum show_value what);
/** How many packets had which delay: n slots from `lo` to below `hi`; what
 *  is above goes into the last. */
void show_spread(uint64_t *v, size_t n, const struct sla_show *sh, enum show_value what, int64_t lo,
		 int64_t hi);
/** From the first to the last packet sent, in ns. */
int64_t show_duration(const struct sla_run *run);

/** "2026-11-22 16:05:09 UTC" */
void show_time(struct sbuf *sb, int64_t ns);
/** A delay in ms for people, n columns wide: three decimals at most */
void show_ms(struct sbuf *sb, int64_t ns, int width);
/** Lost, in per cent of what was sent, n columns wide */
void show_percent(struct sbuf *sb, uint64_t part, uint64_t of);
/** Is it the first stream of its profile? false when it has none */
bool show_new_profile(const struct sla_run *run, size_t i);
/** "paris to london, room1-1080p-best" */
void show_title(struct sbuf *sb, const struct sla_show *sh);
/** Words from column `at` on and a line's end, further lines of SHOW_WIDTH columns
 *  indented to `indent` */
void show_wrapped(struct sbuf *sb, unsigned at, unsigned indent, const char *text);
/** How long to measure so that a check with too few packets can be answered;
 *  nothing when none has */
void show_hint(struct sbuf *sb, const struct sla_show *sh);
/** Whose stamps the figures are made of, and how far the program's are from
 *  the kernel's; nothing when nothing was timed */
void show_stamps(struct sbuf *sb, const struct sla_run *run);
/** A step of 1, 2 or 5 times a power of ten, so that `range` has at most n. */
int64_t show_step(int64_t range, unsigned n);

void show_text(struct sbuf *sb, const struct sla_show *sh);
void show_brief(struct sbuf *sb, const struct sla_show *sh);
void show_json(struct sbuf *sb, const struct sla_show *sh);
void show_csv(struct sbuf *sb, const struct sla_show *sh);
void show_prometheus(struct sbuf *sb, const struct sla_show *sh);
void show_plot(struct sbuf *sb, const struct sla_show *sh);
void show_plot_ascii(struct sbuf *sb, const struct sla_show *sh);
void show_html(struct sbuf *sb, const struct sla_show *sh);

#endif
