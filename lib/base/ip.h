/**
 * IPv4 and IPv6 addresses, prefixes and ranges as values.
 *
 * Bytes are in network order; an IPv4 address fills the first four and
 * leaves the rest zero. Text forms: RFC 4291 section 2.2, printed as
 * RFC 5952 says.
 */
#ifndef VISAVIS_LIB_BASE_IP_H
#define VISAVIS_LIB_BASE_IP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ip_addr {
	uint8_t family;		/**< 4, 6, or 0 for none */
	uint8_t b[16];
};

struct ip_prefix {
	struct ip_addr addr;	/**< host bits are zero */
	uint8_t len;		/**< 0..32 or 0..128 */
};

/** Both ends included; lo <= hi, same family. */
struct ip_range {
	struct ip_addr lo;
	struct ip_addr hi;
};

/** Large enough for any address, prefix or range in text, with its NUL. */
#define IP_STRLEN 96

/** @return 0 or EINVAL */
int ip_parse(struct ip_addr *a, const char *s);

/** "10.0.0.0/8"; @return 0, EINVAL, or EDOM when host bits are set (*p is
 *  then filled with the bits cleared, for the message) */
int ip_prefix_parse(struct ip_prefix *p, const char *s);

/** An address, a prefix, or "first-last"; @return 0, EINVAL or EDOM (as
 *  above, or a range whose first is above its last) */
int ip_range_parse(struct ip_range *r, const char *s);

/** All three write at most IP_STRLEN bytes and return buf. */
char *ip_str(const struct ip_addr *a, char buf[IP_STRLEN]);
char *ip_prefix_str(const struct ip_prefix *p, char buf[IP_STRLEN]);
char *ip_range_str(const struct ip_range *r, char buf[IP_STRLEN]);

unsigned ip_bits(const struct ip_addr *a);	/**< 32 or 128 */
int ip_cmp(const struct ip_addr *a, const struct ip_addr *b);
bool ip_next(struct ip_addr *a);	/**< add one; false at the last */
struct ip_range ip_prefix_range(const struct ip_prefix *p);
/** The longest prefix that begins at r->lo and does not pass r->hi */
struct ip_prefix ip_range_first_prefix(const struct ip_range *r);
bool ip_range_has(const struct ip_range *r, const struct ip_addr *a);
bool ip_range_covers(const struct ip_range *outer,
		     const struct ip_range *inner);
bool ip_range_overlaps(const struct ip_range *a, const struct ip_range *b);

#endif
