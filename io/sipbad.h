/**
 * The answer to a SIP request that no decoder takes. RFC 3261 section 21.4.1
 * wants 400, so that the sender learns of its mistake at once and does not
 * repeat the request for half a minute. Pure: bytes in, bytes out.
 */
#ifndef VISAVIS_IO_SIPBAD_H
#define VISAVIS_IO_SIPBAD_H

#include <stdbool.h>
#include <stddef.h>

/**
 * Make a 400 out of what can be recognised: the lines of Via, From, To,
 * Call-ID and CSeq as they came.
 *
 * @param buf   where it goes; never longer than the request and 64 bytes
 * @param size  its size
 * @param lenp  its length
 * @param p,len what came
 * @return 0; EBADMSG if it is no request, or is one that nobody may answer
 *         (ACK), or lacks a line without which no answer finds its way;
 *         EOVERFLOW if buf is too small
 */
int sipbad_reply(char *buf, size_t size, size_t *lenp, const char *p,
		 size_t len);

#endif
