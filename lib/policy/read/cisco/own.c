/*
 * ASA: the addresses of the device's own interfaces, for lines that say
 * "interface NAME" where an address stands. Lists may stand before the
 * interfaces, so these are read in the first pass.
 */
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "lib/policy/read/cisco/cisco_read.h"


static struct asa_own *opened(struct cisco_read *r)
{
	return r->in_own ? &r->own[r->in_own - 1] : NULL;
}


static int open_block(struct cisco_read *r)
{
	if (r->nown >= OWN_MAX)
		return EOVERFLOW;
	if (arena_grow(&r->c->mem, (void **)&r->own, r->nown, &r->own_cap, sizeof(*r->own)))
		return ENOMEM;

	r->own[r->nown++] = (struct asa_own){0};
	r->in_own = r->nown;
	return 0;
}


/** "ip address 10.1.1.1 255.255.255.0 standby 10.1.1.2": the unit that is
 *  active has the first. Other forms tell no address. */
static void take_address(struct cisco_read *r, struct asa_own *own)
{
	own->known = r->ntok > 3 && cisco_ip(r, &r->tok[2], &own->addr) && own->addr.family == 4;
}


int cisco_own_line(struct cisco_read *r)
{
	const struct token *t = r->tok;
	struct asa_own *own;

	if (r->flavour != FLAVOUR_ASA)
		return 0;
	own = opened(r);
	if (own && r->ln.cut)			/* it may say another address */
		own->lost = true;
	if (!r->ntok)
		return 0;
	if (!r->ln.indent) {
		r->in_own = 0;
		return cisco_is(&t[0], "interface") && r->ntok > 1 ? open_block(r) : 0;
	}

	if (!own || r->ntok < 2)
		return 0;
	if (cisco_is(&t[0], "nameif")) {
		own->name = arena_strndup(&r->c->mem, t[1].p, t[1].n);
		return own->name ? 0 : ENOMEM;
	}
	if (cisco_is(&t[0], "ip") && cisco_is(&t[1], "address"))
		take_address(r, own);
	if (cisco_is(&t[0], "ipv6") && cisco_is(&t[1], "address"))
		own->ipv6 = true;
	return 0;
}


const struct asa_own *cisco_own_find(const struct cisco_read *r, const struct token *name)
{
	const struct asa_own *found = NULL;

	for (size_t i = 0; name && i < r->nown; i++) {
		const struct asa_own *own = &r->own[i];

		if (!own->name || strlen(own->name) != name->n ||
		    strncasecmp(own->name, name->p, name->n) != 0)
			continue;
		if (found)			/* two blocks: which one counts? */
			return NULL;
		found = own;
	}

	return found;
}
