/**
 * What to do with a request: answer it, register it, or pass it on and where
 * to. State and decisions only; sockets are net.c's and proxy.c's.
 */
#ifndef VISAVIS_DAEMONS_CALLCONTROL_CORE_H
#define VISAVIS_DAEMONS_CALLCONTROL_CORE_H

#include "daemons/callcontrol/auth.h"
#include "daemons/callcontrol/fork.h"
#include "daemons/callcontrol/location.h"
#include "daemons/callcontrol/registrar.h"
#include "daemons/callcontrol/stimer.h"
#include "daemons/callcontrol/users.h"

enum {
	CORE_ADDRS = 8,		/**< addresses we listen on */
	CORE_NAMES = 4,
	CORE_URI = 640,
	CORE_TOKEN = 64,
	CORE_HEADERS_MAX = 256,	/**< header lines of one message */
	CORE_ROUTES_MAX = 32,
};

/** Can this client still be reached over the connection it came on? */
typedef bool (core_alive_h)(enum sip_transp tp, const struct sa *src,
			    void *arg);

/** A place of the site that has a number and does not register.
 *  @return false: no such number, or no way to dial it */
typedef bool (core_static_h)(const char *number, enum sip_transp *tp,
			     struct sa *dst, void *arg);

struct core {
	const char *names[CORE_NAMES];	/**< hosts of URIs that are ours */
	struct sa addrs[CORE_ADDRS];
	size_t naddrs;
	struct users *users;
	struct location *loc;
	struct auth *auth;
	struct registrar_limits limits;
	uint8_t key[DIGEST_KEY];	/**< for flow tokens */
	core_alive_h *alive_h;
	core_static_h *static_h;
	void *arg;
};

enum core_what {
	CORE_REPLY = 0,		/**< with code, reason and headers */
	CORE_REGISTER,		/**< user is authenticated for aor */
	CORE_FORWARD,
	CORE_DROP,
};

/** A place to send to. */
struct core_target {
	char uri[CORE_URI];		/**< request URI */
	const char *path;		/**< Route of the binding, or NULL; borrowed */
	enum sip_transp tp;
	struct sa dst;
};

struct core_decision {
	enum core_what what;
	uint16_t code;
	const char *reason;
	struct sbuf headers;		/**< lines for the reply; reset by caller */
	enum auth_result auth;		/**< as far as it was looked at */
	bool authenticated;
	char aor[LOCATION_AOR_MAX];	/**< whom it is for, or who registers */
	bool in_dialog;
	unsigned strip_routes;
	struct stimer stimer;
	struct core_target t[FORK_MAX];
	size_t nt;
};

/**
 * Decide.
 * @param now     Unix seconds
 * @param looped  the caller found that we passed this very request on before
 */
void core_request(struct core *c, struct core_decision *d,
		  const struct sip_msg *msg, uint64_t now, bool looped);

/** A Record-Route user part that says where the caller is, and that we said
 *  so; it outlives a restart. @return 0 or errno */
int core_token_make(const struct core *c, char out[CORE_TOKEN],
		    enum sip_transp tp, const struct sa *src);
/** @return 0 or EBADMSG */
int core_token_parse(const struct core *c, const struct pl *token,
		     enum sip_transp *tp, struct sa *src);

#define CORE_ALLOW "INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, PRACK, " \
	"UPDATE, INFO, MESSAGE, REFER, NOTIFY, SUBSCRIBE"

#endif
