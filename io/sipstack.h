/**
 * libre's SIP stack with its transports opened through rows.
 *
 * A row whose "to" end we are is listened on at the row's port. A row whose
 * "from" end we are gets an outgoing transport only: no port is opened for
 * strangers, requests from the far side come back over our own connection.
 * Every message is logged as event "sip".
 */
#ifndef VISAVIS_IO_SIPSTACK_H
#define VISAVIS_IO_SIPSTACK_H

#include "io/libre.h"

struct sipstack_config {
	const char *software;		/**< User-Agent, Server */
	const char *const *listen;	/**< row ids, NULL-terminated; or NULL */
	const char *const *dial;	/**< row ids, NULL-terminated; or NULL */
	const char *cert;		/**< PEM: certificate and key; NULL: no TLS */
	const char *ca;			/**< PEM: whom we trust; NULL: nobody is
					  verified */
	const char *dns_row;		/**< row for resolving, or NULL */
	uint32_t hash_size;		/**< transactions expected; 0: 32 */
	const char *const *peers;	/**< with ca: DNS names and addresses, one
					  of which the certificate of whom we
					  dial must hold, NULL-terminated and
					  borrowed for ever; NULL: any name */
};

/**
 * @param sipp   libre's stack; use all of sip_*, sipsess_*, sipreg_* on it
 * @param dnscp  resolver asking the site's hosts of role "dns"; NULL when
 *               not wanted. Both are mem_deref'd by the caller
 * @return 0 or errno; what was wrong is logged
 */
int sipstack_alloc(struct sip **sipp, struct dnsc **dnscp,
		   const struct sipstack_config *cfg);

#endif
