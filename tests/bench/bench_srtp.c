/* What protecting and opening a 1,100-byte RTP packet costs, beside the bare
 * ciphers of the same library in the same run. */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <openssl/evp.h>

#include "lib/base/bytes.h"
#include "lib/srtp/srtp.h"

enum { ROUNDS = 200000, PACKET = 1100, ROOM = PACKET + SRTP_MAX_OVERHEAD };

static uint8_t sent[ROOM];

static double now_ns(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec * 1e9 + (double)ts.tv_nsec;
}


static void header(uint8_t *p, uint32_t i)
{
	p[0] = 0x80;
	p[1] = 96;
	put16(p + 2, (uint16_t)i);
	put32(p + 4, i);
	put32(p + 8, 42);
}


/* AES-CTR and SHA-1, or AES-GCM, over the same bytes and nothing else. */
static double floor_ns(enum srtp_suite suite)
{
	bool gcm = suite == SRTP_AEAD_AES_128_GCM;
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	EVP_MD_CTX *m = EVP_MD_CTX_new();
	uint8_t iv[16] = { 0 }, sum[20];
	double start;
	int n;

	(void)EVP_EncryptInit_ex(c, gcm ? EVP_aes_128_gcm() : EVP_aes_128_ctr(),
				 NULL, iv, iv);
	(void)EVP_DigestInit_ex(m, EVP_sha1(), NULL);
	start = now_ns();
	for (uint32_t i = 0; i < ROUNDS; i++) {
		iv[0] = (uint8_t)i;
		(void)EVP_EncryptInit_ex(c, NULL, NULL, NULL, iv);
		(void)EVP_EncryptUpdate(c, sent, &n, sent, PACKET);
		if (gcm) {
			(void)EVP_EncryptFinal_ex(c, sum, &n);
			continue;
		}
		(void)EVP_DigestInit_ex(m, NULL, NULL);
		(void)EVP_DigestUpdate(m, sent, PACKET);
		(void)EVP_DigestFinal_ex(m, sum, NULL);
	}
	start = now_ns() - start;
	EVP_CIPHER_CTX_free(c);
	EVP_MD_CTX_free(m);
	return start / ROUNDS;
}


/* Both directions in one pass, each timed over batches. */
static int run(struct srtp *tx, struct srtp *rx, double *seal, double *open)
{
	enum { BATCH = 100 };
	static uint8_t p[BATCH][ROOM];
	static size_t len[BATCH];

	*seal = *open = 0;
	for (uint32_t i = 0; i < ROUNDS; i += BATCH) {
		double a = now_ns(), b;

		for (uint32_t k = 0; k < BATCH; k++) {
			header(p[k], i + k);
			len[k] = PACKET;
			if (srtp_protect(tx, p[k], &len[k], ROOM))
				return 1;
		}
		b = now_ns();
		for (uint32_t k = 0; k < BATCH; k++) {
			if (srtp_unprotect(rx, p[k], &len[k]))
				return 1;
		}
		*seal += b - a;
		*open += now_ns() - b;
	}
	*seal /= ROUNDS;
	*open /= ROUNDS;
	return 0;
}


int main(void)
{
	static const uint8_t key[SRTP_MAX_KEY] = { 1, 2, 3 };

	(void)puts("suite\tprotect_ns\tunprotect_ns\tbare_cipher_ns\tratio");
	for (unsigned i = 0; i < SRTP_NSUITES; i++) {
		enum srtp_suite suite = (enum srtp_suite)i;
		const struct srtp_suite_info *info = srtp_suite_info(suite);
		struct srtp *tx = NULL, *rx = NULL;
		double seal, open, bare = floor_ns(suite);

		if (srtp_alloc(&tx, suite, key, info->key_len + info->salt_len) ||
		    srtp_alloc(&rx, suite, key, info->key_len + info->salt_len) ||
		    run(tx, rx, &seal, &open))
			return 1;
		(void)printf("%s\t%.0f\t%.0f\t%.0f\t%.2f\n", info->name, seal,
			     open, bare, seal / bare);
		srtp_free(tx);
		srtp_free(rx);
	}
	return 0;
}
