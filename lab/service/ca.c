#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "lab/service/ca.h"
#include "lib/base/sbuf.h"

enum { DAYS = 30, SLACK_S = 3600 };

struct ca {
	EVP_PKEY *key;
	X509 *cert;
};


static int name_set(X509 *x, const char *cn)
{
	X509_NAME *name = X509_get_subject_name(x);

	return X509_NAME_add_entry_by_txt(name, "O", MBSTRING_UTF8,
					  (const unsigned char *)"Visavis lab", -1, -1, 0) &&
	       X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
					  (const unsigned char *)cn, -1, -1, 0) ? 0 : EIO;
}


static int serial_set(X509 *x)
{
	unsigned char b[16];
	BIGNUM *bn;
	int ok;

	if (RAND_bytes(b, sizeof(b)) != 1)
		return EIO;
	b[0] &= 0x7f;
	bn = BN_bin2bn(b, sizeof(b), NULL);
	ok = bn && BN_to_ASN1_INTEGER(bn, X509_get_serialNumber(x));
	BN_free(bn);

	return ok ? 0 : ENOMEM;
}


static int ext_add(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509_EXTENSION *e;
	X509V3_CTX ctx;
	int ok;

	X509V3_set_ctx_nodb(&ctx);
	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
	ok = e && X509_add_ext(x, e, -1);
	X509_EXTENSION_free(e);

	return ok ? 0 : EIO;
}


/* A certificate that lacks its extensions and signature. */
static X509 *cert_draft(EVP_PKEY *key, const char *cn, X509 *issuer)
{
	X509 *x = X509_new();

	if (!x)
		return NULL;
	if (X509_set_version(x, 2) && !serial_set(x) && !name_set(x, cn) &&
	    X509_gmtime_adj(X509_getm_notBefore(x), -SLACK_S) &&
	    X509_gmtime_adj(X509_getm_notAfter(x), 86400L * DAYS) &&
	    X509_set_issuer_name(x, X509_get_subject_name(issuer ? issuer : x)) &&
	    X509_set_pubkey(x, key))
		return x;
	X509_free(x);

	return NULL;
}


void ca_free(struct ca *ca)
{
	if (!ca)
		return;
	EVP_PKEY_free(ca->key);
	X509_free(ca->cert);
	free(ca);
}


int ca_alloc(struct ca **cap, const char *name)
{
	struct ca *ca = calloc(1, sizeof(*ca));
	int err = EIO;

	if (!ca)
		return ENOMEM;
	ca->key = EVP_EC_gen("P-256");
	if (ca->key)
		ca->cert = cert_draft(ca->key, name, NULL);
	if (ca->cert &&
	    !ext_add(ca->cert, ca->cert, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
	    !ext_add(ca->cert, ca->cert, NID_key_usage, "critical,keyCertSign,cRLSign") &&
	    !ext_add(ca->cert, ca->cert, NID_subject_key_identifier, "hash") &&
	    X509_sign(ca->cert, ca->key, EVP_sha256()))
		err = 0;
	if (err)
		ca_free(ca);
	else
		*cap = ca;

	return err;
}


static FILE *pem_open(const char *path, unsigned mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode);
	FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!f && fd >= 0)
		(void)close(fd);

	return f;
}


int ca_write(const struct ca *ca, const char *path)
{
	FILE *f = pem_open(path, 0644);
	int ok;

	if (!f)
		return errno;
	ok = PEM_write_X509(f, ca->cert);

	return fclose(f) || !ok ? EIO : 0;
}


static int san_add(X509 *x, X509 *issuer, const char *dns, const struct ip_addr *addrs, size_t n)
{
	struct sbuf sb = {0};
	char buf[IP_STRLEN];
	int err;

	sbuf_printf(&sb, "DNS:%s", dns);
	for (size_t i = 0; i < n; i++)
		sbuf_printf(&sb, ",IP:%s", ip_str(&addrs[i], buf));
	err = sb.err ? sb.err : ext_add(x, issuer, NID_subject_alt_name, sbuf_str(&sb));
	sbuf_reset(&sb);

	return err;
}


static int issue_write(const char *path, X509 *x, EVP_PKEY *key)
{
	FILE *f = pem_open(path, 0600);
	int ok;

	if (!f)
		return errno;
	ok = PEM_write_X509(f, x) &&
	     PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL);

	return fclose(f) || !ok ? EIO : 0;
}


int ca_issue(struct ca *ca, const char *path, const char *dns, const struct ip_addr *addrs,
	     size_t naddrs)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	X509 *x = key ? cert_draft(key, dns, ca->cert) : NULL;
	int err = EIO;

	if (x && !ext_add(x, ca->cert, NID_basic_constraints, "critical,CA:FALSE") &&
	    !ext_add(x, ca->cert, NID_key_usage, "critical,digitalSignature") &&
	    !ext_add(x, ca->cert, NID_ext_key_usage, "serverAuth,clientAuth") &&
	    !ext_add(x, ca->cert, NID_authority_key_identifier, "keyid") &&
	    !san_add(x, ca->cert, dns, addrs, naddrs) &&
	    X509_sign(x, ca->key, EVP_sha256()))
		err = issue_write(path, x, key);
	X509_free(x);
	EVP_PKEY_free(key);

	return err;
}
