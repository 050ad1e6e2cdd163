/**
 * One request sent to several places: which response goes back, and who is
 * told to stop (RFC 3261 sections 16.6 to 16.10). Pure state; time is given.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_FORK_H
#define VISAVIS_DAEMONS_CALLCONTROL_FORK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	FORK_MAX = 10,
	FORK_TIMER_C_MS = 185000,	/**< above the three minutes of 16.6 */
};

enum fork_state {
	FORK_CALLING = 0,
	FORK_PROCEEDING,
	FORK_DONE,
};

struct fork_branch {
	enum fork_state state;
	uint16_t code;		/**< final response, own ones included */
	bool cancelled;
	uint64_t timer_c;	/**< ms; INVITE only */
};

struct fork {
	struct fork_branch b[FORK_MAX];
	size_t n;
	bool invite;
	bool cancelled;		/**< by the caller */
	bool final_sent;
};

/** What to do now. */
struct fork_act {
	bool forward;		/**< send this very response back */
	unsigned cancel;	/**< branches to cancel, one bit each */
	bool finish;		/**< the best is known: */
	int best;		/**< send the kept response of this branch, */
	uint16_t code;		/**< or, best < 0, one of our own */
};

void fork_init(struct fork *f, size_t n, bool invite, uint64_t now_ms);

/** A response came from branch i. */
void fork_response(struct fork *f, size_t i, uint16_t code, uint64_t now_ms,
		   struct fork_act *act);

/** Branch i failed without one: 408 for time, 503 for the transport. */
void fork_failed(struct fork *f, size_t i, uint16_t code,
		 struct fork_act *act);

/** The caller cancelled. */
void fork_cancel(struct fork *f, struct fork_act *act);

/** Timer C of each branch. */
void fork_tick(struct fork *f, uint64_t now_ms, struct fork_act *act);

/** When fork_tick() is next needed; 0: never. */
uint64_t fork_deadline(const struct fork *f);

#endif
