#include <errno.h>
#include <string.h>

#include "daemons/callcontrol/location.h"


enum { BUCKETS = 4096 };

struct location {
	struct hash *aors;
	struct list dirty;
	uint32_t naors;
	uint32_t nbindings;
	uint32_t max;
};


static void binding_destructor(void *arg)
{
	struct binding *b = arg;

	mem_deref(b->contact);
	mem_deref(b->instance);
	mem_deref(b->path);
	mem_deref(b->callid);
	mem_deref(b->agent);
}


struct binding *binding_alloc(void)
{
	return mem_zalloc(sizeof(struct binding), binding_destructor);
}


static void aor_destructor(void *arg)
{
	struct aor *a = arg;

	for (size_t i = 0; i < a->n; i++)
		mem_deref(a->v[i]);
	for (size_t i = 0; i < a->nsaved; i++)
		mem_deref(a->saved[i]);
	hash_unlink(&a->he);
	list_unlink(&a->le_dirty);
}


static void location_destructor(void *arg)
{
	struct location *loc = arg;

	hash_flush(loc->aors);
	mem_deref(loc->aors);
}


int location_alloc(struct location **locp, uint32_t max)
{
	struct location *loc = mem_zalloc(sizeof(*loc), location_destructor);
	int err;

	if (!loc)
		return ENOMEM;
	loc->max = max;
	err = hash_alloc(&loc->aors, BUCKETS);
	if (err)
		mem_deref(loc);
	else
		*locp = loc;
	return err;
}


static bool aor_cmp(struct le *le, void *arg)
{
	const struct aor *a = le->data;

	return !strcmp(a->name, arg);
}


static struct aor *find(const struct location *loc, const char *name)
{
	union {
		const char *c;
		void *v;
	} key = {name};

	return list_ledata(hash_lookup(loc->aors, hash_joaat_str(name), aor_cmp,
				       key.v));
}


const struct aor *location_find(const struct location *loc, const char *aor)
{
	return find(loc, aor);
}


static int aor_make(struct aor **ap, struct location *loc, const char *name)
{
	struct aor *a = find(loc, name);

	if (a) {
		*ap = a;
		return 0;
	}
	if (!*name || strlen(name) >= sizeof(a->name))
		return EINVAL;
	if (loc->naors >= loc->max)
		return ENOSPC;
	a = mem_zalloc(sizeof(*a), aor_destructor);
	if (!a)
		return ENOMEM;
	(void)str_ncpy(a->name, name, sizeof(a->name));
	hash_append(loc->aors, hash_joaat_str(name), &a->he, a);
	loc->naors++;
	*ap = a;
	return 0;
}


/* Before the first change of a batch: remember how it was. */
static void aor_touch(struct location *loc, struct aor *a)
{
	if (a->dirty)
		return;
	for (size_t i = 0; i < a->n; i++)
		a->saved[i] = mem_ref(a->v[i]);
	a->nsaved = a->n;
	a->dirty = true;
	list_append(&loc->dirty, &a->le_dirty, a);
}


static void aor_clean(struct aor *a)
{
	for (size_t i = 0; i < a->nsaved; i++)
		mem_deref(a->saved[i]);
	a->nsaved = 0;
	a->dirty = false;
	list_unlink(&a->le_dirty);
}


static void aor_drop_if_empty(struct location *loc, struct aor *a)
{
	if (a->n || a->dirty)
		return;
	loc->naors--;
	mem_deref(a);
}


static bool same(const struct binding *a, const struct binding *b)
{
	if (a->instance && b->instance)
		return !strcmp(a->instance, b->instance) && a->regid == b->regid;
	return !strcmp(a->contact, b->contact);
}


static size_t match(const struct aor *a, const struct binding *b)
{
	size_t i = 0;

	while (i < a->n && !same(a->v[i], b))
		i++;
	return i;
}


struct binding *location_match(const struct location *loc, const char *aor,
			       const struct binding *b)
{
	const struct aor *a = find(loc, aor);
	size_t i = a ? match(a, b) : 0;

	return a && i < a->n ? a->v[i] : NULL;
}


int location_set(struct location *loc, const char *aor, struct binding *b)
{
	struct aor *a;
	size_t i;
	int err;

	err = aor_make(&a, loc, aor);
	if (err)
		return err;
	i = match(a, b);
	if (i == LOCATION_CONTACTS)
		return ENOSPC;
	aor_touch(loc, a);
	if (i < a->n) {
		mem_deref(a->v[i]);
	}
	else {
		a->n++;
		loc->nbindings++;
	}
	a->v[i] = mem_ref(b);
	return 0;
}


static void remove_at(struct location *loc, struct aor *a, size_t i)
{
	mem_deref(a->v[i]);
	a->n--;
	loc->nbindings--;
	memmove(&a->v[i], &a->v[i + 1], (a->n - i) * sizeof(a->v[0]));
}


int location_remove(struct location *loc, const char *aor, const char *contact)
{
	struct aor *a = find(loc, aor);
	bool found = false;

	if (!a)
		return ENOENT;
	aor_touch(loc, a);
	for (size_t i = a->n; i-- > 0;) {
		if (contact && strcmp(a->v[i]->contact, contact))
			continue;
		remove_at(loc, a, i);
		found = true;
	}
	return found ? 0 : ENOENT;
}


void location_commit(struct location *loc)
{
	while (loc->dirty.head) {
		struct aor *a = loc->dirty.head->data;

		aor_clean(a);
		aor_drop_if_empty(loc, a);
	}
}


void location_rollback(struct location *loc)
{
	while (loc->dirty.head) {
		struct aor *a = loc->dirty.head->data;

		loc->nbindings += (uint32_t)a->nsaved - (uint32_t)a->n;
		for (size_t i = 0; i < a->n; i++)
			mem_deref(a->v[i]);
		for (size_t i = 0; i < a->nsaved; i++)
			a->v[i] = mem_ref(a->saved[i]);
		a->n = a->nsaved;
		aor_clean(a);
		aor_drop_if_empty(loc, a);
	}
}


static bool before(const struct binding *a, const struct binding *b)
{
	if (a->q != b->q)
		return a->q > b->q;
	return a->expires > b->expires;
}


size_t location_get(const struct location *loc, const char *aor, uint64_t now,
		    struct binding *out[LOCATION_CONTACTS])
{
	const struct aor *a = find(loc, aor);
	size_t n = 0;

	for (size_t i = 0; a && i < a->n; i++) {
		size_t at = n;

		if (a->v[i]->expires <= now)
			continue;
		for (; at > 0 && before(a->v[i], out[at - 1]); at--)
			out[at] = out[at - 1];
		out[at] = a->v[i];
		n++;
	}
	return n;
}


struct search {
	struct pl raw;
	struct uri uri;
	struct sa host;
	enum sip_transp tp;
	const struct sa *src;
	uint64_t now;
	struct binding *exact;
	struct binding *close;
};


static bool uri_close(const struct search *s, const struct binding *b)
{
	struct uri u;
	struct pl pl;

	pl_set_str(&pl, b->contact);
	if (uri_decode(&u, &pl) || pl_cmp(&u.user, &s->uri.user))
		return false;
	return !pl_casecmp(&u.host, &s->uri.host) ||
		(sa_isset(&s->host, SA_ADDR) && sa_cmp(&s->host, &b->src, SA_ADDR));
}


static bool uri_handler(struct le *le, void *arg)
{
	const struct aor *a = le->data;
	struct search *s = arg;

	for (size_t i = 0; i < a->n; i++) {
		struct binding *b = a->v[i];

		if (b->expires <= s->now)
			continue;
		if (!pl_strcmp(&s->raw, b->contact))
			s->exact = b;
		else if (!s->close && uri_close(s, b))
			s->close = b;
	}
	return s->exact != NULL;
}


struct binding *location_by_uri(const struct location *loc,
				const struct pl *uri, uint64_t now,
				bool *exact)
{
	struct search s = {.raw = *uri, .now = now};

	*exact = false;
	if (uri_decode(&s.uri, uri))
		return NULL;
	if (sa_set(&s.host, &s.uri.host, 0))
		sa_init(&s.host, AF_UNSPEC);
	(void)hash_apply(loc->aors, uri_handler, &s);
	*exact = s.exact != NULL;
	return s.exact ? s.exact : s.close;
}


static bool src_handler(struct le *le, void *arg)
{
	const struct aor *a = le->data;
	struct search *s = arg;

	for (size_t i = 0; i < a->n; i++) {
		struct binding *b = a->v[i];

		if (b->expires > s->now && b->tp == s->tp &&
		    sa_cmp(&b->src, s->src, SA_ALL))
			s->exact = b;
	}
	return s->exact != NULL;
}


struct binding *location_by_src(const struct location *loc, enum sip_transp tp,
				const struct sa *src, uint64_t now)
{
	struct search s = {.tp = tp, .src = src, .now = now};

	(void)hash_apply(loc->aors, src_handler, &s);
	return s.exact;
}


struct walk {
	struct location *loc;
	location_h *h;
	void *arg;
	uint64_t now;
};


static bool expire_handler(struct le *le, void *arg)
{
	struct aor *a = le->data;
	const struct walk *w = arg;

	for (size_t i = a->n; i-- > 0;) {
		if (a->v[i]->expires > w->now)
			continue;
		if (w->h)
			w->h(a, a->v[i], w->arg);
		aor_touch(w->loc, a);
		remove_at(w->loc, a, i);
	}
	return false;
}


void location_expire(struct location *loc, uint64_t now, location_h *h,
		     void *arg)
{
	struct walk w = {loc, h, arg, now};

	(void)hash_apply(loc->aors, expire_handler, &w);
	location_commit(loc);
}


static bool walk_handler(struct le *le, void *arg)
{
	const struct aor *a = le->data;
	const struct walk *w = arg;

	for (size_t i = 0; i < a->n; i++)
		w->h(a, a->v[i], w->arg);
	return false;
}


void location_apply(const struct location *loc, location_h *h, void *arg)
{
	struct walk w = {NULL, h, arg, 0};

	(void)hash_apply(loc->aors, walk_handler, &w);
}


uint32_t location_count(const struct location *loc)
{
	return loc->nbindings;
}
