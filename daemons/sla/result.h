/** A run as text for whoever asked. */
#ifndef VISAVIS_DAEMONS_SLA_RESULT_H
#define VISAVIS_DAEMONS_SLA_RESULT_H

#include <stdbool.h>

#include <jansson.h>

#include "lib/base/sbuf.h"
#include "lib/sla/show/metrics.h"

/** What result_write() knows, the usual one first: those of lib/sla/show, the
 *  few figures of a status, the samples themselves. Ends with NULL. */
extern const char *const result_formats[];

/** @return 0; EINVAL: no such format; ENOMEM; EBADMSG: the run is broken */
int result_write(struct sbuf *sb, const struct sla_run *run, const char *format);

/** Does it miss a target for certain? */
bool result_unfit(const struct sla_run *run);

/** Add it to what is kept of its path. @return the few figures that a status or
 *  a log shows, a new reference; NULL: the run is broken, or no memory */
json_t *result_count(struct sla_metrics *m, const struct sla_run *run);

#endif
