#include <openssl/evp.h>
#include <stdio.h>

#include "daemons/media/picture/hash.h"


char *hash_picture(const struct picture *p, char hex[33])
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	uint8_t md[EVP_MAX_MD_SIZE] = {0};

	hex[0] = '\0';
	if (!ctx || !EVP_DigestInit_ex(ctx, EVP_md5(), NULL))
		goto out;
	for (int i = 0; i < 3; i++)
		for (unsigned y = 0; y < (i ? p->h / 2 : p->h); y++)
			(void)EVP_DigestUpdate(ctx, p->p[i] + (size_t)y * p->stride[i], i ? p->w / 2 : p->w);
	if (EVP_DigestFinal_ex(ctx, md, NULL))
		for (int i = 0; i < 16; i++)
			(void)snprintf(hex + 2 * i, 3, "%02x", md[i]);
 out:
	EVP_MD_CTX_free(ctx);
	return hex;
}
