#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/digest/digest.h"


struct cursor {
	const char *p;
	const char *end;
};

static const struct {
	const char *name;
	size_t off;
} params[] = {
	{"username", offsetof(struct digest_cred, username)},
	{"realm", offsetof(struct digest_cred, realm)},
	{"nonce", offsetof(struct digest_cred, nonce)},
	{"uri", offsetof(struct digest_cred, uri)},
	{"response", offsetof(struct digest_cred, response)},
	{"algorithm", offsetof(struct digest_cred, algorithm)},
	{"cnonce", offsetof(struct digest_cred, cnonce)},
	{"opaque", offsetof(struct digest_cred, opaque)},
	{"qop", offsetof(struct digest_cred, qop)},
	{"nc", offsetof(struct digest_cred, nc)},
};


static bool is_space(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}


static bool is_token(char ch)
{
	return isalnum((unsigned char)ch) || (ch && strchr("-.!%*_+`'~", ch));
}


static void skip_space(struct cursor *c)
{
	while (c->p < c->end && is_space(*c->p))
		c->p++;
}


static struct digest_str take_token(struct cursor *c)
{
	struct digest_str s = {c->p, 0};

	while (c->p < c->end && is_token(*c->p))
		c->p++;
	s.n = (size_t)(c->p - s.p);
	return s;
}


/* Backslash escapes stay: what was quoted is compared as it was sent. */
static int take_quoted(struct cursor *c, struct digest_str *s)
{
	s->p = ++c->p;
	for (; c->p < c->end; c->p++) {
		if (*c->p == '\\') {
			if (++c->p == c->end)
				return EBADMSG;
		}
		else if (*c->p == '"') {
			s->n = (size_t)(c->p++ - s->p);
			return 0;
		}
		else if ((unsigned char)*c->p < ' ' && *c->p != '\t') {
			return EBADMSG;
		}
	}
	return EBADMSG;
}


static int store(struct digest_cred *c, const struct digest_str *name,
		 const struct digest_str *val)
{
	for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++) {
		struct digest_str *s;

		if (strlen(params[i].name) != name->n ||
		    strncasecmp(params[i].name, name->p, name->n))
			continue;
		s = (struct digest_str *)(void *)((char *)c + params[i].off);
		if (s->p)
			return EBADMSG;
		*s = *val;
		return 0;
	}
	return 0;	/* RFC 7616 section 3.4: unknown ones are ignored */
}


static int take_param(struct cursor *c, struct digest_cred *cred)
{
	struct digest_str name, val;
	int err;

	name = take_token(c);
	skip_space(c);
	if (!name.n || c->p == c->end || *c->p != '=')
		return EBADMSG;
	c->p++;
	skip_space(c);
	if (c->p < c->end && *c->p == '"') {
		err = take_quoted(c, &val);
		if (err)
			return err;
	}
	else {
		val = take_token(c);
		if (!val.n)
			return EBADMSG;
	}
	return store(cred, &name, &val);
}


int digest_cred_parse(struct digest_cred *cred, const char *p, size_t len)
{
	struct cursor c = {p, p + len};
	struct digest_str scheme;

	memset(cred, 0, sizeof(*cred));
	skip_space(&c);
	scheme = take_token(&c);
	if (scheme.n != 6 || strncasecmp(scheme.p, "Digest", 6))
		return ENOTSUP;
	if (c.p == c.end || !is_space(*c.p))
		return EBADMSG;
	for (;;) {
		int err;

		skip_space(&c);
		err = take_param(&c, cred);
		if (err)
			return err;
		skip_space(&c);
		if (c.p == c.end)
			break;
		if (*c.p++ != ',')
			return EBADMSG;
	}
	if (!cred->username.p || !cred->realm.p || !cred->nonce.p ||
	    !cred->uri.p || !cred->response.p)
		return EBADMSG;
	return 0;
}


int digest_nc_parse(uint32_t *nc, const struct digest_str *s)
{
	uint32_t v = 0;

	if (s->n != 8)
		return EBADMSG;
	for (size_t i = 0; i < s->n; i++) {
		int ch = tolower((unsigned char)s->p[i]);

		if (!isxdigit(ch))
			return EBADMSG;
		v = v << 4 | (uint32_t)(ch <= '9' ? ch - '0' : ch - 'a' + 10);
	}
	*nc = v;
	return 0;
}
