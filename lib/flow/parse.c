#include <errno.h>
#include <string.h>

#include "lib/flow/parse.h"


static bool name_ok(const char *s)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";
	size_t len = strlen(s);

	return len && len <= FLOW_NAME_MAX && strspn(s, letters) == len &&
		!strchr("-_.", s[0]);
}


const char *flow_name_read(struct yaml_reader *r, const struct yaml_node *n,
			   const char *what)
{
	const char *s = yaml_str(r, n, what);

	if (!s || name_ok(s))
		return s;

	diag_error(r->dl, n->pos, "%s \"%.64s\": use letters, digits, \"-\", \"_\" and \".\", "
		   "at most 63, a letter or digit first", what, s);
	return NULL;
}


bool flow_names_read(struct yaml_reader *r, const struct yaml_node *n,
		     const char *what, size_t max, const char ***v, size_t *nv)
{
	size_t count = yaml_items(n), k = 0;
	const char **names;

	if (count > max) {
		diag_error(r->dl, n->pos, "more than %zu values for %s", max, what);
		return false;
	}
	names = arena_calloc(r->a, count + 1, sizeof(*names));
	if (!names) {
		r->err = ENOMEM;
		return false;
	}

	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = yaml_item(n, i);
		const char *s = flow_name_read(r, item, what);
		size_t j = 0;

		if (!s)
			continue;
		while (j < k && strcmp(names[j], s))
			j++;
		if (j < k)
			diag_error(r->dl, item->pos, "%s \"%s\" is listed twice", what, s);
		else
			names[k++] = s;
	}
	*v = names;
	*nv = k;
	return k == count;
}


const char *flow_line_read(struct yaml_reader *r, const struct yaml_node *n,
			   const char *what)
{
	const char *s = yaml_str(r, n, what);

	for (const char *p = s; p && *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f) {
			diag_error(r->dl, n->pos, "%s must be one line of text", what);
			return NULL;
		}
	}
	return s;
}


static bool number(const char **s, unsigned *v)
{
	size_t len = strspn(*s, "0123456789");

	if (!len || len > 5)
		return false;

	*v = 0;
	for (size_t i = 0; i < len; i++)
		*v = *v * 10 + (unsigned)((*s)[i] - '0');
	*s += len;
	return *v <= 65535;
}


static bool port_text(struct flow_port *p, const char *s)
{
	unsigned lo, hi;

	if (!strcmp(s, "ephemeral")) {
		p->lo = FLOW_EPHEMERAL_LO;
		p->hi = FLOW_EPHEMERAL_HI;
		p->ephemeral = true;
		return true;
	}

	if (!number(&s, &lo))
		return false;
	hi = lo;
	if (*s == '-') {
		s++;
		if (!number(&s, &hi))
			return false;
	}
	p->lo = (uint16_t)lo;
	p->hi = (uint16_t)hi;
	return !*s && lo && lo <= hi;
}


static bool port_read(struct yaml_reader *r, const struct yaml_node *n,
		      struct flow_port *p)
{
	static const char *const keys[] = {"port", "tls", "when", NULL};
	const struct yaml_node *port = n;
	const char *s;

	if (n->kind == YAML_MAP) {
		const struct yaml_node *tls = yaml_get(n, "tls");
		const struct yaml_node *when = yaml_get(n, "when");

		(void)yaml_check_map(r, n, "a port", keys);
		if (tls)
			(void)yaml_bool(r, tls, "tls", &p->tls);
		if (when)
			p->when = flow_name_read(r, when, "a condition");
		port = yaml_get(n, "port");
		if (!port) {
			diag_error(r->dl, n->pos, "this port has no \"port\"");
			return false;
		}
	}

	s = yaml_str(r, port, "a port");
	if (!s)
		return false;
	if (port_text(p, s))
		return true;
	diag_error(r->dl, port->pos, "a port is a number from 1 to 65535, a range \"first-last\" "
		   "or \"ephemeral\", not \"%.64s\"", s);
	return false;
}


static bool same_port(const struct flow_port *a, const struct flow_port *b)
{
	const char *wa = a->when ? a->when : "", *wb = b->when ? b->when : "";

	return a->lo <= b->hi && b->lo <= a->hi && !strcmp(wa, wb);
}


bool flow_ports_read(struct yaml_reader *r, const struct yaml_node *n,
		     struct flow_port **v, size_t *nv)
{
	size_t count = yaml_items(n), k = 0;
	size_t errors = r->dl->errors;

	*v = NULL;
	*nv = 0;
	if (n && n->kind == YAML_SCALAR && !strcmp(n->s, "any"))
		return true;
	if (!count || count > FLOW_PORTS_MAX) {
		if (n)
			diag_error(r->dl, n->pos, "give 1 to %d ports, or \"any\"", FLOW_PORTS_MAX);
		return false;
	}

	*v = arena_calloc(r->a, count, sizeof(**v));
	if (!*v) {
		r->err = ENOMEM;
		return false;
	}
	for (size_t i = 0; i < count; i++) {
		const struct yaml_node *item = yaml_item(n, i);
		size_t j = 0;

		if (!port_read(r, item, &(*v)[k]))
			continue;
		while (j < k && !same_port(&(*v)[j], &(*v)[k]))
			j++;
		if (j < k)
			diag_error(r->dl, item->pos, "this port is in the list already");
		else
			k++;
	}
	*nv = k;
	return r->dl->errors == errors;
}
