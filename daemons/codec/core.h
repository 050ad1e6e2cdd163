/**
 * What a room decides, without sockets or clock: the states of a call, when
 * to register again, how session timers are agreed.
 */
#ifndef VISAVIS_DAEMONS_CODEC_CORE_H
#define VISAVIS_DAEMONS_CODEC_CORE_H

#include <stdbool.h>
#include <stdint.h>

enum call_state {
	CALL_IDLE = 0,
	CALL_DIALING,		/**< INVITE sent */
	CALL_RINGING,		/**< the far end rings */
	CALL_INCOMING,		/**< we ring */
	CALL_ESTABLISHED,
	CALL_ENDED,
	CALL_STATES
};

enum call_event {
	EV_DIAL = 0,
	EV_PROGRESS,		/**< 180, 183 came */
	EV_ACCEPTED,		/**< 2xx to our INVITE */
	EV_REFUSED,		/**< final failure, timeout, transport error */
	EV_INVITE,		/**< INVITE came */
	EV_ANSWER,		/**< the person, or auto-answer, takes it */
	EV_REJECT,		/**< the person does not */
	EV_HANGUP,		/**< the person, or media, or session timer ends it */
	EV_CANCEL,		/**< CANCEL came, or nobody answered */
	EV_BYE,			/**< BYE came */
	CALL_EVENTS
};

/** What to do, bits, in the order of their values */
enum {
	DO_INVITE = 1 << 0,
	DO_RING = 1 << 1,	/**< 180 */
	DO_ACCEPT = 1 << 2,	/**< 200 with the answer */
	DO_ACK = 1 << 3,
	DO_MEDIA = 1 << 4,	/**< start */
	DO_CANCEL = 1 << 5,
	DO_REFUSE = 1 << 6,	/**< final failure to the INVITE */
	DO_BYE = 1 << 7,
	DO_OK = 1 << 8,		/**< 200 to the BYE */
	DO_STOP = 1 << 9,	/**< media off, sockets closed */
	DO_ILLEGAL = 1 << 15,	/**< the event does not fit the state */
};

/** @return DO_ bits; *state is moved on unless DO_ILLEGAL */
unsigned core_call_event(enum call_state *state, enum call_event ev);

const char *core_call_state_name(enum call_state st);

/** How long a call may stay in a state, in milliseconds; 0: as long as it likes */
uint32_t core_patience_ms(enum call_state st);

enum {
	CORE_MEDIA_MS = 1000,	/**< for a media process that died to come back */
	CORE_SILENCE_MS = 2000,	/**< for a far end that fell silent */
};

/** What a request was refused with, and what had been tried before. */
struct core_tries {
	unsigned n;
	uint32_t min_se;	/**< Min-SE that was asked of us; 0: none */
};

enum core_next {
	NEXT_GIVE_UP = 0,
	NEXT_LOGIN,		/**< again, with credentials for the challenge */
	NEXT_NOW,		/**< again as it is, with min_se */
	NEXT_LATER,		/**< again after *wait_ms */
	NEXT_END,		/**< the far end has no such call: end it */
	NEXT_LEAVE,		/**< all stays as it was */
};

/** Our INVITE got a final failure. @param min_se  its Min-SE */
enum core_next core_invite_refused(struct core_tries *t, unsigned code, uint32_t min_se);

/**
 * Our re-INVITE or UPDATE got one (RFC 3261 sections 14.1, 12.2.1.2).
 * @param owner  we made the Call-ID: of two that collide, we wait longer
 * @param code   0: no answer at all
 */
enum core_next core_change_refused(struct core_tries *t, unsigned code, bool owner, uint32_t rnd,
				   uint32_t *wait_ms);

/** A re-INVITE or UPDATE of the far end came. */
struct core_change {
	enum call_state state;
	bool update;
	bool offer;		/**< it has a body */
	bool ours;		/**< one of ours is under way */
	bool unacked;		/**< our last 2xx has no ACK yet */
};

/** @return 0: take it; 491, 500: refuse (RFC 3261 section 14.2, RFC 3311 5.2) */
unsigned core_change_came(const struct core_change *c);

/** May a new call come in? @return 0, or what to refuse it with, *reason set */
unsigned core_call_came(const char **reason, bool busy, bool dnd, bool media_ready);

/** A registration's course. */
struct core_reg {
	uint32_t expires;	/**< to ask for, s */
	unsigned failures;	/**< in a row */
	unsigned asked;		/**< credentials sent in a row */
	bool ok;
};

/** An answer to REGISTER; code 0: none came. */
struct core_reg_answer {
	unsigned code;
	uint32_t granted;	/**< s, of a 2xx; 0: not said */
	uint32_t min_expires;	/**< of a 423 */
	bool usable;		/**< of a 401, 407: credentials can be made, and
				  those sent were not refused */
};

enum { REG_EXPIRES_MIN = 10, REG_EXPIRES_MAX = 86400 };

/** @return milliseconds until to ask again: 0 now, as with r->ok unset after a
 *          challenge or a longer expiry; else the refresh or the back-off */
uint32_t core_reg_answered(struct core_reg *r, const struct core_reg_answer *a, uint32_t rnd);

/** Does nobody speak any more? Not when nothing is taken, as in a call that is
 *  held: silence says nothing then.
 *  @param ears  streams that we take, bits
 *  @param lost  of these, the ones that fell silent; others do not count */
bool core_far_end_lost(unsigned ears, unsigned lost);

/** Milliseconds to wait before registering attempt number n (from 1) again
 *  after n failures: 1, 2, 4 .. 60 s, spread by up to a quarter each way.
 *  @param rnd  random number */
uint32_t core_backoff_ms(unsigned n, uint32_t rnd);

/** When to renew what lasts `expires` seconds, in seconds */
uint32_t core_refresh_s(uint32_t expires);

enum { SE_MIN = 90, SE_DEFAULT = 1800, SE_MAX = 86400 };

/** A session timer as agreed (RFC 4028) */
struct core_timer {
	uint32_t interval;	/**< seconds; 0: none */
	bool we_refresh;
};

/** What a request or its 2xx says of session timers. */
struct core_timer_hdrs {
	uint32_t expires;	/**< Session-Expires; 0: not there */
	int refresher;		/**< 0 not said, 1 uac, 2 uas */
	uint32_t min_se;	/**< Min-SE; 0: not there */
	bool supported;		/**< "timer" in Supported */
};

/**
 * We answer a request with a session timer.
 * @param say_uac  set: the answer's refresher is "uac"
 * @return 0 with *t, or 422: the interval is below SE_MIN
 */
int core_timer_answer(struct core_timer *t, bool *say_uac, const struct core_timer_hdrs *rq);

/** Our request was answered. */
void core_timer_accept(struct core_timer *t, const struct core_timer_hdrs *rsp);

/** Milliseconds from now to the refresh, or, when the peer refreshes, to the
 *  end of the call (RFC 4028 section 10). */
uint32_t core_timer_ms(const struct core_timer *t);

#endif
