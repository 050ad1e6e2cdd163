#include <errno.h>
#include <string.h>

#include "lib/policy/pset/names.h"
#include "lib/policy/read/cisco/cisco_read.h"

enum { PORT_MAX = 65535 };


bool cisco_is_protocol(const struct config_nums *v, unsigned number)
{
	for (size_t i = 0; i < v->n; i++)
		if (v->v[i].lo == number && v->v[i].hi == number)
			return true;

	return false;
}


static bool is_op(const struct token *t)
{
	static const char *const ops[] = { "eq", "neq", "lt", "gt", "range" };

	for (size_t i = 0; i < sizeof(ops) / sizeof(ops[0]); i++)
		if (cisco_is(t, ops[i]))
			return true;

	return false;
}


/** A port's number or name; an unknown protocol has both registries' names. */
static bool take_port(struct cisco_read *r, unsigned *port, bool tcp, bool udp)
{
	const struct token *t = cisco_peek(r);

	if (!tcp && !udp)
		tcp = udp = true;
	if (!t || !names_port(port, t->p, t->n, tcp, udp))
		return false;

	(void)cisco_next(r);
	return true;
}


/** "eq 80 443": IOS takes several. What all of "neq 80 443" leave is what no
 *  one of them is. */
static int more_ports(struct cisco_read *r, struct config_nums *v, bool neq, bool tcp, bool udp)
{
	struct config_nums left = {0};
	unsigned port;
	int err = 0;

	while (!err && r->flavour == FLAVOUR_IOS && take_port(r, &port, tcp, udp)) {
		if (!neq) {
			err = config_nums_add(r->c, v, port, port);
			continue;
		}
		left = (struct config_nums){ .given = true };
		for (size_t i = 0; !err && i < v->n; i++) {
			unsigned lo = v->v[i].lo, hi = v->v[i].hi;

			if (port < lo || port > hi) {
				err = config_nums_add(r->c, &left, lo, hi);
				continue;
			}
			if (port > lo)
				err = config_nums_add(r->c, &left, lo, port - 1);
			if (!err && port < hi)
				err = config_nums_add(r->c, &left, port + 1, hi);
		}
		*v = left;
	}

	return err;
}


int cisco_port_op(struct cisco_read *r, struct config_nums *v, bool tcp, bool udp)
{
	const struct token *op = cisco_peek(r);
	unsigned lo, hi = 0;
	bool several;
	int err;

	if (!op || !is_op(op))
		return ENOENT;
	(void)cisco_next(r);
	if (!take_port(r, &lo, tcp, udp))
		return EINVAL;
	if (cisco_is(op, "range") && !take_port(r, &hi, tcp, udp))
		return EINVAL;
	if (cisco_is(op, "range") && lo > hi) {
		unsigned t = lo;

		lo = hi;
		hi = t;
	}

	err = config_nums_add_op(r->c, v, op->p, op->n, lo, hi, PORT_MAX);
	several = cisco_is(op, "eq") || cisco_is(op, "neq");
	return err || !several ? err : more_ports(r, v, cisco_is(op, "neq"), tcp, udp);
}


/** A group of ports after an address; on an ASA the next group may as well
 *  be the other address. */
static const struct group *take_group(struct cisco_read *r, bool *missing)
{
	const struct token *t = cisco_peek(r);
	const struct token *name = r->at + 1 < r->ntok ? &r->tok[r->at + 1] : NULL;
	const struct group *g;

	*missing = false;
	if (!t || !name || !(cisco_is(t, "object-group") || cisco_is(t, "port-group") ||
			     cisco_is(t, "portgroup")))
		return NULL;
	g = cisco_group_find(r, name, GROUP_PORT);
	if (!g && cisco_is(t, "object-group"))
		return NULL;		/* an address, or a type of ICMP */

	r->at += 2;
	*missing = !g || !g->given;
	return g;
}


int cisco_ports(struct cisco_read *r, struct ace *a, struct config_nums *v)
{
	bool tcp = cisco_is_protocol(&a->m.protocol, 6);
	bool udp = cisco_is_protocol(&a->m.protocol, 17);
	bool missing;
	const struct group *g = take_group(r, &missing);
	int err;

	if (g || missing) {
		if (missing || g->uncertain) {
			cisco_doubt(a, missing ? "group \"%.*s\" is not defined" :
				    "group \"%.*s\" has a member that is not understood",
				    &r->tok[r->at - 1]);
			return 0;
		}
		return config_nums_add_all(r->c, v, &g->nums);
	}

	err = cisco_port_op(r, v, tcp, udp);
	if (err == EINVAL) {
		v->given = false;
		cisco_bad(a, cisco_peek(r) ? "\"%.*s\" is no port" : "a port is missing",
			  cisco_peek(r));
		return 0;
	}

	return err == ENOENT ? 0 : err;
}


/** "echo", "3", "3 4"; @return EINVAL when it is none */
int cisco_icmp(struct cisco_read *r, struct config_icmps *v, uint8_t family)
{
	const struct token *t = cisco_peek(r);
	unsigned type, code_lo, code_hi;
	unsigned long code;

	if (!t || !names_icmp(family, &type, &code_lo, &code_hi, t->p, t->n))
		return EINVAL;
	(void)cisco_next(r);
	if (cisco_peek(r) && cisco_number(cisco_peek(r), &code, 255)) {
		(void)cisco_next(r);
		code_lo = code_hi = (unsigned)code;
	}

	return config_icmp_add(r->c, v, type, type, code_lo, code_hi);
}
