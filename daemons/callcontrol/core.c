#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "daemons/callcontrol/core.h"
#include "daemons/callcontrol/msgedit.h"


/* One request on its way through the checks. */
struct check {
	struct core *c;
	struct core_decision *d;
	const struct sip_msg *msg;
	uint64_t now;
	struct pl token;	/* of our Record-Route, when it came with one */
	bool vouched;		/* in a dialog that went through us */
};


static bool reply(struct check *k, uint16_t code, const char *reason)
{
	k->d->what = CORE_REPLY;
	k->d->code = code;
	k->d->reason = reason;
	return true;
}


static bool is(const struct check *k, const char *method)
{
	return !pl_strcmp(&k->msg->met, method);
}


static bool core_uri_is_local(const struct core *c, const struct uri *uri)
{
	struct sa sa;

	for (size_t i = 0; i < CORE_NAMES && c->names[i]; i++) {
		if (!pl_strcasecmp(&uri->host, c->names[i]))
			return true;
	}
	if (sa_set(&sa, &uri->host, uri->port))
		return false;
	for (size_t i = 0; i < c->naddrs; i++) {
		if (sa_cmp(&sa, &c->addrs[i], uri->port ? SA_ALL : SA_ADDR))
			return true;
	}
	return false;
}


/* Flow tokens: transport, address, port and a proof, in URI characters. */

static int token_mac(const struct core *c, const char *text, size_t n,
		     char out[21])
{
	uint8_t mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;

	if (!HMAC(EVP_sha256(), c->key, sizeof(c->key), (const uint8_t *)text, n,
		  mac, &len))
		return ENOMEM;
	for (size_t i = 0; i < 10; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", mac[i]);
	return 0;
}


int core_token_make(const struct core *c, char out[CORE_TOKEN],
		    enum sip_transp tp, const struct sa *src)
{
	uint8_t a[16] = {0};
	size_t n = 0, na = sa_af(src) == AF_INET6 ? 16 : 4;

	if (na == 16)
		sa_in6(src, a);
	else
		memcpy(a, &src->u.in.sin_addr, 4);
	n += (size_t)snprintf(out, CORE_TOKEN, "%c", "utsww"[tp]);
	for (size_t i = 0; i < na; i++)
		n += (size_t)snprintf(out + n, CORE_TOKEN - n, "%02x", a[i]);
	n += (size_t)snprintf(out + n, CORE_TOKEN - n, "%04x", sa_port(src));
	return token_mac(c, out, n, out + n);
}


static int token_addr(struct sa *src, const char *p, size_t n)
{
	uint8_t b[18];
	struct pl pl;

	for (size_t i = 0; i < n / 2; i++) {
		pl = (struct pl){p + 2 * i, 2};
		b[i] = (uint8_t)pl_x32(&pl);
	}
	if (n == 12)
		sa_set_in(src, (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 |
			  (uint32_t)b[2] << 8 | b[3], (uint16_t)(b[4] << 8 | b[5]));
	else
		sa_set_in6(src, b, (uint16_t)(b[16] << 8 | b[17]));
	return 0;
}


int core_token_parse(const struct core *c, const struct pl *token,
		     enum sip_transp *tp, struct sa *src)
{
	static const char transports[] = "uts";
	const char *t;
	char mac[21];
	size_t n;

	if (!token->l || token->l < 20)
		return EBADMSG;
	n = token->l - 20;
	if (n != 13 && n != 37)
		return EBADMSG;
	t = memchr(transports, token->p[0], 3);
	if (!t || token_mac(c, token->p, n, mac) ||
	    CRYPTO_memcmp(mac, token->p + n, 20))
		return EBADMSG;
	*tp = (enum sip_transp)(t - transports);
	return token_addr(src, token->p + 1, n - 1);
}


static void core_binding_dst(struct sa *dst, const struct binding *b)
{
	struct uri uri;
	struct sa host;
	struct pl pl;

	*dst = b->src;
	if (b->tp != SIP_TRANSP_UDP)
		return;
	/* without a connection the contact's port is the better one, as long as
	 * it is the same machine */
	pl_set_str(&pl, b->contact);
	if (!uri_decode(&uri, &pl) &&
	    !sa_set(&host, &uri.host, sip_transp_port(b->tp, uri.port)) &&
	    sa_cmp(&host, &b->src, SA_ADDR))
		*dst = host;
}


/* Checks of form, RFC 3261 section 16.3. */

static bool check_headers(struct check *k)
{
	const struct sip_msg *msg = k->msg;

	if (list_count(&msg->hdrl) > CORE_HEADERS_MAX)
		return reply(k, 400, "Too Many Header Fields");
	if (!pl_isset(&msg->callid) || !pl_isset(&msg->cseq.met) ||
	    !pl_isset(&msg->from.auri) || !pl_isset(&msg->to.auri))
		return reply(k, 400, "Missing Header Field");
	if (pl_cmp(&msg->met, &msg->cseq.met))
		return reply(k, 400, "CSeq Does Not Match Method");
	if (!pl_isset(&msg->from.tag))
		return reply(k, 400, "Missing From Tag");
	return false;
}


static bool check_form(struct check *k)
{
	const struct sip_msg *msg = k->msg;
	struct pl body;
	uint32_t mf;

	if (check_headers(k))
		return true;
	if (!msgedit_body(&body, msg))
		return reply(k, 400, "Bad Content-Length");
	if (pl_strcasecmp(&msg->uri.scheme, "sip") &&
	    pl_strcasecmp(&msg->uri.scheme, "sips"))
		return reply(k, 416, "Unsupported URI Scheme");
	if (!msgedit_max_forwards(&mf, msg))
		return reply(k, 400, "Bad Max-Forwards");
	if (!mf && !is(k, "REGISTER"))
		return reply(k, 483, "Too Many Hops");
	return false;
}


static bool unsupported_handler(const struct sip_hdr *hdr,
				const struct sip_msg *msg, void *arg)
{
	struct sbuf *sb = arg;

	(void)msg;
	/* of the extensions for registrars these are ours */
	if (!pl_strcasecmp(&hdr->val, "path") ||
	    !pl_strcasecmp(&hdr->val, "outbound") ||
	    !pl_strcasecmp(&hdr->val, "gruu-none"))
		return false;
	sbuf_puts(sb, "Unsupported: ");
	sbuf_put(sb, hdr->val.p, hdr->val.l);
	sbuf_puts(sb, "\r\n");
	return false;
}


static bool check_extensions(struct check *k, enum sip_hdrid id)
{
	if (is(k, "ACK") || is(k, "CANCEL"))
		return false;
	(void)sip_msg_hdr_apply(k->msg, true, id, unsupported_handler,
				&k->d->headers);
	return k->d->headers.len ? reply(k, 420, "Bad Extension") : false;
}


/* Authentication. */

static bool challenge(struct check *k, bool proxy, bool stale)
{
	if (auth_challenge(k->c->auth, &k->d->headers, proxy, stale,
			   auth_single(k->msg), k->now))
		return reply(k, 500, "Server Internal Error");
	return proxy ? reply(k, 407, "Proxy Authentication Required") :
		reply(k, 401, "Unauthorized");
}


static bool same_user(const struct uri *uri, const char *name)
{
	return !pl_strcmp(&uri->user, name);
}


/* The user must be the one it speaks for: To of REGISTER, From of others. */
static bool authenticate(struct check *k, bool proxy, const struct uri *self)
{
	const struct user *u = NULL;

	k->d->auth = auth_check(k->c->auth, k->msg, proxy, k->now, &u);
	switch (k->d->auth) {
	case AUTH_OK:
		break;
	case AUTH_MISSING:
	case AUTH_WRONG:
	case AUTH_REPLAY:
		return challenge(k, proxy, false);
	case AUTH_STALE:
		return challenge(k, proxy, true);
	case AUTH_LOCKED:
		sbuf_printf(&k->d->headers, "Retry-After: %u\r\n", AUTH_LOCK_TIME);
		return reply(k, 403, "Too Many Wrong Passwords");
	default:
		return reply(k, 400, "Malformed Credentials");
	}
	if (!same_user(self, u->name))
		return reply(k, 403, "Not Your Number");
	k->d->authenticated = true;
	(void)str_ncpy(k->d->aor, u->name, sizeof(k->d->aor));
	return false;
}


static void decide_register(struct check *k)
{
	const struct sip_msg *msg = k->msg;

	if (check_extensions(k, SIP_HDR_REQUIRE))
		return;
	if (!core_uri_is_local(k->c, &msg->to.uri)) {
		(void)reply(k, 404, "Not Found Here");
		return;
	}
	if (authenticate(k, false, &msg->to.uri))
		return;
	k->d->what = CORE_REGISTER;
}


static void decide_for_us(struct check *k)
{
	if (is(k, "REGISTER")) {
		decide_register(k);
	}
	else if (is(k, "OPTIONS")) {
		sbuf_puts(&k->d->headers, "Allow: " CORE_ALLOW "\r\n"
			  "Accept: application/sdp\r\n"
			  "Supported: path, outbound, timer\r\n");
		(void)reply(k, 200, "OK");
	}
	else if (is(k, "ACK")) {
		k->d->what = CORE_DROP;
	}
	else {
		sbuf_puts(&k->d->headers, "Allow: OPTIONS, REGISTER\r\n");
		(void)reply(k, 405, "Method Not Allowed");
	}
}


/* Targets. */

static bool usable(const struct core *c, enum sip_transp tp, const struct sa *src)
{
	return tp == SIP_TRANSP_UDP || !c->alive_h || c->alive_h(tp, src, c->arg);
}


static bool target_add(struct core_decision *d, const char *uri, size_t len,
		       enum sip_transp tp, const struct sa *dst)
{
	struct core_target *t = &d->t[d->nt];

	if (d->nt == FORK_MAX || len >= sizeof(t->uri))
		return false;
	memcpy(t->uri, uri, len);
	t->uri[len] = '\0';
	t->path = NULL;
	t->tp = tp;
	t->dst = *dst;
	d->nt++;
	return true;
}


static void targets_of_user(struct check *k)
{
	struct binding *v[LOCATION_CONTACTS];
	size_t n = location_get(k->c->loc, k->d->aor, k->now, v);

	for (size_t i = 0; i < n; i++) {
		struct sa dst;

		if (!usable(k->c, v[i]->tp, &v[i]->src))
			continue;
		core_binding_dst(&dst, v[i]);
		if (target_add(k->d, v[i]->contact, strlen(v[i]->contact),
			       v[i]->tp, &dst))
			k->d->t[k->d->nt - 1].path = v[i]->path;
	}
}


static bool target_static(struct check *k)
{
	enum sip_transp tp;
	struct sa dst;

	return k->c->static_h &&
		k->c->static_h(k->d->aor, &tp, &dst, k->c->arg) &&
		target_add(k->d, k->msg->ruri.p, k->msg->ruri.l, tp, &dst);
}


static bool set_aor(struct check *k, const struct pl *user)
{
	if (!user->l || user->l >= sizeof(k->d->aor))
		return false;
	(void)pl_strcpy(user, k->d->aor, sizeof(k->d->aor));
	return true;
}


static void decide_for_user(struct check *k)
{
	const struct sip_msg *msg = k->msg;

	/* an ACK of no dialog ends an answer of our own */
	if (!k->vouched && is(k, "ACK")) {
		k->d->what = CORE_DROP;
		return;
	}
	if (!k->vouched && authenticate(k, true, &msg->from.uri))
		return;
	k->d->what = CORE_FORWARD;
	if (!set_aor(k, &msg->uri.user)) {
		(void)reply(k, 404, "Not Found");
		return;
	}
	targets_of_user(k);
	if (k->d->nt || target_static(k))
		return;
	if (users_find(k->c->users, k->d->aor))
		(void)reply(k, 480, "Temporarily Unavailable");
	else
		(void)reply(k, 404, "Not Found");
}


static bool target_binding(struct check *k, const struct binding *b)
{
	const struct sip_msg *msg = k->msg;
	struct sa dst, host;

	if (!b || !usable(k->c, b->tp, &b->src))
		return false;
	core_binding_dst(&dst, b);
	/* the same machine at another port than it registered from */
	if (b->tp == SIP_TRANSP_UDP && msg->uri.port &&
	    !sa_set(&host, &msg->uri.host, msg->uri.port) &&
	    sa_cmp(&host, &dst, SA_ADDR))
		dst = host;
	return target_add(k->d, msg->ruri.p, msg->ruri.l, b->tp, &dst);
}


/* Back to the caller, whose place our Record-Route carries. */
static bool target_caller(struct check *k)
{
	const struct sip_msg *msg = k->msg;
	enum sip_transp tp;
	struct sa src;

	if (core_token_parse(k->c, &k->token, &tp, &src) ||
	    (tp == msg->tp && sa_cmp(&src, &msg->src, SA_ALL)) ||
	    !usable(k->c, tp, &src))
		return false;
	return target_add(k->d, msg->ruri.p, msg->ruri.l, tp, &src);
}


/* The far side's own address: a client that registered it, else the caller,
 * else a client that registered nearly the same, as one does that came back
 * on a new connection. Nobody else: this is no open relay. */
static bool target_remote(struct check *k)
{
	bool exact;
	struct binding *b = location_by_uri(k->c->loc, &k->msg->ruri, k->now,
					    &exact);

	return (exact && target_binding(k, b)) || target_caller(k) ||
		target_binding(k, b);
}


static void decide_elsewhere(struct check *k)
{
	const struct sip_msg *msg = k->msg;

	if (!is(k, "ACK") && !k->vouched &&
	    authenticate(k, true, &msg->from.uri))
		return;
	k->d->what = CORE_FORWARD;
	if (target_remote(k))
		return;
	if (is(k, "ACK"))
		k->d->what = CORE_DROP;
	else if (k->d->in_dialog)
		(void)reply(k, 481, "The Other Side Is Not Here");
	else
		(void)reply(k, 403, "Relaying Denied");
}


/* Our own Route values come off the top; two when we joined transports. */
static bool route_handler(const struct sip_hdr *hdr, const struct sip_msg *msg,
			  void *arg)
{
	struct check *k = arg;
	struct sip_addr addr;

	(void)msg;
	if (sip_addr_decode(&addr, &hdr->val) ||
	    !core_uri_is_local(k->c, &addr.uri) ||
	    k->d->strip_routes == CORE_ROUTES_MAX)
		return true;
	k->d->strip_routes++;
	if (pl_isset(&addr.uri.user))
		k->token = addr.uri.user;
	return false;
}


/* Only we make tokens, and only those in the dialog see them: who has one
 * need not be asked for a password again. A To tag alone proves nothing. */
static bool token_valid(const struct check *k)
{
	enum sip_transp tp;
	struct sa sa;

	return !core_token_parse(k->c, &k->token, &tp, &sa);
}


void core_request(struct core *c, struct core_decision *d,
		  const struct sip_msg *msg, uint64_t now, bool looped)
{
	struct check k = {.c = c, .d = d, .msg = msg, .now = now};

	memset(d, 0, sizeof(*d));
	d->in_dialog = pl_isset(&msg->to.tag);
	if (check_form(&k))
		goto out;
	if (looped) {
		(void)reply(&k, 482, "Loop Detected");
		goto out;
	}
	if (check_extensions(&k, SIP_HDR_PROXY_REQUIRE))
		goto out;
	stimer_request(&d->stimer, msg);
	if (d->stimer.too_small) {
		sbuf_printf(&d->headers, "Min-SE: %u\r\n", STIMER_MIN);
		(void)reply(&k, 422, "Session Interval Too Small");
		goto out;
	}
	(void)sip_msg_hdr_apply(msg, true, SIP_HDR_ROUTE, route_handler, &k);
	k.vouched = d->in_dialog && token_valid(&k);
	if (!core_uri_is_local(c, &msg->uri))
		decide_elsewhere(&k);
	else if (pl_isset(&msg->uri.user) && !is(&k, "REGISTER"))
		decide_for_user(&k);
	else
		decide_for_us(&k);
out:
	/* an ACK has no answer */
	if (d->what == CORE_REPLY && is(&k, "ACK"))
		d->what = CORE_DROP;
}
