/**
 * The room: what its parts share.
 *
 *   main.c   options, site, start and end
 *   core.c   decisions, pure
 *   net.c    the way to call control: rows, requests with credentials
 *   dns.c    its name and address
 *   reg.c    registration
 *   call.c   one call's SIP; call_in.c requests inside and before it
 *   rel.c    provisional responses that are acknowledged
 *   sdp.c    offer, answer, sockets, what the media process is told
 *   media.c  the media process
 *   ctl.c    commands
 */
#ifndef VISAVIS_DAEMONS_CODEC_CODEC_H
#define VISAVIS_DAEMONS_CODEC_CODEC_H

#include <stdbool.h>
#include <stdint.h>

#include <jansson.h>

#include "io/libre.h"

#include "daemons/codec/auth.h"
#include "daemons/codec/core.h"
#include "daemons/codec/media.h"
#include "io/ctl.h"
#include "io/program.h"
#include "lib/sdp/negotiate.h"
#include "lib/site/site.h"

#define ROW_DNS "A2-06"
#define ROW_SIP_UDP "A2-19"
#define ROW_SIP_TCP "A2-20"
#define ROW_RTP "A2-21"

enum { URI_MAX = 320 };

struct call;
struct reg;

struct codec {
	struct program *program;
	const struct site *site;
	const struct site_host *self;
	const struct site_host *cc;	/**< call control */
	const char *cc_name;		/**< in the site's name service */
	const char *domain;		/**< of the site there */

	struct sip *sip;
	struct dnsc *dnsc;
	struct sip_lsnr *lsnr_req;
	struct sip_lsnr *lsnr_resp;
	struct ctl_server *ctl;
	struct media *media;
	struct reg *reg;
	struct call *call;		/**< the one in progress, or NULL */
	struct list calls;		/**< all, with those that end */

	const char *row;		/**< of signalling */
	bool tls;
	struct auth auth;
	struct sa cc_addr;		/**< where call control is */
	char route[URI_MAX];		/**< "sip:NAME:5061;transport=tls" */
	char aor[URI_MAX];
	char instance[48];		/**< uuid, RFC 5626 */

	struct neg_caps caps;
	bool dnd;
	bool auto_answer;
	uint32_t video_bitrate;
	uint32_t audio_bitrate;
	uint32_t session_expires;

	/** the ctl client that waits for `call` */
	struct ctl_conn *waiting;
};

/* net.c */

/** Credentials, transports, listeners. Whether TLS is used is known then. */
int net_init(struct codec *c);
void net_close(struct codec *c);

/* dns.c */

/** Find call control by name or address; h is called once. */
int net_resolve(struct codec *c, void (*h)(void *arg), void *arg);
void net_resolve_cancel(struct codec *c);

/* net.c again */

/**
 * A request inside a dialog, with credentials when we have a challenge, our
 * Contact, and `extra` header lines; body "" for none.
 * @param reqp  NULL for ACK
 */
int net_request(struct sip_request **reqp, struct codec *c, struct sip_dialog *dlg,
		const char *met, uint32_t cseq, const char *uri, const char *extra,
		const char *body, sip_resp_h *h, void *arg);

/** Take a 401 or 407. @return 0: ask again, EACCES: wrong password */
int net_challenged(struct codec *c, const struct sip_msg *msg);

/** Our Contact as a header line, with CRLF. */
int net_contact(struct mbuf *mb, const struct codec *c, const struct sa *src,
		enum sip_transp tp, bool registering);

/** Does a message come from call control? */
bool net_from_callcontrol(const struct codec *c, const struct sip_msg *msg);

/* reg.c */
int reg_alloc(struct reg **rp, struct codec *c);
void reg_now(struct reg *r);
/** Remove the registration; best effort. */
void reg_remove(struct reg *r);
json_t *reg_status(const struct reg *r);
bool reg_ok(const struct reg *r);

/* call.c */
struct call {
	struct le le;			/* codec.calls */
	struct codec *c;
	enum call_state state;
	char id[128];			/* Call-ID */
	char peer[64];			/* number */
	bool outgoing;
	struct sip_dialog *dlg;
	char local_uri[URI_MAX];	/* request URI of requests in the dialog */
	/* INVITE in the making */
	struct sip_request *req;
	struct sip_strans *st;
	const struct sip_msg *invite;	/* incoming, referenced */
	struct tmr tmr;			/* nobody answers */
	bool offered;			/* we made the offer under way */
	/* 180 and its PRACK, either way */
	struct sip_dialog *early;	/* of the response that we acknowledged */
	uint32_t rseq;			/* the last one; 0: none */
	bool answered;			/* our offer, before the 200 */
	struct mbuf *rel;		/* ours, until it is acknowledged */
	struct sa rel_dst;
	struct tmr rel_tmr;
	uint64_t rel_since;
	uint32_t rel_ms;
	/* 2xx and its ACK */
	struct mbuf *ok;
	struct sa ok_dst;
	void *ok_msg;			/* sip_msg that it answers, referenced */
	struct tmr ok_tmr;
	uint64_t ok_since;
	uint32_t ok_ms;
	struct mbuf *ack;
	uint32_t ack_cseq;
	/* inside */
	struct sip_request *rereq;
	bool refresh_only;
	struct core_tries tries;
	struct tmr re_tmr;
	struct core_timer se;
	struct tmr se_tmr;
	bool peer_update;		/* peer's Allow has UPDATE */
	uint32_t peer_cseq;		/* of its last request but ACK, CANCEL */
	/* media */
	struct neg_call neg;
	struct neg_result res;
	char *offer_text;
	struct sdp *offer;		/* ours under way; spans into caps, neg */
	struct neg_caps caps;		/* as they were when the call began */
	int fds[4];			/* audio rtp, rtcp, video rtp, rtcp */
	uint32_t ssrc[3];
	bool media_on;
	unsigned ids;			/* m-lines that run, bits */
	bool heard[SDP_MEDIA_MAX];
	struct tmr media_tmr;		/* the process died */
	unsigned silent;		/* m-lines where nothing comes, bits */
	struct tmr silent_tmr;
	/* for people */
	uint64_t since;
	unsigned code;
	char reason[128];
};

int call_dial(struct codec *c, const char *number);
int call_answer(struct call *call);
void call_reject(struct call *call, unsigned code, const char *reason);
void call_hangup(struct call *call, const char *why);
int call_hold(struct call *call, bool hold);
json_t *call_status(const struct call *call);
/** A response that no transaction knows: a 2xx again. */
bool call_response(struct codec *c, const struct sip_msg *msg);
void call_end_all(struct codec *c);

/* call.c for call_in.c */
struct call *call_new(struct codec *c);
void call_log(const struct call *call, const char *state);
void call_do(struct call *call, enum call_event ev, unsigned code, const char *reason);
void call_timer_start(struct call *call);
void call_timer_hdrs(struct core_timer_hdrs *h, const struct sip_msg *msg);
int call_timer_print(struct mbuf *mb, const struct call *call, bool say_uac, bool require);
void call_peer_can(struct call *call, const struct sip_msg *msg);
extern const char call_allow[];

/* call_in.c */

/** Any request that came. */
bool call_request(struct codec *c, const struct sip_msg *msg);
int call_accept(struct call *call);
void call_refuse(struct call *call, unsigned code, const char *reason);

/* rel.c: RFC 3262 */

/** Does the message require reliable provisional responses, or is it one? */
bool rel_wanted(const struct sip_msg *msg);
/** Send 180 until its PRACK comes. @param contact  our Contact line */
int rel_ring(struct call *call, const struct mbuf *contact);
void rel_stop(struct call *call);
/** A PRACK came. */
void rel_prack(struct call *call, const struct sip_msg *msg);
/** A provisional response came: acknowledge it when it asks for that. */
void rel_progress(struct call *call, const struct sip_msg *msg);
/** The 2xx came: the dialog is made, or goes on from the early one. */
int rel_accepted(struct call *call, const struct sip_msg *msg);

/* sdp.c */
int media_open(struct call *call);
/** Text of our offer, kept in call->offer_text. */
int media_offer(struct call *call);
/** @return 0; or 488, 400, 415, 500 with call->res.why set */
int media_answer(struct call *call, const struct sip_msg *msg, char **answer);
/** The answer to our offer. @return as above */
int media_accept(struct call *call, const struct sip_msg *msg);
/** Tell the media process what was agreed: start or update. */
void media_go(struct call *call);
void media_stop(struct call *call);
/** The media process is there again, has died, says something. */
void media_again(struct call *call);
void media_died(struct call *call);
void media_event(struct call *call, const json_t *ev);

/* ctl.c */
int ctl_init(struct codec *c);
/** The call is established or has ended: answer who waits. */
void ctl_call_news(struct codec *c, const struct call *call);

#endif
