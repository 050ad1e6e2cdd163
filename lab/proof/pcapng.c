#include <errno.h>
#include <string.h>

#include "lab/proof/pcapng.h"

enum {
	BLOCK_SECTION = 0x0a0d0d0a, BLOCK_INTERFACE = 1, BLOCK_PACKET = 6,
	LINKTYPE_ETHERNET = 1, OPT_IF_NAME = 2, OPT_IF_TSRESOL = 9,
	IF_NAME_MAX = 64,
};


static int put(FILE *f, const void *p, size_t n)
{
	errno = 0;
	if (!n || fwrite(p, 1, n, f) == n)
		return 0;
	return errno ? errno : EIO;
}


/** A block around a body of two parts, padded to four bytes. */
static int block(FILE *f, uint32_t type, const void *a, size_t na,
		 const void *b, size_t nb)
{
	static const uint8_t zero[4];
	size_t pad = (4 - (na + nb) % 4) % 4;
	uint32_t len = (uint32_t)(12 + na + nb + pad);
	uint32_t head[2] = {type, len};
	int err = put(f, head, sizeof(head));

	if (!err)
		err = put(f, a, na);
	if (!err)
		err = put(f, b, nb);
	if (!err)
		err = put(f, zero, pad);
	if (!err)
		err = put(f, &len, sizeof(len));

	return err;
}


int pcapng_begin(FILE *f)
{
	const struct {
		uint32_t magic;		/* tells the byte order */
		uint16_t major, minor;
		int64_t length;
	} body = {0x1a2b3c4d, 1, 0, -1};

	return block(f, BLOCK_SECTION, &body, sizeof(body), NULL, 0);
}


int pcapng_interface(FILE *f, const char *name, uint32_t snap)
{
	const struct {
		uint16_t link, zero;
		uint32_t snap;
	} body = {LINKTYPE_ETHERNET, 0, snap};
	uint8_t opt[4 + IF_NAME_MAX + 8 + 4] = {0};
	size_t len = strnlen(name, IF_NAME_MAX), at = 0;
	uint16_t v[2] = {OPT_IF_NAME, (uint16_t)len};
	const uint16_t res[2] = {OPT_IF_TSRESOL, 1};

	memcpy(opt, v, 4);
	memcpy(opt + 4, name, len);
	at = 4 + (len + 3) / 4 * 4;
	memcpy(opt + at, res, 4);
	opt[at + 4] = 9;		/* nanoseconds */
	at += 8 + 4;			/* and the end of options */

	return block(f, BLOCK_INTERFACE, &body, sizeof(body), opt, at);
}


int pcapng_packet(FILE *f, uint32_t iface, uint64_t t_ns, const void *p,
		  size_t len, size_t wire)
{
	const uint32_t body[5] = {
		iface, (uint32_t)(t_ns >> 32), (uint32_t)t_ns, (uint32_t)len,
		(uint32_t)wire,
	};

	return block(f, BLOCK_PACKET, body, sizeof(body), p, len);
}
