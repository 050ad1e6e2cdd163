#include <string.h>

#include "lib/site/internal.h"
#include "lib/site/option.h"


static const char *const own_keys[] = {"role", "address", "number", "screens"};

enum { OWN_KEYS = sizeof(own_keys) / sizeof(own_keys[0]) };


static bool own_key(const char *key)
{
	for (size_t i = 0; i < OWN_KEYS; i++)
		if (!strcmp(key, own_keys[i]))
			return true;
	return false;
}


/* The keys of a host and the options, for yaml_nearest(). */
static const char *nearest_key(const char *key)
{
	const char *known[OWN_KEYS + 64 + 1];
	size_t n = 0;

	for (size_t i = 0; i < OWN_KEYS; i++)
		known[n++] = own_keys[i];
	for (size_t i = 0; site_options[i].key && i < 64; i++)
		known[n++] = site_options[i].key;
	known[n] = NULL;
	return yaml_nearest(key, known);
}


static void unknown_key(struct yaml_reader *r, const struct yaml_node *k)
{
	const char *near = nearest_key(k->s);

	if (near)
		diag_error(r->dl, k->pos, "a host has no key \"%.64s\"; did you mean \"%s\"?", k->s, near);
	else
		diag_error(r->dl, k->pos, "a host has no key \"%.64s\"", k->s);
}


static void setting_read(struct yaml_reader *r, const struct yaml_node *k,
			 const struct yaml_node *v, struct site_host *h)
{
	const struct site_option *o = site_option_find(k->s);
	const char *value;

	if (!o) {
		unknown_key(r, k);
		return;
	}
	value = flow_line_read(r, v, k->s);
	if (!value)
		return;
	if (!site_option_valid(o, value)) {
		diag_error(r->dl, v->pos, "%s is %s, not \"%.64s\"", o->key, o->form, value);
		return;
	}
	h->settings[h->nsettings++] = (struct site_setting){ o->key, value, v->pos };
}


static void settings_read(struct yaml_reader *r, const struct yaml_node *n, struct site_host *h)
{
	h->settings = site_calloc(r, n->n, sizeof(*h->settings));

	for (size_t i = 0; h->settings && i < n->n; i++)
		if (!own_key(n->k[i]->s))
			setting_read(r, n->k[i], n->v[i], h);
}


static void number_read(struct yaml_reader *r, const struct yaml_node *n, struct site_host *h)
{
	const char *s = yaml_str(r, n, "number");
	size_t plus = s && *s == '+';

	if (!s)
		return;
	if (strlen(s) > 32 || !s[plus] || s[plus + strspn(s + plus, "0123456789*#")]) {
		diag_error(r->dl, n->pos, "a number is digits, \"*\" and \"#\", at most 32, with "
			   "\"+\" first if you like, not \"%.64s\"", s);
		return;
	}
	h->number = s;
}


static const struct yaml_node *need(struct yaml_reader *r, const struct yaml_node *n,
				    const char *key, const struct site_host *h)
{
	const struct yaml_node *v = yaml_get(n, key);

	if (!v)
		diag_error(r->dl, n->pos, "host %s has no \"%s\"", h->name, key);
	return v;
}


void site_host_read(struct yaml_reader *r, const struct yaml_node *n,
		    const struct site *s, struct site_host *h)
{
	const struct yaml_node *v;

	h->screens = 1;
	if (n->kind != YAML_MAP) {
		diag_error(r->dl, n->pos, "host %s must be a map, such as { role: codec, "
			   "address: 10.0.0.5 }", h->name);
		return;
	}

	v = need(r, n, "role", h);
	if (v) {
		h->roles_pos = v->pos;
		if (flow_names_read(r, v, "a role", SITE_ROLES_MAX, &h->roles, &h->nroles) &&
		    !h->nroles)
			diag_error(r->dl, v->pos, "host %s has no role", h->name);
	}
	v = need(r, n, "address", h);
	if (v)
		site_addrs_read(r, v, s, h);
	v = yaml_get(n, "number");
	if (v)
		number_read(r, v, h);
	v = yaml_get(n, "screens");
	if (v)
		(void)yaml_uint(r, v, "screens", 1, 3, &h->screens);
	settings_read(r, n, h);
}
