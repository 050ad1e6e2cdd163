#include <string.h>

#include "daemons/callcontrol/fork.h"


void fork_init(struct fork *f, size_t n, bool invite, uint64_t now_ms)
{
	memset(f, 0, sizeof(*f));
	f->n = n < FORK_MAX ? n : FORK_MAX;
	f->invite = invite;
	for (size_t i = 0; invite && i < f->n; i++)
		f->b[i].timer_c = now_ms + FORK_TIMER_C_MS;
}


static unsigned cancel_others(struct fork *f, size_t but)
{
	unsigned bits = 0;

	for (size_t i = 0; f->invite && i < f->n; i++) {
		if (i == but || f->b[i].state == FORK_DONE || f->b[i].cancelled)
			continue;
		f->b[i].cancelled = true;
		bits |= 1u << i;
	}
	return bits;
}


/* Section 16.7 step 6: within a class, what helps the caller to try again. */
static unsigned rank(uint16_t code)
{
	static const uint16_t helpful[] = {401, 407, 415, 420, 484};
	static const uint16_t vanished[] = {408, 430, 480, 503};

	if (code >= 600)
		return 0;
	for (size_t i = 0; i < sizeof(helpful) / sizeof(helpful[0]); i++) {
		if (code == helpful[i])
			return 400;
	}
	/* a branch that merely vanished says less than one that answered */
	for (size_t i = 0; i < sizeof(vanished) / sizeof(vanished[0]); i++) {
		if (code == vanished[i])
			return code / 100u * 100u + 99u;
	}
	return code + 1u;
}


static void finish_if_done(struct fork *f, struct fork_act *act)
{
	unsigned best_rank = ~0u;

	if (f->final_sent)
		return;
	for (size_t i = 0; i < f->n; i++) {
		const struct fork_branch *b = &f->b[i];

		if (b->state != FORK_DONE)
			return;
		if (rank(b->code) < best_rank) {
			best_rank = rank(b->code);
			act->best = (int)i;
			act->code = b->code;
		}
	}
	if (f->cancelled && act->code < 600) {
		act->best = -1;
		act->code = 487;
	}
	f->final_sent = true;
	act->finish = true;
}


static void clear(struct fork_act *act)
{
	*act = (struct fork_act){.best = -1, .code = 408};
}


static void done(struct fork *f, size_t i, uint16_t code, struct fork_act *act)
{
	f->b[i].state = FORK_DONE;
	f->b[i].code = code;
	f->b[i].timer_c = 0;
	if (code >= 600)
		act->cancel = cancel_others(f, i);
	finish_if_done(f, act);
}


void fork_response(struct fork *f, size_t i, uint16_t code, uint64_t now_ms,
		   struct fork_act *act)
{
	clear(act);
	if (i >= f->n || code <= 100)
		return;
	if (code < 200) {
		if (f->b[i].state == FORK_DONE)
			return;
		f->b[i].state = FORK_PROCEEDING;
		if (f->invite)
			f->b[i].timer_c = now_ms + FORK_TIMER_C_MS;
		act->forward = !f->final_sent;
		return;
	}
	if (code < 300) {
		f->b[i].state = FORK_DONE;
		f->b[i].code = code;
		/* every 2xx to an INVITE goes back, RFC 3261 section 16.7 step 5 */
		act->forward = f->invite || !f->final_sent;
		f->final_sent = true;
		act->cancel = cancel_others(f, i);
		return;
	}
	done(f, i, code, act);
}


void fork_failed(struct fork *f, size_t i, uint16_t code, struct fork_act *act)
{
	clear(act);
	if (i >= f->n || f->b[i].state == FORK_DONE)
		return;
	done(f, i, code, act);
	if (act->finish && act->best == (int)i)
		act->best = -1;
}


void fork_cancel(struct fork *f, struct fork_act *act)
{
	clear(act);
	f->cancelled = true;
	act->cancel = cancel_others(f, FORK_MAX);
}


/* Section 16.8: a ringing branch is cancelled and will answer 487; a silent
 * one is taken as having answered 408. */
void fork_tick(struct fork *f, uint64_t now_ms, struct fork_act *act)
{
	clear(act);
	for (size_t i = 0; i < f->n; i++) {
		struct fork_branch *b = &f->b[i];

		if (!b->timer_c || now_ms < b->timer_c)
			continue;
		b->timer_c = 0;
		if (b->cancelled || b->state == FORK_CALLING) {
			b->state = FORK_DONE;
			b->code = 408;
		}
		if (b->cancelled)
			continue;
		b->cancelled = true;
		b->timer_c = b->state == FORK_DONE ? 0 : now_ms + 32000;
		act->cancel |= 1u << i;
	}
	finish_if_done(f, act);
	if (act->finish && act->code == 408)
		act->best = -1;
}


uint64_t fork_deadline(const struct fork *f)
{
	uint64_t at = 0;

	for (size_t i = 0; i < f->n; i++) {
		uint64_t t = f->b[i].timer_c;

		if (t && (!at || t < at))
			at = t;
	}
	return at;
}
