#include <dlfcn.h>
#include <errno.h>
#include <string.h>

#include "io/libre.h"
#include "io/log.h"
#include "io/sipbad.h"
#include "io/sipwatch.h"


enum {
	DATAGRAM_MAX = 65536,
	QUIET_MS = 1000,	/* between two lines of the log */
	KEEPALIVE_MAX = 8,	/* CRLF, NUL, "jaK": no messages (RFC 5626) */
};

static struct {
	bool on;
	struct mbuf *mb;	/* a datagram that was decoded, */
	struct sip_msg *msg;	/* the message in it, */
	size_t pos;		/* and where its body begins */
	uint64_t logged;
	unsigned unsaid;
} w;


void sipwatch_begin(void)
{
	w.on = true;
}


void sipwatch_end(void)
{
	w.on = false;
}


static int decode(struct sip_msg **msgp, struct mbuf *mb)
{
	static int (*real)(struct sip_msg **, struct mbuf *);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "sip_msg_decode");
	return real ? real(msgp, mb) : ENOSYS;
}


static void tell(const char *p, size_t len, const char *from, int err)
{
	char line[80];
	size_t n = 0;

	if (tmr_jiffies() - w.logged < QUIET_MS) {
		w.unsaid++;
		return;
	}
	w.logged = tmr_jiffies();
	for (; n < len && n + 1 < sizeof(line) && p[n] != '\r' && p[n] != '\n'; n++)
		line[n] = (char)(p[n] < 0x20 || p[n] > 0x7e ? '?' : p[n]);
	line[n] = '\0';
	log_warn("a SIP message that begins \"%s\" is %s and was refused; it came from %s; "
		 "%u more since the last such line", line,
		 err == ENODATA ? "cut short" : "malformed", from, w.unsaid);
	w.unsaid = 0;
}


static void answer(struct udp_sock *us, const struct sa *src, const char *p,
		   size_t len)
{
	struct mbuf *mb = mbuf_alloc(len + 64);
	size_t n;

	if (!mb)
		return;
	if (!sipbad_reply((char *)mb->buf, mb->size, &n, p, len)) {
		mb->end = n;
		(void)udp_send(us, src, mb);
	}
	mem_deref(mb);
}


static bool is_stun(const struct mbuf *mb)
{
	static const uint8_t cookie[] = {0x21, 0x12, 0xa4, 0x42};

	return mbuf_get_left(mb) >= 20 && !(mbuf_buf(mb)[0] & 0xc0) &&
		!memcmp(mbuf_buf(mb) + 4, cookie, sizeof(cookie));
}


/* A datagram, before libre's handler sees it. One that can be decoded is
 * kept for the handler, which will ask for just that; true: it ends here. */
static bool datagram_handler(struct sa *src, struct mbuf *mb, void *arg)
{
	const size_t pos = mb->pos;
	char from[80];
	int err;

	w.msg = mem_deref(w.msg);
	w.mb = mem_deref(w.mb);
	if (mbuf_get_left(mb) <= KEEPALIVE_MAX || is_stun(mb))
		return mbuf_get_left(mb) <= KEEPALIVE_MAX;
	err = decode(&w.msg, mb);
	w.pos = mb->pos;
	mb->pos = pos;
	if (!err) {
		w.mb = mem_ref(mb);
		return false;
	}
	w.msg = NULL;
	(void)re_snprintf(from, sizeof(from), "%J", src);
	tell((const char *)mbuf_buf(mb), mbuf_get_left(mb), from, err);
	answer(arg, src, (const char *)mbuf_buf(mb), mbuf_get_left(mb));
	return true;
}


int udp_listen(struct udp_sock **usp, const struct sa *local, udp_recv_h *rh,
	       void *arg)
{
	int (*real)(struct udp_sock **, const struct sa *, udp_recv_h *, void *);
	int err;

	*(void **)&real = dlsym(RTLD_NEXT, "udp_listen");
	if (!real)
		return ENOSYS;
	err = real(usp, local, rh, arg);
	if (err || !w.on || !usp)
		return err;

	/* RFC 3261 section 18.1.1: up to the largest datagram there is */
	udp_rxsz_set(*usp, DATAGRAM_MAX);
	err = udp_register_helper(NULL, *usp, 0, NULL, datagram_handler, *usp);
	if (err)
		*usp = mem_deref(*usp);
	return err;
}


int sip_msg_decode(struct sip_msg **msgp, struct mbuf *mb)
{
	const char *p = (const char *)mbuf_buf(mb);
	size_t len = mbuf_get_left(mb);
	int err;

	if (w.mb && mb == w.mb) {
		mb->pos = w.pos;
		*msgp = w.msg;
		w.msg = NULL;
		w.mb = mem_deref(w.mb);
		return 0;
	}
	err = decode(msgp, mb);
	/* a stream's message that is not whole yet is no mistake */
	if (err && err != ENODATA && len > KEEPALIVE_MAX)
		tell(p, len, "a TCP or TLS connection, which is closed", err);
	return err;
}
