#include "daemons/codec/core.h"

struct step {
	unsigned todo;		/* 0: DO_ILLEGAL, unless IGNORE */
	enum call_state next;
};

#define IGNORE (1u << 14)

static const struct step steps[CALL_STATES][CALL_EVENTS] = {
	[CALL_IDLE] = {
		[EV_DIAL] = {DO_INVITE, CALL_DIALING},
		[EV_INVITE] = {DO_RING, CALL_INCOMING},
	},
	[CALL_DIALING] = {
		[EV_PROGRESS] = {IGNORE, CALL_RINGING},
		[EV_ACCEPTED] = {DO_ACK | DO_MEDIA, CALL_ESTABLISHED},
		[EV_REFUSED] = {DO_STOP, CALL_ENDED},
		[EV_HANGUP] = {DO_CANCEL | DO_STOP, CALL_ENDED},
	},
	[CALL_RINGING] = {
		[EV_PROGRESS] = {IGNORE, CALL_RINGING},
		[EV_ACCEPTED] = {DO_ACK | DO_MEDIA, CALL_ESTABLISHED},
		[EV_REFUSED] = {DO_STOP, CALL_ENDED},
		[EV_HANGUP] = {DO_CANCEL | DO_STOP, CALL_ENDED},
	},
	[CALL_INCOMING] = {
		[EV_ANSWER] = {DO_ACCEPT | DO_MEDIA, CALL_ESTABLISHED},
		[EV_REJECT] = {DO_REFUSE | DO_STOP, CALL_ENDED},
		[EV_HANGUP] = {DO_REFUSE | DO_STOP, CALL_ENDED},
		[EV_CANCEL] = {DO_REFUSE | DO_STOP, CALL_ENDED},
		[EV_BYE] = {DO_OK | DO_REFUSE | DO_STOP, CALL_ENDED},
	},
	[CALL_ESTABLISHED] = {
		[EV_HANGUP] = {DO_BYE | DO_STOP, CALL_ENDED},
		[EV_REFUSED] = {DO_STOP, CALL_ENDED},
		[EV_BYE] = {DO_OK | DO_STOP, CALL_ENDED},
	},
	[CALL_ENDED] = {
		/* our CANCEL crossed the far end's 200 */
		[EV_ACCEPTED] = {DO_ACK | DO_BYE, CALL_ENDED},
		[EV_PROGRESS] = {IGNORE, CALL_ENDED},
		[EV_REFUSED] = {IGNORE, CALL_ENDED},
		[EV_CANCEL] = {IGNORE, CALL_ENDED},
		[EV_BYE] = {DO_OK, CALL_ENDED},
	},
};


unsigned core_call_event(enum call_state *state, enum call_event ev)
{
	const struct step *s = &steps[*state][ev];

	if (!s->todo)
		return DO_ILLEGAL;
	*state = s->next;
	return s->todo & ~IGNORE;
}


const char *core_call_state_name(enum call_state st)
{
	static const char *const v[CALL_STATES] = {
		"idle", "dialing", "ringing", "incoming", "established", "ended",
	};

	return v[st];
}


bool core_far_end_lost(unsigned ears, unsigned lost)
{
	return ears && (ears & lost) == ears;
}


uint32_t core_backoff_ms(unsigned n, uint32_t rnd)
{
	uint32_t ms = n < 1 ? 1000 : n > 6 ? 60000 : 1000u << (n - 1);

	return ms - ms / 4 + rnd % (ms / 2 + 1);
}


/* Early enough for a lost request and two retransmissions, but for very
 * short expiries, where half must do. */
uint32_t core_refresh_s(uint32_t expires)
{
	if (expires < 2)
		return 1;
	return expires > 120 ? expires - 32 : expires / 2;
}


int core_timer_answer(struct core_timer *t, bool *say_uac, const struct core_timer_hdrs *rq)
{
	*t = (struct core_timer){0};
	*say_uac = false;
	if (!rq->expires) {
		/* ask for one ourselves and do the work */
		t->interval = rq->min_se > SE_DEFAULT ? rq->min_se : SE_DEFAULT;
		t->we_refresh = true;
		return 0;
	}
	if (rq->expires < SE_MIN) {
		if (rq->supported)
			return 422;
		/* who does not know timers cannot understand a 422 */
		t->interval = SE_MIN;
		t->we_refresh = true;
		return 0;
	}

	t->interval = rq->expires;
	/* RFC 4028 table 2: a UAC that names none leaves it to us */
	*say_uac = rq->supported && rq->refresher != 2;
	t->we_refresh = !*say_uac;
	return 0;
}


void core_timer_accept(struct core_timer *t, const struct core_timer_hdrs *rsp)
{
	t->interval = rsp->expires && rsp->expires < SE_MIN ? SE_MIN : rsp->expires;
	t->we_refresh = rsp->refresher != 2;
}


uint32_t core_timer_ms(const struct core_timer *t)
{
	uint32_t s = t->interval;

	if (t->we_refresh)
		return s * 500u;
	return (s - (s / 3 < 32 ? s / 3 : 32)) * 1000u;
}
