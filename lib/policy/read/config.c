#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/policy/read/config.h"


void config_reset(struct config *c)
{
	arena_reset(&c->mem);
	*c = (struct config){ .mem.max = c->mem.max };
}


static char *copy_name(struct config *c, const char *name, size_t len)
{
	return arena_strndup(&c->mem, name, len < CONFIG_NAME_LEN ? len : CONFIG_NAME_LEN);
}


static bool name_is(const char *name, const char *s, size_t len)
{
	if (len > CONFIG_NAME_LEN)
		len = CONFIG_NAME_LEN;
	return !strncmp(name, s, len) && !name[len];
}


static struct config_list *find_list(const struct config *c, const char *name,
				     size_t len, uint8_t family)
{
	for (size_t i = 0; i < c->nlists; i++) {
		struct config_list *l = &c->lists[i];

		if ((!family || !l->family || l->family == family) &&
		    name_is(l->name, name, len))
			return l;
	}

	return NULL;
}


struct config_list *config_list_find(const struct config *c, const char *name,
				     uint8_t family)
{
	return find_list(c, name, strlen(name), family);
}


int config_list_get(struct config_list **l, struct config *c, const char *name,
		    size_t len, uint8_t family)
{
	int err;

	*l = find_list(c, name, len, family);
	if (*l)
		return 0;
	if (c->nlists >= CONFIG_LISTS_MAX)
		return EOVERFLOW;

	err = arena_grow(&c->mem, (void **)&c->lists, c->nlists, &c->lists_cap,
			 sizeof(*c->lists));
	if (err)
		return err;
	*l = &c->lists[c->nlists];
	**l = (struct config_list){ .name = copy_name(c, name, len), .family = family };
	if (!(*l)->name)
		return ENOMEM;

	c->nlists++;
	return 0;
}


int config_rule_add(struct config_rule **r, struct config *c, struct config_list *l,
		    unsigned line, struct config_text text)
{
	int err;

	if (c->nrules >= CONFIG_RULES_MAX)
		return EOVERFLOW;
	err = arena_grow(&c->mem, (void **)&l->rules, l->nrules, &l->cap, sizeof(*l->rules));
	if (err)
		return err;

	*r = &l->rules[l->nrules++];
	**r = (struct config_rule){ .line = line, .text = text };
	c->nrules++;
	return 0;
}


int config_hook_add(struct config *c, const struct config_hook *h)
{
	int err = arena_grow(&c->mem, (void **)&c->hooks, c->nhooks, &c->hooks_cap,
			     sizeof(*c->hooks));

	if (!err)
		c->hooks[c->nhooks++] = *h;
	return err;
}


int config_iface_get(struct config_interface **i, struct config *c,
		     const char *name, size_t len)
{
	int err;

	for (size_t k = 0; k < c->nifaces; k++) {
		if (name_is(c->ifaces[k].name, name, len)) {
			*i = &c->ifaces[k];
			return 0;
		}
	}

	if (c->nifaces >= CONFIG_LISTS_MAX)
		return EOVERFLOW;
	err = arena_grow(&c->mem, (void **)&c->ifaces, c->nifaces, &c->ifaces_cap,
			 sizeof(*c->ifaces));
	if (err)
		return err;
	*i = &c->ifaces[c->nifaces];
	**i = (struct config_interface){ .name = copy_name(c, name, len) };
	if (!(*i)->name)
		return ENOMEM;

	c->nifaces++;
	return 0;
}


int config_iface_add_addr(struct config *c, struct config_interface *i,
			  const struct ip_prefix *p)
{
	int err = arena_grow(&c->mem, (void **)&i->addrs, i->naddrs, &i->cap,
			     sizeof(*i->addrs));

	if (!err) {
		struct ip_range r = ip_prefix_range(p);

		i->addrs[i->naddrs++] = (struct ip_prefix){ r.lo, p->len };
	}
	return err;
}


int config_ifaces_add(struct config *c, struct config_ifaces *v, const char *name,
		      size_t len)
{
	char *s = copy_name(c, name, len);
	int err = s ? arena_grow(&c->mem, (void **)&v->v, v->n, &v->cap, sizeof(*v->v))
		    : ENOMEM;

	if (!err)
		v->v[v->n++] = s;
	return err;
}


/** "A2-07", "X-01", "A2-21.r"; @return its length, or 0 */
static size_t row_id(const char *p, const char *end)
{
	const char *s = p;

	if (s == end || !isupper((unsigned char)*s))
		return 0;
	while (s < end && (isupper((unsigned char)*s) || isdigit((unsigned char)*s)))
		s++;
	if (s == end || *s++ != '-' || s == end || !isdigit((unsigned char)*s))
		return 0;
	while (s < end && isdigit((unsigned char)*s))
		s++;

	return (size_t)(s - p);
}


int config_rows_scan(struct config *c, struct config_rows *rows,
		     struct config_text remark)
{
	const char *p = remark.p, *end = p ? p + remark.n : p;
	bool start = true;

	while (p < end) {
		size_t n = start ? row_id(p, end) : 0;
		char *s;
		int err;

		if (!n) {
			start = !isalnum((unsigned char)*p) && *p != '-';
			p++;
			continue;
		}
		start = false;
		p += n;
		if (p < end && (isalnum((unsigned char)*p) || *p == '-'))
			continue;
		s = copy_name(c, p - n, n);
		err = s ? arena_grow(&c->mem, (void **)&rows->v, rows->n, &rows->cap,
				     sizeof(*rows->v)) : ENOMEM;
		if (err)
			return err;
		rows->v[rows->n++] = s;
	}

	return 0;
}


__attribute__((format(printf, 2, 0)))
static char *format(struct config *c, const char *fmt, va_list ap)
{
	char buf[512];

	(void)vsnprintf(buf, sizeof(buf), fmt, ap);
	return arena_strdup(&c->mem, buf);
}


int config_unknown(struct config *c, unsigned line, struct config_text text,
		   const char *fmt, ...)
{
	va_list ap;
	char *reason;
	int err;

	if (c->nunknown >= CONFIG_UNKNOWN_MAX) {
		c->unknown_more++;
		return 0;
	}

	va_start(ap, fmt);
	reason = format(c, fmt, ap);
	va_end(ap);
	err = reason ? arena_grow(&c->mem, (void **)&c->unknown, c->nunknown,
				  &c->unknown_cap, sizeof(*c->unknown)) : ENOMEM;
	if (!err)
		c->unknown[c->nunknown++] = (struct config_unknown){ line, text, reason };
	return err;
}


int config_notice(struct config *c, unsigned line, const char *fmt, ...)
{
	va_list ap;
	char *text;
	int err;

	if (c->nnotices >= CONFIG_UNKNOWN_MAX)
		return 0;

	va_start(ap, fmt);
	text = format(c, fmt, ap);
	va_end(ap);
	err = text ? arena_grow(&c->mem, (void **)&c->notices, c->nnotices,
				&c->notices_cap, sizeof(*c->notices)) : ENOMEM;
	if (!err)
		c->notices[c->nnotices++] = (struct config_notice){ line, text };
	return err;
}


int config_helper_add(struct config *c, const struct config_helper *h, size_t len)
{
	char *s = copy_name(c, h->name, len);
	int err = s ? arena_grow(&c->mem, (void **)&c->helpers, c->nhelpers, &c->helpers_cap,
				 sizeof(*c->helpers)) : ENOMEM;

	if (!err)
		c->helpers[c->nhelpers++] = (struct config_helper){ s, h->iface, h->maybe };
	return err;
}


/** Where the letters end and the numbers of a port begin */
static size_t stem_len(const char *s)
{
	size_t n = 0;

	while (s[n] && !isdigit((unsigned char)s[n]))
		n++;
	return n;
}


bool config_iface_match(const char *pattern, const char *name)
{
	size_t n = strlen(pattern), a, b;

	if (n && pattern[n - 1] == '*')
		return !strncasecmp(pattern, name, n - 1);
	if (!strcasecmp(pattern, name))
		return true;

	/* Gi0/1 and GigabitEthernet0/1, but not e1 and eth1 of a Linux machine */
	a = stem_len(pattern);
	b = stem_len(name);
	return a >= 2 && b >= 2 && (a > 6 || b > 6) && pattern[a] && name[b] &&
	       !strncasecmp(pattern, name, a < b ? a : b) &&
	       !strcmp(pattern + a, name + b);
}


bool config_iface_named(const struct config *c, const char *pattern, const char *name)
{
	if (config_iface_match(pattern, name))
		return true;
	for (size_t i = 0; i < c->nifaces; i++) {
		const struct config_interface *f = &c->ifaces[i];

		if (f->alias &&
		    ((config_iface_match(pattern, f->alias) && config_iface_match(f->name, name)) ||
		     (config_iface_match(pattern, f->name) && config_iface_match(f->alias, name))))
			return true;
	}

	return false;
}
