#include <errno.h>
#include <string.h>

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "io/flowtab.h"
#include "io/log.h"
#include "io/sipstack.h"
#include "io/sipwatch.h"

#include "io/libre.h"

/* re_tls.h declares this only when built with USE_OPENSSL set */
SSL_CTX *tls_openssl_context(const struct tls *tls);


enum { DNS_SERVERS_MAX = 4 };


/* The value of a header's first line, found as text: the trace sees bytes. */
static struct pl header(const char *p, size_t len, const char *name)
{
	struct pl v = { NULL, 0 };
	char re[64];

	if (re_snprintf(re, sizeof(re), "\n%s:[ \t]*[^\r\n]+", name) > 0)
		(void)re_regex(p, len, re, NULL, &v);
	return v;
}


/* Peers may send any bytes; JSON takes UTF-8 only. */
static json_t *text(const char *p, size_t len)
{
	char buf[256];
	size_t n = len < sizeof(buf) - 1 ? len : sizeof(buf) - 1;

	for (size_t i = 0; i < n; i++)
		buf[i] = (char)((unsigned char)p[i] < 0x20 ||
				(unsigned char)p[i] > 0x7e ? '?' : p[i]);
	buf[n] = '\0';
	return json_string(buf);
}


static json_t *address(const struct sa *sa)
{
	char buf[80];

	if (re_snprintf(buf, sizeof(buf), "%J", sa) < 0)
		return json_null();
	return json_string(buf);
}


static void trace_handler(bool tx, enum sip_transp tp, const struct sa *src,
			  const struct sa *dst, const uint8_t *pkt, size_t len,
			  void *arg)
{
	const char *p = (const char *)pkt, *eol;
	struct pl id, cseq;

	(void)arg;
	/* CRLF keep-alives are no messages */
	if (!log_has_file() || len < 12)
		return;

	eol = memchr(p, '\r', len);
	id = header(p, len, "Call-ID");
	cseq = header(p, len, "CSeq");
	log_event("sip", "{s:s, s:s, s:o, s:o, s:o, s:o, s:o}",
		  "dir", tx ? "tx" : "rx", "transport", sip_transp_name(tp),
		  "local", address(tx ? src : dst), "peer", address(tx ? dst : src),
		  "line", text(p, eol ? (size_t)(eol - p) : len),
		  "call_id", text(id.p ? id.p : "", id.l),
		  "cseq", text(cseq.p ? cseq.p : "", cseq.l));
}


static const char *const *tls_peers;	/* of this process's one stack */


static bool peer_named(X509 *cert)
{
	for (size_t i = 0; tls_peers && tls_peers[i]; i++)
		if (X509_check_ip_asc(cert, tls_peers[i], 0) == 1 ||
		    X509_check_host(cert, tls_peers[i], 0, 0, NULL) == 1)
			return true;
	return !tls_peers;
}


/* Called for each certificate of the chain, the peer's own last. */
static int verify_handler(int ok, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	int depth = X509_STORE_CTX_get_error_depth(store);

	if (!ok) {
		log_warn("TLS: certificate refused: %s",
			 X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
		return 0;
	}
	if (depth || !ssl || SSL_is_server(ssl) ||
	    peer_named(X509_STORE_CTX_get_current_cert(store)))
		return 1;

	log_warn("TLS: certificate refused: it is not that of %s", tls_peers[0]);
	X509_STORE_CTX_set_error(store, X509_V_ERR_HOSTNAME_MISMATCH);
	return 0;
}


static int tls_make(struct tls **tlsp, const struct sipstack_config *cfg)
{
	struct tls *tls = NULL;
	int err;

	if (!cfg->cert) {
		log_error("this row runs over TLS and there is no certificate");
		return ENOENT;
	}

	err = tls_alloc(&tls, TLS_METHOD_SSLV23, cfg->cert, NULL);
	if (err) {
		log_error("certificate %s cannot be used: %s", cfg->cert, strerror(err));
		return err;
	}

	if (cfg->ca) {
		err = tls_add_ca(tls, cfg->ca);
		if (err) {
			log_error("CA file %s cannot be used: %s", cfg->ca, strerror(err));
			mem_deref(tls);
			return err;
		}
		/* libre does not verify by itself */
		tls_peers = cfg->peers;
		SSL_CTX_set_verify(tls_openssl_context(tls), SSL_VERIFY_PEER, verify_handler);
	}

	(void)SSL_CTX_set_min_proto_version(tls_openssl_context(tls), TLS1_2_VERSION);
	*tlsp = tls;
	return 0;
}


struct adder {
	struct sip *sip;
	const struct sipstack_config *cfg;
	struct tls *tls;
	struct {
		struct sa addr;
		enum sip_transp tp;
	} have[16];
	size_t nhave;
};


static bool have(const struct adder *ad, enum sip_transp tp,
		 const struct sa *addr)
{
	for (size_t i = 0; i < ad->nhave; i++)
		if (ad->have[i].tp == tp && sa_cmp(&ad->have[i].addr, addr, SA_ALL))
			return true;
	return false;
}


static int transport_add(struct adder *ad, enum sip_transp tp,
			 const struct sa *addr)
{
	int err;

	/* several rows may name one port */
	if (have(ad, tp, addr))
		return 0;

	if (tp == SIP_TRANSP_TLS && !ad->tls) {
		err = tls_make(&ad->tls, ad->cfg);
		if (err)
			return err;
	}

	sipwatch_begin();
	err = sip_transp_add(ad->sip, tp, addr, ad->tls);
	sipwatch_end();
	if (err)
		return err;

	if (ad->nhave < ARRAY_SIZE(ad->have)) {
		ad->have[ad->nhave].tp = tp;
		ad->have[ad->nhave++].addr = *addr;
	}
	return 0;
}


static enum sip_transp transport_of(const char *row, bool *tls)
{
	uint16_t port;

	if (flowtab_port(&port, tls, row))
		return SIP_TRANSP_NONE;
	if (flowtab_transport(row) == FLOW_UDP)
		/* SIP over TLS runs on TCP: a secure UDP port is only a line
		 * in a table */
		return *tls ? SIP_TRANSP_NONE : SIP_TRANSP_UDP;
	return *tls ? SIP_TRANSP_TLS : SIP_TRANSP_TCP;
}


static int row_add(struct adder *ad, const char *row, bool listen, int family)
{
	bool tls = false;
	enum sip_transp tp = transport_of(row, &tls);
	struct sa addr;
	char detail[128];
	int err;

	if (tp == SIP_TRANSP_NONE)
		return 0;

	err = listen ? flowtab_listen(&addr, row, family) :
		       flowtab_dial_local(&addr, row, family);
	if (err == EADDRNOTAVAIL)
		return 0;
	if (!err)
		err = transport_add(ad, tp, &addr);

	if (err) {
		(void)re_snprintf(detail, sizeof(detail), "%s %J",
				  sip_transp_name(tp), &addr);
		log_error("row %s: cannot open %s: %s", row, detail, strerror(err));
	}
	if (listen)
		flowtab_log(row, "in", &addr, NULL, err ? "error" : "open",
			    err ? strerror(err) : NULL);
	return err;
}


static int rows_add(struct adder *ad, const char *const *rows, bool listen)
{
	int err = 0;

	for (; rows && *rows && !err; rows++) {
		err = row_add(ad, *rows, listen, 4);
		if (!err)
			err = row_add(ad, *rows, listen, 6);
	}

	return err;
}


static int dns_make(struct dnsc **dnscp, const char *row)
{
	struct sa srv[DNS_SERVERS_MAX], tcp[DNS_SERVERS_MAX];
	uint32_t n;

	if (!row)
		return 0;

	n = (uint32_t)flowtab_peers(srv, DNS_SERVERS_MAX, row);
	/* a truncated answer is asked for again over TCP */
	(void)flowtab_peers(tcp, DNS_SERVERS_MAX, "X-02");
	return n ? dnsc_alloc(dnscp, NULL, srv, n) : 0;
}


int sipstack_alloc(struct sip **sipp, struct dnsc **dnscp,
		   const struct sipstack_config *cfg)
{
	struct adder ad = { .cfg = cfg };
	struct dnsc *dnsc = NULL;
	uint32_t sz = cfg->hash_size ? cfg->hash_size : 32;
	int err;

	err = dns_make(&dnsc, cfg->dns_row);
	if (err)
		goto out;

	err = sip_alloc(&ad.sip, dnsc, sz, sz, sz, cfg->software, NULL, NULL);
	if (err)
		goto out;

	sip_set_trace_handler(ad.sip, trace_handler);
	err = rows_add(&ad, cfg->listen, true);
	if (!err)
		err = rows_add(&ad, cfg->dial, false);
out:
	mem_deref(ad.tls);
	if (err) {
		mem_deref(ad.sip);
		mem_deref(dnsc);
		return err;
	}

	*sipp = ad.sip;
	if (dnscp)
		*dnscp = dnsc;
	else
		mem_deref(dnsc);
	return 0;
}
