/* Reliable provisional responses (RFC 3262): ours while we ring, and those that come while we dial. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "daemons/codec/codec.h"
#include "io/log.h"

enum { PRACK_MS = 64 * SIP_T1 };


void rel_stop(struct call *call)
{
	tmr_cancel(&call->rel_tmr);
	call->rel = mem_deref(call->rel);
}


static void ring_handler(void *arg)
{
	struct call *call = arg;
	const struct sip_msg *msg = call->invite;

	if (tmr_jiffies() - call->rel_since > PRACK_MS) {
		rel_stop(call);
		call_do(call, EV_CANCEL, 504, "No PRACK Came");
		return;
	}
	call->rel->pos = 0;
	(void)sip_send(call->c->sip, msg->sock, msg->tp, &call->rel_dst, call->rel);
	call->rel_ms *= 2;
	tmr_start(&call->rel_tmr, call->rel_ms, ring_handler, call);
}


bool rel_wanted(const struct sip_msg *msg)
{
	return sip_msg_hdr_has_value(msg, SIP_HDR_REQUIRE, "100rel");
}


int rel_ring(struct call *call, const struct mbuf *contact)
{
	int err;

	/* the first one would have to carry our offer (section 5): then the
	 * caller hears nothing until it is answered */
	if (call->offered)
		return 0;
	call->rseq = 1 + rand_u32() % 100000;
	err = sip_treplyf(&call->st, &call->rel, call->c->sip, call->invite, true, 180, "Ringing",
			  "%bRequire: 100rel\r\nRSeq: %u\r\nContent-Length: 0\r\n\r\n",
			  contact->buf, contact->end, call->rseq);
	if (err)
		return err;
	sip_reply_addr(&call->rel_dst, call->invite, true);
	call->rel_since = tmr_jiffies();
	call->rel_ms = SIP_T1;
	tmr_start(&call->rel_tmr, call->rel_ms, ring_handler, call);
	return 0;
}


void rel_prack(struct call *call, const struct sip_msg *msg)
{
	const struct sip_hdr *h = sip_msg_hdr(msg, SIP_HDR_RACK);
	struct pl rseq, cseq, met;

	if (call->rel && h && !re_regex(h->val.p, h->val.l, "[0-9]+[ \t]+[0-9]+[ \t]+[A-Z]+",
					&rseq, NULL, &cseq, NULL, &met) &&
	    pl_u32(&rseq) == call->rseq && pl_u32(&cseq) == call->invite->cseq.num &&
	    !pl_strcmp(&met, "INVITE")) {
		rel_stop(call);
		(void)sip_treply(NULL, call->c->sip, msg, 200, "OK");
		return;
	}
	(void)sip_treply(NULL, call->c->sip, msg, 481, "No Such Response");
}


static void prack_handler(int err, const struct sip_msg *msg, void *arg)
{
	(void)arg;
	if (err || msg->scode >= 300)
		log_warn("PRACK not taken: %s", err ? strerror(err) : "refused by the far end");
}


/* The dialog of that response; each branch of a forked call has its own. */
static int early_dialog(struct call *call, const struct sip_msg *msg)
{
	if (call->early && sip_dialog_cmp(call->early, msg))
		return 0;
	call->early = mem_deref(call->early);
	call->rseq = 0;
	call->answered = false;
	return sip_dialog_fork(&call->early, call->dlg, msg);
}


void rel_progress(struct call *call, const struct sip_msg *msg)
{
	const struct sip_hdr *h = sip_msg_hdr(msg, SIP_HDR_RSEQ);
	uint32_t rseq = h ? pl_u32(&h->val) : 0;
	char extra[64];
	int err;

	if (!rseq || !rel_wanted(msg) || call->state == CALL_ENDED)
		return;
	err = early_dialog(call, msg);
	/* again, or one before it is missing: it will be sent again (section 4) */
	if (!err && call->rseq && rseq != call->rseq + 1)
		return;
	call->rseq = rseq;
	(void)re_snprintf(extra, sizeof(extra), "RAck: %u %u INVITE\r\n", rseq, msg->cseq.num);
	if (!err)
		err = net_request(NULL, call->c, call->early, "PRACK", 0, call->local_uri, extra, "",
				  prack_handler, NULL);
	if (err)
		log_warn("cannot send PRACK: %s", strerror(err));
	if (mbuf_get_left(msg->mb) && !call->answered)
		call->answered = !media_accept(call, msg);
}


int rel_accepted(struct call *call, const struct sip_msg *msg)
{
	if (!call->early || !sip_dialog_cmp(call->early, msg)) {
		call->answered = false;
		return sip_dialog_create(call->dlg, msg);
	}
	mem_deref(call->dlg);
	call->dlg = call->early;
	call->early = NULL;
	return sip_dialog_update(call->dlg, msg);
}
