/**
 * The figures in the terms of CISCO-RTTMON-MIB: an entry of
 * rttMonLatestJitterOperTable (1.3.6.1.4.1.9.9.42.1.5.2.1), each object under
 * its number in it, so that SNMP can serve them. Absent are those of the
 * operation itself (Sense, ErrorSenseDescription, UnSyncRTs, NumOverThresh).
 *
 * Times are whole ms, squares of ms; a sum is rounded once, at its end. SD is
 * forward, DS is back. A difference of delay is positive or negative by
 * nanoseconds: what a router measures in ms and counts as none may be
 * counted here and add next to nothing to its sum.
 */
#ifndef VISAVIS_LIB_SLA_MIB_H
#define VISAVIS_LIB_SLA_MIB_H

#include "lib/sla/voice.h"

enum { SLA_MIB_VALUES = 55 };

/** NTPState: are one-way delays valid? */
enum { SLA_MIB_SYNC = 1, SLA_MIB_OUT_OF_SYNC = 2 };

struct sla_mib_object {
	const char *name;	/**< without "rttMonLatestJitterOper" */
	unsigned column;	/**< its number in the entry */
};

/** In the order of their numbers. */
extern const struct sla_mib_object sla_mib_objects[SLA_MIB_VALUES];

struct sla_mib {
	uint32_t v[SLA_MIB_VALUES];	/**< of sla_mib_objects; stay at their greatest where
					     the MIB has no upper half of them */
};

void sla_mib_get(struct sla_mib *m, const struct sla_figures *f, const struct sla_voice *voice);

#endif
