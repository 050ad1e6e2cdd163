#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "daemons/callcontrol/users.h"


enum { BUCKETS = 1024 };

struct users {
	struct hash *h;
	uint32_t n;
	uint32_t max;
};


static void users_destructor(void *arg)
{
	struct users *us = arg;

	hash_flush(us->h);
	mem_deref(us->h);
}


static void user_destructor(void *arg)
{
	struct user *u = arg;

	hash_unlink(&u->he);
}


int users_alloc(struct users **up, uint32_t max)
{
	struct users *us = mem_zalloc(sizeof(*us), users_destructor);
	int err;

	if (!us)
		return ENOMEM;
	us->max = max;
	err = hash_alloc(&us->h, BUCKETS);
	if (err)
		mem_deref(us);
	else
		*up = us;
	return err;
}


int user_make(struct user *u, const char *name, const char *realm,
	      const char *password)
{
	memset(u, 0, sizeof(*u));
	if (!*name || !*password || strlen(name) >= sizeof(u->name))
		return EINVAL;
	for (const char *p = name; *p; p++) {
		if (!isalnum((unsigned char)*p) && !strchr("-_.+", *p))
			return EINVAL;
	}
	(void)str_ncpy(u->name, name, sizeof(u->name));
	for (int i = 0; i < DIGEST_ALGS; i++) {
		int err = digest_ha1(u->ha1[i], (enum digest_alg)i, name, realm,
				     password);

		if (err)
			return err;
	}
	return 0;
}


static bool cmp(struct le *le, void *arg)
{
	const struct user *u = le->data;

	return !strcmp(u->name, arg);
}


static struct user *find(const struct users *us, const char *name)
{
	union {
		const char *c;
		void *v;
	} key = {name};

	return list_ledata(hash_lookup(us->h, hash_joaat_str(name), cmp, key.v));
}


const struct user *users_find(const struct users *us, const char *name)
{
	return find(us, name);
}


int users_set(struct users *us, const struct user *u)
{
	struct user *have = find(us, u->name);

	if (have) {
		memcpy(have->ha1, u->ha1, sizeof(have->ha1));
		return 0;
	}
	if (us->n >= us->max)
		return ENOSPC;
	have = mem_zalloc(sizeof(*have), user_destructor);
	if (!have)
		return ENOMEM;
	memcpy(have->name, u->name, sizeof(have->name));
	memcpy(have->ha1, u->ha1, sizeof(have->ha1));
	hash_append(us->h, hash_joaat_str(have->name), &have->he, have);
	us->n++;
	return 0;
}


int users_remove(struct users *us, const char *name)
{
	struct user *u = find(us, name);

	if (!u)
		return ENOENT;
	mem_deref(u);
	us->n--;
	return 0;
}


struct walk {
	users_h *h;
	void *arg;
};


static bool walk_handler(struct le *le, void *arg)
{
	const struct walk *w = arg;

	w->h(le->data, w->arg);
	return false;
}


void users_apply(const struct users *us, users_h *h, void *arg)
{
	struct walk w = {h, arg};

	(void)hash_apply(us->h, walk_handler, &w);
}


uint32_t users_count(const struct users *us)
{
	return us->n;
}
