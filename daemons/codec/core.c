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


uint32_t core_patience_ms(enum call_state st)
{
	static const uint32_t ms[CALL_STATES] = {
		[CALL_DIALING] = 180 * 1000, [CALL_RINGING] = 180 * 1000, [CALL_INCOMING] = 60 * 1000,
	};

	return ms[st];
}


enum { TRIES_MAX = 4, LOGINS_MAX = 3 };

static bool challenge(unsigned code)
{
	return code == 401 || code == 407;
}


enum core_next core_invite_refused(struct core_tries *t, unsigned code, uint32_t min_se)
{
	if (t->n++ >= TRIES_MAX)
		return NEXT_GIVE_UP;
	if (challenge(code))
		return NEXT_LOGIN;
	if (code != 422 || min_se <= t->min_se || min_se > SE_MAX)
		return NEXT_GIVE_UP;
	t->min_se = min_se;
	return NEXT_NOW;
}


enum core_next core_change_refused(struct core_tries *t, unsigned code, bool owner, uint32_t rnd,
				   uint32_t *wait_ms)
{
	if (challenge(code) && t->n++ < TRIES_MAX)
		return NEXT_LOGIN;
	if (code == 491) {
		*wait_ms = owner ? 2100 + rnd % 1900 : rnd % 2000;
		return NEXT_LATER;
	}
	return code == 481 || code == 408 ? NEXT_END : NEXT_LEAVE;
}


unsigned core_change_came(const struct core_change *c)
{
	if (c->state != CALL_ESTABLISHED || (c->offer && c->ours))
		return 491;
	return c->unacked && !c->update ? 500 : 0;
}


unsigned core_call_came(const char **reason, bool busy, bool dnd, bool media_ready)
{
	*reason = busy ? "Busy Here" : dnd ? "Do Not Disturb" : "Media Not Ready";
	return busy ? 486 : dnd || !media_ready ? 480 : 0;
}


static uint32_t reg_failed(struct core_reg *r, uint32_t rnd)
{
	r->ok = false;
	r->asked = 0;
	return core_backoff_ms(++r->failures, rnd);
}


static uint32_t reg_granted(struct core_reg *r, uint32_t s)
{
	r->ok = true;
	r->failures = 0;
	r->asked = 0;
	s = s ? s : r->expires;
	s = s < REG_EXPIRES_MIN ? REG_EXPIRES_MIN : s > REG_EXPIRES_MAX ? REG_EXPIRES_MAX : s;
	return core_refresh_s(s) * 1000;
}


uint32_t core_reg_answered(struct core_reg *r, const struct core_reg_answer *a, uint32_t rnd)
{
	if (a->code >= 200 && a->code < 300)
		return reg_granted(r, a->granted);
	if (challenge(a->code) && a->usable && r->asked++ < LOGINS_MAX)
		return 0;
	if (a->code == 423 && a->min_expires > r->expires && a->min_expires <= REG_EXPIRES_MAX) {
		r->expires = a->min_expires;
		return 0;
	}
	return reg_failed(r, rnd);
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
