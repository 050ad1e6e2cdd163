#include <errno.h>
#include <string.h>

#include "daemons/callcontrol/registrar.h"


enum { CONTACT_MAX = 512 };

/* One REGISTER's contacts, read whole before anything is changed. */
struct parse {
	struct binding *v[LOCATION_CONTACTS];
	bool remove[LOCATION_CONTACTS];
	size_t n;
	bool star;
	uint64_t now;
	const struct sip_msg *msg;
	const struct registrar_limits *lim;
	uint16_t code;		/* 0: fine */
	const char *reason;
	uint32_t longest;
};


static bool fail(struct parse *p, uint16_t code, const char *reason)
{
	p->code = code;
	p->reason = reason;
	return true;
}


/* What goes into a request line later must not break it. */
static bool uri_clean(const struct pl *uri)
{
	if (!uri->l || uri->l > CONTACT_MAX)
		return false;
	for (size_t i = 0; i < uri->l; i++) {
		unsigned char ch = (unsigned char)uri->p[i];

		if (ch <= ' ' || ch >= 0x7f || ch == '<' || ch == '>' || ch == '"')
			return false;
	}
	return true;
}


static int seconds(uint32_t *out, const struct pl *pl)
{
	uint64_t v = 0;

	if (!pl->l)
		return EINVAL;
	for (size_t i = 0; i < pl->l; i++) {
		if (pl->p[i] < '0' || pl->p[i] > '9')
			return EINVAL;
		v = v * 10 + (uint64_t)(pl->p[i] - '0');
		if (v > UINT32_MAX)
			v = UINT32_MAX;
	}
	*out = (uint32_t)v;
	return 0;
}


static uint32_t wanted_expires(const struct parse *p, const struct pl *params)
{
	uint32_t v;
	struct pl pl;

	if (!msg_param_decode(params, "expires", &pl) && !seconds(&v, &pl))
		return v;
	if (pl_isset(&p->msg->expires) && !seconds(&v, &p->msg->expires))
		return v;
	return p->lim->default_expires;
}


static uint32_t cut_expires(const struct parse *p, uint32_t v)
{
	uint32_t max = p->msg->tp == SIP_TRANSP_UDP ? p->lim->max_expires :
		p->lim->max_expires_stream;

	return v < max ? v : max;
}


static uint16_t q_parse(const struct pl *params)
{
	struct pl pl;
	double q;

	if (msg_param_decode(params, "q", &pl))
		return 1000;
	q = pl_float(&pl);
	return q >= 0 && q <= 1 ? (uint16_t)(q * 1000) : 1000;
}


static int dup_value(char **sp, const struct sip_msg *msg, enum sip_hdrid id)
{
	const struct sip_hdr *h = sip_msg_hdr(msg, id);

	return h ? pl_strdup(sp, &h->val) : 0;
}


static int dup_instance(char **sp, const struct pl *params)
{
	struct pl pl;

	if (msg_param_decode(params, "+sip.instance", &pl))
		return 0;
	if (pl.l >= 2 && pl.p[0] == '"' && pl.p[pl.l - 1] == '"') {
		pl.p++;
		pl.l -= 2;
	}
	return pl.l && pl.l < 128 ? pl_strdup(sp, &pl) : 0;
}


static int binding_fill(struct binding *b, const struct parse *p,
			const struct sip_addr *addr, uint32_t expires)
{
	const struct sip_msg *msg = p->msg;
	struct pl pl;
	int err;

	b->cseq = msg->cseq.num;
	b->q = q_parse(&addr->params);
	b->tp = msg->tp;
	b->src = msg->src;
	b->expires = p->now + expires;
	if (!msg_param_decode(&addr->params, "reg-id", &pl))
		b->regid = pl_u32(&pl);
	err = pl_strdup(&b->contact, &addr->auri);
	if (!err)
		err = dup_instance(&b->instance, &addr->params);
	if (!err)
		err = pl_strdup(&b->callid, &msg->callid);
	if (!err)
		err = dup_value(&b->path, msg, SIP_HDR_PATH);
	if (!err)
		err = dup_value(&b->agent, msg, SIP_HDR_USER_AGENT);
	return err;
}


static bool contact_add(struct parse *p, const struct sip_addr *addr)
{
	uint32_t expires = wanted_expires(p, &addr->params);
	struct binding *b;

	if (p->n == LOCATION_CONTACTS)
		return fail(p, 403, "Too Many Contacts");
	if (expires && expires < p->lim->min_expires)
		return fail(p, 423, "Interval Too Brief");
	expires = cut_expires(p, expires);
	b = binding_alloc();
	if (!b || binding_fill(b, p, addr, expires)) {
		mem_deref(b);
		return fail(p, 500, "Server Internal Error");
	}
	if (expires > p->longest)
		p->longest = expires;
	p->remove[p->n] = expires == 0;
	p->v[p->n++] = b;
	return false;
}


static bool contact_handler(const struct sip_hdr *hdr, const struct sip_msg *msg,
			    void *arg)
{
	struct parse *p = arg;
	struct sip_addr addr;

	(void)msg;
	if (!pl_strcmp(&hdr->val, "*")) {
		p->star = true;
		return false;
	}
	if (sip_addr_decode(&addr, &hdr->val) || !uri_clean(&addr.auri))
		return fail(p, 400, "Bad Contact");
	if (pl_strcasecmp(&addr.uri.scheme, "sip") &&
	    pl_strcasecmp(&addr.uri.scheme, "sips"))
		return fail(p, 400, "Contact Is Not A SIP URI");
	return contact_add(p, &addr);
}


static void parse_contacts(struct parse *p)
{
	uint32_t v;

	(void)sip_msg_hdr_apply(p->msg, true, SIP_HDR_CONTACT, contact_handler, p);
	if (!p->code && p->star &&
	    (p->n || seconds(&v, &p->msg->expires) || v))
		(void)fail(p, 400, "Contact * Stands Alone With Expires 0");
}


static void parse_reset(struct parse *p)
{
	for (size_t i = 0; i < p->n; i++)
		mem_deref(p->v[i]);
	p->n = 0;
}


/* Step 7: a request of the same registration must be a later one. */
static bool out_of_order(const struct binding *have, const struct sip_msg *msg)
{
	return have && !pl_strcmp(&msg->callid, have->callid) &&
		msg->cseq.num <= have->cseq;
}


static void check_store(struct parse *p, const struct location *loc,
			const char *aor)
{
	const struct aor *a = location_find(loc, aor);
	size_t n = a ? a->n : 0;

	for (size_t i = 0; p->star && a && i < a->n; i++) {
		if (out_of_order(a->v[i], p->msg))
			(void)fail(p, 500, "Request Out Of Order");
	}
	for (size_t i = 0; i < p->n; i++) {
		const struct binding *have = location_match(loc, aor, p->v[i]);

		if (out_of_order(have, p->msg))
			(void)fail(p, 500, "Request Out Of Order");
		n += !have && !p->remove[i];
	}
	if (n > LOCATION_CONTACTS)
		(void)fail(p, 403, "Too Many Contacts");
}


static int change_one(struct parse *p, size_t i, struct location *loc,
		      const char *aor, registrar_store_h *h, void *arg)
{
	struct binding *b = p->v[i];
	const struct binding *have = location_match(loc, aor, b);
	int err = 0;

	if (have && (p->remove[i] || strcmp(have->contact, b->contact))) {
		err = h(aor, NULL, have->contact, arg);
		if (!err && p->remove[i])
			err = location_remove(loc, aor, have->contact);
	}
	if (err || p->remove[i])
		return err;
	err = location_set(loc, aor, b);
	return err ? err : h(aor, b, NULL, arg);
}


static int change(struct parse *p, struct location *loc, const char *aor,
		  registrar_store_h *h, void *arg)
{
	int err = 0;

	if (p->star) {
		err = location_remove(loc, aor, NULL);
		return err == ENOENT ? 0 : h(aor, NULL, NULL, arg);
	}
	for (size_t i = 0; i < p->n && !err; i++)
		err = change_one(p, i, loc, aor, h, arg);
	return err;
}


void registrar_apply(struct registrar_reply *rep, struct location *loc,
		     const char *aor, const struct sip_msg *msg, uint64_t now,
		     const struct registrar_limits *lim,
		     registrar_store_h *h, void *arg)
{
	struct parse p = {.now = now, .msg = msg, .lim = lim};

	parse_contacts(&p);
	if (!p.code)
		check_store(&p, loc, aor);
	if (!p.code && change(&p, loc, aor, h, arg))
		(void)fail(&p, 500, "Registration Cannot Be Stored");
	*rep = (struct registrar_reply){
		.code = p.code ? p.code : 200,
		.reason = p.code ? p.reason : "OK",
		.expires = p.longest,
		.changed = p.star || p.n,
	};
	parse_reset(&p);
}


static void contact_line(struct sbuf *sb, const struct binding *b, uint64_t now)
{
	sbuf_printf(sb, "Contact: <%s>;expires=%u", b->contact,
		    (unsigned)(b->expires - now));
	if (b->q != 1000)
		sbuf_printf(sb, ";q=%u.%03u", b->q / 1000u, b->q % 1000u);
	if (b->instance)
		sbuf_printf(sb, ";+sip.instance=\"%s\"", b->instance);
	if (b->regid)
		sbuf_printf(sb, ";reg-id=%u", b->regid);
	sbuf_puts(sb, "\r\n");
}


void registrar_headers(struct sbuf *sb, const struct registrar_reply *rep,
		       const struct location *loc, const char *aor,
		       const struct sip_msg *msg, uint64_t now,
		       const struct registrar_limits *lim)
{
	struct binding *v[LOCATION_CONTACTS];
	const struct sip_hdr *path = sip_msg_hdr(msg, SIP_HDR_PATH);
	size_t n;

	if (rep->code == 423)
		sbuf_printf(sb, "Min-Expires: %u\r\n", lim->min_expires);
	if (rep->code == 500)
		sbuf_puts(sb, "Retry-After: 30\r\n");
	if (rep->code != 200)
		return;
	n = location_get(loc, aor, now, v);
	for (size_t i = 0; i < n; i++)
		contact_line(sb, v[i], now);
	if (path) {
		sbuf_puts(sb, "Path: ");
		sbuf_put(sb, path->val.p, path->val.l);
		sbuf_puts(sb, "\r\n");
	}
}
