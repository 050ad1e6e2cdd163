#include <string.h>

#include "daemons/callcontrol/stimer.h"


static uint32_t number(const struct sip_msg *msg, enum sip_hdrid id)
{
	const struct sip_hdr *h = sip_msg_hdr(msg, id);
	struct pl pl;

	if (!h || re_regex(h->val.p, h->val.l, "[0-9]+", &pl))
		return 0;
	return pl.l > 9 ? UINT32_MAX : pl_u32(&pl);
}


void stimer_request(struct stimer *st, const struct sip_msg *req)
{
	uint32_t floor;

	memset(st, 0, sizeof(*st));
	st->applies = !pl_strcmp(&req->met, "INVITE") ||
		!pl_strcmp(&req->met, "UPDATE");
	if (!st->applies)
		return;
	st->uac_supports = sip_msg_hdr_has_value(req, SIP_HDR_SUPPORTED, "timer");
	st->expires = number(req, SIP_HDR_SESSION_EXPIRES);
	st->min_se = number(req, SIP_HDR_MIN_SE);
	floor = st->min_se > STIMER_MIN ? st->min_se : STIMER_MIN;
	if (!st->expires) {
		st->expires = floor > STIMER_DEFAULT ? floor : STIMER_DEFAULT;
		st->replace = true;
	}
	else if (st->expires < STIMER_MIN) {
		/* who cannot be told with 422 gets a longer session */
		st->too_small = st->uac_supports;
		st->expires = floor;
		st->min_se = floor;
		st->replace = true;
	}
}


uint32_t stimer_response(const struct stimer *st, const struct sip_msg *resp,
			 bool *insert)
{
	uint32_t v = number(resp, SIP_HDR_SESSION_EXPIRES);

	*insert = false;
	if (!st->applies || v)
		return v;
	if (!st->uac_supports)
		return 0;
	*insert = true;
	return st->expires;
}
