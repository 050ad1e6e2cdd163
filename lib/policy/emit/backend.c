#include <errno.h>
#include <string.h>

#include "lib/policy/emit/backends.h"
#include "lib/policy/model/policy.h"

const struct policy_backend policy_backends[] = {
	{"nftables", "nft", "Linux nftables, one inet table", backend_nftables},
	{"iptables", "iptables", "Linux iptables-restore and ip6tables-restore, one file for both",
	 backend_iptables},
	{"pf", "pf.conf", "pf of OpenBSD and FreeBSD", backend_pf},
	{"ios", "ios", "Cisco IOS and IOS-XE, extended lists", backend_ios},
	{"ios-groups", "ios", "Cisco IOS and IOS-XE with object groups", backend_ios_groups},
	{"iosxr", "iosxr", "Cisco IOS-XR", backend_iosxr},
	{"nxos", "nxos", "Cisco NX-OS", backend_nxos},
	{"asa", "asa", "Cisco ASA", backend_asa},
	{"junos", "junos", "Junos firewall filters, set lines", backend_junos},
	{"srx", "srx", "Junos zone policies of SRX firewalls, set lines", backend_srx},
	{"panos", "panos", "PAN-OS, set lines", backend_panos},
	{"fortios", "fortios", "FortiOS 6.4 and later", backend_fortios},
	{"aws", "json", "AWS security groups, JSON", backend_aws},
	{"aws-tf", "tf", "AWS security groups, Terraform", backend_aws_tf},
	{NULL, NULL, NULL, NULL},
};


const struct policy_backend *policy_backend_find(const char *name)
{
	for (const struct policy_backend *b = policy_backends; b->name; b++)
		if (!strcmp(b->name, name))
			return b;

	return NULL;
}


void backend_put_word(struct sbuf *sb, const char *s)
{
	for (; s && *s; s++)
		sbuf_putc(sb, *s < ' ' || *s > '~' || *s == '?' ? '.' : *s);
}


void backend_put_names(struct sbuf *sb, const struct policy *p)
{
	sbuf_putc(sb, '"');
	backend_put_word(sb, p->firewall->name);
	sbuf_puts(sb, "\" of site \"");
	backend_put_word(sb, p->site->name);
	sbuf_putc(sb, '"');
}


static const struct site_firewall *firewall_find(const struct site *s, const char *name)
{
	for (size_t i = 0; i < s->nfirewalls; i++)
		if (!strcmp(s->firewalls[i].name, name))
			return &s->firewalls[i];

	return NULL;
}


int policy_compile_nftables(struct sbuf *sb, const struct site *s,
			    const char *firewall, struct diag_list *dl)
{
	const struct site_firewall *fw = firewall_find(s, firewall);
	struct arena a = {0};
	struct need_list needs;
	struct policy p;
	int err;

	if (!fw)
		return ENOENT;

	err = policy_check_paths(s, &a, dl);
	if (!err)
		err = need_expand(&needs, &a, s, dl);
	if (!err)
		err = policy_build(&p, &a, s, fw, &needs);
	if (!err)
		err = backend_nftables(sb, &a, &p);

	arena_reset(&a);
	return err;
}
