/**
 * Marking, queueing and policing of the rows of one firewall, and the
 * bandwidth that each of its links needs.
 *
 * A class is a DSCP of the matrix; rows without one stay unmarked. A link
 * needs what the media of all rooms and telephones behind it take at once,
 * each way, by the figures of qos_figures.
 */
#ifndef VISAVIS_LIB_POLICY_EMIT_QOS_H
#define VISAVIS_LIB_POLICY_EMIT_QOS_H

#include "lib/base/arena.h"
#include "lib/base/sbuf.h"
#include "lib/policy/model/policy.h"
#include "lib/sla/profile.h"

enum {
	QOS_DSCPS = 64,
};

/** What a host with that role sends and receives at once */
struct qos_figure {
	const char *role;
	const char *video;		/**< shape (lib/sla/profile.h) for each screen, or NULL */
	const char *audio;		/**< for each screen's microphone, or handset */
};

/** Ends with a NULL role. */
extern const struct qos_figure qos_figures[];

struct qos_link {
	const char *name;		/**< of the firewall's interface */
	unsigned screens;
	unsigned handsets;
	uint64_t kbps[QOS_DSCPS];	/**< by the mark of the media, each way */
	uint64_t total_kbps;
};

struct qos {
	const struct policy *policy;
	struct qos_link *links;		/**< [policy->ninterfaces] */
	bool used[QOS_DSCPS];		/**< some row has the mark; never 0 */
};

/** @param q  filled; lives in `a` @return 0 or ENOMEM */
int qos_build(struct qos *q, struct arena *a, const struct policy *p);

/** Write the bandwidths for people, or as JSON. */
void qos_print(struct sbuf *sb, const struct qos *q);
void qos_print_json(struct sbuf *sb, const struct qos *q);

/** One dialect: the same qos always gives the same text.
 *  @return 0, ENOMEM, EOVERFLOW */
struct qos_backend {
	const char *name;
	const char *suffix;
	const char *title;
	int (*emit)(struct sbuf *sb, struct arena *a, const struct qos *q);
};

int qos_nftables(struct sbuf *sb, struct arena *a, const struct qos *q);
int qos_ios(struct sbuf *sb, struct arena *a, const struct qos *q);
int qos_nxos(struct sbuf *sb, struct arena *a, const struct qos *q);

/** Two lines of comment at the top, each after `mark` */
void qos_put_title(struct sbuf *sb, const struct qos *q, const char *mark, const char *dialect);

/** Ends with a NULL name. */
extern const struct qos_backend qos_backends[];

#endif
