/**
 * What the forwarder did, packet by packet, and how well it kept its times.
 */
#ifndef VISAVIS_LAB_IMPAIR_RECORD_H
#define VISAVIS_LAB_IMPAIR_RECORD_H

#include <stdint.h>
#include <stdio.h>

#include "lab/impair/rules.h"

enum record_did {
	RECORD_HELD = 0,	/**< waits; or waited when the program ended */
	RECORD_SENT,
	RECORD_LOST,		/**< as a rule's loss wanted */
	RECORD_FULL,		/**< the queue of a rule's rate was full */
	RECORD_OVERFLOW,	/**< more waited than the program holds */
	RECORD_UNSENT,		/**< the kernel did not take it */
	RECORD_DIDS
};

/** A packet that a rule was for. Times are CLOCK_REALTIME by the kernel. */
struct record_row {
	uint64_t n;		/**< the rule's n-th in its direction, from 0 */
	int64_t rx_ns;
	int64_t asked_ns;	/**< delay that the rule wanted */
	int64_t tx_ns;		/**< 0: not sent, or not told when */
	int64_t copy_tx_ns;	/**< of its duplicate */
	uint32_t len;		/**< of the frame */
	uint16_t sport, dport;
	uint8_t dir, rule, did;
	uint8_t dscp_in, dscp_out;
	bool reordered;
	bool copied;		/**< a duplicate was sent as well */
};

enum { RECORD_BUCKETS = 13, RECORD_NONE = UINT32_MAX };

/** How late packets left: kernel's departure against arrival and delay. */
struct record_error {
	uint64_t count[RECORD_BUCKETS];
	uint64_t n;
	int64_t min_ns, max_ns;
	double sum_ns;
};

struct record {
	struct record_row *v;
	size_t n, max;
	uint64_t beyond;	/**< packets past max: done, but not recorded */
	uint64_t did[IMPAIR_DIRS][RECORD_DIDS];
	uint64_t copies[IMPAIR_DIRS], reordered[IMPAIR_DIRS];
	uint64_t passed[IMPAIR_DIRS];	/**< that no rule was for */
	struct record_error error;
};

/** @param max  rows; 0: none, only sums. @return 0 or ENOMEM */
int record_alloc(struct record *r, size_t max);
void record_free(struct record *r);

/** @return the row's number for later, RECORD_NONE when there is no room */
uint32_t record_add(struct record *r, const struct record_row *row);
/** What became of it; rows RECORD_NONE are counted only. */
void record_did(struct record *r, uint32_t row, enum impair_dir dir, enum record_did did);
/** It left, or its copy did. */
void record_left(struct record *r, uint32_t row, int64_t tx_ns, bool copy, int64_t rx_ns,
		 int64_t asked_ns);

/** JSON lines: what was asked for, each packet, sums. @return 0 or errno */
int record_write(const struct record *r, const struct impair_rules *rules, uint64_t missed,
		 FILE *f);

/** A few lines for a person. */
void record_print(const struct record *r, uint64_t missed, FILE *f);

#endif
