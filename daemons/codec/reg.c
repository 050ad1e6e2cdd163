#include <errno.h>
#include <string.h>

#include "daemons/codec/codec.h"
#include "io/flowtab.h"
#include "io/log.h"

enum { EXPIRES_DEFAULT = 600, KEEPALIVE_S = 30 };

struct reg {
	struct codec *c;
	struct sip_dialog *dlg;
	struct sip_request *req;
	struct sip_keepalive *ka;
	struct tmr tmr;
	struct core_reg state;
	bool removing;
	unsigned code;
	char reason[128];
	char uri[URI_MAX];
};

static void attempt(void *arg);


static void event(const struct reg *r, const char *state, uint32_t expires)
{
	log_event("register", "{s:s, s:s, s:i, s:s, s:i}", "state", state, "aor", r->c->aor,
		  "code", (int)r->code, "reason", r->reason, "expires", (int)expires);
}


static void again(struct reg *r, uint32_t ms)
{
	tmr_start(&r->tmr, ms, attempt, r);
}


static void failed(struct reg *r, unsigned code, const char *reason, uint32_t ms)
{
	r->code = code;
	(void)re_snprintf(r->reason, sizeof(r->reason), "%s", reason);
	r->ka = mem_deref(r->ka);
	event(r, "failed", 0);
	flowtab_log(r->c->row, "out", NULL, &r->c->cc_addr, code ? "refused" : "error", reason);
	log_warn("cannot register %s: %u %s; trying again in %.1f s", r->c->aor, code, reason,
		 ms / 1000.0);
	/* a new dialog: call control may have lost the old one */
	r->dlg = mem_deref(r->dlg);
	again(r, ms);
}


static void broken(struct reg *r, const char *reason)
{
	failed(r, 0, reason, core_reg_answered(&r->state, &(struct core_reg_answer){ .code = 0 },
					       rand_u32()));
}


/* The connection broke: call control restarts, or the network does. */
static void keepalive_handler(int err, void *arg)
{
	struct reg *r = arg;

	r->ka = mem_deref(r->ka);
	r->state.ok = false;
	log_warn("connection to call control lost (%s); registering again", strerror(err));
	flowtab_log(r->c->row, "out", NULL, &r->c->cc_addr, "closed", strerror(err));
	r->state.failures = 0;
	again(r, 20 + rand_u32() % 80);
}


struct granted {
	const struct reg *r;
	uint32_t expires;
};

static bool contact_handler(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct granted *g = arg;
	struct sip_addr addr;
	struct pl v;

	(void)msg;
	if (sip_addr_decode(&addr, &hdr->val) ||
	    pl_strcmp(&addr.uri.user, g->r->c->self->number) ||
	    msg_param_decode(&addr.params, "expires", &v))
		return false;
	g->expires = pl_u32(&v);
	/* with several bindings of one number, ours is the newest */
	return false;
}


static void accepted(struct reg *r, const struct sip_msg *msg)
{
	struct granted g = { r, r->state.expires };
	bool before = r->state.ok;
	uint32_t ms;

	if (pl_isset(&msg->expires))
		g.expires = pl_u32(&msg->expires);
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_CONTACT, contact_handler, &g);
	ms = core_reg_answered(&r->state, &(struct core_reg_answer){ .code = msg->scode,
			       .granted = g.expires ? g.expires : 1 }, rand_u32());
	if (!before)
		log_info("registered %s", r->c->aor);
	r->code = msg->scode;
	(void)re_snprintf(r->reason, sizeof(r->reason), "%r", &msg->reason);
	event(r, "ok", g.expires);
	flowtab_log(r->c->row, "out", &msg->dst, &msg->src, "ok", "registered");
	if (msg->tp != SIP_TRANSP_UDP && !r->ka) {
		int err = sip_keepalive_start(&r->ka, r->c->sip, msg, KEEPALIVE_S,
					      keepalive_handler, r);
		if (err)
			log_warn("no keep-alive on this connection: %s", strerror(err));
	}
	again(r, ms);
}


static void challenged(struct reg *r, const struct sip_msg *msg)
{
	int err = net_challenged(r->c, msg);
	uint32_t ms = core_reg_answered(&r->state, &(struct core_reg_answer){ .code = msg->scode,
					.usable = !err }, rand_u32());

	if (!ms) {
		attempt(r);
		return;
	}
	auth_forget(&r->c->auth);
	r->c->auth.nc = 0;
	failed(r, msg->scode, err == ENOTSUP ? "no common digest algorithm" :
	       "wrong password, see the file password in the state folder", ms);
}


static void response_handler(int err, const struct sip_msg *msg, void *arg)
{
	struct reg *r = arg;
	struct core_reg_answer a = {0};
	const struct sip_hdr *h;
	char reason[128];
	uint32_t ms;

	if (r->removing)
		return;
	if (err || !msg) {
		broken(r, err == ETIMEDOUT ? "no answer from call control" : strerror(err));
		return;
	}
	if (msg->scode < 200)
		return;
	if (msg->scode < 300) {
		accepted(r, msg);
		return;
	}
	if (msg->scode == 401 || msg->scode == 407) {
		challenged(r, msg);
		return;
	}
	h = sip_msg_hdr(msg, SIP_HDR_MIN_EXPIRES);
	a.code = msg->scode;
	a.min_expires = h ? pl_u32(&h->val) : 0;
	ms = core_reg_answered(&r->state, &a, rand_u32());
	(void)re_snprintf(reason, sizeof(reason), "%r", &msg->reason);
	if (ms)
		failed(r, msg->scode, reason, ms);
	else
		attempt(r);
}


static int request(struct reg *r, uint32_t expires)
{
	const char *route[1] = { r->c->route };
	char extra[256];
	int err = 0;

	(void)re_snprintf(r->uri, sizeof(r->uri), "sip:%s", r->c->domain);
	if (!r->dlg)
		err = sip_dialog_alloc(&r->dlg, r->uri, r->c->aor, NULL, r->c->aor, route, 1);
	if (err)
		return err;
	(void)re_snprintf(extra, sizeof(extra), "Expires: %u\r\nSupported: path, outbound\r\n"
			  "Allow: %s\r\n", expires, call_allow);
	return net_request(&r->req, r->c, r->dlg, "REGISTER", 0, r->uri, extra, "",
			   response_handler, r);
}


static void resolved(void *arg)
{
	struct reg *r = arg;
	int err;

	flowtab_log(r->c->row, "out", NULL, &r->c->cc_addr, "open", NULL);
	err = request(r, r->state.expires);
	if (err)
		broken(r, strerror(err));
}


static void attempt(void *arg)
{
	struct reg *r = arg;
	int err;

	tmr_cancel(&r->tmr);
	if (r->req)
		return;
	/* while all is well the name is not asked for again */
	if (r->dlg)
		err = request(r, r->state.expires);
	else
		err = net_resolve(r->c, resolved, r);
	if (err)
		broken(r, strerror(err));
}


static void destructor(void *arg)
{
	struct reg *r = arg;

	tmr_cancel(&r->tmr);
	net_resolve_cancel(r->c);
	mem_deref(r->req);
	mem_deref(r->ka);
	mem_deref(r->dlg);
}


int reg_alloc(struct reg **rp, struct codec *c)
{
	struct reg *r = mem_zalloc(sizeof(*r), destructor);

	if (!r)
		return ENOMEM;
	r->c = c;
	r->state.expires = (uint32_t)strtoul(site_host_setting(c->self, "register-expires", "600"),
				       NULL, 10);
	if (r->state.expires < REG_EXPIRES_MIN || r->state.expires > REG_EXPIRES_MAX)
		r->state.expires = EXPIRES_DEFAULT;
	tmr_init(&r->tmr);
	again(r, 0);
	*rp = r;
	return 0;
}


void reg_now(struct reg *r)
{
	r->state.failures = 0;
	again(r, 0);
}


void reg_remove(struct reg *r)
{
	if (!r->state.ok || !r->dlg || r->removing)
		return;
	r->removing = true;
	tmr_cancel(&r->tmr);
	r->req = mem_deref(r->req);
	if (!request(r, 0))
		event(r, "removed", 0);
}


bool reg_ok(const struct reg *r)
{
	return r && r->state.ok;
}


json_t *reg_status(const struct reg *r)
{
	return json_pack("{s:b, s:s, s:i, s:s, s:s}", "ok", r->state.ok, "aor", r->c->aor,
			 "code", (int)r->code, "reason", r->reason, "via", r->c->route);
}
