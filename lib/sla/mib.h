/**
 * The figures in the terms of CISCO-RTTMON-MIB's latest jitter operation
 * (object names without their common beginning), so that SNMP can serve
 * them. Times are whole ms, squares of ms; a sum is rounded once, at its end.
 * SD is forward, DS is back. 64-bit sums of squares stand in two halves.
 */
#ifndef VISAVIS_LIB_SLA_MIB_H
#define VISAVIS_LIB_SLA_MIB_H

#include "lib/sla/voice.h"

enum { SLA_MIB_VALUES = 56 };

/** NTPState: are one-way delays valid? */
enum { SLA_MIB_SYNC = 1, SLA_MIB_OUT_OF_SYNC = 2 };

struct sla_mib {
	uint32_t v[SLA_MIB_VALUES];	/**< counters stay at their greatest */
};

extern const char *const sla_mib_names[SLA_MIB_VALUES];

void sla_mib_get(struct sla_mib *m, const struct sla_figures *f, const struct sla_voice *voice);

#endif
