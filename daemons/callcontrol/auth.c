#include <errno.h>
#include <string.h>
#include <strings.h>

#include "daemons/callcontrol/auth.h"


enum { SOURCES = 1024, PROBES = 8, WINDOW = 60 };

/* A source that sent a wrong password. */
struct source {
	struct sa addr;
	uint64_t since;
	uint64_t locked_until;
	unsigned wrong;
};

struct auth {
	const char *realm;
	const struct users *users;
	struct digest_seen *seen;
	uint64_t salt;
	enum auth_offer offer;
	uint8_t key[DIGEST_KEY];
	struct source sources[SOURCES];
};

/* Clients that fail when one of several challenges names an algorithm that
 * they do not know, though RFC 8760 section 2.4 has them pick one they do. */
static const char *const single_agents[] = {"baresip", "sipp", "re ", "libre"};


static void auth_destructor(void *arg)
{
	struct auth *a = arg;

	digest_seen_free(a->seen);
}


int auth_alloc(struct auth **ap, const char *realm, const struct users *users,
	       const uint8_t key[DIGEST_KEY], enum auth_offer offer)
{
	struct auth *a = mem_zalloc(sizeof(*a), auth_destructor);
	int err;

	if (!a)
		return ENOMEM;
	a->realm = realm;
	a->users = users;
	a->offer = offer;
	a->salt = rand_u64();
	memcpy(a->key, key, sizeof(a->key));
	err = digest_seen_alloc(&a->seen, AUTH_SEEN_MAX);
	if (err)
		mem_deref(a);
	else
		*ap = a;
	return err;
}


static struct source *source_find(struct auth *a, const struct sa *addr,
				  bool make)
{
	uint32_t h = sa_hash(addr, SA_ADDR);
	struct source *oldest = NULL;

	for (uint32_t i = 0; i < PROBES; i++) {
		struct source *s = &a->sources[(h + i) % SOURCES];

		if (sa_cmp(&s->addr, addr, SA_ADDR))
			return s;
		if (!oldest || s->since < oldest->since)
			oldest = s;
	}
	if (!make)
		return NULL;
	*oldest = (struct source){.addr = *addr};
	return oldest;
}


static void source_wrong(struct auth *a, const struct sa *addr, uint64_t now)
{
	struct source *s = source_find(a, addr, true);

	if (now - s->since > WINDOW) {
		s->since = now;
		s->wrong = 0;
	}
	if (++s->wrong >= AUTH_WRONG_MAX) {
		s->locked_until = now + AUTH_LOCK_TIME;
		s->wrong = 0;
	}
}


static bool source_locked(struct auth *a, const struct sa *addr, uint64_t now)
{
	const struct source *s = source_find(a, addr, false);

	return s && s->locked_until > now;
}


static bool realm_is_ours(const struct auth *a, const struct digest_cred *c)
{
	return c->realm.n == strlen(a->realm) &&
		!memcmp(c->realm.p, a->realm, c->realm.n);
}


bool auth_is_ours(const struct auth *a, const struct sip_hdr *hdr)
{
	struct digest_cred c;

	return hdr->id == SIP_HDR_PROXY_AUTHORIZATION &&
		!digest_cred_parse(&c, hdr->val.p, hdr->val.l) &&
		realm_is_ours(a, &c);
}


struct find {
	const struct auth *a;
	struct digest_cred cred;
	bool malformed;
};


static bool find_handler(const struct sip_hdr *hdr, const struct sip_msg *msg,
			 void *arg)
{
	struct find *f = arg;
	int err = digest_cred_parse(&f->cred, hdr->val.p, hdr->val.l);

	(void)msg;
	if (err == EBADMSG)
		f->malformed = true;
	return !err && realm_is_ours(f->a, &f->cred);
}


static const struct user *user_find(const struct auth *a,
				    const struct digest_cred *c)
{
	char name[LOCATION_AOR_MAX];

	if (c->username.n >= sizeof(name))
		return NULL;
	memcpy(name, c->username.p, c->username.n);
	name[c->username.n] = '\0';
	return users_find(a->users, name);
}


/* Without qop there is no count: such a nonce is good for one request. */
static enum auth_result use_nonce(struct auth *a, const struct digest_cred *c,
				  uint64_t now)
{
	uint32_t issued, nc = 1;
	uint64_t salt;

	if (digest_nonce_check(&issued, &salt, a->key, &c->nonce))
		return AUTH_STALE;
	if ((uint64_t)issued + AUTH_NONCE_LIFE < now)
		return AUTH_STALE;
	if (c->qop.p && digest_nc_parse(&nc, &c->nc))
		return AUTH_MALFORMED;
	switch (digest_seen_use(a->seen, issued, salt, nc)) {
	case 0: return AUTH_OK;
	case EALREADY: return AUTH_REPLAY;
	default: return AUTH_STALE;
	}
}


static enum auth_result check_cred(struct auth *a, const struct digest_cred *c,
				   const struct pl *met, uint64_t now,
				   const struct user **userp)
{
	static const struct user nobody;
	const struct user *u = user_find(a, c);
	char want[DIGEST_HEX];
	enum digest_alg alg;

	if (digest_alg_parse(&alg, &c->algorithm) ||
	    digest_response(want, alg, (u ? u : &nobody)->ha1[alg], c, met->p,
			    met->l))
		return AUTH_MALFORMED;
	/* the comparison is made for unknown users too, so that the time of an
	 * answer does not say who exists */
	if (!digest_equal(want, &c->response) || !u)
		return AUTH_WRONG;
	*userp = u;
	return use_nonce(a, c, now);
}


enum auth_result auth_check(struct auth *a, const struct sip_msg *msg,
			    bool proxy, uint64_t now,
			    const struct user **userp)
{
	struct find f = {.a = a};
	enum auth_result r;

	if (source_locked(a, &msg->src, now))
		return AUTH_LOCKED;
	if (!sip_msg_hdr_apply(msg, true, proxy ? SIP_HDR_PROXY_AUTHORIZATION :
			       SIP_HDR_AUTHORIZATION, find_handler, &f))
		return f.malformed ? AUTH_MALFORMED : AUTH_MISSING;
	r = check_cred(a, &f.cred, &msg->met, now, userp);
	if (r == AUTH_WRONG)
		source_wrong(a, &msg->src, now);
	return r;
}


static int challenge_one(struct auth *a, struct sbuf *sb, bool proxy,
			 bool stale, enum digest_alg alg, uint64_t now)
{
	char nonce[DIGEST_NONCE];
	int err;

	err = digest_nonce_make(nonce, a->key, (uint32_t)now, a->salt++);
	if (err)
		return err;
	sbuf_printf(sb, "%s-Authenticate: Digest realm=\"%s\", nonce=\"%s\", "
		    "algorithm=%s, qop=\"auth\"%s\r\n",
		    proxy ? "Proxy" : "WWW", a->realm, nonce,
		    digest_alg_name(alg), stale ? ", stale=true" : "");
	return sb->err;
}


int auth_challenge(struct auth *a, struct sbuf *sb, bool proxy, bool stale,
		   bool single, uint64_t now)
{
	int err = 0;

	if (a->offer != AUTH_ONLY_MD5 && !(single && a->offer == AUTH_BOTH))
		err = challenge_one(a, sb, proxy, stale, DIGEST_SHA256, now);
	if (!err && a->offer != AUTH_ONLY_SHA256)
		err = challenge_one(a, sb, proxy, stale, DIGEST_MD5, now);
	return err;
}


bool auth_single(const struct sip_msg *msg)
{
	const struct sip_hdr *h = sip_msg_hdr(msg, SIP_HDR_USER_AGENT);

	for (size_t i = 0; h && i < ARRAY_SIZE(single_agents); i++) {
		size_t n = strlen(single_agents[i]);

		if (h->val.l >= n && !strncasecmp(h->val.p, single_agents[i], n))
			return true;
	}
	return false;
}


const char *auth_result_text(enum auth_result r)
{
	static const char *const text[] = {
		"ok", "no credentials", "old nonce", "credentials used twice",
		"wrong user or password", "malformed credentials",
		"locked after too many wrong passwords",
	};

	return text[r];
}
