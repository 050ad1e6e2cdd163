#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "daemons/codec/codec.h"
#include "io/flowtab.h"
#include "io/log.h"
#include "io/siteload.h"
#include "io/sipstack.h"

static struct codec *self;	/* libre gives a request's handlers one argument only */


/* The first line, whole. */
static int password_line(struct codec *c, FILE *f, const char *path)
{
	char line[sizeof(c->auth.password) + 2];
	struct stat st;

	if (!fstat(fileno(f), &st) && st.st_mode & 077)
		log_warn("%s holds a password and others may read it: chmod 600 it", path);
	if (!fgets(line, sizeof(line), f))
		line[0] = '\0';
	line[strcspn(line, "\r\n")] = '\0';
	if (!line[0] || strlen(line) >= sizeof(c->auth.password)) {
		log_error("%s: %s; put the password of number %s into its first line", path,
			  ferror(f) ? "cannot be read" : line[0] ? "too long" : "is empty",
			  c->self->number);
		explicit_bzero(line, sizeof(line));
		return EINVAL;
	}
	memcpy(c->auth.password, line, strlen(line) + 1);
	explicit_bzero(line, sizeof(line));
	return 0;
}


/* In the state folder, or where the site file says, relative to it. */
static int password_open(FILE **fp, char path[PROGRAM_PATH], const struct codec *c)
{
	const char *file = site_host_setting(c->self, "password-file", NULL);
	int err = program_path(path, c->program, STATE_PASSWORD);

	if (err)
		return err;
	*fp = fopen(path, "re");
	if (!*fp && errno == ENOENT && file) {
		err = siteload_path(path, PROGRAM_PATH, c->program->site_path, file);
		if (err)
			return err;
		*fp = fopen(path, "re");
	}
	return *fp ? 0 : errno;
}


static int password_read(struct codec *c)
{
	const char *word = site_host_setting(c->self, "password", NULL);
	char path[PROGRAM_PATH];
	FILE *f;
	int err;

	(void)snprintf(c->auth.user, sizeof(c->auth.user), "%s", c->self->number);
	err = password_open(&f, path, c);
	if (err == ENOENT && word) {
		(void)snprintf(c->auth.password, sizeof(c->auth.password), "%s", word);
		return 0;
	}
	if (err) {
		log_error("%s: %s; put the password of number %s there, mode 0600", path,
			  strerror(err), c->self->number);
		return err;
	}
	err = password_line(c, f, path);
	(void)fclose(f);
	return err;
}


/* Which row carries our signalling, and whether TLS runs on it. */
static int row_choose(struct codec *c)
{
	const char *tp = site_host_setting(c->self, "sip-transport", "udp");
	uint16_t port;
	bool tls = false;

	c->row = ROW_SIP_TCP;
	if (flowtab_port(&port, &tls, ROW_SIP_TCP))
		return ENOENT;
	c->tls = tls;
	if (!tls && strcmp(tp, "tcp"))
		c->row = ROW_SIP_UDP;
	return flowtab_port(&port, &tls, c->row);
}


static bool request_handler(const struct sip_msg *msg, void *arg)
{
	return call_request(arg, msg);
}


static bool response_handler(const struct sip_msg *msg, void *arg)
{
	return call_response(arg, msg);
}


/* Who call control's certificate may name. */
static const char *const *peers_make(struct codec *c)
{
	static const char *v[8];
	size_t n = 0;

	v[n++] = c->cc_name;
	for (size_t i = 0; i < c->cc->naddrs && n < ARRAY_SIZE(v) - 1; i++) {
		char buf[IP_STRLEN];

		v[n] = arena_strdup(&c->program->arena, ip_str(&c->cc->addrs[i].lo, buf));
		if (!v[n++])
			return NULL;
	}
	return v;
}


int net_init(struct codec *c)
{
	const char *dial[2] = { NULL, NULL };
	char cert[PROGRAM_PATH], ca[PROGRAM_PATH];
	struct sipstack_config cfg = {
		.software = "Visavis codec " VISAVIS_VERSION, .dial = dial,
		.dns_row = site_host_by_role(c->site, "dns") ? ROW_DNS : NULL,
	};
	int err;

	self = c;
	err = password_read(c);
	if (err)
		return err;
	err = row_choose(c);
	if (err) {
		log_error("no SIP row of the matrix applies to %s at this site", c->self->name);
		return err;
	}
	dial[0] = c->row;
	c->caps.secure = c->tls;
	if (c->tls) {
		err = program_path(cert, c->program, STATE_CERT);
		if (!err)
			err = program_path(ca, c->program, STATE_CA);
		if (err)
			return err;
		cfg.cert = cert;
		cfg.ca = ca;
		cfg.peers = peers_make(c);
		if (!cfg.peers)
			return ENOMEM;
	}

	err = sipstack_alloc(&c->sip, &c->dnsc, &cfg);
	if (!err)
		err = sip_listen(&c->lsnr_req, c->sip, true, request_handler, c);
	if (!err)
		err = sip_listen(&c->lsnr_resp, c->sip, false, response_handler, c);
	return err;
}


void net_close(struct codec *c)
{
	net_resolve_cancel(c);
	c->lsnr_req = mem_deref(c->lsnr_req);
	c->lsnr_resp = mem_deref(c->lsnr_resp);
	sip_close(c->sip, false);
	c->sip = mem_deref(c->sip);
	c->dnsc = mem_deref(c->dnsc);
}


int net_contact(struct mbuf *mb, const struct codec *c, const struct sa *src,
		enum sip_transp tp, bool registering)
{
	int err;

	err = mbuf_printf(mb, "Contact: <sip:%s@%J%s>", c->self->number, src,
			  sip_transp_param(tp));
	if (!err && registering)
		err = mbuf_printf(mb, ";+sip.instance=\"<urn:uuid:%s>\";reg-id=1", c->instance);
	if (!err)
		err = mbuf_write_str(mb, "\r\n");
	return err;
}


static int send_contact(enum sip_transp tp, const struct sa *src, const struct sa *dst,
			struct mbuf *mb, void *arg)
{
	(void)dst;
	(void)arg;
	return net_contact(mb, self, src, tp, false);
}


static int send_contact_reg(enum sip_transp tp, const struct sa *src, const struct sa *dst,
			    struct mbuf *mb, void *arg)
{
	(void)dst;
	(void)arg;
	return net_contact(mb, self, src, tp, true);
}


int net_request(struct sip_request **reqp, struct codec *c, struct sip_dialog *dlg,
		const char *met, uint32_t cseq, const char *uri, const char *extra,
		const char *body, sip_resp_h *h, void *arg)
{
	bool ack = !strcmp(met, "ACK");
	struct sbuf cred = {0};
	int err = 0;

	if (!ack)
		err = auth_header(&cred, &c->auth, met, uri, rand_u64());
	if (!err)
		err = sip_drequestf(reqp, c->sip, !ack, met, dlg, cseq, NULL,
				    strcmp(met, "REGISTER") ? send_contact : send_contact_reg,
				    h, arg, "%s%s%sContent-Length: %zu\r\n\r\n%s", sbuf_str(&cred),
				    extra ? extra : "",
				    *body ? "Content-Type: application/sdp\r\n" : "",
				    strlen(body), body);
	sbuf_reset(&cred);
	return err;
}


struct chall {
	struct codec *c;
	bool proxy;
};

static bool challenge_handler(const struct sip_hdr *hdr, const struct sip_msg *msg, void *arg)
{
	struct chall *ch = arg;

	(void)msg;
	(void)auth_challenge(&ch->c->auth, hdr->val.p, hdr->val.l, ch->proxy);
	return false;
}


int net_challenged(struct codec *c, const struct sip_msg *msg)
{
	struct chall ch = { c, msg->scode == 407 };

	auth_forget(&c->auth);
	(void)sip_msg_hdr_apply(msg, true, ch.proxy ? SIP_HDR_PROXY_AUTHENTICATE :
				SIP_HDR_WWW_AUTHENTICATE, challenge_handler, &ch);
	if (!c->auth.realm[0]) {
		log_error("call control asks for an authentication that we do not have");
		return ENOTSUP;
	}
	return c->auth.tried ? EACCES : 0;
}


bool net_from_callcontrol(const struct codec *c, const struct sip_msg *msg)
{
	return sa_cmp(&msg->src, &c->cc_addr, SA_ADDR);
}
