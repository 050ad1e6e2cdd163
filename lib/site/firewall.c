#include <stdlib.h>
#include <string.h>

#include "lib/site/internal.h"


static const char *const firewall_keys[] = {"dialect", "interfaces", NULL};


/* As Linux and the vendors name them: eth1, ge-0/0/1.100, outside. */
static const char *interface_name(struct yaml_reader *r, const struct yaml_node *n)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:@";
	const char *s = yaml_str(r, n, "an interface");
	size_t len = s ? strlen(s) : 0;

	if (!s)
		return NULL;
	if (len <= FLOW_NAME_MAX && strspn(s, letters) == len && !strchr("-./:@", s[0]))
		return s;

	diag_error(r->dl, n->pos, "an interface \"%.64s\": use letters, digits and \"-_./:@\", "
		   "at most 63, a letter or digit first", s);
	return NULL;
}


static struct site_interface *interface_of(struct yaml_reader *r, const struct yaml_node *n,
					   struct site_firewall *fw, size_t max)
{
	const char *name = interface_name(r, n);
	struct site_interface *ifc;

	if (!name)
		return NULL;
	for (size_t i = 0; i < fw->ninterfaces; i++)
		if (!strcmp(fw->interfaces[i].name, name))
			return &fw->interfaces[i];

	ifc = &fw->interfaces[fw->ninterfaces];
	ifc->networks = site_calloc(r, max, sizeof(*ifc->networks));
	if (!ifc->networks)
		return NULL;
	ifc->name = name;
	ifc->pos = n->pos;
	fw->ninterfaces++;
	return ifc;
}


static const struct site_interface *behind(const struct site_firewall *fw,
					   const struct site_network *net)
{
	for (size_t i = 0; i < fw->ninterfaces; i++)
		for (size_t k = 0; k < fw->interfaces[i].nnetworks; k++)
			if (fw->interfaces[i].networks[k] == net)
				return &fw->interfaces[i];
	return NULL;
}


static void unknown_network(struct yaml_reader *r, const struct yaml_node *n,
			    const struct site *s)
{
	const char *const *names = site_network_names(r, s);
	const char *near = names ? yaml_nearest(n->s, names) : NULL;

	if (near)
		diag_error(r->dl, n->pos, "no network \"%.64s\" in this site; did you mean \"%s\"?",
			   n->s, near);
	else
		diag_error(r->dl, n->pos, "no network \"%.64s\" in this site", n->s);
}


static void attach(struct yaml_reader *r, const struct yaml_node *net_node,
		   const struct yaml_node *ifc_node, const struct site *s,
		   struct site_firewall *fw)
{
	const char *name = yaml_str(r, net_node, "a network");
	const struct site_network *net = name ? site_network_find(s, name) : NULL;
	const struct site_interface *other;
	struct site_interface *ifc;

	if (!name)
		return;
	if (!net) {
		unknown_network(r, net_node, s);
		return;
	}

	other = behind(fw, net);
	if (other) {
		diag_error(r->dl, net_node->pos, "network %s lies behind interface %s of firewall %s "
			   "already", net->name, other->name, fw->name);
		return;
	}
	ifc = interface_of(r, ifc_node, fw, s->nnetworks);
	if (ifc)
		ifc->networks[ifc->nnetworks++] = net;
}


/* "network: interface" and "interface: [networks]" both say it; the key is
 * an interface when it is no network and the value is a list or a network. */
static bool key_is_interface(const struct yaml_node *k, const struct yaml_node *v,
			     const struct site *s)
{
	if (v->kind == YAML_LIST)
		return true;
	return !site_network_find(s, k->s) && v->kind == YAML_SCALAR &&
		site_network_find(s, v->s);
}


/* Neither word is a network: report the one that looks like one. */
static bool value_is_nearer(struct yaml_reader *r, const struct yaml_node *k,
			    const struct yaml_node *v, const struct site *s)
{
	const char *const *names = site_network_names(r, s);

	return names && v->kind == YAML_SCALAR && !site_network_find(s, k->s) &&
		!yaml_nearest(k->s, names) && yaml_nearest(v->s, names);
}


static void interfaces_read(struct yaml_reader *r, const struct yaml_node *n,
			    const struct site *s, struct site_firewall *fw)
{
	if (n->kind != YAML_MAP || !n->n || n->n > SITE_INTERFACES_MAX) {
		diag_error(r->dl, n->pos, "interfaces of firewall %s: a map of 1 to %d lines "
			   "\"network: interface\"", fw->name, SITE_INTERFACES_MAX);
		return;
	}

	fw->interfaces = site_calloc(r, n->n, sizeof(*fw->interfaces));
	for (size_t i = 0; fw->interfaces && i < n->n; i++) {
		const struct yaml_node *k = n->k[i], *v = n->v[i];

		if (!key_is_interface(k, v, s) && !value_is_nearer(r, k, v, s)) {
			attach(r, k, v, s, fw);
			continue;
		}
		for (size_t j = 0; j < yaml_items(v); j++)
			attach(r, yaml_item(v, j), k, s, fw);
	}
}


void site_firewall_read(struct yaml_reader *r, const struct yaml_node *n,
			const struct site *s, struct site_firewall *fw)
{
	const struct yaml_node *dialect, *interfaces;

	if (!yaml_check_map(r, n, "a firewall", firewall_keys))
		return;

	dialect = yaml_get(n, "dialect");
	interfaces = yaml_get(n, "interfaces");
	if (dialect)
		fw->dialect = flow_name_read(r, dialect, "a dialect");
	else
		diag_error(r->dl, n->pos, "firewall %s has no \"dialect\", such as nftables", fw->name);
	if (interfaces)
		interfaces_read(r, interfaces, s, fw);
	else
		diag_error(r->dl, n->pos, "firewall %s has no \"interfaces\"", fw->name);
}
