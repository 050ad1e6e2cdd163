#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/ip.h"


unsigned ip_bits(const struct ip_addr *a)
{
	return a->family == 6 ? 128 : 32;
}


static size_t ip_bytes(const struct ip_addr *a)
{
	return ip_bits(a) / 8;
}


/** A decimal number without sign or leading zeros; *s moves past it. */
static int dec_parse(unsigned *v, const char **s, unsigned max)
{
	const char *p = *s;
	unsigned n = 0;

	if (!isdigit((unsigned char)*p) || (p[0] == '0' && isdigit((unsigned char)p[1])))
		return EINVAL;

	for (; isdigit((unsigned char)*p); p++) {
		n = n * 10 + (unsigned)(*p - '0');
		if (n > max)
			return EINVAL;
	}

	*v = n;
	*s = p;
	return 0;
}


static int v4_parse(uint8_t b[4], const char *s)
{
	for (int i = 0; i < 4; i++) {
		unsigned v;

		if (dec_parse(&v, &s, 255))
			return EINVAL;
		b[i] = (uint8_t)v;
		if (*s++ != (i < 3 ? '.' : '\0'))
			return EINVAL;
	}

	return 0;
}


/** One group of up to four hex digits; @return digits read */
static int hex_group(unsigned *v, const char *s)
{
	int n = 0;

	*v = 0;
	for (; n < 4 && isxdigit((unsigned char)s[n]); n++) {
		int c = tolower((unsigned char)s[n]);

		*v = *v << 4 | (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10);
	}

	return n;
}


static int v6_parse(uint8_t out[16], const char *s)
{
	uint8_t b[16] = {0};
	int n = 0, gap = -1;

	if (s[0] == ':' && s[1] != ':')
		return EINVAL;

	while (*s) {
		unsigned v;
		int d;

		if (s[0] == ':' && s[1] == ':') {
			if (gap >= 0)
				return EINVAL;
			gap = n;
			s += 2;
			continue;
		}
		if (*s == ':' && n > 0 && n != gap)
			s++;

		if (n <= 12 && strchr(s, '.') && !strchr(s, ':')) {
			if (v4_parse(b + n, s))
				return EINVAL;
			n += 4;
			break;
		}

		d = n < 16 ? hex_group(&v, s) : 0;
		if (!d || (s[d] && s[d] != ':'))
			return EINVAL;
		b[n++] = (uint8_t)(v >> 8);
		b[n++] = (uint8_t)v;
		s += d;
		if (s[0] == ':' && !s[1])
			return EINVAL;
	}

	if (gap < 0 ? n != 16 : n > 14)
		return EINVAL;

	memset(out, 0, 16);
	if (gap < 0)
		gap = n;
	memcpy(out, b, (size_t)gap);
	memcpy(out + 16 - (n - gap), b + gap, (size_t)(n - gap));
	return 0;
}


int ip_parse(struct ip_addr *a, const char *s)
{
	memset(a, 0, sizeof(*a));

	if (strchr(s, ':')) {
		a->family = 6;
		return v6_parse(a->b, s);
	}

	a->family = 4;
	return v4_parse(a->b, s);
}


/** Set or clear all bits from `len` on; @return true if that changed any */
static bool fill_host_bits(struct ip_addr *a, unsigned len, bool ones)
{
	bool changed = false;

	for (unsigned i = 0; i < ip_bytes(a); i++) {
		unsigned keep = len >= (i + 1) * 8 ? 8 : len > i * 8 ? len - i * 8 : 0;
		uint8_t mask = (uint8_t)(0xff >> keep);
		uint8_t v = (uint8_t)(ones ? a->b[i] | mask : a->b[i] & ~mask);

		changed |= v != a->b[i];
		a->b[i] = v;
	}

	return changed;
}


int ip_prefix_parse(struct ip_prefix *p, const char *s)
{
	const char *slash = strchr(s, '/');
	char buf[IP_STRLEN];
	unsigned len;

	if (!slash || (size_t)(slash - s) >= sizeof(buf))
		return EINVAL;

	memcpy(buf, s, (size_t)(slash - s));
	buf[slash - s] = '\0';
	if (ip_parse(&p->addr, buf))
		return EINVAL;

	s = slash + 1;
	if (dec_parse(&len, &s, ip_bits(&p->addr)) || *s)
		return EINVAL;

	p->len = (uint8_t)len;
	return fill_host_bits(&p->addr, len, false) ? EDOM : 0;
}


int ip_range_parse(struct ip_range *r, const char *s)
{
	const char *dash = strchr(s, '-');
	struct ip_prefix p;
	char buf[IP_STRLEN];
	int err;

	if (strchr(s, '/')) {
		err = ip_prefix_parse(&p, s);
		if (err != EINVAL)
			*r = ip_prefix_range(&p);
		return err;
	}

	if (!dash) {
		err = ip_parse(&r->lo, s);
		r->hi = r->lo;
		return err;
	}

	if ((size_t)(dash - s) >= sizeof(buf))
		return EINVAL;
	memcpy(buf, s, (size_t)(dash - s));
	buf[dash - s] = '\0';

	if (ip_parse(&r->lo, buf) || ip_parse(&r->hi, dash + 1) ||
	    r->lo.family != r->hi.family)
		return EINVAL;

	return ip_cmp(&r->lo, &r->hi) > 0 ? EDOM : 0;
}


/** Where the longest run of two or more zero groups starts; -1: none */
static int v6_gap(const unsigned g[8], int *gap_len)
{
	int best = -1;

	*gap_len = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !g[i + n])
			n++;
		if (n > *gap_len) {
			best = i;
			*gap_len = n;
		}
		i += n;
	}

	return best;
}


static void v6_str(const uint8_t b[16], char *buf)
{
	unsigned g[8];
	size_t o = 0;
	int gap, gap_len;

	for (int i = 0; i < 8; i++)
		g[i] = (unsigned)b[2 * i] << 8 | b[2 * i + 1];
	gap = v6_gap(g, &gap_len);

	buf[0] = '\0';
	for (int i = 0; i < 8; i++) {
		if (i == gap) {
			o += (size_t)snprintf(buf + o, IP_STRLEN - o, "::");
			i += gap_len - 1;
			continue;
		}
		o += (size_t)snprintf(buf + o, IP_STRLEN - o, "%s%x",
				      o && buf[o - 1] != ':' ? ":" : "", g[i]);
	}
}


/* by hand: configurations are full of them */
static void v4_str(const uint8_t *b, char *s)
{
	for (int i = 0; i < 4; i++) {
		if (b[i] >= 100)
			*s++ = (char)('0' + b[i] / 100);
		if (b[i] >= 10)
			*s++ = (char)('0' + b[i] / 10 % 10);
		*s++ = (char)('0' + b[i] % 10);
		*s++ = i < 3 ? '.' : '\0';
	}
}


char *ip_str(const struct ip_addr *a, char buf[IP_STRLEN])
{
	if (a->family == 6)
		v6_str(a->b, buf);
	else if (a->family == 4)
		v4_str(a->b, buf);
	else
		(void)snprintf(buf, IP_STRLEN, "none");

	return buf;
}


char *ip_prefix_str(const struct ip_prefix *p, char buf[IP_STRLEN])
{
	size_t n = strlen(ip_str(&p->addr, buf));

	(void)snprintf(buf + n, IP_STRLEN - n, "/%u", p->len);
	return buf;
}


char *ip_range_str(const struct ip_range *r, char buf[IP_STRLEN])
{
	size_t n = strlen(ip_str(&r->lo, buf));
	char hi[IP_STRLEN];

	if (ip_cmp(&r->lo, &r->hi) != 0)
		(void)snprintf(buf + n, IP_STRLEN - n, "-%.45s",
			       ip_str(&r->hi, hi));
	return buf;
}


int ip_cmp(const struct ip_addr *a, const struct ip_addr *b)
{
	if (a->family != b->family)
		return a->family < b->family ? -1 : 1;

	return memcmp(a->b, b->b, sizeof(a->b));
}


bool ip_next(struct ip_addr *a)
{
	for (size_t i = ip_bytes(a); i-- > 0;)
		if (++a->b[i])
			return true;

	return false;
}


struct ip_range ip_prefix_range(const struct ip_prefix *p)
{
	struct ip_range r = { p->addr, p->addr };

	(void)fill_host_bits(&r.hi, p->len, true);
	return r;
}


struct ip_prefix ip_range_first_prefix(const struct ip_range *r)
{
	struct ip_prefix p = { r->lo, (uint8_t)ip_bits(&r->lo) };

	while (p.len) {
		struct ip_prefix wider = { r->lo, (uint8_t)(p.len - 1) };
		struct ip_range w = ip_prefix_range(&wider);
		bool set = r->lo.b[wider.len / 8] >> (7 - wider.len % 8) & 1;

		if (set || ip_cmp(&w.hi, &r->hi) > 0)
			break;
		p = wider;
	}

	return p;
}


bool ip_range_has(const struct ip_range *r, const struct ip_addr *a)
{
	return ip_cmp(&r->lo, a) <= 0 && ip_cmp(a, &r->hi) <= 0;
}


bool ip_range_covers(const struct ip_range *outer, const struct ip_range *inner)
{
	return ip_cmp(&outer->lo, &inner->lo) <= 0 &&
	       ip_cmp(&inner->hi, &outer->hi) <= 0;
}


bool ip_range_overlaps(const struct ip_range *a, const struct ip_range *b)
{
	return ip_cmp(&a->lo, &b->hi) <= 0 && ip_cmp(&b->lo, &a->hi) <= 0;
}
