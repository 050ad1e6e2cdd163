/** Pieces of `visavis plan`. */
#ifndef VISAVIS_TOOLS_PLAN_H
#define VISAVIS_TOOLS_PLAN_H

#include "lib/base/sbuf.h"
#include "lib/sla/plan.h"

enum { PLAN_ARGS_MAX = 256 };

/** What was asked for, and the answers. */
struct plan_ask {
	struct arena mem;
	struct site site;
	struct sla_plan plan;
	const char *quality;
	bool content;
	bool json;
	const char *meeting_args[PLAN_ARGS_MAX];
	struct sla_plan_meeting meetings[PLAN_ARGS_MAX];
	size_t nmeetings;
	struct sla_plan_fit together;	/**< all of these at once */
	const char *path_args[PLAN_ARGS_MAX];
	struct sla_plan_path paths[PLAN_ARGS_MAX];
	size_t npaths;
};

void plan_print_text(struct sbuf *sb, const struct plan_ask *ask);
void plan_print_json(struct sbuf *sb, const struct plan_ask *ask);

#endif
