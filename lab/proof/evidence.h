/**
 * What the programs of a run logged: all events of docs/events.md of all
 * hosts, in the order of their times.
 */
#ifndef VISAVIS_LAB_EVIDENCE_H
#define VISAVIS_LAB_EVIDENCE_H

#include <stdbool.h>
#include <stddef.h>

#include <jansson.h>

enum { EVIDENCE_LINE_MAX = 256 << 10, EVIDENCE_EVENTS_MAX = 500000 };

/** One event; borrowed from the list. */
struct event {
	double t;
	const char *host;	/**< "" when the line has none */
	const char *prog;
	const char *ev;
	json_t *obj;
};

struct evidence {
	struct event *v;
	size_t n;
	size_t cap;
	size_t torn;		/**< lines that are no event */
	size_t past;		/**< events past EVIDENCE_EVENTS_MAX */
};

/** Read every *.jsonl of a folder; adds to what is there.
 *  @return 0, ENOMEM, or errno of the folder. A line that is no event (a
 *          program was killed while writing) is counted, not fatal */
int evidence_load(struct evidence *e, const char *dir);

/** Add one line; @return 0, ENOMEM, EBADMSG (counted as torn) */
int evidence_line(struct evidence *e, const char *line, size_t len);

/** Sort by time; equal times keep their order. */
void evidence_sort(struct evidence *e);
void evidence_reset(struct evidence *e);

/** Fields of an event: "" or 0 when missing or of another type. */
const char *event_str(const struct event *ev, const char *key);
double event_num(const struct event *ev, const char *key);

#endif
