#include "lib/srtp/sdes.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/b64.h"

enum { NAME_MAX_LEN = 64, LIFETIME_MAX_EXP = 48 };

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}


/* The next word up to a blank or the end. */
static const char *word(const char **s, size_t *n)
{
	const char *p = *s;

	while (is_blank(*p))
		p++;
	*n = strcspn(p, " \t\r\n");
	*s = p + *n;
	return p;
}


static int decimal(uint64_t *v, const char *s, size_t n)
{
	*v = 0;
	if (!n || n > 15)
		return EBADMSG;
	for (; n; n--, s++) {
		if (*s < '0' || *s > '9')
			return EBADMSG;
		*v = *v * 10 + (unsigned)(*s - '0');
	}
	return 0;
}


static int lifetime_parse(struct sdes_crypto *c, const char *s, size_t n)
{
	uint64_t v;
	bool power = n > 2 && s[0] == '2' && s[1] == '^';
	int err = power ? decimal(&v, s + 2, n - 2) : decimal(&v, s, n);

	if (err)
		return err;
	if (power) {
		if (v > LIFETIME_MAX_EXP)
			return EBADMSG;
		v = (uint64_t)1 << v;
	}
	if (!v || v > (uint64_t)1 << LIFETIME_MAX_EXP)
		return EBADMSG;
	c->lifetime = v;
	return 0;
}


static int key_parse(struct sdes_crypto *c, const char *s, size_t n)
{
	static const char method[] = "inline:";
	const struct srtp_suite_info *info = srtp_suite_info(c->suite);
	const char *end = s + n, *bar;
	int err;

	if (n < sizeof(method) - 1 ||
	    strncasecmp(s, method, sizeof(method) - 1))
		return EBADMSG;
	s += sizeof(method) - 1;
	if (memchr(s, ';', (size_t)(end - s)))
		return ENOTSUP;
	bar = memchr(s, '|', (size_t)(end - s));
	c->key_len = sizeof(c->key);
	err = b64_decode(c->key, &c->key_len, s,
			 (size_t)((bar ? bar : end) - s));
	if (err || c->key_len != info->key_len + info->salt_len)
		return EBADMSG;
	if (!bar)
		return 0;
	s = bar + 1;
	if (memchr(s, '|', (size_t)(end - s)) ||
	    memchr(s, ':', (size_t)(end - s)))
		return ENOTSUP;
	return lifetime_parse(c, s, (size_t)(end - s));
}


/* Those with a leading minus may be ignored, a window size hint is met by
 * our window, anything else changes the protection (RFC 4568 section 6.3). */
static int params_parse(const char *s)
{
	for (;;) {
		size_t n;
		const char *p = word(&s, &n);

		if (!n)
			return 0;
		if (*p == '-')
			continue;
		if (n > 4 && !strncasecmp(p, "WSH=", 4)) {
			uint64_t v;

			if (decimal(&v, p + 4, n - 4) || v < 64)
				return EBADMSG;
			if (v <= SRTP_REPLAY_WINDOW)
				continue;
		}
		return ENOTSUP;
	}
}


int sdes_parse(struct sdes_crypto *c, const char *s)
{
	char name[NAME_MAX_LEN];
	const char *p;
	uint64_t tag;
	size_t n;
	int err;

	memset(c, 0, sizeof(*c));
	p = word(&s, &n);
	if (n > 9 || decimal(&tag, p, n) || !tag)
		return EBADMSG;
	c->tag = (unsigned)tag;
	p = word(&s, &n);
	if (!n)
		return EBADMSG;
	if (n >= sizeof(name))
		return ENOTSUP;
	memcpy(name, p, n);
	name[n] = '\0';
	err = srtp_suite_find(&c->suite, name);
	if (err)
		return err;
	p = word(&s, &n);
	err = key_parse(c, p, n);
	return err ? err : params_parse(s);
}


int sdes_print(const struct sdes_crypto *c, char *buf, size_t size)
{
	const struct srtp_suite_info *info = srtp_suite_info(c->suite);
	char key[B64_LEN(SRTP_MAX_KEY) + 1];
	int n;

	if (!info || c->key_len != info->key_len + info->salt_len || !c->tag)
		return EINVAL;
	(void)b64_encode(key, sizeof(key), c->key, c->key_len);
	n = snprintf(buf, size, "%u %s inline:%s", c->tag, info->name, key);
	if (n < 0 || (size_t)n >= size)
		return EOVERFLOW;
	return 0;
}
