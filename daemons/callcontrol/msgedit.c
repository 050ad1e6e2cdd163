#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "daemons/callcontrol/msgedit.h"


/* Where the lines go; the error sticks. */
struct out {
	struct mbuf *mb;
	int err;
};


static void put(struct out *o, const char *p, size_t n)
{
	if (!o->err)
		o->err = mbuf_write_mem(o->mb, (const uint8_t *)p, n);
}


static void puts_(struct out *o, const char *s)
{
	put(o, s, strlen(s));
}


static void put_number(struct out *o, const char *name, uint32_t v,
		       const char *tail)
{
	char buf[96];

	(void)snprintf(buf, sizeof(buf), "%s%u%s", name, v, tail);
	puts_(o, buf);
}


static void put_line(struct out *o, const struct sip_hdr *h)
{
	put(o, h->name.p, h->name.l);
	puts_(o, ": ");
	put(o, h->val.p, h->val.l);
	puts_(o, "\r\n");
}


bool msgedit_body(struct pl *body, const struct sip_msg *msg)
{
	size_t left = mbuf_get_left(msg->mb);
	uint32_t want;

	body->p = (const char *)mbuf_buf(msg->mb);
	body->l = left;
	if (!pl_isset(&msg->clen))
		return true;
	for (size_t i = 0; i < msg->clen.l; i++) {
		if (msg->clen.p[i] < '0' || msg->clen.p[i] > '9')
			return false;
	}
	want = pl_u32(&msg->clen);
	if (msg->clen.l > 9 || want > left)
		return false;
	body->l = want;
	return true;
}


bool msgedit_max_forwards(uint32_t *mf, const struct sip_msg *msg)
{
	const struct pl *pl = &msg->maxfwd;

	*mf = 70;
	if (!pl_isset(pl))
		return true;
	if (pl->l > 3)
		return false;
	for (size_t i = 0; i < pl->l; i++) {
		if (pl->p[i] < '0' || pl->p[i] > '9')
			return false;
	}
	*mf = pl_u32(pl);
	return true;
}


bool msgedit_rport(const struct sip_msg *msg)
{
	struct pl end;

	return !msg_param_exists(&msg->via.params, "rport", &end);
}


/* One parameter with its semicolon. */
static bool param_is(const struct pl *part, const char *name)
{
	size_t i = 1, n = strlen(name);

	while (i < part->l && (part->p[i] == ' ' || part->p[i] == '\t'))
		i++;
	return part->l >= i + n && !strncasecmp(part->p + i, name, n) &&
		(part->l == i + n || strchr("= \t", part->p[i + n]));
}


/* The value without ;rport and ;received, which the sender may not know. */
static void put_via_value(struct out *o, const struct pl *val)
{
	const char *p = val->p, *end = p + val->l;

	while (p < end) {
		const char *semi = memchr(p + 1, ';', (size_t)(end - p - 1));
		struct pl part = {p, (size_t)((semi ? semi : end) - p)};

		if (*p != ';' || (!param_is(&part, "rport") &&
				  !param_is(&part, "received")))
			put(o, part.p, part.l);
		p += part.l;
	}
}


/* Over connections the port is always noted: answers find their way back by
 * it when the connection's own handle is gone. */
static void put_first_via(struct out *o, const struct sip_msg *msg,
			  const struct sip_hdr *h)
{
	char addr[80];

	put(o, h->name.p, h->name.l);
	puts_(o, ": ");
	put_via_value(o, &h->val);
	if (re_snprintf(addr, sizeof(addr), ";received=%j", &msg->src) > 0)
		puts_(o, addr);
	if (msg->tp != SIP_TRANSP_UDP || msgedit_rport(msg))
		put_number(o, ";rport=", sa_port(&msg->src), "");
	puts_(o, "\r\n");
}


static bool dropped(const struct msgedit *me, const struct sip_hdr *h)
{
	switch (h->id) {
	case SIP_HDR_MAX_FORWARDS:
	case SIP_HDR_CONTENT_LENGTH:
		return true;
	case SIP_HDR_SESSION_EXPIRES:
	case SIP_HDR_MIN_SE:
		return me->stimer && me->stimer->replace;
	case SIP_HDR_PROXY_AUTHORIZATION:
		return me->auth && auth_is_ours(me->auth, h);
	default:
		return false;
	}
}


static void put_request_headers(struct out *o, const struct msgedit *me)
{
	unsigned vias = 0, routes = 0;

	for (struct le *le = me->msg->hdrl.head; le; le = le->next) {
		const struct sip_hdr *h = le->data;

		if (h->id == SIP_HDR_VIA && !vias++)
			put_first_via(o, me->msg, h);
		else if (h->id == SIP_HDR_ROUTE && routes++ < me->strip_routes)
			continue;
		else if (!dropped(me, h))
			put_line(o, h);
	}
}


int msgedit_request(struct mbuf *mb, const struct msgedit *me)
{
	struct out o = {mb, 0};
	struct pl body;
	uint32_t mf;

	if (!msgedit_body(&body, me->msg) || !msgedit_max_forwards(&mf, me->msg) ||
	    !mf)
		return EBADMSG;
	put_request_headers(&o, me);
	put_number(&o, "Max-Forwards: ", mf - 1, "\r\n");
	if (me->stimer && me->stimer->replace) {
		put_number(&o, "Session-Expires: ", me->stimer->expires, "\r\n");
		if (me->stimer->min_se)
			put_number(&o, "Min-SE: ", me->stimer->min_se, "\r\n");
	}
	put_number(&o, "Content-Length: ", (uint32_t)body.l, "\r\n\r\n");
	put(&o, body.p, body.l);
	return o.err;
}


int msgedit_response(struct mbuf *mb, const struct sip_msg *resp,
		     uint32_t session)
{
	struct out o = {mb, 0};
	struct pl body;
	unsigned vias = 0;

	if (!msgedit_body(&body, resp))
		return EBADMSG;
	put_number(&o, "SIP/2.0 ", resp->scode, " ");
	put(&o, resp->reason.p, resp->reason.l);
	puts_(&o, "\r\n");
	for (struct le *le = resp->hdrl.head; le; le = le->next) {
		const struct sip_hdr *h = le->data;

		if ((h->id == SIP_HDR_VIA && !vias++) ||
		    h->id == SIP_HDR_CONTENT_LENGTH)
			continue;
		put_line(&o, h);
	}
	if (session)
		put_number(&o, "Require: timer\r\nSession-Expires: ", session,
			   ";refresher=uac\r\n");
	put_number(&o, "Content-Length: ", (uint32_t)body.l, "\r\n\r\n");
	put(&o, body.p, body.l);
	return o.err;
}
